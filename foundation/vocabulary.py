"""The words that mean the same value: months, currencies, units, in English and Turkish.

Knows nothing of questions or answers; `foundation.normalise` looks words up here after folding their case.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_DOTS = str.maketrans({"İ": "i", "I": "i", "ı": "i"})


def fold(text: str) -> str:
    """Return `text` with case folded so that İ, I, ı and i are one letter, in composed form (NFKC).

    `'İ'.lower()` is two characters in Python and `'I'.lower()` is never `'ı'`, so Turkish needs a table of
    its own.
    """
    composed = unicodedata.normalize("NFKC", text).translate(_DOTS)
    return composed.casefold().replace("\u0307", "")


def _table(rows: dict[str, str]) -> dict[str, str]:
    return {fold(word): name for name, words in rows.items() for word in words.split()}


MONTHS = {
    word: int(number)
    for word, number in _table(
        {
            "1": "january jan ocak",
            "2": "february feb şubat",
            "3": "march mar mart",
            "4": "april apr nisan",
            "5": "may mayıs",
            "6": "june jun haziran",
            "7": "july jul temmuz",
            "8": "august aug ağustos",
            "9": "september sept sep eylül",
            "10": "october oct ekim",
            "11": "november nov kasım",
            "12": "december dec aralık",
        }
    ).items()
}
"""Folded month names and abbreviations, to 1–12."""

CURRENCIES = _table(
    {
        "cur:eur": "€ eur euro euros avro",
        "cur:usd": "$ usd dollar dollars dolar",
        "cur:gbp": "£ gbp sterling",
        "cur:try": "₺ try tl lira liras",
        "cur:jpy": "¥ jpy yen",
        "cur:chf": "chf francs franc",
    }
)
"""Folded signs, codes and names of currencies."""

UNITS = _table(
    {
        "unit:day": "day days gün",
        "unit:week": "week weeks hafta",
        "unit:month": "month months ay",
        "unit:year": "year years yr yrs yıl",
        "unit:hour": "hour hours hr hrs saat",
        "unit:minute": "minute minutes mins dakika",
        "unit:second": "seconds sec secs saniye",
        "unit:%": "% percent yüzde",
        "unit:kg": "kg kilogram kilograms kilo kilos",
        "unit:g": "gram grams gr",
        "unit:km": "km kilometre kilometres kilometer kilometers",
        "unit:m": "metre metres meter meters",
        "unit:cm": "cm centimetre centimetres centimeter centimeters santimetre",
        "unit:mm": "mm millimetre millimetres millimeter millimeters milimetre",
        "unit:l": "litre litres liter liters",
        "unit:ml": "ml millilitre millilitres milliliter milliliters",
        "unit:w": "watt watts",
        "unit:v": "volt volts",
        "unit:gb": "gb gigabyte gigabytes",
        "unit:mb": "mb megabyte megabytes",
    }
)
"""Folded unit words that are safe to read as units anywhere in a sentence."""

UNITS_AFTER_NUMBER = UNITS | _table(
    {
        "unit:day": "d",
        "unit:hour": "h",
        "unit:minute": "min dk",
        "unit:second": "s second sn",
        "unit:g": "g",
        "unit:m": "m",
        "unit:l": "l lt",
        "unit:w": "w",
        "unit:v": "v",
        "unit:c": "°c",
        "unit:f": "°f",
    }
)
"""The same, with the short signs that are units only right behind a number."""

METRIC = {
    "unit:kg": ("g", Decimal(1000)),
    "unit:g": ("g", Decimal(1)),
    "unit:km": ("m", Decimal(1000)),
    "unit:m": ("m", Decimal(1)),
    "unit:cm": ("m", Decimal("0.01")),
    "unit:mm": ("m", Decimal("0.001")),
    "unit:l": ("l", Decimal(1)),
    "unit:ml": ("l", Decimal("0.001")),
}
"""Units that are exact parts of another: which one, and how many of it. Times are not among them: 30 days are no month."""

_TURKISH_SUFFIX = re.compile(
    r"(?P<stem>gün|hafta|ay|yil|saat|dakika|saniye|lira|avro|euro|dolar)"
    r"(?:l[iuü][kğ])?(?:[dt][iuü]r|y?[aeiuü]|[dt][ae]n?|n?[iuü]n|s[iuü])?"
)


def unit_or_currency(word: str) -> str | None:
    """Return the name of the unit or currency that a folded word means right behind a number, or None.

    Turkish writes endings onto the word ("30 gündür", "12 aylık"), so a known stem with a known ending
    counts.
    """
    found = UNITS_AFTER_NUMBER.get(word) or CURRENCIES.get(word)
    if found is not None:
        return found
    match = _TURKISH_SUFFIX.fullmatch(word)
    return UNITS.get(match["stem"]) or CURRENCIES.get(match["stem"]) if match else None
