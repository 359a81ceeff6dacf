"""An embedder taught on the documents that it will search: pairs, hard negatives, the training, and a trial of it.

Loads nothing by itself.
"""
