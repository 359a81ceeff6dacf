"""An answer cut into what can be held against a passage: sentences, list items, table rows, values of JSON.

Pure functions over text. Knows nothing of passages, or of whether a claim is true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.sentences import sentence_spans
from rag.words import lower, text_words

CITED = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_LEADING_MARKS = re.compile(r"(?:\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\])+[.,;]?\s*")
_MARKER = re.compile(r"\s*(?:(?:[-*+•‣·–>]|#{1,6}|\(?\d{1,2}[.)])\s+)*")
_RULE = re.compile(r"[\s|:=+_*-]+")
_JSON_TOKEN = re.compile(
    r'(?<!\\)"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}\[\],:]', re.DOTALL
)
CITING_KEY = re.compile(r"(?i)cit|source|passage|reference|kaynak|belge_?no")
"""A key of JSON whose numbers are passages."""
_COURTESY_WORDS = (
    "hello hi dear thanks thank welcome sure certainly glad happy pleased help kind regards sincerely please "
    "let know question questions further assist hope helps day nice greetings yes ok okay true false goodbye bye "
    "merhaba selam teşekkür teşekkürler ederim ederiz rica sevgi saygı saygılar saygılarımla iyi günler lütfen memnun evet "
    "hayır tamam hallo danke bitte ja nein"
)
_COURTESY = frozenset(lower(_COURTESY_WORDS).split())


@dataclass(frozen=True, slots=True)
class Claim:
    """A piece of an answer."""

    start: int
    """Where it starts in the answer, in characters."""
    end: int
    """Where it ends, exclusive."""
    text: str
    """What it says, without citation marks and list markers; a value of JSON decoded."""
    cited: tuple[int, ...] = ()
    """The passages that it names, each once, in their order."""
    context: str = ""
    """What the answer says around a value that does not speak for itself: keys and values beside it."""
    judged: bool = True
    """False: nothing in it could stand in a passage (a greeting, a question, an abstention, a heading)."""


def claims(
    answer: str, frame: Sequence[str] = (), passed_over: Callable[[str], bool] = lambda text: False
) -> list[Claim]:
    """Return the pieces of an answer in their order; white space and markup between them is left out.

    Args:
        answer: As it is shown.
        frame: What every answer begins or ends with (opening and closing of the form): no claim there.
        passed_over: Whether a sentence is no claim for another reason, as an abstention is.
    """
    shell = answer.strip()
    shell = re.sub(r"\A```\w*\s|```\Z", "", shell)
    try:
        whole = None if CITED.fullmatch(shell) else json.loads(shell)
    except (ValueError, RecursionError):  # a model may open a hundred thousand brackets
        whole = None
    found = _json(answer) if isinstance(whole, dict | list) else _prose(answer, frame)
    return [_weighed(one, passed_over) for one in found]


def _weighed(claim: Claim, passed_over: Callable[[str], bool]) -> Claim:
    if not claim.judged or not _empty(claim.text, passed_over):
        return claim
    return Claim(claim.start, claim.end, claim.text, claim.cited, claim.context, judged=False)


def _empty(text: str, passed_over: Callable[[str], bool]) -> bool:
    """Whether a text says nothing that words could be compared by."""
    bare = text.strip().strip("*_`").strip()
    if not re.search(r"\w", bare) or bare.endswith("?") or passed_over(bare):
        return True
    figures = re.search(r"\d", bare)
    if bare.endswith(":") and not figures:
        return True
    words = re.findall(r"\w+", lower(bare))
    telling = [word for word in words if word not in _COURTESY and text_words(word)]
    return not figures and not telling and (len(words) > 1 or words[0] in _COURTESY)


# ---------------------------------------------------------------- prose, lists, tables


def _prose(answer: str, frame: Sequence[str]) -> Iterator[Claim]:
    begin, end = _framed(answer, frame)
    if answer[:begin].strip():
        yield _cut(answer, 0, begin, judged=False)
    lines = list(re.finditer(r"[^\n]+", answer[begin:end]))
    for place, match in enumerate(lines):
        start, line = begin + match.start(), match[0]
        following = lines[place + 1][0] if place + 1 < len(lines) else ""
        if _RULE.fullmatch(line) or line.lstrip().startswith("```"):
            continue
        if _is_row(line):
            header = _is_row(following) and bool(_RULE.fullmatch(following))
            yield _cut(answer, start, start + len(line), judged=not header)
            continue
        marker = _MARKER.match(line)
        lead = marker.end() if marker else 0
        heading = line.lstrip().startswith("#")
        for low, high in _with_marks(line[lead:]):
            yield _cut(answer, start + lead + low, start + lead + high, judged=not heading)
    if answer[end:].strip():
        yield _cut(answer, end, len(answer), judged=False)


def _is_row(line: str) -> bool:
    return line.strip().startswith("|") or line.count("|") > 1


def _with_marks(line: str) -> list[tuple[int, int]]:
    """Return the sentences of a line; marks that follow a full stop belong to the sentence before them."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(line):
        marks = _LEADING_MARKS.match(line, start, end) if spans else None
        if marks:
            spans[-1] = (spans[-1][0], start + len(marks[0].rstrip()))
            start = marks.end()
        if line[start:end].strip():
            spans.append((start, end))
    return spans


def _framed(answer: str, frame: Sequence[str]) -> tuple[int, int]:
    """Return what is left of an answer between its opening and its closing."""
    begin, end = 0, len(answer)
    for phrase in filter(str.strip, frame):
        words = r"\s+".join(re.escape(word) for word in phrase.split())
        if first := re.match(rf"\s*{words}(?!\w)\s*", answer[begin:end], re.IGNORECASE):
            begin += first.end()
        if last := re.search(rf"(?<!\w){words}\s*\Z", answer[begin:end], re.IGNORECASE):
            end = begin + last.start()
    return begin, end


def _cut(answer: str, start: int, end: int, judged: bool = True, context: str = "") -> Claim:
    piece = answer[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    text = " ".join(CITED.sub(" ", answer[start:end]).replace("|", " ; ").split()).strip(" ;")
    return Claim(start, end, re.sub(r" ([.,;:!?])", r"\1", text), _numbers(piece), context, judged)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(
        dict.fromkeys(int(number) for match in CITED.finditer(text) for number in match[1].split(","))
    )


# ---------------------------------------------------------------- JSON


@dataclass(slots=True)
class _Level:
    kind: str
    key: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Value:
    start: int
    end: int
    raw: str
    key: str
    path: str
    level: int


def _json(answer: str) -> Iterator[Claim]:
    values = list(_values(answer))
    named = tuple(
        dict.fromkeys(
            int(one.raw) for one in values if CITING_KEY.search(one.key) and re.fullmatch(r"\d{1,3}", one.raw)
        )
    )
    for one in values:
        citing = bool(CITING_KEY.search(one.key))
        beside = [
            other.raw.strip('"') for other in values if other.level == one.level and other is not one and other.raw[0] == '"'
        ]  # fmt: skip
        context = " ".join([_spaced(one.path), *beside])
        if one.raw[0] != '"':
            judged = one.raw not in ("true", "false", "null") and not citing
            yield Claim(one.start, one.end, one.raw, () if citing else named, context, judged)
            continue
        text = json.loads(one.raw)
        plain = text == one.raw[1:-1]
        spans = _with_marks(text) if plain else [(0, len(one.raw) - 2)]
        for low, high in spans:
            piece = _cut(answer, one.start + 1 + low, one.start + 1 + high, not citing, context)
            said = piece.text if plain else " ".join(CITED.sub(" ", text).split())
            yield Claim(piece.start, piece.end, said, piece.cited or named, context, not citing)


def _spaced(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_.-]", " ", key)


def _values(answer: str) -> Iterator[_Value]:
    """Yield every scalar of a JSON text with the keys above it."""
    levels: list[_Level] = [_Level("", number=0)]
    count = 0
    matches = list(_JSON_TOKEN.finditer(answer))
    for place, match in enumerate(matches):
        token = match[0]
        if token in "{[":
            count += 1
            levels.append(_Level(token, levels[-1].key if token == "[" else "", count))
        elif token in "}]":
            levels.pop()
        elif token in ",:":
            continue
        elif levels[-1].kind == "{" and matches[place + 1][0] == ":":
            levels[-1].key = json.loads(token)
        else:
            path = " ".join(dict.fromkeys(level.key for level in levels if level.key))
            yield _Value(match.start(), match.end(), token, levels[-1].key, path, levels[-1].number)
