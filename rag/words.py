"""Words as the keyword index sees them: folded, without endings, in English and Turkish.

A text is stemmed in its own language; a question, whose language a few words do not tell, in both. Knows
nothing of scores.
"""

from __future__ import annotations

import functools
import importlib
import re
import threading
from typing import Any

VERSION = 1
"""Grows whenever a text's index words change, so that words kept from before are not used."""

_TOKEN = re.compile(r"\w+(?:[-./]\w+)*")
_SUFFIX = re.compile(r"(\w)['’]\w+")  # the Turkish case ending and the English 's: Ankara'da, Fellmark's
_JOINED = re.compile(r"[-./_]")
_FOLD = str.maketrans("ışğçöüâîûéèêáàäñ", "isgcouaiueeeaaan")
_ENGLISH_WORDS = (
    "a about all am an and any are as at be been but by can could did do does for from had has have how i "
    "if in into is it its me my no not of on or our shall she he should so than that the their them then "
    "there these they this those to us was we were what when where which who whom why will with would you "
    "your"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_TURKISH_WORDS = (
    "acaba ama bana ben bir biz bu bunu çok da daha de değil diye en gibi göre hangi hem her için ile ise "
    "ki kim mi mı mu mü nasıl ne neden nedir nerede o olan olarak olur onu sen siz şu ve veya ya"
)
_TURKISH = frozenset(_TURKISH_WORDS.split())
_STEMMING = threading.Lock()


def lower(text: str) -> str:
    """Return the text in small letters without changing its length: `İ` becomes `i`, not `i` and a dot."""
    return text.replace("İ", "i").lower() if "İ" in text else text.lower()


def is_small(word: str) -> bool:
    """Whether a word in small letters is one of those that tell nothing of what a text is about."""
    return word in _ENGLISH or word in _TURKISH


def is_turkish(text: str) -> bool:
    """Whether a text is Turkish rather than English, by its small words, then by its letters."""
    small = lower(text)
    words = re.findall(r"\w+", small)
    turkish, english = sum(word in _TURKISH for word in words), sum(word in _ENGLISH for word in words)
    if turkish != english:
        return turkish > english
    letters = sum(c in "ğışçöü" for c in small)
    return letters * 40 > len(small)


def text_words(text: str) -> list[str]:
    """Return the index words of a passage, in the order they stand in; small words are left out."""
    language = "turkish" if is_turkish(text) else "english"
    return [word for token in _tokens(text) for word in _forms(token, (language,))]


def question_words(text: str) -> list[str]:
    """Return the distinct index words of a question, stemmed in both languages.

    A question of small words only ("who are we?") keeps them, so that it is not empty.
    """
    return list(dict.fromkeys(word for forms in question_forms(text) for word in forms))


def question_forms(text: str) -> list[tuple[str, ...]]:
    """Return the distinct words of a question, each with the forms that the index may hold it in."""
    tokens = _tokens(text) or _TOKEN.findall(lower(text))
    return list(dict.fromkeys(tuple(_forms(token, ("english", "turkish"))) for token in tokens))


def _tokens(text: str) -> list[str]:
    """Return the words in small letters, a code (`FS-200`, `3.5`) whole and in parts."""
    # A Turkish capital I is ı and an English one i; both end as i after folding, so one lower() serves both.
    tokens: list[str] = []
    for token in _TOKEN.findall(lower(_SUFFIX.sub(r"\1", text))):
        parts = [part for part in _JOINED.split(token) if part]
        tokens += [token, *parts] if len(parts) > 1 else parts
    return [token for token in tokens if not is_small(token)]


def _forms(token: str, languages: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(_stem(token, language) for language in languages))


@functools.lru_cache(maxsize=200_000)
def _stem(token: str, language: str) -> str:
    if not token.isalpha():
        return token.translate(_FOLD)
    with _STEMMING:  # a Snowball stemmer holds the word it works on
        return str(_stemmer(language).stemWord(token)).translate(_FOLD)


@functools.cache
def _stemmer(language: str) -> Any:
    return importlib.import_module("snowballstemmer").stemmer(language)
