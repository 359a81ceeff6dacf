"""Words of the page Examples, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "examples.title": ("What is it taught?", "Ne öğretiliyor?"),
}
