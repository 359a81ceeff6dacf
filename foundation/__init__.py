"""What every room stands on: errors that are sentences, files that are never half-written.

Imports the standard library only and knows nothing of models, documents or advice.
"""
