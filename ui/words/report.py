"""Words of the page Report, in English and Turkish. Knows nothing of where they stand."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "report.title": ("What was found?", "Ne bulundu?"),
}
