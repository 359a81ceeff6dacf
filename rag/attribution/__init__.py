"""Which words of which passage carry an answer: its claims, its readings, and what supports each.

Loads nothing by itself.
"""
