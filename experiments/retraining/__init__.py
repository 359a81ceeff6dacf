"""A retraining as a gated job: a candidate is trained, asked beside what serves, and switched to or not.

Knows nothing of how an adapter is made.
"""
