"""Text as a row of comparable tokens, so that "€1,299.00", "1.299,00 EUR" and "1299 euro" are one value.

Knows nothing of questions, replies or scores. It compares writings, not meanings: "not 49 EUR" holds "49
EUR", and number words stay words ("thirty" is not "30": the question lists such variants). Of units only metric
masses, lengths and volumes are converted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from foundation.vocabulary import CURRENCIES, METRIC, MONTHS, UNITS, fold, unit_or_currency


@dataclass(frozen=True, slots=True)
class Token:
    """One comparable piece of a text."""

    readings: frozenset[str]
    """Everything the piece may mean ("1.299": 1.299 or 1299). Two tokens agree when they share one."""
    glued: bool = False
    """Whether it is part of a code together with the token before it ("204" in "RX-204")."""

    @property
    def number(self) -> bool:
        """Whether a unit or a currency may belong to it."""
        return any(reading.startswith("n:") for reading in self.readings)


def contains(text: str, value: str) -> bool:
    """Say whether `value` occurs in `text` as whole tokens, in order and side by side.

    "49" is not in "149", "49.5" or "RX-49"; "49 EUR" is in "it costs €49.00"; "14 March" is in "2026-03-14";
    "2500 g" is in "2,5 kg".
    """
    haystack, needle = tokens(text), tokens(value)
    width = len(needle)
    if not width:
        return False
    for start in range(len(haystack) - width + 1):
        end = start + width
        cut_inside_a_code = haystack[start].glued or (end < len(haystack) and haystack[end].glued)
        if not cut_inside_a_code and _same(haystack[start:end], needle):
            return True
    return False


def _same(there: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """Say whether tokens agree one by one, or, where both are an amount of something metric, as amounts."""
    place = 0
    while place < len(wanted):
        amounts = _amounts(there, place), _amounts(wanted, place)
        if all(amounts):
            if not amounts[0] & amounts[1]:
                return False
            place += 2
        elif there[place].readings & wanted[place].readings:
            place += 1
        else:
            return False
    return True


def _amounts(row: Sequence[Token], place: int) -> set[tuple[str, Decimal]]:
    """Return what a number and the unit behind it may amount to: "2,5 kg" is 2500 g."""
    if place + 1 >= len(row) or not row[place].number:
        return set()
    numbers = [Decimal(reading[2:]) for reading in row[place].readings if reading.startswith("n:")]
    units = [METRIC[reading] for reading in row[place + 1].readings if reading in METRIC]
    return {(base, number * many) for base, many in units for number in numbers}


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of `text`: dates, times, phone numbers, numbers, units, currencies and words.

    Punctuation and citation marks ("[2]") are passed over. An amount is always the number first, then its
    currency or percent sign, however it was written.
    """
    joined = _SPACED_THOUSANDS.sub(
        "", text.replace("\u00ad", "")
    )  # before NFKC makes every space an ordinary one
    plain = _CITATION.sub(" ", unicodedata.normalize("NFKC", joined))
    return tuple(_amounts_in_order(list(_scan(plain))))


@dataclass(frozen=True, slots=True)
class _Piece:
    token: Token
    start: int
    end: int


def _scan(text: str) -> Iterator[_Piece]:
    """Yield tokens with their places, trying the readers in order at each place."""
    position = 0
    previous: _Piece | None = None
    while position < len(text):
        for pattern, read in _READERS:
            match = pattern.match(text, position)
            found = read(match, previous) if match else None
            if match and found is not None:
                for token in found:
                    previous = _Piece(token, position, match.end())
                    yield previous
                position = match.end()
                break
        else:
            position += 1


def _amounts_in_order(pieces: list[_Piece]) -> Iterator[Token]:
    """Yield the tokens, with a sign right before its number ("€49", "EUR 49", "%20") moved behind it."""
    index = 0
    while index < len(pieces):
        here = pieces[index]
        follower = pieces[index + 1] if index + 1 < len(pieces) else None
        taken = index > 0 and pieces[index - 1].token.number and here.start - pieces[index - 1].end <= 1
        touching = follower is not None and follower.token.number and follower.start - here.end <= 1
        if follower is not None and touching and not taken and here.token.readings & _SIGNS:
            yield Token(follower.token.readings)
            yield here.token
            index += 2
        else:
            yield here.token
            index += 1


_SIGNS = frozenset(CURRENCIES.values()) | {"unit:%"}
_CITATION = re.compile(r"\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_SPACED_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_VERSION = frozenset({"v", "version", "sürüm"})
_VERSION_WORDS = frozenset({"w:version", "w:release", "w:firmware"})
_Reader = Callable[[re.Match[str], _Piece | None], list[Token] | None]


def _one(*readings: str, glued: bool = False) -> Token:
    return Token(frozenset(readings), glued)


def _date(days: list[tuple[int, int]], year: str | None) -> list[Token] | None:
    """Return a day-and-month token and a year token; `days` are the (month, day) pairs it may mean."""
    readings = [f"date:{month:02}-{day:02}" for month, day in days if 1 <= month <= 12 and 1 <= day <= 31]
    if not readings:
        return None
    return [_one(*readings)] + ([_one(f"n:{int(year)}", f"l:{year}")] if year else [])


def _iso_date(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    return _date([(int(match["month"]), int(match["day"]))], match["year"])


def _figure_date(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    first, second = int(match["first"]), int(match["second"])
    day_first, month_first = (second, first), (first, second)
    return _date([day_first] if match["sign"] == "." else [day_first, month_first], match["year"])


def _named_date(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    month = MONTHS.get(fold(match["month"]))
    if month is None or (
        match["month"] == "may" and not match["year"]
    ):  # "under 18 may enter" names no day in May
        return None
    return _date([(month, int(match["day"]))], match["year"])


def _clock(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    half = (match["half"] or "").replace(".", "").lower()
    if not half and not match["minute"]:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif half:
        return None
    if hour > 24 or minute > 59:
        return None
    return [*_range(match, previous), _one(f"t:{hour:02}:{minute:02}")]


def _range(match: re.Match[str], previous: _Piece | None) -> list[Token]:
    """Return the word "to" when a dash joins this figure to the one before it ("3-5 days", "9:00–17:00")."""
    if previous is None or not any(reading[:2] in ("n:", "t:") for reading in previous.token.readings):
        return []
    return [_one("w:to")] if match.string[previous.end : match.start()].strip() in ("-", "–") else []


def _phone(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    digits = re.sub(r"\D", "", match[0])
    return [_one(f"phone:{digits}")] if 8 <= len(digits) <= 15 else None


def _code(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    in_a_code = previous is not None and _in_a_code(match, previous)
    return [_one(f"l:{match[0]}", glued=True)] if in_a_code else None


def _number(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    written = match["figures"]
    if previous is not None and previous.token.readings & _VERSION_WORDS:
        return [_one(f"l:{written}")]  # 2.10 is not 2.1 here
    if written.count(",") > 1 and not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written):
        return [
            _one(f"n:{_plain(Decimal(part))}", f"l:{part}") for part in written.split(",")
        ]  # a list: 1,2,3
    minus = "-" if match["minus"] else ""
    values = {f"n:{_plain(Decimal(minus + value))}" for value in _values(written)}
    clock = re.fullmatch(r"([01]\d|2[0-3])\.([0-5]\d)", written)  # Turkish writes 09.30 for half past nine
    readings = values | {f"l:{minus}{written}"} | ({f"t:{clock[1]}:{clock[2]}"} if clock else set())
    return [*_range(match, previous), Token(frozenset(readings))]


def _in_a_code(match: re.Match[str], previous: _Piece) -> bool:
    """Say whether figures end a code: "RX-204", "RX204", "INV-2024-0117", but not "EUR49" or "v2.10"."""
    joint = match.string[previous.end : match.start()]
    if joint not in ("", "-") or previous.token.readings & (_SIGNS | _VERSION_WORDS):
        return False
    return previous.token.glued or any(reading.startswith("w:") for reading in previous.token.readings)


def _values(bare: str) -> list[str]:
    """Return the numbers that digits with points and commas may mean; none for a version or a code."""
    if bare.isdigit():
        return [bare] if bare == "0" or not bare.startswith("0") else []
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", bare):
        return [bare.replace(",", "")] + (
            [bare.replace(",", ".")] if bare.count(",") == 1 and "." not in bare else []
        )
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?", bare):
        grouped = bare.replace(".", "").replace(",", ".")
        return [grouped] + ([bare] if bare.count(".") == 1 and "," not in bare else [])
    return [bare.replace(",", ".")] if re.fullmatch(r"\d+[.,]\d+", bare) else []


def _plain(value: Decimal) -> str:
    """Return a number without trailing zeros or exponent: 49.00 and 49 are both "49"."""
    return f"{value.normalize():f}"


def _word(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    word = fold(match[0].replace(" ", ""))
    after_number = previous is not None and (previous.token.number or previous.token.glued)
    touching = previous is not None and previous.end == match.start()
    if after_number and previous is not None:
        if touching and word in ("st", "nd", "rd", "th"):
            return []
        named = unit_or_currency(word)
        if named and not previous.token.glued:
            return [_one(named, f"w:{word}")]
        if touching:
            return [_one(f"w:{word}", glued=True)]  # the B of "204B"
    named = UNITS.get(word) or CURRENCIES.get(word)
    meant = "version" if word in _VERSION else word
    return [_one(*([named] if named else []), f"w:{meant}")]


def _sign(match: re.Match[str], previous: _Piece | None) -> list[Token] | None:
    named = CURRENCIES.get(match[0]) or UNITS.get(match[0])
    return [_one(named)] if named else None


_HALF = r"(?P<half>[ap]\.m\.|[ap]m\b)"
_YEAR = r"(?:,?\s+(?P<year>\d{4})\b)?"
_FIRST = r"(?<![\d.,:])"
_READERS: list[tuple[re.Pattern[str], _Reader]] = [
    (re.compile(_FIRST + r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"), _iso_date),
    (
        re.compile(_FIRST + r"(?P<first>\d\d?)(?P<sign>[./])(?P<second>\d\d?)(?P=sign)(?P<year>\d{4})(?!\d)"),
        _figure_date,
    ),
    (
        re.compile(
            _FIRST + r"(?P<day>\d\d?)(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>[^\W\d_]{3,9})\b\.?" + _YEAR
        ),
        _named_date,
    ),
    (
        re.compile(
            r"(?<!\w)(?P<month>[^\W\d_]{3,9})\.?\s+(?P<day>\d\d?)(?:st|nd|rd|th)?(?![\d.,:]\d|\d)" + _YEAR
        ),
        _named_date,
    ),
    (
        re.compile(
            _FIRST + r"(?P<hour>\d\d?)(?::(?P<minute>\d\d)(?::\d\d)?(?!\d))?(?:\s*" + _HALF + ")?",
            re.IGNORECASE,
        ),
        _clock,
    ),
    (re.compile(r"\+\d[\d ()./-]{6,}\d"), _phone),
    (re.compile(r"\d+(?:\.\d+)*"), _code),  # not beyond a comma: "TT-1104,329 EUR" is a code and a price
    (re.compile(r"(?:(?<![\w)\]])(?P<minus>[-−]))?(?P<figures>\d+(?:[.,]\d+)*)"), _number),
    (re.compile(r"°\s?[CF]\b|[^\W\d_]+"), _word),
    (re.compile(r"[€$£₺¥%]"), _sign),
]
