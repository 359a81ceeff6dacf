"""Both indexes, by meaning and by words: caches of the ledger, written once a generation and proved chunk by chunk.

Loads nothing by itself.
"""
