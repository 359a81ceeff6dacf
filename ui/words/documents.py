"""Words of the page Documents, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "documents.title": ("What does it know?", "Ne biliyor?"),
}
