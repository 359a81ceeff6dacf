"""From files to chunks: found in a folder or an object storage, read by a process that may fail, made plain, cut.

Loads nothing by itself.
"""
