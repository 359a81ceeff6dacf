"""Numbers about numbers: intervals, tests, and tests that may be looked at as often as one likes.

Knows nothing of questions or setups.
"""
