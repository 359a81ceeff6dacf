"""Archives of XML (Word and Excel files), checked before anything in them is used.

A .docx or .xlsx is a ZIP, and a ZIP can lie: about how large it becomes, about how many parts it has, about
where they go. It is refused when its directory claims too much, and each part is then unpacked once in small
pieces, in memory and bounded, so that a directory that lies is found out too. Knows nothing of what the parts
say, and writes nothing to a disk.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from rag.formats.outline import Unreadable

OTHER = "another kind of archive"
"""What `kind` says of an archive that is neither Word nor Excel."""

_MOST_BYTES = 200_000_000
_MOST_ENTRIES = 5_000
_LARGEST_DIRECTORY = 4_000_000  # bytes; 5,000 entries with long names take less than 1 MB
_LARGEST_RATIO = 100  # Office's own XML packs to a tenth; zeros pack to a thousandth
_RATIO_MATTERS_FROM = 10_000_000
_PIECE = 1 << 16
_KINDS = {
    b"wordprocessingml.document.main": ".docx",
    b"spreadsheetml.sheet.main": ".xlsx",
    b"presentationml.presentation.main": ".pptx",
    b"document.macroEnabled.main": ".docm",
    b"sheet.macroEnabled.main": ".xlsm",
}
_FOLDERS = {"word/": ".docx", "xl/": ".xlsx", "ppt/": ".pptx"}
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)
_MARKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_XML_STARTS = (b"<", b"Lo\xa7\x94")  # the second is `<?xm` in EBCDIC, which libxml2 reads


def kind(data: bytes) -> str:
    """Return the suffix that an archive should have, `OTHER`, or "" when its directory can't be read.

    The content types of an Office file say what it is; where they are missing, the names of its parts do.

    Raises:
        Unreadable: Its directory is far larger than a document's.
    """
    try:
        archive = _directory(data)
    except _BROKEN:
        return ""
    try:
        with archive.open("[Content_Types].xml") as part:
            told = part.read(1_000_000).replace(b"\x00", b"")
    except (*_BROKEN, KeyError):
        told = b""
    found = next((suffix for mark, suffix in _KINDS.items() if mark in told), "")
    names = archive.namelist()
    return found or next(
        (suffix for folder, suffix in _FOLDERS.items() if any(name.startswith(folder) for name in names)),
        OTHER,
    )


def opened(data: bytes) -> zipfile.ZipFile:
    """Return the archive, once all of it is known to be harmless to unpack and to parse.

    Raises:
        Unreadable: It is broken, or would unpack to too much, or its parts overlap, lead out of it, are
            encrypted, or declare a document type.
    """
    try:
        archive = _directory(data)
        entries = archive.infolist()
        _check_sizes(entries)
        _check_names(entries)
        _check_places(entries, archive.start_dir)
        for entry in entries:
            _check_part(archive, entry)
    except _BROKEN as error:
        raise Unreadable(f"the archive is broken ({error})") from None
    return archive


def _directory(data: bytes) -> zipfile.ZipFile:
    place = data.rfind(b"PK\x05\x06")
    told = struct.unpack_from("<HL", data, place + 10) if place >= 0 and place + 16 <= len(data) else (0, 0)
    if told[0] > _MOST_ENTRIES or told[1] > _LARGEST_DIRECTORY:  # known before a million names are parsed
        raise Unreadable(f"the archive has more than {_MOST_ENTRIES:,} parts", skip=True)
    return zipfile.ZipFile(io.BytesIO(data))


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise Unreadable(
            f"would unpack to more than {_MOST_BYTES // 1_000_000} MB or {_MOST_ENTRIES:,} parts", skip=True
        )
    for entry in entries:
        swollen = entry.file_size > _LARGEST_RATIO * max(entry.compress_size, 1)
        if swollen and entry.file_size > _RATIO_MATTERS_FROM:
            raise Unreadable(
                f"its part {_named(entry)} would unpack to more than {_LARGEST_RATIO} times its size",
                skip=True,
            )


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for entry in entries:
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/") or "\x00" in name:
            raise Unreadable(f"its part {_named(entry)} leads out of the archive", skip=True)
        if name in seen:
            raise Unreadable(f"it has two parts named {_named(entry)}", skip=True)
        seen.add(name)
        if entry.flag_bits & 1:
            raise Unreadable("encrypted: it opens with a password only; save a copy without one", skip=True)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(
                f"its part {_named(entry)} is packed in a way that Office does not use", skip=True
            )


def _check_places(entries: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse parts that share bytes: a few kilobytes named a thousand times unpack to gigabytes."""
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    limits = [*(entry.header_offset for entry in placed[1:]), end]
    for entry, limit in zip(placed, limits, strict=True):
        if entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size > limit:
            raise Unreadable(f"its part {_named(entry)} overlaps another", skip=True)


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack a part piece by piece, which proves its size and its sum, and look at how its XML begins."""
    with archive.open(entry) as part:
        pieces = iter(lambda: part.read(_PIECE), b"")
        first = next(pieces, b"")
        if first.lstrip(_MARKS).startswith(_XML_STARTS):
            _check_prolog(entry, first, pieces)
        for _ in pieces:
            pass


class _Begun(Exception):
    """The root element has begun: what follows can declare nothing."""


def _check_prolog(entry: zipfile.ZipInfo, first: bytes, pieces: Iterator[bytes]) -> None:
    """Refuse a part that declares a document type, the home of entities that fetch files or never end.

    An HTML part, which Word embeds whole, may name its type as long as it declares nothing in it.
    """
    needs_none = entry.filename.endswith((".xml", ".rels"))

    def doctype(name: str, system: str | None, public: str | None, declares: bool) -> None:
        if declares or needs_none or name.lower() != "html":
            raise Unreadable(
                f"its part {_named(entry)} declares a document type (DTD), which can fetch files and grow "
                "without end",
                skip=True,
            )

    def begun(name: str, attributes: Any) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = begun
    try:
        parser.Parse(first, False)
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except _Begun:
        pass
    except expat.ExpatError as error:
        if needs_none:
            raise Unreadable(f"its part {_named(entry)} is broken ({error})") from None


def _named(entry: zipfile.ZipInfo) -> str:
    return ascii(entry.orig_filename[:80])
