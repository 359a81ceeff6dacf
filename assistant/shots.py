"""Few-shot examples."""
