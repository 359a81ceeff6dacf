"""The climb: rung after rung, until the target is met or it is told what is missing.

Knows nothing of how an index or an adapter is made.
"""
