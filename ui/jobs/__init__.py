"""Long work in processes of its own, which outlives a page's reload and the page. Knows nothing of what is done."""
