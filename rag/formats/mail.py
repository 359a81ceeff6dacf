"""Mails: subject, who wrote to whom and when, and what was written.

Where a mail says the same in plain text and in HTML, the plain text is read. Attachments are named and not
read; a mail within a mail is read as a part of it. A mail that breaks the rules, as many do, is read as far as
it goes: the parser's old policy is used on purpose, since the new one raises on broken headers. Knows nothing
of mailboxes, servers or signatures, and does not compare the versions of a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.errors import InvalidBase64CharactersDefect, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING

from rag.formats.html import read_page
from rag.formats.outline import Outline, Unreadable
from rag.formats.plain import decode, decode_as, read_text
from rag.ingest.clean import one_line

if TYPE_CHECKING:
    _Part = Message[str, str]  # a mail, and each part of it

_TELLING = ("from", "to", "subject", "date", "message-id", "received", "mime-version")
_PEOPLE = ("From", "To", "Cc")
_MOST_PEOPLE = 10
_DEEPEST = 20
_MOST_PARTS = 1_000
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_FLOWED = re.compile(r"(?<=\S) \n(?!>|-- \n|$)")


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.eml`."""
    if data.startswith(_WIDE):
        data = decode(data)[0].encode("utf-8")
    try:
        mail = message_from_bytes(data)
        if not any(name in mail for name in _TELLING):
            raise Unreadable("no mail: it has neither sender nor subject nor date", skip=True)
        _Reader(outline).mail(mail, 1)
    except RecursionError:
        raise Unreadable("its parts are nested too deeply") from None


class _Reader:
    """Says a mail and the mails within it."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.parts = 0

    def mail(self, mail: _Part, level: int) -> None:
        subject = _header(mail, "Subject")
        self.outline.heading(min(level, 6), subject if level == 1 or subject else "Attached mail")
        for name in _PEOPLE:
            people = _people(mail, name)
            if people:
                self.outline.paragraph(f"{name}: {people}")
        when = _date(_header(mail, "Date"))
        if when:
            self.outline.paragraph(f"Date: {when}")
        named: list[str] = []
        self.part(mail, level, named)
        if named:
            self.outline.paragraph(f"Attachments (named here, not read): {', '.join(named)}")

    def part(self, part: _Part, level: int, named: list[str]) -> None:
        """Add a part of a mail, or put the name of what is not read into `named`."""
        self.parts += 1
        kind, children = part.get_content_type(), _children(part)
        if kind.startswith("multipart/") and not part.is_multipart():
            kind = "text/plain"  # parts without a boundary between them
        if self.parts > _MOST_PARTS or level > _DEEPEST:
            raise Unreadable(f"it has more than {_MOST_PARTS:,} parts or mails {_DEEPEST} deep", skip=True)
        if kind == "multipart/alternative" and children:
            self.part_of_choice(children, level, named)
        elif kind == "message/rfc822" and children:
            for mail in children:
                self.mail(mail, level + 1)
        elif children:
            for child in children:
                self.part(child, level, named)
        elif kind in ("text/plain", "text/html") and not _is_attached(part):
            self.text(part, kind, level, named)
        elif _bytes(part):
            self.attachment(part, named)

    def part_of_choice(self, choices: Sequence[_Part], level: int, named: list[str]) -> None:
        """Add the plain version of a text, or the last one that can be read: the writer's best."""
        plain = [part for part in choices if part.get_content_type() == "text/plain"]
        if plain and _text(plain[0], Outline()).strip():
            self.part(plain[0], level, named)
            return
        readable = [part for part in choices if _holds_html(part)]
        for part in readable[-1:] or choices[-1:]:
            self.part(part, level, named)

    def text(self, part: _Part, kind: str, level: int, named: list[str]) -> None:
        try:
            text = _text(part, self.outline)
        except Unreadable as error:
            if not error.skip:
                raise
            self.attachment(part, named)  # bytes that are no text, under the name of text
            return
        self.outline.deeper = level  # the headings of a page stand below the subject
        if kind == "text/html":
            title = self.outline.title
            read_page(text, self.outline)
            self.outline.title = title or self.outline.title
        else:
            text = text.replace("\r\n", "\n")
            if str(part.get_param("format", "")).lower() == "flowed":
                text = _FLOWED.sub(" ", text)
            read_text(text, self.outline)
        self.outline.deeper = 0

    def attachment(self, part: _Part, named: list[str]) -> None:
        name = _filename(part)
        inline = "inline" in str(part.get("Content-Disposition", "")).lower() or "Content-ID" in part
        if part.get_content_maintype() == "image" and inline:
            return  # a logo of a signature
        named.append(one_line(self.outline.plain(name)) or part.get_content_type())


def _children(part: _Part) -> list[_Part]:
    inside = part.get_payload() if part.is_multipart() else []
    return [child for child in inside if isinstance(child, Message)] if isinstance(inside, list) else []


def _holds_html(part: _Part) -> bool:
    return any(child.get_content_type() == "text/html" for child in part.walk())


def _is_attached(part: _Part) -> bool:
    told = str(part.get("Content-Disposition", "")).strip().lower()
    return told.startswith("attachment") or (not told.startswith("inline") and bool(_filename(part)))


def _text(part: _Part, outline: Outline) -> str:
    """Return the text of a part, whatever it says of its encoding."""
    data = _bytes(part)
    told = part.get_param("charset", "")
    told = told[2] if isinstance(told, tuple) else told
    text, encoding = decode_as(data, str(told)) if data else ("", "")
    outline.encoding = outline.encoding or encoding
    return text


def _bytes(part: _Part) -> bytes:
    """Return what a part holds; as it stands where it is not what it claims, which would decode to noise."""
    data = part.get_payload(decode=True)
    if any(isinstance(defect, InvalidBase64CharactersDefect) for defect in part.defects):
        del part["Content-Transfer-Encoding"]
        data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _filename(part: _Part) -> str:
    try:
        return _decoded(part.get_filename("") or "")
    except (LookupError, TypeError, ValueError):
        return "a file whose name is broken"


def _raw(mail: _Part, name: str) -> list[str]:
    """Return every header of a name in one line, bytes that are not ASCII kept as surrogates."""
    return [one_line(str(value)) for key, value in mail.raw_items() if key.lower() == name.lower()]


def _header(mail: _Part, name: str) -> str:
    """Return a header as text, with its encoded words decoded."""
    return one_line(_decoded("".join(_raw(mail, name)[:1])))


def _decoded(value: str) -> str:
    """Decode encoded words (RFC 2047) and bytes that stand there raw, broken ones as well as they go."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        pieces = decode_header(value if value.isascii() else decode(raw)[0])
        parts = []
        for piece, told in pieces:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                parts.append(decode_as(piece, told)[0] if told else piece.decode("raw_unicode_escape"))
        return "".join(parts)
    except (Unreadable, MessageError, LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _people(mail: _Part, name: str) -> str:
    """Return names and addresses, of many the first ones and how many more there are."""
    told = _raw(mail, name)
    people = [(one_line(_decoded(person)), address) for person, address in getaddresses(told)]
    shown = [
        f"{person} <{address}>" if person and address else person or address for person, address in people
    ]
    shown = [person for person in shown if person]
    if not shown:
        return one_line(_decoded(" ".join(told)))[:1_000]
    more = f" and {len(shown) - _MOST_PEOPLE:,} more" if len(shown) > _MOST_PEOPLE else ""
    return ", ".join(shown[:_MOST_PEOPLE]) + more


def _date(told: str) -> str:
    """Return when a mail was written, in ISO 8601 where it can be read."""
    try:
        return parsedate_to_datetime(told).isoformat(sep=" ", timespec="minutes")
    except (IndexError, OverflowError, TypeError, ValueError):
        return told[:100]
