"""Making the library equal to the folder: read what changed, embed what is new, switch once.

Everything slow happens before the switch, on the side; the ledger then changes in one transaction that also
writes the new indexes, so that a failure at any point leaves the old answers. Knows nothing of searching.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from foundation.errors import UserError
from rag.embedding.batches import by_length
from rag.embedding.embed import Embedder, Vectors, adopt, at_once, get_ready, settle
from rag.indexing.index import IndexBroken, IndexHome
from rag.ingest.chunk import Chunker
from rag.ingest.load import Found, Reader, Refusal, read_bytes, scan
from rag.storage.ledger import Ledger, Recipe
from rag.storage.records import Records
from rag.storage.retention import due
from rag.storage.vector_cache import KEPT_TEXTS, VectorCache
from rag.types import Chunk, Document, FileResult, LibrarySettings, Outcome, Progress, SyncReport, text_key

_LETTERS = 4  # letters of a token, roughly: the size of a new index is estimated by it
_LABEL_ROOM = 64  # word pieces kept free for the title and headings that are embedded with a chunk


@dataclass
class _Plan:
    """What a sync is going to change."""

    results: dict[str, FileResult] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    keep: set[str] = field(default_factory=set)
    """Sources whose chunks in the ledger stay as they are."""
    rescued: list[str] = field(default_factory=list)
    """Sources that can't be read now and whose old chunks stay, to be embedded anew under a new recipe."""


def readable(documents: Path, settings: LibrarySettings) -> list[Found]:
    """List the files of the documents folder.

    Raises:
        UserError: There is no folder, or nothing in it that can be read.
    """
    found = scan(documents, settings.limits)
    if not found:
        raise UserError(
            f"{documents}: the documents folder is empty. Put documents there, then run `rungwise sync`."
        )
    if all(entry.reason for entry in found):
        first = found[0]
        raise UserError(
            f"{documents}: none of its {len(found)} files can be used as a document ({first.source}: "
            f"{first.reason}). Put documents there, then run `rungwise sync`."
        )
    return found


def why_outdated(recipe: Recipe, settings: LibrarySettings, embedder: Embedder) -> str:
    """Return why an index is not what a sync would make now, as a part of a sentence; empty where it is."""
    if not adopt(embedder, recipe.embedder):
        return (
            f"it was made with the embedder {recipe.embedder_name}, and the settings now name {embedder.name}"
        )
    if _chunker(settings, embedder).fingerprint != recipe.chunker:
        return f"its documents were cut otherwise than the settings say now (chunk_tokens = {settings.chunk_tokens})"
    return ""


def _chunker(settings: LibrarySettings, embedder: Embedder) -> Chunker:
    return Chunker(
        settings.chunk_tokens, settings.overlap_sentences, embedder.count_tokens, embedder.fingerprint
    )


class Sync:
    """One sync; the caller holds the writer's lock.

    Args:
        home: Where the indexes stand.
        settings: How documents are cut.
        embedder: Makes the vectors.
        ledger: The truth.
        records: What is known about documents besides their text.
        cache: Keeps vectors that the ledger does not hold.
        forgotten: Says when a file with a SHA-256 was forgotten; None where it was not.
        progress: Called with a stage, how many are done and how many there are.
        clock: Tells the time, in seconds since 1970; retention ends by it.

    Raises:
        UserError: The chunks that the settings ask for do not fit the embedder.
    """

    def __init__(
        self,
        home: IndexHome,
        settings: LibrarySettings,
        embedder: Embedder,
        ledger: Ledger,
        records: Records,
        cache: VectorCache,
        forgotten: Callable[[str], str | None] = lambda sha256: None,
        progress: Progress | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        room = embedder.max_tokens - _LABEL_ROOM
        if settings.chunk_tokens > room:
            raise UserError(
                f"chunk_tokens is {settings.chunk_tokens}, but the embedder {embedder.name} takes "
                f"{embedder.max_tokens} word pieces, of which {_LABEL_ROOM} are kept for title and headings. "
                f"Set chunk_tokens to {room} or less."
            )
        self.home, self.settings = home, settings
        self.embedder, self.ledger, self.progress = embedder, ledger, progress
        self.records, self.cache = records, cache
        self.forgotten, self.clock = forgotten, clock
        self._before = ledger.recipe
        self._follow()

    def _follow(self) -> None:
        """Cut and record as the embedder now embeds."""
        embedder = self.embedder
        self.chunker = _chunker(self.settings, embedder)
        self.recipe = Recipe(
            self.chunker.fingerprint, embedder.fingerprint, embedder.name, embedder.dimension
        )

    def run(self, found: Sequence[Found]) -> SyncReport:
        """Bring the ledger and its indexes to what is in the files."""
        started = time.monotonic()
        recipe = self._before
        rebuilt = why_outdated(recipe, self.settings, self.embedder) if recipe else ""
        plan = self._read(found)
        if recipe is None or recipe.embedder != self.embedder.fingerprint:  # all is embedded anew
            letters = sum(len(document.text) for document in plan.documents)
            settle(self.embedder, letters // (_LETTERS * self.settings.chunk_tokens))
            self._follow()
        cut = {document.source: self._hashed(self.chunker.cut(document)) for document in plan.documents}
        rescued = {source: self._hashed(self.ledger.chunks(source)) for source in plan.rescued}
        vectors, embedded = self._vectors([*cut.values(), *rescued.values()])
        dropped = sorted(set(self.ledger.hashes()) - plan.keep - set(cut) - set(rescued))
        for source in dropped:
            plan.results.setdefault(source, FileResult(source, Outcome.DROPPED))
        self._switch(plan, cut, rescued, vectors, dropped)
        return self._report(plan, embedded, time.monotonic() - started, rebuilt)

    def _read(self, found: Sequence[Found]) -> _Plan:
        plan, known = _Plan(), self.ledger.hashes()
        with Reader(self.settings.limits) as reader:
            for place, entry in enumerate(found, start=1):
                self._tell("read", place, len(found))
                if entry.source in plan.results:
                    continue  # two names that differ in their Unicode form only: the first is read
                document = self._document(entry, known, reader)
                if isinstance(document, Document):
                    plan.documents.append(document)
                    plan.results[entry.source] = FileResult(
                        entry.source, Outcome.INDEXED, hidden=document.hidden
                    )
                elif document is None:
                    plan.keep.add(entry.source)
                    plan.results[entry.source] = FileResult(entry.source, Outcome.UNCHANGED)
                else:
                    self._refused(document, entry.source in known, plan)
        return plan

    def _document(self, entry: Found, known: dict[str, str], reader: Reader) -> Document | Refusal | None:
        """Read a file; None when it is what it was and was cut and embedded as it would be now."""
        lacking = self.records.of(entry.source).lacking if self.settings.strict and not entry.reason else ()
        if lacking:
            reason = f"strict: documents.toml does not say its {', '.join(lacking)}"
            return Refusal(entry.source, Outcome.SKIPPED, reason)
        got = read_bytes(entry)
        if isinstance(got, Refusal):
            return got
        data, sha256 = got
        if date := self.forgotten(sha256):
            reason = f"it was forgotten on {date}; take it out of the folder"
            return Refusal(entry.source, Outcome.SKIPPED, reason)
        if known.get(entry.source) == sha256 and self._same_recipe():
            return None
        named = self.records.of(entry.source).password_env
        return reader.read(entry.source, data, os.environ.get(named, "") if named else "")

    def _same_recipe(self) -> bool:
        before = self._before
        return before is not None and replace(before, embedder_name=self.recipe.embedder_name) == self.recipe

    def _refused(self, refusal: Refusal, was_known: bool, plan: _Plan) -> None:
        reason = refusal.reason
        if refusal.outcome is Outcome.FAILED and was_known:
            reason += "; its last readable version stays searchable"
            if self._same_recipe():
                plan.keep.add(refusal.source)
            else:
                plan.rescued.append(refusal.source)
        plan.results[refusal.source] = FileResult(refusal.source, refusal.outcome, reason)

    def _hashed(self, chunks: Sequence[Chunk]) -> list[tuple[Chunk, str, str]]:
        """Return each chunk with the text to embed and that text's key among the vectors."""
        texts = self._texts(chunks)
        fingerprint = self.embedder.fingerprint
        keys = [text_key(fingerprint, text) for text in texts]
        return list(zip(chunks, texts, keys, strict=True))

    def _texts(self, chunks: Sequence[Chunk]) -> list[str]:
        """Return what is embedded: label and text; the label is shortened where both would not fit."""
        room = self.embedder.max_tokens - 2 - self.settings.chunk_tokens
        labels = sorted({chunk.label for chunk in chunks})
        sizes = dict(zip(labels, self.embedder.count_tokens(labels), strict=True))
        texts = []
        for chunk in chunks:
            whole, with_last, bare = chunk.embeddable
            if sizes[chunk.label] <= room:
                texts.append(whole)
            elif self.embedder.count_tokens([chunk.label.rsplit(" > ", 1)[-1]])[0] <= room:
                texts.append(with_last)
            else:
                texts.append(bare)
        return texts

    def _vectors(self, cut: Iterable[Sequence[tuple[Chunk, str, str]]]) -> tuple[dict[str, Vectors], int]:
        """Return the vectors that the ledger lacks, each text's once, and how many of them had to be embedded."""
        wanted = {key: text for chunks in cut for _, text, key in chunks}
        for key in self.ledger.known(list(wanted)):
            del wanted[key]
        vectors = self.cache.get(list(wanted), self.embedder.dimension)
        keys = [key for key in wanted if key not in vectors]
        lengths = self.embedder.count_tokens([wanted[key] for key in keys])
        ordered = [keys[place] for place in by_length(lengths)]
        if ordered:
            self._tell("embed", 0, len(ordered))
            get_ready(self.embedder, len(ordered))
        size = at_once(self.embedder)  # embedded, then kept: what a kill can cost
        for start in range(0, len(ordered), size):
            part = ordered[start : start + size]
            made = self._embedded([wanted[key] for key in part], start, len(ordered))
            slice_of = dict(zip(part, made, strict=True))
            self.cache.put(slice_of)
            vectors |= slice_of
        return vectors, len(ordered)

    def _embedded(self, texts: Sequence[str], before: int, total: int) -> Vectors:
        vectors = self.embedder.embed(texts, lambda done, _: self._tell("embed", before + done, total))
        if not np.isfinite(vectors).all():
            raise UserError(
                f"The embedder {self.embedder.name} gave vectors that are not numbers. Choose another."
            )
        return vectors

    def _switch(
        self,
        plan: _Plan,
        cut: dict[str, list[tuple[Chunk, str, str]]],
        rescued: dict[str, list[tuple[Chunk, str, str]]],
        vectors: dict[str, Vectors],
        dropped: Sequence[str],
    ) -> None:
        problems = [
            result for result in plan.results.values() if result.outcome in (Outcome.SKIPPED, Outcome.FAILED)
        ]
        changed = bool(cut or rescued or dropped) or not self._same_recipe()
        before = self.ledger.generation
        unused: dict[str, Vectors] = {}
        try:
            with self.ledger.switching():
                self.ledger.note(problems)
                if changed:
                    old = self.ledger.vector_hashes() if self._same_recipe() else set()
                    self.ledger.put_vectors(vectors)
                    self.ledger.drop(dropped)
                    for document in plan.documents:
                        self.ledger.put(document, [(chunk, key) for chunk, _, key in cut[document.source]])
                    for chunks in rescued.values():
                        self.ledger.rehash([(chunk.id, key) for chunk, _, key in chunks])
                    unused = self.ledger.unused(
                        KEPT_TEXTS
                    )  # those of another embedder too: the way back is short
                    self.ledger.switch(self.recipe)
                self.ledger.put_records({source: self.records.of(source) for source in self.ledger.hashes()})
                if changed:
                    self.home.write(self.ledger, before, old, self.progress)
        finally:
            self.home.clear(self.ledger)
        self.cache.drop(list(vectors))
        self.cache.put(unused)
        if not changed:
            self._check()

    def _check(self) -> None:
        try:
            self.home.open(self.ledger).close()
        except IndexBroken:
            self.home.mend(self.ledger, self.progress)

    def _report(self, plan: _Plan, embedded: int, seconds: float, rebuilt: str) -> SyncReport:
        counts = self.ledger.chunk_counts()
        files = tuple(
            replace(plan.results[source], chunks=counts.get(source, 0)) for source in sorted(plan.results)
        )
        notes = tuple(
            f'documents.toml: no document fits the path "{pattern}". Check its spelling: what it says holds for none.'
            for pattern in self.records.idle([file.source for file in files])
        )
        if rebuilt:
            notes = (f"The whole index was rebuilt: {rebuilt}.", *notes)
        first = self.ledger.first_indexed()
        notes += due(sorted(counts), self.records, first.get, datetime.fromtimestamp(self.clock(), UTC))
        return SyncReport(files, self.ledger.generation, sum(counts.values()), embedded, seconds, notes)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.progress:
            self.progress(stage, done, total)
