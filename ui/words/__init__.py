"""The page's own words, in English and Turkish; a module for each page. Knows nothing of who reads them, or where.

`word` finds any of them by name. What is asked and advised is worded in `advisor/data`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from advisor import Language
from ui.words.advise import rung_line, topic
from ui.words.setups import SETUPS, setup_line, setup_name

__all__ = ["PAGES", "SETUPS", "every", "rung_line", "setup_line", "setup_name", "topic", "word"]

PAGES = (
    "shared",
    "home",
    "advise",
    "documents",
    "examples",
    "train",
    "chat",
    "compare",
    "report",
    "monitor",
    "govern",
    "jobs",
    "signin",
)
"""The modules that hold words, each as `WORDS`: name to English and Turkish. No two of them share a name."""


@cache
def every() -> dict[str, tuple[str, str]]:
    """Return all words by name.

    Raises:
        ValueError: Two pages call different words by one name.
    """
    found: dict[str, tuple[str, str]] = {}
    for page in PAGES:
        own: dict[str, tuple[str, str]] = import_module(f"ui.words.{page}").WORDS
        if twice := found.keys() & own.keys():
            raise ValueError(f"two pages have words called {sorted(twice)}")
        found |= own
    return found


def word(name: str, language: Language, /, **values: object) -> str:
    """Return one of the page's words, with values put in.

    Raises:
        KeyError: There is no such word, or a value for it is missing.
    """
    return every()[name][language is Language.TR].format(**values)
