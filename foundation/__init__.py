"""What every room stands on: errors that are sentences, files that are never half-written, values that compare.

Imports the standard library only and knows nothing of models, documents or advice.
"""
