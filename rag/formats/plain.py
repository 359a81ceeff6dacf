"""Plain text and comma-separated values, and the decoding that other text formats share.

Turkish letters come through intact: UTF-8 and UTF-16 first, then cp1254 (a superset of ISO-8859-9 in print),
then a guess. Knows nothing of Markdown or HTML.
"""

from __future__ import annotations

import codecs
import csv
import io
import re

from rag.formats.outline import Outline, Unreadable, names_columns

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODINGS = {  # what writers mean when they name the narrower one, as every browser reads it (WHATWG Encoding)
    "iso-8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
}
_NOT_FOR_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape"}
_TURKISH = set("çğıöşüÇĞİÖŞÜâîûÂÎÛäëéèêáàñßÄÉ€‘’“”„–—…•°§©®™«»·½£¥²³×±\u00a0´`")
_UTF8_PAIR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ITEM = re.compile(r"(?:[*+•·▪●‣◦-]|(?P<number>\d{1,3}[.)]))\s+(?P<text>\S.*)")
_DELIMITERS = ",;\t|"


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and the name of the encoding it was in.

    Raises:
        Unreadable: The bytes are no text, or UTF-8 with broken places.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data, encoding), encoding
    low, high = data[:4096:2].count(0), data[1:4096:2].count(0)
    if low + high > len(data[:4096]) // 4:  # every second byte is 0: UTF-16 without a mark at its start
        return _strictly(data, "utf-16-le" if high > low else "utf-16-be"), "utf-16"
    if b"\x00" in data:
        raise Unreadable("the content is not text", skip=True)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        return _legacy(data, error.start)


def decode_as(data: bytes, told: str) -> tuple[str, str]:
    """Return the text and its encoding, trusting what the text says of itself as far as that is true.

    Args:
        data: The bytes.
        told: The encoding that a page or a mail names.

    Raises:
        Unreadable: The bytes are no text in that encoding nor in any that `decode` knows.
    """
    name = _ENCODINGS.get(told.strip().lower(), told.strip().lower())
    marked = any(data.startswith(bom) for bom, _ in _BOMS)
    if name and not marked and name not in _NOT_FOR_TEXT:
        # UTF-8 under another name is common, and bytes that happen to be UTF-8 are not.
        doubtful = name.startswith(("cp125", "iso-8859-", "utf-16", "utf-32")) and b"\x00" not in data
        for encoding in ("utf-8", name) if doubtful else (name,):
            try:
                return data.decode(encoding), encoding
            except (LookupError, ValueError):
                pass  # a text that is wrong about itself is decoded as if it said nothing
    return decode(data)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"broken {encoding.upper()} at byte {error.start}; save it as UTF-8") from None


def _legacy(data: bytes, broken_at: int) -> tuple[str, str]:
    pairs = _UTF8_PAIR.findall(data)
    high = sum(byte >= 0x80 for byte in data)
    if (
        sum(map(len, pairs)) * 2 > high
    ):  # mostly whole UTF-8: another encoding would turn its letters into pairs of signs
        raise Unreadable(f"broken UTF-8 at byte {broken_at}; save it as UTF-8")
    for encoding in ("cp1254", "iso-8859-9"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum(c in _TURKISH for c in text if ord(c) >= 0x80) >= 0.9 * high:
            return text, encoding
    return _guess(data)


def _guess(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise Unreadable("the text's encoding can't be told; save it as UTF-8")
    return str(best), best.encoding


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.txt`, `.csv` or `.tsv`."""
    text, outline.encoding = decode(data)
    if suffix in (".csv", ".tsv"):
        rows = _rows(text)
        outline.table(rows, header=len(rows) > 1 and names_columns(rows[0]))
    else:
        read_text(text, outline)


def read_text(text: str, outline: Outline) -> None:
    """Add plain text: paragraphs are separated by blank lines, and list items keep their lines."""
    for part in re.split(r"\n\s*\n", outline.plain(text)):
        lines = [line for line in part.split("\n") if line]
        # Hard-wrapped prose is one paragraph; an address or a poem, whose lines are short, keeps its lines.
        wrapped = len(lines) > 1 and all(len(line) >= 50 for line in lines[:-1])
        if wrapped and not any(_ITEM.fullmatch(line) for line in lines):
            outline.paragraph(" ".join(lines))
            continue
        for line in lines:
            found = _ITEM.fullmatch(line)
            if found:
                outline.item(found["text"], marker=found["number"] or "-")
            else:
                outline.paragraph(line)


def _rows(text: str) -> list[list[str]]:
    csv.field_size_limit(1_000_000)
    stripped = text.lstrip("\ufeff")
    told = re.match(r"sep=(.)\r?\n", stripped)
    if told:
        return list(_parsed(stripped[told.end() :], told[1]))
    return list(_parsed(stripped, _delimiter(stripped)))


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    try:
        return [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise Unreadable(f"the table can't be read ({error})") from None


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first rows into the same number of cells, the most cells winning."""

    def cells(delimiter: str) -> tuple[bool, int]:
        sample = io.StringIO("".join(text.splitlines(keepends=True)[:20]), newline="")
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        return len(set(widths)) == 1 and widths[0] > 1, max(widths, default=0)

    return max(_DELIMITERS, key=cells)
