"""What was found, for people and programs: text, Markdown, HTML, JSON.

Computes nothing.
"""
