"""Texts to vectors: models by name, the encoders that run them here or on a cluster, and which of them is used.

Loads nothing by itself.
"""
