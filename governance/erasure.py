"""Forgetting: documents, or everything that names somebody, out of a whole workspace, with proof.

Erases whole files and whole rows: no more than that is promised. What was trained on anything of it, adapters and embedders, is
marked (`governance.weights`), because weights can't be made to forget. Knows nothing of what is asked or answered.
"""

from __future__ import annotations

import json
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from assistant.config.settings_file import change_settings
from assistant.instructions import USUAL
from assistant.propose import drop_proposed
from assistant.workspace import CONFIG, Workspace
from finetune.lineage import LEARNED_FROM
from foundation.errors import UserError
from foundation.files import sha256_text, write_json_atomic
from governance import served_rows, weights
from governance.book import FOLDER as BOOKS
from governance.rows import thin
from governance.weights import NOTHING, Marked
from rag import Library
from rag.ingest import object_store
from rag.storage.vector_cache import erase

CERTIFICATES = "forgotten"
"""The folder of certificates, under what is built."""
_KEPT = (
    "access",
    BOOKS,
)  # folders under what is built: whoever may erase could erase what they did, or everybody
_JOBS = "jobs"  # what long work told, as long as it is kept: names of documents file by file
_NAMED_BY = {"questions": "gold", "clicks": "source"}
"""The key of a row that names its documents; of all other rows `sources`."""
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphens, and what has no width
_SHORTEST = 3
_LINE = 24
"""Lines of a forgotten document at least this long are looked for everywhere; shorter ones stand in any text."""
_LIMITS = (
    "Erased are whole documents and whole rows; the text of others is not edited.",
    "Who may come in and the audit log are kept; where they hold the text they count as places where it was still found.",
    "Weights that were trained before keep what they learned; an adapter of them is marked and not served, an embedder marked "
    "and told of wherever it is used.",
    "Weights and the vocabularies of models are not searched: by chance they hold any short text.",
    "Backups, copies outside of this workspace, the disk of a Chroma server, a database's own log and the logs of other machines "
    "are not reached.",
    "A document whose bytes hide its text (docx, pdf, xlsx) is found by what the library read from it.",
)


@dataclass(frozen=True)
class Certificate:
    """What was erased, and how it was checked; holds no personal data and no name of a file."""

    date: str
    """When, ISO 8601 in UTC."""
    what: str
    """`documents` or `subject`."""
    documents: int
    """Documents erased."""
    chunks: int
    """Pieces of them that were searchable."""
    rows: dict[str, int]
    """Rows erased, by what they are: examples, questions, replies, log lines."""
    tainted_adapter: bool
    """Whether an adapter was marked."""
    files_scanned: int
    """Files of the workspace that were searched byte by byte afterwards."""
    bytes_scanned: int
    """Their size."""
    remaining: int
    """Places where something was still found; 0 is what is certified."""
    method: str = (
        "SHA-256 tombstones, then erasure from ledger (VACUUM), vector index and keyword index (built anew), kept vectors "
        "(all removed), rows, replies and logs; then a scan of every byte for the text as UTF-8, UTF-16 and escaped JSON, "
        "and for the vectors' first 16 bytes"
    )
    """How."""
    limits: tuple[str, ...] = _LIMITS
    """What is not promised."""
    tainted_embedders: int = 0
    """How many taught embedders were marked; certificates of before do not say."""
    sha256: str = ""
    """Hash of everything above, so that a change is seen."""

    def to_dict(self) -> dict[str, Any]:
        """The certificate as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Forgotten:
    """A finished erasure."""

    certificate: Certificate
    """What may be kept."""
    path: Path
    """Where it was written."""
    sources: tuple[str, ...] = ()
    """The documents, for whoever is at the keyboard; never written down."""
    remaining: tuple[str, ...] = ()
    """Files in which something was still found."""
    marked: Marked = NOTHING
    """The adapters and embedders that learned from it."""
    embedding: str = ""
    """The embedder that is used, where it is marked."""


@dataclass
class _Found:
    """What is to go."""

    sources: set[str] = field(default_factory=set)
    chunks: int = 0
    needles: set[str] = field(default_factory=set)
    vectors: set[bytes] = field(default_factory=set)


def forget(
    workspace: Workspace,
    library: Library,
    sources: Sequence[str] = (),
    subject: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[str], None] = lambda stage: None,
) -> Forgotten:
    """Erase documents, or everything that holds a text, from a workspace.

    Args:
        workspace: Where.
        library: Its library.
        sources: Documents, by their path under `documents/`.
        subject: A text, such as a name; in any case, as a whole or inside of words.
        now: Tells the time.
        progress: Called with what is being done.

    Raises:
        UserError: Nothing was named, a document is not there, the subject is too short, nothing holds it, or the object
            storage does not let a document be erased.
    """
    progress("Looking for it")
    found = _look(workspace, library, sources, subject)
    if url := workspace.settings.storage.documents:  # first: where it refuses, nothing is half erased
        object_store.erase(url, tuple(sorted(found.sources)))
    # Kept vectors don't say what they were of, so all go, whether something else is found or not.
    erase(workspace.library)
    date = now().astimezone(UTC).isoformat(timespec="seconds")
    # The library comes last: it is what a run after a kill finds the rest by.
    progress("Erasing it from rows, replies and logs")
    marks = partial(weights.mark, workspace, date[:10], *_learned(workspace, found), found.sources)
    marked = marks()  # first: a kill in between must leave nothing that learned from it unmarked
    rows = _rows(workspace, found)
    if not found.sources and not any(rows.values()):
        raise UserError(_nothing(workspace, found))
    for source in found.sources:
        (workspace.documents / source).unlink(missing_ok=True)
    progress("Erasing it from the library")
    if library.status().built:
        library.forget(sorted(found.sources))
    progress("Looking at every byte")
    remaining, files, size = _scan(workspace, found)
    remaining += served_rows.found(workspace, partial(_goes, found=found, key="source"))
    marked |= marks()  # of what was published meanwhile
    certificate = _sealed(
        Certificate(date, "documents" if subject is None else "subject", len(found.sources), found.chunks, rows,
                    bool(marked.adapters), files, size, len(remaining), tainted_embedders=len(marked.embedders))
    )  # fmt: skip
    path = workspace.built / CERTIFICATES / f"{date.replace(':', '')}-{certificate.sha256[:8]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json_atomic(path, certificate.to_dict())
    return Forgotten(
        certificate,
        path,
        tuple(sorted(found.sources)),
        tuple(remaining),
        marked,
        weights.embedding(workspace),
    )


def preview(
    workspace: Workspace, library: Library, sources: Sequence[str] = (), subject: str | None = None
) -> tuple[str, ...]:
    """Return the documents that `forget` would erase; changes nothing.

    Raises:
        UserError: As `forget`, but for a text that nothing holds.
    """
    return tuple(sorted(_look(workspace, library, sources, subject).sources))


def places(
    workspace: Workspace, library: Library, sources: Sequence[str] = (), subject: str | None = None
) -> tuple[str, ...]:
    """Return the files of a workspace that hold what `forget` would erase, found byte by byte; changes nothing.

    Raises:
        UserError: As `preview`.
    """
    return tuple(_scan(workspace, _look(workspace, library, sources, subject))[0])


def check(path: Path) -> bool:
    """Return whether a certificate is as it was written.

    Raises:
        UserError: It is no certificate.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        Certificate(**told)
    except (OSError, ValueError, TypeError):
        raise UserError(f"{path}: this is no certificate of `rungwise forget`.") from None
    return bool(told.get("sha256") == _hash(told))


def _sealed(certificate: Certificate) -> Certificate:
    return replace(certificate, sha256=_hash(certificate.to_dict()))


def _hash(told: Mapping[str, Any]) -> str:
    """Return the hash of what a certificate says, whatever the version of Rungwise that wrote it."""
    return sha256_text(
        json.dumps({name: value for name, value in told.items() if name != "sha256"}, sort_keys=True)
    )


# ---------------------------------------------------------------- what is to go


def folded(text: str) -> str:
    """Return a text without case, composition, kinds of space and what can't be seen; İ, I, ı and i are one."""
    plain = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    plain = plain.replace("İ", "i").replace("I", "i").replace("ı", "i").casefold().replace("i\u0307", "i")
    return " ".join(plain.split())


def _look(workspace: Workspace, library: Library, sources: Sequence[str], subject: str | None) -> _Found:
    sources = [unicodedata.normalize("NFC", posixpath.normpath(source)) for source in sources]
    if bool(sources) == (subject is not None):
        raise UserError("Name either documents or, with --subject, a text that is to be forgotten.")
    if subject is not None and len(subject.strip()) < _SHORTEST:
        raise UserError(f"The text must have at least {_SHORTEST} letters, or too much would go with it.")
    found = _Found()
    built = library.status().built
    every = {source: library.text(source) or "" for source in (library.sources() if built else ())}
    if subject is not None:
        wanted = folded(subject.strip())
        found.needles.add(subject.strip())
        found.sources = {
            source for source, text in every.items() if wanted in folded(text) or wanted in folded(source)
        }
    else:
        home = workspace.documents.resolve()
        for source in sources:
            if not _leads_into(home, source):
                raise UserError(
                    f"{source}: this is not in {workspace.documents}; only documents are forgotten."
                )
            if source not in every and not _is_file(workspace.documents / source):
                raise UserError(
                    f"{source}: there is no such document in the library or in {workspace.documents}. "
                    "Name it by its path in that folder."
                )
        # Copies go with it: under another name they would hold the same.
        texts = {every[source] for source in sources if every.get(source)}
        found.sources = set(sources) | {source for source, text in every.items() if text in texts}
        others = {
            line for source, text in every.items() if source not in found.sources for line in text.split("\n")
        }
        found.needles = {
            line
            for source in found.sources
            for line in every.get(source, "").split("\n")
            if len(line) >= _LINE and line not in others
        }
    for source in found.sources & every.keys():
        chunks = library.chunks(source)
        found.chunks += len(chunks)
        found.vectors |= library.vector_prefixes(source)
    return found


def _leads_into(home: Path, source: str) -> bool:
    try:
        return (home / source).resolve().is_relative_to(home)
    except (OSError, ValueError):  # no path at all: too long, or with a NUL in it
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


# ---------------------------------------------------------------- rows


def _learned(workspace: Workspace, found: _Found) -> tuple[dict[str, int], int]:
    """Return how many rows go that adapters learn from, by data set, and that embedders are taught from."""
    places = {"examples": workspace.examples, "preferences": workspace.preferences, "questions": workspace.questions,
              "clicks": workspace.clicks}  # fmt: skip
    going = {
        name: sum(
            _row(line).get("part") != "test" and _goes(line, found, _NAMED_BY.get(name, "sources"))
            for line in _lines(path)
        )
        for name, path in places.items()
    }  # test questions judge, and are never learned from
    served = served_rows.found(workspace, partial(_goes, found=found, key="source"))
    going["clicks"] += sum("source" in _row(line) for line in served.get(served_rows.OPINIONS, ()))
    return {name: going[name] for name in LEARNED_FROM}, sum(going[name] for name in weights.TAUGHT_FROM)


def _rows(workspace: Workspace, found: _Found) -> dict[str, int]:
    """Erase rows that name a document or hold a text; return how many, by what they are."""
    erased = {
        "examples": thin(workspace.examples, lambda line: _goes(line, found, "sources")),
        "questions": thin(workspace.questions, lambda line: _goes(line, found, "gold")),
        "preferences": thin(workspace.preferences, lambda line: _goes(line, found, "sources")),
        "replies": 0,
        "log lines": 0,
    }
    erased["replies"] += _wordings(workspace, found)
    named = _Found(needles=found.needles | found.sources)
    for path in sorted(workspace.built.rglob("*")) if workspace.built.is_dir() else ():
        if not path.is_file() or path.is_relative_to(workspace.library):
            continue
        if any(path.is_relative_to(home) for home in (workspace.adapters.home, workspace.embedders)):
            continue  # what was trained is marked, and never half of it removed
        if any(path.is_relative_to(workspace.built / kept) for kept in _KEPT):
            continue
        sought = named if path.is_relative_to(workspace.built / _JOBS) else found
        if path == workspace.clicks:
            erased["replies"] += thin(path, lambda line: _goes(line, found, "source"))
        elif path.suffix == ".jsonl":
            erased["replies"] += thin(path, partial(_holds, found=sought))
        elif path.suffix == ".log" or ".log." in path.name:
            erased["log lines"] += thin(path, partial(_holds, found=sought))
        elif path.suffix == ".json" and _holds(path.read_text(encoding="utf-8", errors="replace"), sought):
            path.unlink()  # a comparison or a report, which the next command writes anew
            erased["replies"] += 1
    # a click names its document, and holds no word of it
    erased["replies"] += served_rows.erase(workspace, partial(_goes, found=found, key="source"))
    return erased


def _wordings(workspace: Workspace, found: _Found) -> int:
    """Erase wordings that a model proposed and that hold a text; where one was told, the usual wording is told again."""
    dropped = drop_proposed(workspace.own_instructions, partial(_holds, found=found))
    if workspace.settings.prompt.instructions in dropped:
        change_settings(workspace.root / CONFIG, "prompt", {"instructions": USUAL})
    return len(dropped)


def _nothing(workspace: Workspace, found: _Found) -> str:
    """Return the sentence where there is nothing to erase."""
    held = _scan(workspace, found)[0]
    if any(name.startswith(f"{workspace.built.name}/{BOOKS}/") for name in held):
        return (
            f"Only the books of governance in {workspace.root} hold that text, as who did it, and they are kept as "
            "records, so nothing was changed."
        )
    if any(name.startswith(f"{workspace.built.name}/{_KEPT[0]}/") for name in held):
        return (
            f"Only the files of access in {workspace.root} hold that text, and they are kept, so nothing was changed. "
            "`rungwise users remove NAME` takes somebody out; the audit log names them still."
        )
    return f"Nothing in {workspace.root} holds that text, so nothing was changed."


def _goes(line: str, found: _Found, key: str) -> bool:
    """Whether a line holds a text that is to go, or names a document that is, under a key."""
    named = _row(line).get(key) or ()
    return _holds(line, found) or bool(found.sources & ({named} if isinstance(named, str) else set(named)))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []


def _row(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _holds(line: str, found: _Found) -> bool:
    """Whether a line holds a text that is to go, as it stands or escaped as JSON."""
    texts = [line]
    if "\\" in line:
        texts.append(line.encode("utf-8", "replace").decode("unicode_escape", "replace"))
        texts.append(json.dumps(_row(line), ensure_ascii=False))
    return any(folded(needle) in folded(text) for text in texts for needle in found.needles)


# ---------------------------------------------------------------- proof


def _scan(workspace: Workspace, found: _Found) -> tuple[list[str], int, int]:
    """Return the files in which something is still found, how many were looked at, and their size."""
    needles = found.needles | {escape(needle, quote=False) for needle in found.needles}  # a report is HTML
    patterns = {pattern for needle in needles for pattern in _written(needle)} | found.vectors
    remaining: list[str] = []
    files = size = 0
    for path in sorted(workspace.root.rglob("*")):
        if path.is_file() and not path.is_symlink() and not weights.holds_no_text(workspace, path):
            data = path.read_bytes()
            files, size = files + 1, size + len(data)
            plain = folded(data.decode("utf-8", "replace")) if needles else ""
            if any(pattern in data for pattern in patterns) or any(folded(n) in plain for n in needles):
                remaining.append(path.relative_to(workspace.root).as_posix())
    return remaining, files, size


def _written(needle: str) -> Iterator[bytes]:
    """Yield the bytes in which a text can stand on a disk."""
    for text in {needle, unicodedata.normalize("NFD", needle), needle.upper(), needle.lower()}:
        yield from (text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
        yield json.dumps(text)[1:-1].encode("ascii")
