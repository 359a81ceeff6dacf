"""What is wrong with training examples: found by checks, counted by kind, and mended where there is one way to mend it.

Loads nothing by itself.
"""
