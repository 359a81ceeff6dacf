"""Personal data that has a shape: identity and tax numbers, accounts, cards, telephones, addresses of people and machines.

Patterns propose, checksums decide (python-stdnum, phonenumbers). Texts are read as they look: full-width digits are digits,
invisible characters are not there, and every span points into the text as it stands. Finds no names and no postal addresses
(`finetune.privacy.names` does), and can't tell a house's own public number from somebody's private one.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from stdnum import iban as stdnum_iban
from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.tr import tckimlik, vkn


class PersonalKind(StrEnum):
    """What was found."""

    EMAIL = "e-mail address"
    """An e-mail address outside the domains that are reserved for examples (RFC 2606)."""
    IBAN = "IBAN"
    """A bank account with right check digits (ISO 13616)."""
    CARD = "card number"
    """A payment card with a right check digit (ISO 7812)."""
    TCKN = "TCKN"
    """A Turkish identity number with right check digits."""
    VKN = "VKN"
    """A Turkish tax number with a right check digit, where the text calls it one: any tenth number of ten digits has it."""
    PHONE = "phone number"
    """A telephone number that its country's plan allows; without +, Turkey's."""
    IP = "IP address"
    """An address of a machine, outside of what is reserved for examples and for the machine itself."""
    PLATE = "licence plate"
    """A Turkish licence plate."""
    BIRTH_DATE = "date of birth"
    """A date, where the text calls it a birth."""
    NAME = "name"
    """A person's name, Turkish or English; found by `finetune.privacy.names` only."""
    ADDRESS = "postal address"
    """A street with a number, or a post box; found by `finetune.privacy.names` only."""


@dataclass(frozen=True)
class PersonalSpan:
    """A place in a text."""

    kind: PersonalKind
    """What it is."""
    start: int
    """Index of its first character."""
    end: int
    """Index after its last character."""
    value: str
    """The same, written in one way only: what two spellings of one number share."""


Find = Callable[[str], list[PersonalSpan]]
"""Finds personal data in a text, in order, without overlaps."""


def find_personal(text: str) -> list[PersonalSpan]:
    """Return every place of a text that holds personal data, in order; a character belongs to one only."""
    plain, places = as_it_looks(text)
    taken: list[PersonalSpan] = []
    for detect in _DETECTORS:
        for kind, start, end, value in detect(plain):
            span = PersonalSpan(kind, places[start], places[end - 1] + 1, value)
            if free_of(taken, span):
                taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def readable(name: str) -> str:
    """Return the name of a file or row as words, character for character: what joins words in names are blanks here."""
    return re.sub(r"(?<=\w)_(?=\w)|[/\\]|(?<=[^\W\d])-(?=\w)|(?<=\d)-(?=[^\W\d])|\.(?=\w{2,5}\Z)", " ", name)


_Found = tuple[PersonalKind, int, int, str]
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")


def free_of(taken: Iterable[PersonalSpan], span: PersonalSpan) -> bool:
    """Return whether no character of a span belongs to another one already."""
    return all(span.end <= other.start or span.start >= other.end for other in taken)


def as_it_looks(text: str) -> tuple[str, list[int]]:
    """Return the text in plain characters, one for each visible one, and where each stands in the original.

    Never by `lower()`, which makes two characters of İ.
    """
    plain, places = [], []
    for place, char in enumerate(text):
        if _INVISIBLE.match(char):
            continue
        simple = unicodedata.normalize("NFKC", char)
        plain.append(simple if len(simple) == 1 else " " if char.isspace() else char)
        places.append(place)
    return "".join(plain), places


# ---------------------------------------------------------------- one detector a kind

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?![\w-])")
_RESERVED = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$", re.IGNORECASE)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_CARD = re.compile(
    r"(?<![\d.,-])[2-6]\d{3}(?:([ -]?)\d{4}\1\d{4}\1\d{1,7}|([ -])\d{6}\2\d{5})(?![\d-]|[.,]\d)"
)
# In groups, a number must not be a part of more groups: another number's middle may have right check digits.
_ALONE = r"(?![\d-]|[.,]\d)"
_TCKN = re.compile(rf"(?<![\d.,+-])(?:[1-9]\d{{10}}{_ALONE}|(?<!\d )[1-9](?:[ .-]?\d){{10}}{_ALONE}(?! \d))")
_VKN = re.compile(rf"(?<![\d.,+-])(?:\d{{10}}{_ALONE}|(?<!\d )\d(?: ?\d){{9}}{_ALONE}(?! \d))")
_VKN_NAMED = re.compile(r"\bVKN\b|vergi|tax (?:id|no|number)", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_VERSION = re.compile(r"(?:\bv|version|sürüm|release)\s*$", re.IGNORECASE)
_PLATE = re.compile(r"(?<![\w.,-])(0[1-9]|[1-7]\d|8[01])( ?)([A-PR-VYZ]{1,3})\2(\d{2,5})(?![\w-]|[.,]\d)")
_PLATE_DIGITS = {1: (4, 5), 2: (3, 4), 3: (2, 3)}
_NO_PLATE = frozenset(
    "EUR USD TRY GBP CHF TL KG GR MG LT ML CL CM MM KM DK SN SA GB MB KB TB HZ AH VA BAR RPM PCS DPI".split()
)
_DATE = re.compile(
    r"(?<![\d./-])(?:(\d{1,2})([./-])(\d{1,2})\2(\d{4})|(\d{4})-(\d{2})-(\d{2}))(?![\d-]|[./]\d)"
)
_BORN = re.compile(r"\bborn\b|\bbirth|\bDOB\b|doğum|\bD\.\s?T\.", re.IGNORECASE)
_CALLED = re.compile(r"\btel|phone|\bcall|\bmobil|\bGSM\b|\bcep\b|numara|\bara|whatsapp", re.IGNORECASE)
_NEAR = 32
"""A word that says what a number is stands at most so many characters before it."""
_NO_BIRTH = "1900"


def _emails(text: str) -> Iterator[_Found]:
    for match in _EMAIL.finditer(text):
        if not _RESERVED.search(match[1]):
            yield PersonalKind.EMAIL, match.start(), match.end(), match[0].casefold()


def _ibans(text: str) -> Iterator[_Found]:
    for match in _IBAN.finditer(text):
        value = match[0].replace(" ", "").replace("-", "")
        if is_iban(value):
            yield PersonalKind.IBAN, match.start(), match.end(), value


def _numbers(
    kind: PersonalKind,
    pattern: re.Pattern[str],
    holds: Callable[[str], bool],
    named: re.Pattern[str] | None = None,
) -> Callable[[str], Iterator[_Found]]:
    def detect(text: str) -> Iterator[_Found]:
        for match in pattern.finditer(text):
            value = re.sub(r"\D", "", match[0])
            if holds(value) and (
                named is None or named.search(text, max(0, match.start() - _NEAR), match.start())
            ):
                yield kind, match.start(), match.end(), value

    return detect


def _phones(text: str) -> Iterator[_Found]:
    import phonenumbers  # its tables of all countries take a moment

    open_text = text.replace("[", "|").replace("]", "|")  # a citation that follows is no part of the number
    for match in phonenumbers.PhoneNumberMatcher(open_text, "TR", phonenumbers.Leniency.VALID):
        named = _CALLED.search(text, max(0, match.start - _NEAR), match.start)
        if match.raw_string.isdigit() and not match.raw_string.startswith("0") and not named:
            continue  # ten digits in a row may be anything
        value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        yield PersonalKind.PHONE, match.start, match.end, value


def _machines(text: str) -> Iterator[_Found]:
    for match in [*_IPV4.finditer(text), *_IPV6.finditer(text)]:
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            continue
        told = _VERSION.search(text, max(0, match.start() - 12), match.start())
        nobody = (
            address.is_loopback
            or address.is_unspecified
            or address.is_multicast
            or str(address) == "255.255.255.255"
        )
        if (
            not nobody
            and not told
            and not any(address in net for net in _EXAMPLE_NETS if net.version == address.version)
        ):
            yield PersonalKind.IP, match.start(), match.end(), address.exploded


_EXAMPLE_NETS = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def _plates(text: str) -> Iterator[_Found]:
    for match in _PLATE.finditer(text):
        province, _, letters, digits = match.groups()
        if letters not in _NO_PLATE and len(digits) in _PLATE_DIGITS[len(letters)]:
            yield PersonalKind.PLATE, match.start(), match.end(), f"{province} {letters} {digits}"


def _births(text: str) -> Iterator[_Found]:
    last = 0
    for match in _DATE.finditer(text):
        named = _BORN.search(
            text, max(last, match.start() - _NEAR), match.start()
        )  # of two dates it names the next
        last = match.end()
        day, _, month, year, iso_year, iso_month, iso_day = match.groups()
        year, month, day = year or iso_year, month or iso_month, day or iso_day
        possible = 1 <= int(day) <= 31 and 1 <= int(month) <= 31 and min(int(day), int(month)) <= 12
        if possible and year > _NO_BIRTH and named:
            yield PersonalKind.BIRTH_DATE, match.start(), match.end(), f"{year}-{int(month):02}-{int(day):02}"


def _holds(check: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        try:
            check(value)
        except ValidationError:
            return False
        return True

    return holds


_checks_out = _holds(stdnum_iban.validate)


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN: its country's shape, and 1 modulo 97 (ISO 7064), with check digits from 02 to 98.

    Others are never issued, though 00, 01 and 99 leave the remainder of 97, 98 and 02.
    """
    return _checks_out(text) and "02" <= text[2:4] <= "98"


is_tckn = _holds(tckimlik.validate)
"""Whether a text is a Turkish identity number: eleven digits, the last two check the others."""
_is_card = _holds(luhn.validate)
_DETECTORS: tuple[Callable[[str], Iterator[_Found]], ...] = (
    _emails,
    _ibans,
    _machines,
    _numbers(PersonalKind.TCKN, _TCKN, is_tckn),
    _numbers(PersonalKind.CARD, _CARD, lambda value: 13 <= len(value) <= 19 and _is_card(value)),
    _numbers(PersonalKind.VKN, _VKN, _holds(vkn.validate), _VKN_NAMED),
    _births,
    _plates,
    _phones,
)
