"""What people and judges think: blind votes, a live split, a model as judge, and the same verdict from them.

Knows nothing of pages or models.
"""
