"""Personal data in texts: told by its shape or by names, and replaced by surrogates.

Loads nothing by itself.
"""
