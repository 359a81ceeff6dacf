"""What served answers tell: a trace of each, how that changes over time, and what to do about it.

Knows nothing of pages, of how an answer is made, or of what was asked, unless the workspace says that texts are kept.
"""
