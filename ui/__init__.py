"""The page and the command line: they call and draw, they decide nothing.

Imports everything below and is imported by nothing. Importing `ui` itself loads nothing.
"""
