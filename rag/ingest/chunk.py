"""Documents to chunks: pieces that follow the structure and fit the embedder.

A chunk never reaches across a heading; rows and items stay whole, sentences too, unless one alone is longer
than the limit. A line that leads in ("You will need:", a question of a FAQ) stays with the line after it.
Limits are counted in the embedder's own word pieces, so that nothing is cut in silence. Knows nothing of
files or vectors.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rag.sentences import sentence_spans
from rag.types import Block, BlockKind, Chunk, Document

VERSION = "2"
"""Grows when the same document would be read or cut differently: all are then read again, and every chunk id changes."""

CountTokens = Callable[[Sequence[str]], list[int]]
"""Counts the word pieces of each text, special tokens left out."""

_LONGEST_WORD = 100  # BERT's tokenizer turns longer ones into one unknown piece, whatever they hold
_LETTERS_PER_TOKEN = 12
_PARTS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Chunker:
    """Cuts documents.

    Attributes:
        limit: Most word pieces of a chunk's text.
        overlap: Sentences repeated from the chunk before, within one section.
        count: Counts word pieces.
        embedder: Fingerprint of the embedder, part of every id.
    """

    limit: int
    overlap: int
    count: CountTokens
    embedder: str

    @property
    def fingerprint(self) -> str:
        """What decides how a document is cut, in one short text."""
        return f"structure-{VERSION}/{self.limit}/{self.overlap}"

    def cut(self, document: Document) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        text = document.text
        chunks: list[Chunk] = []
        seen: Counter[tuple[str, str]] = Counter()
        for section in _sections(document.blocks):
            heading = _heading_path(section.headings, document.title)
            for first, last in self._packed(section.lines):
                start, end = first.start, last.end
                piece = text[start:end]
                ordinal = seen[heading, piece]
                seen[heading, piece] += 1
                key = (document.source, heading, piece, self.fingerprint, self.embedder, str(ordinal))
                place = (piece, start, end, first.page, len(chunks))
                chunks.append(Chunk(_identity(key), document.source, document.title, heading, *place))
        return chunks

    def _packed(self, lines: Sequence[_Unit]) -> Iterator[tuple[_Unit, _Unit]]:
        """Yield the first and last unit of each chunk of a section."""
        groups = [
            [self._sized(unit) for line in group for unit in self._units(line)] for group in _groups(lines)
        ]
        held: list[_Unit] = []
        size = 0
        for group in groups:
            total = sum(unit.tokens for unit in group)
            # A paragraph that fits a chunk of its own is torn only to fill a chunk that is short.
            if held and size + total > self.limit and total <= self.limit and size * 3 >= self.limit:
                yield held[0], held[-1]
                held, size = self._carried(held, total)
            for unit in group:
                if held and size + unit.tokens > self.limit:
                    yield held[0], held[-1]
                    held, size = self._carried(held, unit.tokens)
                held.append(unit)
                size += unit.tokens
        if held:
            yield held[0], held[-1]

    def _carried(self, held: Sequence[_Unit], coming: int) -> tuple[list[_Unit], int]:
        """Return the last units of a full chunk that the next one repeats, as far as they leave room."""
        carried = list(held[len(held) - self.overlap :]) if 0 < self.overlap < len(held) else []
        while carried and sum(unit.tokens for unit in carried) + coming > self.limit:
            carried.pop(0)
        return carried, sum(unit.tokens for unit in carried)

    def _sized(self, unit: _Unit) -> _Unit:
        return unit if unit.tokens else replace(unit, tokens=_size(unit.text, self.count([unit.text])[0]))

    def _units(self, line: _Unit) -> list[_Unit]:
        """Return a line whole or by its sentences; what is longer than a chunk in parts between words."""
        whole = self._sized(line)
        if self._fits(whole) and line.kind is not BlockKind.PARAGRAPH:
            return [whole]
        spans = sentence_spans(line.text) if line.kind is BlockKind.PARAGRAPH else [(0, len(line.text))]
        texts = [line.text[start:end] for start, end in spans]
        units = [
            _Unit(text, line.start + start, line.page, line.kind, _size(text, tokens))
            for text, (start, _), tokens in zip(texts, spans, self.count(texts), strict=True)
        ]
        return [part for unit in units for part in ([unit] if self._fits(unit) else self._torn(unit))]

    def _fits(self, unit: _Unit) -> bool:
        return unit.tokens <= self.limit

    def _torn(self, unit: _Unit) -> list[_Unit]:
        """Cut an over-long sentence or row between words, and endless words between letters."""
        spans = [
            (place, min(place + _LONGEST_WORD, found.end()))
            for found in _PARTS.finditer(unit.text)
            for place in range(found.start(), found.end(), _LONGEST_WORD)
        ]
        sizes = self.count([unit.text[start:end] for start, end in spans])
        parts: list[_Unit] = []
        begin, size = 0, 0
        for place, tokens in enumerate(sizes):
            letters = spans[place][1] - spans[begin][0]
            if place > begin and (size + tokens > self.limit or letters > self.limit * _LETTERS_PER_TOKEN):
                parts.append(self._part(unit, spans[begin][0], spans[place - 1][1], size))
                begin, size = place, 0
            size += tokens
        parts.append(self._part(unit, spans[begin][0], spans[-1][1], size))
        return parts

    @staticmethod
    def _part(unit: _Unit, start: int, end: int, tokens: int) -> _Unit:
        text = unit.text[start:end]
        return _Unit(text, unit.start + start, unit.page, unit.kind, _size(text, tokens))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A line or a sentence that is not torn: its text, where it starts in the document, its size."""

    text: str
    start: int
    page: int | None
    kind: BlockKind
    tokens: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Section:
    headings: tuple[str, ...]
    lines: list[_Unit]


def _sections(blocks: Sequence[Block]) -> Iterator[_Section]:
    """Yield the lines under each heading; a heading with nothing below it is a line of its own section."""
    placed: list[tuple[int, Block]] = []
    start = 0
    for block in blocks:
        placed.append((start, block))
        start += len(block.text) + 1
    for place, (start, block) in enumerate(placed):
        after = placed[place + 1][1] if place + 1 < len(placed) else None
        below = (*block.headings, block.text)
        if block.kind is BlockKind.HEADING and (after is None or after.headings[: len(below)] != below):
            yield _Section(block.headings, [_unit(start, block)])
        if block.kind is not BlockKind.HEADING and _opens(placed, place):
            run = groupby(
                placed[place:], key=lambda entry: (entry[1].kind is BlockKind.HEADING, entry[1].headings)
            )
            yield _Section(block.headings, [_unit(start, block) for start, block in next(run)[1]])


def _opens(placed: Sequence[tuple[int, Block]], place: int) -> bool:
    before = placed[place - 1][1] if place else None
    return before is None or before.kind is BlockKind.HEADING or before.headings != placed[place][1].headings


def _unit(start: int, block: Block) -> _Unit:
    return _Unit(block.text, start, block.page, block.kind)


def _groups(lines: Sequence[_Unit]) -> list[list[_Unit]]:
    """Put a line that leads in together with the line after it."""
    groups: list[list[_Unit]] = []
    for line in lines:
        if groups and groups[-1][-1].text.endswith((":", "?")) and len(groups[-1]) == 1:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _size(text: str, tokens: int) -> int:
    """Return what a text counts: its tokens, and more where one unknown piece stands for an endless word."""
    return max(tokens, -(-len(text) // _LETTERS_PER_TOKEN))


def _heading_path(headings: Sequence[str], title: str) -> str:
    below = headings[1:] if headings and headings[0] == title else headings
    return " > ".join(below)


def _identity(parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8")
        digest.update(len(data).to_bytes(8, "big") + data)  # lengths, so that ("ab", "c") is not ("a", "bc")
    return digest.hexdigest()[:32]
