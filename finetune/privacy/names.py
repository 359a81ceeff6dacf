"""Names of people and postal addresses, in Turkish and English: recognisers of our own in Presidio's analyzer. Its only home.

No language model is needed, and none is loaded: words around a name, lists of names and the grammar of an address decide. So a
name that is in no list and that no word announces is not found, and a house's own public address is found like anybody's.
Presidio and the lists come with `rungwise[names]` and are imported when first needed. Knows nothing of numbers
(`finetune.privacy.personal`) or of what is done about a find.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune.privacy import name_words as listed
from finetune.privacy.name_words import name_key
from finetune.privacy.personal import PersonalKind, PersonalSpan, as_it_looks, find_personal, free_of
from foundation.errors import UserError

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

INSTALL = "pip install 'rungwise[names]'"
"""The command that brings what this file needs."""
_PERSON, _ADDRESS = "PERSON", "ADDRESS"
_KINDS = {_PERSON: PersonalKind.NAME, _ADDRESS: PersonalKind.ADDRESS}
_LANGUAGE = "xx"  # as spaCy calls a text of any language: both grammars are tried on every text


def installed() -> bool:
    """Return whether names and addresses can be looked for here."""
    return all(importlib.util.find_spec(name) for name in ("presidio_analyzer", "faker"))


def find_everything(text: str) -> list[PersonalSpan]:
    """Return what `find_personal` returns and names and addresses, in order; a character belongs to one only.

    Raises:
        UserError: The packages are not installed.
    """
    engine = _engine()
    plain, places = as_it_looks(text)
    taken = find_personal(text)
    found = engine.analyze(plain, language=_LANGUAGE)
    for hit in sorted(found, key=lambda hit: (hit.entity_type != _ADDRESS, hit.start, -hit.end)):
        value = " ".join(re.findall(r"\w+", name_key(plain[hit.start : hit.end])))
        span = PersonalSpan(_KINDS[hit.entity_type], places[hit.start], places[hit.end - 1] + 1, value)
        if free_of(taken, span):
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


@functools.cache
def _engine() -> AnalyzerEngine:
    """Return an analyzer with these recognisers only, and no language model."""
    if not installed():
        raise UserError(
            "Names and addresses are looked for by packages that are not installed here. Install them with "
            f"`{INSTALL}`, or take `names` out of [personal] in rungwise.toml."
        )
    from presidio_analyzer import (
        AnalyzerEngine,
        EntityRecognizer,
        Pattern,
        PatternRecognizer,
        RecognizerRegistry,
        RecognizerResult,
    )
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    class People(EntityRecognizer):  # type: ignore[misc]
        """Names by titles, labels and lists."""

        def load(self) -> None:
            """Load nothing: the lists are read when first asked."""

        def analyze(self, text: str, entities: Any, nlp_artifacts: Any = None) -> list[RecognizerResult]:
            """Return the names of a text."""
            return [RecognizerResult(_PERSON, start, end, score) for start, end, score in people(text)]

    addresses = PatternRecognizer(
        supported_entity=_ADDRESS,
        name="Addresses",
        supported_language=_LANGUAGE,
        patterns=[Pattern(name, one.pattern, score=0.8) for name, one in _ADDRESSES.items()],
        global_regex_flags=re.MULTILINE,
    )
    names = People(supported_entities=[_PERSON], name="People", supported_language=_LANGUAGE)
    registry = RecognizerRegistry([names, addresses], supported_languages=[_LANGUAGE])
    nothing = NoOpNlpEngine([{"lang_code": _LANGUAGE, "model_name": "none"}])
    return AnalyzerEngine(registry, nothing, supported_languages=[_LANGUAGE])


# ---------------------------------------------------------------- addresses

_WORD = r"[A-ZÇĞİÖŞÜÂÎÛ0-9][\w.'’-]{0,24}[ ]{1,2}"
_NO_STREET = r"(?!(?i:kargo|adres|teslimat|fatura|paket|sipariş|ev|iş|yeni)\w{0,6}[ ])"
_NAMED = rf"{_NO_STREET}(?:{_WORD}){{1,4}}"
_QUARTER = rf"{_NAMED}(?i:mahallesi|mah\b\.?|mh\b\.?)"
_STREET = rf"{_NAMED}(?i:caddesi|cadde|cad\b\.?|cd\b\.?|sokağı|sokak|sok\b\.?|sk\b\.?|bulvarı|bulv\b\.?|blv\b\.?|yolu)"
_NUMBER = r"(?i:no|numara)(?:\s?[:.]\s?|\s)\d{1,4}(?:\s?[/-]\s?\w{1,4})?\w?"
_BUILDING = rf"{_NAMED}(?i:apartmanı|apt\b\.?|sitesi|plaza)|(?i:\w{{1,10}}[ ]blok)"
_INSIDE = r"(?i:kat|daire|dai|k|d)(?:\s?[:.]\s?|\s)\d{1,3}"
_JOIN = r"[ \t]*[,;/\n–-]?\s{0,2}"
_CITIES = "|".join([*listed.PROVINCES, *map(str.upper, listed.PROVINCES), "İSTANBUL", "İZMİR"])
_CITY = rf"(?:[A-ZÇĞİÖŞÜ]\w{{2,20}}[ ]?[/, ][ ]?)?(?:{_CITIES})\b"
_PART = rf"(?:{_STREET}|{_BUILDING}|{_NUMBER}|{_INSIDE}|\d{{5}}\b|{_CITY})"
_WAYS = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Way|Place|Pl|Square|Sq|Terrace|Close|Crescent|Row|"
    "Gardens|Grove|Mews|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Hill"
)
_ROOM = r"(?:Apt|Apartment|Flat|Unit|Suite|Ste|Room|Floor)\.?[ ]?#?\w{1,5}|#[ ]?\w{1,5}"
_UK = r"[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}"
_TOWN = r"(?:St\.[ ])?[A-Z][a-z][\w'’-]{0,20}(?:[ ][A-Z][\w'’-]{0,20}){0,2}"
_CODE = rf"(?:[A-Z]{{2}}[ ]\d{{5}}(?:-\d{{4}})?|{_UK}|\d{{5}})\b"
_ADDRESSES = {
    "Turkish": re.compile(
        rf"\b(?:{_QUARTER}{_JOIN}(?:{_STREET}|{_BUILDING}|{_NUMBER})|{_STREET}{_JOIN}(?:{_NUMBER}|\d{{1,4}}(?:/\d{{1,4}})?\b))"
        rf"(?:{_JOIN}{_PART}){{0,8}}",
        re.MULTILINE,
    ),
    "English": re.compile(
        rf"(?:\b(?:{_ROOM}),?[ ])?(?<![\w.,-])\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})?[ ]"
        rf"(?:[A-Z][\w'’-]{{0,20}}\.?[ ]){{1,4}}(?:{_WAYS})\b"
        rf"(?:\.(?=[ ]?[,A-Z0-9#]))?(?:,?[ ](?:{_ROOM}))?(?:(?:,[ ]?{_TOWN}){{0,2}},?[ ]{_CODE}|,[ ]{_TOWN})?",
        re.MULTILINE,
    ),
    "number last": re.compile(
        rf"\b(?:[A-Z][a-z][\w'’-]{{0,20}}[ ]){{1,3}}(?:Street|Road|Avenue|Lane|Square|Quay|Court)[ ]"
        rf"\d{{1,3}}[A-Za-z]?(?![\w-]|[.,]\d)"
        rf"(?:(?:,[ ]?{_TOWN}){{0,2}},?[ ]{_CODE}|,[ ]{_TOWN})?",
        re.MULTILINE,
    ),
    "post box": re.compile(
        rf"\b(?i:P\.?\s?O\.?[ ]Box|Posta Kutusu|PK)[ :]{{1,2}}\d{{1,6}}(?:(?:,[ ]?{_TOWN}){{0,2}},?[ ]{_CODE})?",
        re.MULTILINE,
    ),
}

# ---------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a text."""

    start: int
    end: int
    """After its last letter; a suffix behind an apostrophe is not in it."""
    key: str
    """As `name_key` writes it."""
    capital: bool
    """Whether it begins with one."""
    loud: bool
    """Whether it is in capitals only, and of two letters or more."""
    ends: bool
    """Whether an apostrophe ends the name here."""


_LETTERS = r"(?:[^\W\d_][\u0300-\u036f]*){1,30}"
_TOKEN = re.compile(rf"(?<![\w\u0300-\u036f]){_LETTERS}(?:[-'’]{_LETTERS}){{0,3}}(?![-\w]{{0,40}}\d)")
_GAP = re.compile(r"[ \u00a0]{1,2}")
_INITIAL_GAP = re.compile(r"\.[ \u00a0]{0,2}")
_BEGINS = re.compile(r"(?:\A|[.!?:\n•»\"“(]|[-–*])\s*\Z")
_LABEL = re.compile(rf"(?:\A|(?<!\w))(?:{listed.LABELS})\Z", re.IGNORECASE)
_MOST = 4
"""A name has at most so many words."""
_SURE, _LIKELY = 0.9, 0.7


def people(text: str) -> Iterator[tuple[int, int, float]]:
    """Yield where a text names people: start, end, and how sure it is (0 to 1)."""
    tokens = [_token(text, match) for match in _TOKEN.finditer(text)]
    place = 0
    while place < len(tokens):
        if _named(tokens[place]):
            last = place + 1
            while (
                last < len(tokens) and _named(tokens[last]) and _joined(text, tokens[last - 1], tokens[last])
            ):
                last += 1
            for first, end, score in _in_run(text, tokens, place, last):
                yield tokens[first].start, tokens[end - 1].end, score
            place = last
        else:
            if place + 1 < len(tokens) and _quiet_name(text, tokens[place], tokens[place + 1]):
                yield tokens[place].start, tokens[place + 1].end, _LIKELY
            place += 1


def _token(text: str, match: re.Match[str]) -> _Token:
    """Return a word, cut where a suffix begins: O'Brien is a name, Ayşe'nin is Ayşe's."""
    word, end, ends = match[0], match.end(), False
    for mark in re.finditer(r"[-'’]", word):
        behind = word[mark.end() : mark.end() + 1]
        part_of_name = behind.isupper() and (mark[0] == "-" or mark.start() <= 2)
        if not part_of_name:
            word, end, ends = word[: mark.start()], match.start() + mark.start(), True
            break
    else:
        ends = text[end : end + 1] in "'’" and end < len(text)
    return _Token(
        match.start(), end, name_key(word), word[:1].isupper(), len(word) > 1 and word.isupper(), ends
    )


def _named(token: _Token) -> bool:
    """Whether a word could be a part of a name."""
    return token.capital and token.key not in listed.NO_NAME and token.key not in listed.TITLES


def _joined(text: str, before: _Token, after: _Token) -> bool:
    """Whether two words stand side by side; a full stop may stand behind an initial."""
    between = text[before.end : after.start]
    initial = before.end - before.start == 1 and _INITIAL_GAP.fullmatch(between)
    return not before.ends and bool(initial or _GAP.fullmatch(between))


def _in_run(text: str, tokens: list[_Token], first: int, last: int) -> Iterator[tuple[int, int, float]]:
    """Yield the names in a run of capital words, as the places of their first word and of the one after their last."""
    behind = tokens[last] if last < len(tokens) else None
    if title := _titled(text, tokens, first):
        if tokens[first].key not in listed.NOBODY:
            yield first, min(last, first + (title if last - first > 1 else 1)), _SURE
        return
    if behind is not None and _courteous(behind.key) and _joined(text, tokens[last - 1], behind):
        begin = next((place for place in range(first, last) if _is_given(tokens[place])), None)
        if begin is None:
            begin = (
                max(first, last - 2) if last - first != 2 or not _begins(text, tokens[first]) else last - 1
            )
        if tokens[begin].key not in listed.NOBODY:
            yield max(begin, last - _MOST), last, _SURE
        return
    courtesy = next((place for place in range(first + 1, last) if _courteous(tokens[place].key)), None)
    if courtesy is not None:
        begin = next(
            (place for place in range(first, courtesy) if _is_given(tokens[place])), max(first, courtesy - 2)
        )
        yield begin, courtesy, _SURE
        yield from _listed(text, tokens, courtesy + 1, last)
        return
    if tokens[last - 1].key in listed.NO_PERSON or (
        behind is not None
        and behind.key in listed.NO_PERSON
        and _GAP.fullmatch(text[tokens[last - 1].end : behind.start])
    ):
        return
    if _LABEL.search(text, max(0, tokens[first].start - 40), tokens[first].start):
        if tokens[first].key not in listed.NOBODY:
            yield first, min(last, first + _MOST), _SURE
        return
    yield from _listed(text, tokens, first, last)


def _titled(text: str, tokens: list[_Token], first: int) -> int:
    """Return how many words may follow the title that stands before a run; 0 where there is none."""
    if not first or tokens[first - 1].key not in listed.TITLES or not tokens[first - 1].capital:
        return 0
    between = text[tokens[first - 1].end : tokens[first].start]
    return 3 if re.fullmatch(r"\.?[ \u00a0]{0,2}", between) else 0


def _courteous(key: str) -> bool:
    return any(
        key.startswith(word) and key[len(word) :] in listed.COURTESY_ENDINGS for word in listed.COURTESIES
    )


def _begins(text: str, token: _Token) -> bool:
    """Whether a word begins a sentence, where every word has a capital."""
    return bool(_BEGINS.search(text, max(0, token.start - 4), token.start))


def _is_given(token: _Token) -> bool:
    return any(part in listed.given_names() for part in token.key.split("-"))


def _plainly_given(token: _Token) -> bool:
    return _is_given(token) and token.key not in listed.AMBIGUOUS


def _is_family(token: _Token) -> bool:
    return any(part in listed.family_names() for part in token.key.split("-"))


def _plainly_family(token: _Token) -> bool:
    return _is_family(token) and token.key not in listed.AMBIGUOUS


def _is_initial(token: _Token) -> bool:
    return token.end - token.start == 1


def _listed(text: str, tokens: list[_Token], first: int, last: int) -> Iterator[tuple[int, int, float]]:
    """Yield the names in a run of words that nothing announces: by the lists of names, or by what a person does."""
    place, none = first, True
    while place < last:
        end = _name_from(text, tokens, place, first, last)
        if end:
            yield place, end, _SURE if end - place > 1 else _LIKELY
            place, none = end, False
        else:
            place += 1
    acts = last < len(tokens) and tokens[last].key in listed.DOES and not tokens[last].capital
    if none and acts and last - first >= 2 and not _shouted(tokens, first, last):
        yield last - 2, last, _LIKELY


def _name_from(text: str, tokens: list[_Token], place: int, first: int, last: int) -> int:
    """Return the place after a name that begins at a word of a run; 0 where none does."""
    token = tokens[place]
    end = place + 1
    while (
        end < last and end - place < _MOST - 1 and (_is_initial(tokens[end]) or _plainly_given(tokens[end]))
    ):
        end += 1  # further given names
    family = tokens[end] if end < last else None
    if _plainly_given(token):
        if family is not None and (not token.loud or _is_family(family) or not _shouted(tokens, first, last)):
            return end + 1
        return 0 if token.loud and end - place == 1 else end
    doubtful = token.key in listed.rare_names() or _is_given(token) or _is_initial(token)
    if family is not None and doubtful and _is_family(family):
        both = family.key in listed.AMBIGUOUS and not _is_initial(token)
        return 0 if both and (_begins(text, token) or family.loud) else end + 1
    if (
        place + 1 < last
        and _plainly_family(tokens[place + 1])
        and not _begins(text, token)
        and not token.loud
    ):
        return place + 2  # a given name that is in no list
    if _plainly_family(token) and token.ends and not _begins(text, token):
        return place + 1
    return 0


def _shouted(tokens: list[_Token], first: int, last: int) -> bool:
    """Whether the words beside a run are in capitals as well, as in a heading, or there are none."""
    beside = [*tokens[max(0, first - 1) : first], *tokens[last : last + 1]]
    return tokens[first].loud and all(token.loud for token in beside)


def _quiet_name(text: str, given: _Token, family: _Token) -> bool:
    """Whether two words in small letters are a name: both listed, and neither a word of its own."""
    return (
        not given.capital
        and not family.capital
        and _plainly_given(given)
        and _plainly_family(family)
        and _joined(text, given, family)
    )
