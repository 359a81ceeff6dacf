"""Alignment: of two answers the one that people chose, checked, and learned from on top of an adapter (DPO).

Loads nothing by itself.
"""
