"""The nouns of the library: Document, Chunk, Hit, and what a sync or a status tells.

Knows nothing of how any of them is made, stored or found. Imports the standard library and `foundation` only.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from foundation.errors import UserError, one_of

Progress = Callable[[str, int, int], None]
"""Called with a stage ("read", "embed", "index"), how many are done, and how many there are."""


class BlockKind(StrEnum):
    """What a line of a document is."""

    HEADING = "heading"
    """A heading; chunks never reach across one."""
    PARAGRAPH = "paragraph"
    """Prose; may be cut between sentences."""
    ITEM = "item"
    """An item of a list, with its marker."""
    ROW = "row"
    """A row of a table, written as `column: value; column: value`."""


@dataclass(frozen=True, slots=True)
class Block:
    """One line of a document, with its place in the structure."""

    kind: BlockKind
    """What the line is."""
    text: str
    """The line, without line breaks."""
    headings: tuple[str, ...] = ()
    """The headings above it, outermost first."""
    page: int | None = None
    """The page it starts on, counted from 1, where the format has pages."""


@dataclass(frozen=True, slots=True)
class Document:
    """A source that was read: its lines in order."""

    source: str
    """Path relative to the documents folder, with `/`, in Unicode NFC."""
    title: str
    """The first heading, or the file's name made readable."""
    blocks: tuple[Block, ...]
    """The lines, in reading order."""
    sha256: str = ""
    """Hash of the file's bytes."""
    hidden: int = 0
    """How many invisible characters and hidden passages were removed, and disguised words mended."""
    encoding: str = ""
    """The encoding that the bytes were read in, where the format leaves it open."""
    properties: tuple[str, ...] = ()
    """What the file says of itself beside its text, where that was asked for; never indexed."""

    @property
    def text(self) -> str:
        """The whole text, one block a line; the spans of chunks point into it."""
        return "\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document, small enough to be embedded whole."""

    id: str
    """Hash of source, headings, text, chunker and embedder: the same piece has the same id in every sync."""
    source: str
    """The document it is from."""
    title: str
    """That document's title."""
    heading: str
    """The headings above it joined by ` > `, the title left out; empty directly under the title."""
    text: str
    """The piece: one paragraph, list item or table row a line."""
    start: int
    """Where it starts in the document's text, in characters."""
    end: int
    """Where it ends, exclusive: `document.text[start:end] == text`."""
    page: int | None
    """The page it starts on, from 1, or None where the format has none."""
    index: int
    """Its place among the document's chunks, from 0."""

    @property
    def label(self) -> str:
        """Title and headings in one line: `Returns > Deadlines`."""
        return f"{self.title} > {self.heading}" if self.heading else self.title

    @property
    def indexed_text(self) -> str:
        """What is embedded and searched: the label, so that a piece is found by its topic, then the piece."""
        return f"{self.label}\n{self.text}"

    @property
    def embeddable(self) -> tuple[str, str, str]:
        """What is embedded: the first of these that fits the embedder, with the whole label, its last part, or none."""
        return self.indexed_text, f"{self.label.rsplit(' > ', 1)[-1]}\n{self.text}", self.text


def text_key(embedder: str, text: str) -> str:
    """Return the name of a text's vector: a hash of the embedder's fingerprint and the text."""
    return hashlib.sha256(f"{embedder}\n{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found, and why it ranks where it does."""

    chunk: Chunk
    """What was found."""
    score: float
    """The fused score in [0, 1]; comparable within one search only."""
    dense: float
    """Cosine of question and chunk, in [-1, 1]."""
    keyword: float
    """BM25 score of the chunk, 0 when it shares no word with the question."""
    rank: int
    """Its place, from 1."""
    since: str = ""
    """Since when its document holds what it says, as YYYY-MM-DD: from `valid_from`, or from when it was first searchable."""
    alike: tuple[str, ...] = ()
    """Further documents that say nearly the same and stepped back for it, as far as they were looked at."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and as of when: a search sees nothing that this reader may not see at that moment."""

    groups: frozenset[str] = frozenset()
    """The groups that the reader is in; documents without groups are open to everybody."""
    at: datetime | None = None
    """The moment, with its time zone; None: now."""
    tags: frozenset[str] = frozenset()
    """Only documents with all of these tags."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much one untrusted file may cost."""

    megabytes: float = 25.0
    """Larger files are skipped unread."""
    seconds: float = 20.0
    """A file that takes longer to read is given up."""
    memory_megabytes: int = 1024
    """Address space of the reading process."""
    characters: int = 2_000_000
    """A document with more text than this is given up."""


FUSIONS = ("convex", "rrf")
"""How the two searches can be joined; see `rag.retrieval.retrieve`."""

BACKENDS = ("auto", "torch", "onnx", "int8")
"""What can compute the vectors; see `rag.embedding.encoders`."""


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """How documents are cut and searched.

    Raises:
        UserError: A value is out of its range.
    """

    chunk_tokens: int = 64
    """A chunk's text has at most this many word pieces of the embedder; changing it cuts everything anew."""
    overlap_sentences: int = 0
    """Sentences repeated from the chunk before, within one section."""
    k: int = 4
    """Hits of a search that does not say how many."""
    fusion: str = "convex"
    """How the two searches are joined: `convex` adds their scores, weighted by `alpha`; `rrf` adds 1 / rank."""
    alpha: float = 0.6
    """Weight of the dense score in the convex fusion: 1 is vectors only, 0 is keywords only."""
    embedder: str = "minilm"
    """`minilm` (packaged, offline), a folder, or the name of a sentence-transformers model."""
    embedding_backend: str = "auto"
    """What computes the vectors: `torch`, `onnx` (equal, mostly faster), `int8` (faster, other vectors), `auto`."""
    candidates: int = 50
    """How many chunks each of the two searches hands to the fusion."""
    max_per_source: int | None = None
    """At most this many hits from one document; None: no limit."""
    strict: bool = False
    """Whether documents without purpose, legal basis, retention and owner in `documents.toml` are left out; training and serving
    are refused too where the data sets that they use have none of these in `data.toml`."""
    diversity: float = 0.0
    """How much a hit loses by being like one above it: 0 is not at all, 1 is that nothing else counts."""
    neighbours: int = 0
    """So many chunks before and after a hit, of the same section, are shown with it as one passage."""
    reranker: str | None = None
    """A cross-encoder that reads the best candidates once more: a folder or a name on the hub; None: none does."""
    rerank_candidates: int = 20
    """How many candidates the reranker reads."""
    chroma_server: str | None = None
    """URL of a Chroma server (`http://127.0.0.1:8000`, see `chroma run`) for the vectors; None: they stand in the workspace."""
    follow_ups: str = "rules"
    """How a question that hangs on the conversation is completed before it is searched: by `rules`, or by the base `model`."""
    abstain: bool = False
    """Whether a question below the threshold of the workspace's own fit is answered with the house's abstention."""
    limits: ReadLimits = field(default_factory=ReadLimits)
    """What reading one file may cost."""

    def __post_init__(self) -> None:
        """Check every value once, where it is born, and name all mistakes together."""
        checks = [
            (16 <= self.chunk_tokens <= 2048, f"chunk_tokens must be 16 to 2048, but is {self.chunk_tokens}"),
            (
                0 <= self.overlap_sentences <= 5,
                f"overlap_sentences must be 0 to 5, but is {self.overlap_sentences}",
            ),
            (1 <= self.k <= 100, f"k must be 1 to 100, but is {self.k}"),
            (0.0 <= self.alpha <= 1.0, f"alpha must be 0 to 1, but is {self.alpha}"),
            (self.fusion in FUSIONS, f'fusion must be {one_of(FUSIONS)}, but is "{self.fusion}"'),
            (
                self.embedding_backend in BACKENDS,
                f'embedding_backend must be {one_of(BACKENDS)}, but is "{self.embedding_backend}"',
            ),
            (1 <= self.candidates <= 1000, f"candidates must be 1 to 1000, but is {self.candidates}"),
            (
                self.max_per_source is None or self.max_per_source >= 1,
                f"max_per_source must be 1 or more, but is {self.max_per_source}",
            ),
            (
                self.follow_ups in ("rules", "model"),
                f'follow_ups must be rules or model, but is "{self.follow_ups}"',
            ),
            (
                1 <= self.rerank_candidates <= 200,
                f"rerank_candidates must be 1 to 200, but is {self.rerank_candidates}",
            ),
            (0.0 <= self.diversity <= 1.0, f"diversity must be 0 to 1, but is {self.diversity}"),
            (0 <= self.neighbours <= 2, f"neighbours must be 0, 1 or 2, but is {self.neighbours}"),
            (
                self.chroma_server is None or self.chroma_server.startswith(("http://", "https://")),
                f'chroma_server must be a URL like http://127.0.0.1:8000, but is "{self.chroma_server}"',
            ),
            (bool(self.embedder.strip()), "embedder must be named, but is empty"),
        ]
        mistakes = [sentence for holds, sentence in checks if not holds]
        if mistakes:
            raise UserError(f"The library's settings can't be used: {'; '.join(mistakes)}.")


class Outcome(StrEnum):
    """How a file ended in a sync."""

    INDEXED = "indexed"
    """New or changed, and now searchable."""
    UNCHANGED = "unchanged"
    """Its bytes are those of the last sync."""
    SKIPPED = "skipped"
    """Left out, for the reason given; an earlier version of it is no longer searchable."""
    FAILED = "failed"
    """Can't be read, for the reason given; an earlier version of it stays searchable."""
    DROPPED = "dropped"
    """No longer in the folder, and no longer searchable."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """How one file ended in a sync."""

    source: str
    """Path relative to the documents folder."""
    outcome: Outcome
    """How it ended."""
    reason: str = ""
    """Why it was skipped or failed; empty otherwise."""
    chunks: int = 0
    """How many chunks of it are searchable now."""
    hidden: int = 0
    """How many invisible characters and hidden passages were removed from it, and disguised words mended."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, file by file."""

    files: tuple[FileResult, ...]
    """One entry a file, by path."""
    generation: int
    """The library's generation now; it grows by one with every sync that changed something."""
    chunks: int
    """Chunks that are searchable now."""
    embedded: int
    """Texts that had to be embedded; all others were known."""
    seconds: float
    """How long it took."""
    notes: tuple[str, ...] = ()
    """What should be looked at in `documents.toml`, as sentences."""

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many files ended in each outcome; every outcome is a key."""
        seen = Counter(result.outcome for result in self.files)
        return {outcome: seen[outcome] for outcome in Outcome}

    @property
    def partial(self) -> bool:
        """Whether some file of the folder was skipped or failed."""
        return any(result.outcome in (Outcome.SKIPPED, Outcome.FAILED) for result in self.files)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            **asdict(self),
            "files": [asdict(result) for result in self.files],
            "counts": dict(self.counts),
        }


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What is in the library, without opening an index or a model."""

    built: bool
    """Whether there is an index at all."""
    documents: int = 0
    """Searchable documents."""
    chunks: int = 0
    """Searchable chunks."""
    generation: int = 0
    """Grows by one with every sync that changed something."""
    embedder: str = ""
    """The embedder's name and the first characters of its fingerprint, as of the last sync."""
    synced_at: str = ""
    """When the last sync ended, ISO 8601 in UTC."""
    size_bytes: int = 0
    """Bytes that the library takes on the disk."""
    problems: tuple[FileResult, ...] = ()
    """Files that the last sync skipped or failed."""

    def to_dict(self) -> dict[str, Any]:
        """The status as plain JSON values."""
        return asdict(self)
