"""A spreadsheet's value as its number format shows it: dates, percent, currency, leading zeros.

Follows Excel's format codes as far as they change what is read; what it can't follow is shown plainly, never
wrongly. The two short date formats that look different in every country are written as ISO 8601. Knows nothing
of files or sheets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 49: "@",
}  # fmt: skip
"""The formats that files name by number only."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<half>AM/PM|A/P)|(?P<general>General)|(?P<date>y+|m+|d+|h+|s+)|(?P<power>E[+-])|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_CODE = 255  # Excel's own limit
_MOST_DIGITS = 30
_ENGLISH = (
    "January February March April May June July August September October November December".split(),
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
)
_TURKISH = (
    "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık".split(),
    "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar".split(),
)
_SHORT_TURKISH_DAYS = "Pzt Sal Çar Per Cum Cmt Paz".split()

_Token = tuple[str, str]  # kind and text


def shown_number(value: float, code: str, from_1904: bool = False) -> str:
    """Return a number as a format shows it; "" when the format hides it.

    Args:
        value: The number; dates are days since the start of 1900, or of 1904.
        code: The format's code; "" for General.
        from_1904: Whether days count from 1904.
    """
    sections = _sections(code)
    if not math.isfinite(value) or any(_is_condition(token) for section in sections for token in section):
        return plain_number(value)
    place, signed = 0, True
    if len(sections) > 1 and value < 0:
        place, signed = 1, False
    elif len(sections) > 2 and value == 0:
        place = 2
    section = sections[place]
    if any(kind == "date" or _is_elapsed((kind, text)) for kind, text in section):
        return _date(value, section, from_1904)
    return _number(value if signed else abs(value), section) if section or code else plain_number(value)


def shown_text(text: str, code: str) -> str:
    """Return a text as a format shows it; "" when the format hides it (`;;;`)."""
    sections = _sections(code)
    return "" if len(sections) > 3 and not sections[3] else text


def plain_number(value: float) -> str:
    """Return a number as a cell without a format shows it."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".10g").replace("e", "E")


def _sections(code: str) -> list[list[_Token]]:
    sections: list[list[_Token]] = [[]]
    for found in _TOKEN.finditer(code[:_LONGEST_CODE]):
        kind = found.lastgroup or "sign"
        text = found[kind]
        if kind == "sign" and text == ";":
            sections.append([])
        elif kind == "bracket" and text.startswith("$"):
            sections[-1] += [("quoted", text[1:].split("-")[0]), ("locale", text.rpartition("-")[2].upper())]
        elif kind in ("quoted", "escaped"):
            sections[-1].append(("quoted", text))
        elif kind == "space":
            sections[-1].append(("quoted", " "))
        elif kind != "fill":
            sections[-1].append((kind, text))
    return sections


def _is_condition(token: _Token) -> bool:
    return token[0] == "bracket" and token[1][:1] in tuple("<>=")


def _is_elapsed(token: _Token) -> bool:
    return token[0] == "bracket" and bool(re.fullmatch(r"h+|m+|s+", token[1], re.IGNORECASE))


def _number(value: float, section: Sequence[_Token]) -> str:
    tokens = [token for token in section if token[0] not in ("bracket", "locale")]
    signs = [text for kind, text in tokens if kind == "sign"]
    slots = _places(tokens, "0#?")
    if any(kind == "general" for kind, _ in tokens):
        words = (plain_number(value) if kind == "general" else text for kind, text in tokens)
        return "".join(words).strip()
    if "@" in signs or "/" in signs or abs(value) >= 1e15:  # text, a fraction, more digits than are kept
        return plain_number(value)
    if not slots:  # only words: `"yes";"no"`
        return "".join(text for _, text in tokens).strip()
    point = next(iter(_places(tokens, ".")), len(tokens))
    power = next((place for place, token in enumerate(tokens) if token[0] == "power"), None)
    if power is not None:
        return f"{value:.{sum(point < place < power for place in slots)}E}"
    commas = _places(tokens, ",")
    last = max((place for place in slots if place < point), default=point)
    thousands = sum(last < place <= point or place > slots[-1] for place in commas)
    amount = abs(Decimal(format(value, ".15g"))).scaleb(2 * signs.count("%") - 3 * thousands)
    decimals = "".join(tokens[place][1] for place in slots if place > point)
    with localcontext() as context:
        context.prec = 100  # shares of a number with 15 digits, to 30 decimals
        rounded = amount.quantize(Decimal(1).scaleb(-min(len(decimals), _MOST_DIGITS)), ROUND_HALF_UP)
    whole, _, fraction = format(rounded, "f").partition(".")
    least = decimals.rfind("0") + 1
    fraction = fraction[:least] + fraction[least:].rstrip("0")
    minus = "-" if value < 0 and rounded else ""
    return minus + _laid_out(tokens, point, whole, fraction, any(slots[0] < place < last for place in commas))


def _places(tokens: Sequence[_Token], signs: str) -> list[int]:
    return [place for place, (kind, text) in enumerate(tokens) if kind == "sign" and text in signs]


def _laid_out(tokens: Sequence[_Token], point: int, whole: str, fraction: str, grouped: bool) -> str:
    """Put digits into the places of a format: those before the point from the right, as Excel does."""
    slots = [place for place in _places(tokens, "0#?") if place < point]
    least = sum(tokens[place][1] == "0" for place in slots)
    left = ("" if whole == "0" and slots else whole).zfill(least)
    if grouped:
        left = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", left)
    before: list[str] = []
    for place in range(point - 1, -1, -1):
        if place in slots:
            cut = 0 if grouped or place == slots[0] else max(len(left) - 1, 0)
            before.append(left[cut:])
            left = left[:cut]
        elif tokens[place] != ("sign", ","):
            before.append(tokens[place][1])
    after = [text for kind, text in tokens[point + 1 :] if kind != "sign" or text not in "0#?,"]
    digits = left + "".join(reversed(before)) + (f".{fraction}" if fraction else "")
    return (digits + "".join(after)).strip()


def _date(value: float, section: Sequence[_Token], from_1904: bool) -> str:
    # Excel keeps a mistake of its forerunner: 1900 has a 29 February, so that days before it count from one later.
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if value < 60 else 30)
    seconds = round(value * 86_400)
    try:
        moment = start + timedelta(seconds=seconds)
    except OverflowError:
        return plain_number(value)
    if value < 0:
        return plain_number(value)
    locale = next((text for kind, text in section if kind == "locale"), "")
    half = any(kind == "half" for kind, _ in section)
    parts = [place for place, token in enumerate(section) if token[0] == "date" or _is_elapsed(token)]
    out = []
    for place, (kind, text) in enumerate(section):
        following = section[place + 1] if place + 1 < len(section) else ("", "")
        if place in parts and kind == "bracket":
            out.append(str(seconds // {"h": 3600, "m": 60, "s": 1}[text[0].lower()]))
        elif kind == "date":
            code = text.lower()
            near = parts.index(place)
            before = section[parts[near - 1]][1].lower() if near else ""
            after = section[parts[near + 1]][1].lower() if near + 1 < len(parts) else ""
            if code in ("m", "mm") and (before.startswith("h") or after.startswith("s")):
                code = "i" * len(code)
            out.append(_date_part(moment, code, half, locale))
        elif kind == "half":
            out.append(("AM", "PM")[moment.hour >= 12])
        elif kind == "quoted" or (text not in "0@" and (text, following) != (".", ("sign", "0"))):
            out.append(text if kind in ("quoted", "sign") else "")  # parts of a second are not shown
    return "".join(out).strip()


def _date_part(moment: datetime, code: str, half: bool, locale: str) -> str:
    turkish = locale.endswith("41F")
    months, days = _TURKISH if turkish else _ENGLISH
    month, day = months[moment.month - 1], days[moment.weekday()]
    short_day = _SHORT_TURKISH_DAYS[moment.weekday()] if turkish else day[:3]
    hour = (moment.hour % 12 or 12) if half else moment.hour
    letter, width = code[0], len(code)
    if letter == "y":
        return f"{moment.year:04}" if width > 2 else f"{moment.year % 100:02}"
    if letter == "m":
        return [f"{moment.month}", f"{moment.month:02}", month[:3], month, month[:1]][min(width, 5) - 1]
    if letter == "d":
        return [f"{moment.day}", f"{moment.day:02}", short_day, day][min(width, 4) - 1]
    number = {"h": hour, "i": moment.minute, "s": moment.second}[letter]
    return f"{number:02}" if width > 1 else str(number)
