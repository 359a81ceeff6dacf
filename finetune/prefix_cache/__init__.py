"""What a model has read once: keys and values of prompts' beginnings, kept for whatever goes on from them.

Loads nothing by itself.
"""
