"""What an adapter made a base forget, and what it tells of the rows that it was trained on.

Loads nothing by itself.
"""
