"""The one process that serves page, API and health, and what stands before them. Knows nothing of what is on a page."""
