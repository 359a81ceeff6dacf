"""Signals: what calls for an action, each a pure function of traces and of what the library says; a file a signal.

Knows nothing of files, and of how a signal is shown.
"""
