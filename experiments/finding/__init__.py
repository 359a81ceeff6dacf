"""How well documents are found: measured, tuned, and told from retrieval alone whether they answer.

Knows nothing of models that answer.
"""
