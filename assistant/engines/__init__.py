"""What makes text: a model loaded here, chat models, an endpoint; and what holds an answer to a shape.

Knows nothing of documents or setups.
"""
