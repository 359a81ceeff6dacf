"""Rows in, a verified adapter out: settings, the fit, what it will take, how it went, and a search over settings.

Loads nothing by itself.
"""
