"""What may be put into `documents/`: names that stay inside, contents that are what their names say, sizes that can be read.

A file is believed by its bytes and never by its suffix. Nothing is written before all of it was looked at, and a document that
is there already is replaced only where that was asked for. Knows nothing of pages, of indexes, or of who may do it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from foundation.errors import UserError, one_of
from foundation.files import write_bytes_atomic
from rag import formats
from rag.formats import READERS, archive
from rag.formats.outline import Unreadable
from rag.formats.plain import decode

MOST_FILES = 200
"""Files of one upload."""
MOST_TOGETHER = 20
"""All files of one upload may have this many times the size of the largest one that is allowed."""

_LONGEST_PART = (
    200  # bytes; a file system takes 255, and what is written beside it has a longer name for a moment
)
_LONGEST = 400  # letters of the whole path
_DEEPEST = 8
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
_ZIPPED = frozenset({".docx", ".xlsx"})
_OWN_WORDS = frozenset({".html", ".htm", ".eml"})
"""Formats that say themselves in which letters they are written."""
_PDF_WITHIN = 1024  # bytes before which every reader of PDF looks for its mark
_LOOKED_AT = 1 << 16
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")
_MOST_CONTROLS = 0.02
_SHORTENED = {".markdown", ".htm", ".ndjson"}  # other names of formats, for a sentence that names all


class Fate(StrEnum):
    """What would become of an uploaded file."""

    NEW = "new"
    """It would be a new document."""
    CHANGED = "changed"
    """A document of this name is there, with another content: it is replaced only where that is asked for."""
    SAME = "same"
    """The very same document is there already."""
    REFUSED = "refused"
    """It is not taken, for the reason given."""


@dataclass(frozen=True)
class Incoming:
    """A file as a browser sends it."""

    name: str
    """Its name as the browser tells it; of a folder, its path in there. Not to be trusted."""
    data: bytes
    """What is in it."""


@dataclass(frozen=True)
class Looked:
    """An uploaded file, looked at."""

    told: str
    """Its name as the browser told it."""
    source: str
    """Where it would go, below `documents/`; empty where the name is refused."""
    data: bytes
    """What is in it."""
    fate: Fate
    """What would become of it."""
    reason: str = ""
    """Why it is refused."""


def look(
    documents: Path,
    files: Sequence[Incoming],
    megabytes: float,
    folder: str = "",
    may_see: Callable[[str], bool] = lambda source: True,
) -> list[Looked]:
    """Look at the files of one upload; nothing is written.

    Args:
        documents: The folder of documents.
        files: What came.
        megabytes: The most that one file may have.
        folder: Where in `documents` they go; empty: at its top.
        may_see: Whether whoever uploads may see a document that is there; one that they may not see they can't replace.

    Raises:
        UserError: There are too many files, or they are too large together, or the folder's name is refused.
    """
    if len(files) > MOST_FILES:
        raise UserError(
            f"{len(files)} files are too many for one upload: at most {MOST_FILES} are taken. Bring them in parts."
        )
    together = sum(len(one.data) for one in files)
    if together > MOST_TOGETHER * megabytes * 1e6:
        raise UserError(
            f"The files have {together / 1e6:.1f} MB together, but at most {MOST_TOGETHER * megabytes:g} MB are taken at once. "
            "Bring them in parts, or copy them into the folder documents/ of the workspace."
        )
    before = _before(folder)
    there = _there(documents)
    found: list[Looked] = []
    taken: set[str] = set()
    for one in files:
        looked = _look(documents, there, one, megabytes, before, may_see)
        if looked.source and looked.source.casefold() in taken:
            looked = Looked(
                one.name, "", one.data, Fate.REFUSED, "another file of this upload has the same name"
            )
        taken.add(looked.source.casefold())
        found.append(looked)
    return found


def put(documents: Path, files: Iterable[Looked], replace: bool) -> list[str]:
    """Write files that were looked at into the folder of documents, each whole or not at all; return where they are.

    Args:
        documents: The folder of documents.
        files: As `look` gives them; refused ones and those that are there are passed over.
        replace: Whether those that would change a document are written, too.

    Raises:
        UserError: The folder can't be written.
    """
    wanted = {Fate.NEW, Fate.CHANGED} if replace else {Fate.NEW}
    written: list[str] = []
    for one in files:
        if one.fate not in wanted:
            continue
        target = _there(documents).get(one.source, documents / one.source)
        if not _stays_inside(documents, target):  # a link may have come between
            raise UserError(f"{one.source}: this leads out of the documents folder, so it was not written.")
        try:
            write_bytes_atomic(target, one.data)
        except OSError as error:
            raise UserError(
                f"{one.source}: it can't be written ({error.strerror or error}); {len(written)} files were written before it. "
                "Check that the documents folder can be written and that the disk has room."
            ) from error
        written.append(one.source)
    return written


# ---------------------------------------------------------------- names


def _before(folder: str) -> str:
    try:
        return f"{cleaned(folder)}/" if folder.strip() else ""
    except UserError as error:
        raise UserError(f"The folder can't be called {folder.strip()[:80]}: {error}.") from None


def cleaned(told: str) -> str:
    """Return a name as it may stand below `documents/`: with `/`, in NFC, without what can't be seen.

    Raises:
        UserError: It would lead elsewhere, hide the file, or be no file's name on some system.
    """
    seen = "".join(
        one for one in unicodedata.normalize("NFC", told) if unicodedata.category(one) not in _UNSEEN
    )
    path = seen.replace("\\", "/").strip()
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise UserError(
            "its name is a path from the top of a disk; only names below the documents folder are taken"
        )
    parts = [part.strip() for part in path.split("/") if part.strip() not in ("", ".")]
    if not parts:
        raise UserError("it has no name")
    for part in parts:
        _check_part(part)
    if len(parts) > _DEEPEST or len("/".join(parts)) > _LONGEST:
        raise UserError(f"its path is too long: at most {_LONGEST} letters and {_DEEPEST} folders are taken")
    return "/".join(parts)


def _check_part(part: str) -> None:
    if part.startswith("."):
        raise UserError(
            "its name, or a folder's, begins with a dot: that would hide it, or lead out of the documents folder"
        )
    if part.endswith("."):
        raise UserError("its name, or a folder's, ends with a dot, which not every system can keep")
    if wrong := _FORBIDDEN.search(part):
        raise UserError(f"its name holds {wrong[0]}, which not every system can keep; rename it")
    if _RESERVED.match(part):
        raise UserError(f"{part.split('.')[0]} is the name of a device on some systems; rename it")
    if len(part.encode("utf-8", "replace")) > _LONGEST_PART:
        raise UserError(f"its name is too long: at most {_LONGEST_PART} bytes are taken")


def _there(documents: Path) -> dict[str, Path]:
    """Return the files of the folder by their name in NFC, as the library names them."""
    every = documents.rglob("*") if documents.is_dir() else ()
    return {
        unicodedata.normalize("NFC", path.relative_to(documents).as_posix()): path
        for path in every
        if path.is_file() or path.is_symlink()
    }


def _stays_inside(documents: Path, target: Path) -> bool:
    """Whether a file would really be written below the folder, whatever links lead where."""
    home = documents.resolve()
    try:
        return target.parent.resolve().is_relative_to(home) and not target.is_symlink()
    except (OSError, RuntimeError, ValueError):
        return False


# ---------------------------------------------------------------- one file


def _look(
    documents: Path,
    there: dict[str, Path],
    one: Incoming,
    megabytes: float,
    before: str,
    may_see: Callable[[str], bool],
) -> Looked:
    try:
        source = cleaned(f"{before}{cleaned(one.name)}")
    except UserError as error:
        return Looked(one.name, "", one.data, Fate.REFUSED, str(error))
    if reason := _unfit(documents, source, one.data, megabytes):
        return Looked(one.name, source, one.data, Fate.REFUSED, reason)
    other = next((name for name in there if name.casefold() == source.casefold()), None)
    if other is None:
        return Looked(one.name, source, one.data, Fate.NEW)
    if not may_see(other) or other != source:  # which of the two it is, only whoever may see it is told
        seen = (
            f"there is {other} already, which some systems can't tell from it"
            if may_see(other)
            else "this name can't be used"
        )
        return Looked(one.name, source, one.data, Fate.REFUSED, f"{seen}; give it another one")
    is_same = there[source].is_file() and there[source].read_bytes() == one.data
    return Looked(one.name, source, one.data, Fate.SAME if is_same else Fate.CHANGED)


def _unfit(documents: Path, source: str, data: bytes, megabytes: float) -> str:
    """Return why a file is not taken; empty where it is."""
    suffix = PurePosixPath(source).suffix.lower()
    if suffix not in READERS:
        kinds = one_of(one.removeprefix(".") for one in READERS if one not in _SHORTENED)
        return f"files of type {suffix or '(none)'} are not read; {kinds} are"
    if len(data) > megabytes * 1e6:
        return f"it has {len(data) / 1e6:.1f} MB; at most {megabytes:g} MB are taken"
    target = documents / source
    if not _stays_inside(documents, target):
        return "a link leads from there out of the documents folder"
    if target.is_dir() or any(
        parent.is_file() for parent in target.parents if parent.is_relative_to(documents)
    ):
        return "there is a folder where the file would be, or a file where its folder would be"
    return sniffed(data, suffix)


def sniffed(data: bytes, suffix: str) -> str:
    """Return why bytes are not what a suffix says; empty where they may be.

    Args:
        data: The file's bytes.
        suffix: In small letters, with its dot; a key of `READERS`.
    """
    try:
        formats.check(data, suffix)
        if suffix in _ZIPPED:
            archive.opened(data)
        elif suffix == ".pdf":
            return (
                "" if b"%PDF-" in data[:_PDF_WITHIN] else "the name ends in .pdf, but the content is no PDF"
            )
        elif _is_binary(data):
            return f"the name ends in {suffix}, but the content is not text"
        elif suffix not in _OWN_WORDS:
            decode(data)
    except Unreadable as error:
        return str(error)
    return ""


def _is_binary(data: bytes) -> bool:
    begins = data[:_LOOKED_AT]
    if begins.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False  # UTF-16 and UTF-32; `decode` reads them strictly
    zeros = begins.count(0)
    if zeros:
        halves = begins[::2].count(0), begins[1::2].count(0)
        return (
            min(halves) > zeros // 10 or zeros < len(begins) // 4
        )  # text of two bytes a letter has one half empty
    return sum(byte in _CONTROLS for byte in begins) > _MOST_CONTROLS * len(begins)
