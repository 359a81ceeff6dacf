"""Conversations: kept by owner, answered in threads, voted on, written out. Knows nothing of how any is drawn."""
