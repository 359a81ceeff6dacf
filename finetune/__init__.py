"""Behaviour that lasts: examples, the rows rendered from them, and the adapters trained on those.

Knows nothing of documents or retrieval: passages arrive as plain text.
"""
