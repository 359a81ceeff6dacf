"""What `rungwise.toml` and the environment say: every setting with its default, read, checked and written.

Loads nothing by itself.
"""
