"""From a question to hits: both searches asked for one viewer, joined, made diverse, read once more, widened.

Loads nothing by itself.
"""
