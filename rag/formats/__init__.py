"""From bytes to the lines of a document, one module a family of formats.

Runs inside the reading process (`rag.ingest.load_child`), so that a file that hangs or eats memory takes nothing
with it. Knows nothing of folders, hashes or chunks.
"""

from __future__ import annotations

import importlib

from rag.formats import archive
from rag.formats.outline import Outline, Unreadable

READERS = {
    ".md": "rag.formats.markdown",
    ".markdown": "rag.formats.markdown",
    ".txt": "rag.formats.plain",
    ".csv": "rag.formats.plain",
    ".tsv": "rag.formats.plain",
    ".html": "rag.formats.html",
    ".htm": "rag.formats.html",
    ".pdf": "rag.formats.pdf",
    ".docx": "rag.formats.docx",
    ".xlsx": "rag.formats.xlsx",
    ".json": "rag.formats.json",
    ".jsonl": "rag.formats.json",
    ".ndjson": "rag.formats.json",
    ".eml": "rag.formats.mail",
}
"""Every suffix that can be read, and the module whose `read(data, suffix, outline)` reads it."""

_MAGIC = {
    b"%PDF": ".pdf",
    b"{\\rtf": ".rtf",
    b"\x89PNG": ".png",
    b"GIF8": ".gif",
    b"\xff\xd8\xff": ".jpg",
    b"\x1f\x8b": ".gz",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"SQLite format 3": "a database",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Office file",
}
_NEVER_HTML = {".pdf", ".docx", ".xlsx", ".json", ".jsonl", ".ndjson"}
_ZIPPED = {".docx", ".xlsx"}


def read(data: bytes, suffix: str, password: str = "") -> Outline:
    """Read one file.

    Args:
        data: The file's bytes.
        suffix: A key of `READERS`; it decides the reader, and the bytes must not contradict it.
        password: Opens the file, should it be encrypted.

    Raises:
        Unreadable: The file can't or should not be read; says why.
    """
    check(data, suffix)
    outline = Outline(password)
    importlib.import_module(READERS[suffix]).read(data, suffix, outline)
    if not outline.blocks:
        raise Unreadable("no_text: the file holds no text (a scan?)", skip=True)
    return outline


def check(data: bytes, suffix: str) -> None:
    """Look at a file's first bytes, and at an archive's directory; arguments as for `read`.

    Raises:
        Unreadable: It is empty, or its bytes contradict its suffix.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise Unreadable("the file is empty" if not data else "the file holds only white space", skip=True)
    found = _kind(data, suffix)
    if found != suffix:
        raise Unreadable(f"the name ends in {suffix}, but the content is {found}", skip=True)


def _kind(data: bytes, suffix: str) -> str:
    """Return what the bytes are, which is `suffix` as long as they do not contradict it."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return archive.kind(data) or (suffix if suffix in _ZIPPED else "a broken archive")
    begins = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if suffix in _NEVER_HTML and begins.startswith((b"<!doctype html", b"<html")):
        return ".html"
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), suffix)
