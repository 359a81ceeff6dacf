"""What a library keeps: the ledger, in SQLite or PostgreSQL, what is said of documents, and what was forgotten.

Loads nothing by itself.
"""
