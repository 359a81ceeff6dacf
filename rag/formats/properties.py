"""What a file says of itself beside its text: who wrote it, what it is called, which words it is kept under.

PDF's table of properties, the property parts of Word and Excel files, the metadata of a page, the headers of a mail. None of
it is indexed. Knows nothing of what it means, and gives up in silence where a file is broken there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from email import message_from_bytes
from xml.etree import ElementTree

from rag.formats import archive
from rag.formats.plain import decode
from rag.ingest.clean import one_line

_MOST = 20_000
_PARTS = re.compile(r"docProps/[\w.-]{1,40}\.xml")
_MOMENT = re.compile(r"D:\d{4,14}(?:Z|[+-])?[\d']{0,7}")
_META = re.compile(rb"<meta\b[^>]{0,2000}", re.IGNORECASE)
_CONTENT = re.compile(r"content\s{0,3}=\s{0,3}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})')", re.IGNORECASE)


def properties(data: bytes, suffix: str, password: str = "") -> list[str]:
    """Return the properties of a file, a line each; at most 20,000 characters in all.

    Args:
        data: The file's bytes; they were read as a document already.
        suffix: Its suffix.
        password: Opens the file, should it be encrypted.
    """
    read = {".pdf": _pdf, ".docx": _office, ".xlsx": _office, ".html": _page, ".htm": _page, ".eml": _mail}
    found: list[str] = []
    try:
        for value in read[suffix](data, password) if suffix in read else ():
            if line := one_line(value):
                found.append(line[: _MOST - sum(map(len, found))])
    except Exception:  # as many classes as there are parsers; the text was read, and that counts
        return found
    return [line for line in found if line]


def _pdf(data: bytes, password: str) -> Iterator[str]:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data), password=password or None)
    told = [str(value) for value in (reader.metadata or {}).values()]
    # a moment is nobody's, and its fourteen digits pass for a card number on one day in ten
    yield from (value for value in told if not _MOMENT.fullmatch(value))


def _office(data: bytes, password: str) -> Iterator[str]:
    parts = archive.opened(data)
    for name in parts.namelist():
        if _PARTS.fullmatch(name):
            yield from (node.text for node in ElementTree.fromstring(parts.read(name)).iter() if node.text)


def _page(data: bytes, password: str) -> Iterator[str]:
    for tag in _META.findall(data[:200_000]):
        for content in _CONTENT.finditer(decode(tag)[0]):
            yield content[1] or content[2] or ""


def _mail(data: bytes, password: str) -> Iterator[str]:
    yield from (str(value) for value in message_from_bytes(data).values())
