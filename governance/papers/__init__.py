"""The papers of a workspace: the processing record and the risk file, written from what the workspace really is.

Knows nothing of whether any of it is lawful: that is for whoever answers for it to judge, and no paper here is legal advice.
"""
