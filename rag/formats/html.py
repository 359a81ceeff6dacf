"""HTML: what a visitor of the page would read, in its structure.

Scripts, styles and text that is styled away are left out and counted: a page must not tell the model what it
does not show the reader. Knows nothing of networks: nothing that a page links to is fetched.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from rag.formats.outline import Outline
from rag.formats.plain import decode

_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.IGNORECASE)
_SILENT = {
    "script",
    "style",
    "template",
    "noscript",
    "svg",
    "math",
    "iframe",
    "object",
    "select",
    "head",
    "nav",
}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCK_NAMES = (
    "address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table td th title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?<![\w-])color\s*:\s*transparent",
    re.IGNORECASE,
)
_WHITE = re.compile(r"(?<![\w-])color\s*:\s*(?:white|#fff(?:fff)?\b)", re.IGNORECASE)


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.html`."""
    told = _CHARSET.search(data[:4096])
    text, outline.encoding = _decode(data, told[1].decode("ascii") if told else "")
    parser = _Reader(outline)
    parser.feed(outline.plain(text))
    parser.close()
    parser.flush()
    if not outline.title:
        outline.title = parser.page_title


def _decode(data: bytes, told: str) -> tuple[str, str]:
    if told.lower() not in ("", "utf-8", "utf8") and not data.startswith(
        (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
    ):
        try:
            return data.decode(told), told.lower()
        except (LookupError, UnicodeDecodeError):
            pass  # a page that is wrong about itself is decoded as if it said nothing
    return decode(data)


class _Reader(HTMLParser):
    """Turns tags into calls of the outline; text gathers until a block begins or ends."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(convert_charrefs=True)
        self.outline = outline
        self.page_title = ""
        self.text: list[str] = []
        self.open: list[
            tuple[str, bool, bool]
        ] = []  # every open tag; is it left out?; does it stand on a colour?
        self.lists: list[tuple[bool, int]] = []  # per open list: numbered?, items so far
        self.tables: list[list[list[str]]] = []
        self.heads: list[bool] = []

    @property
    def silent(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.text.append("\n")
        if tag in _BLOCKS and not self.silent:
            self.flush()
        if tag in _VOID:
            return
        given = {name: value or "" for name, value in attrs}
        style = given.get("style", "")
        coloured = "background" in style or bool(self.open and self.open[-1][2])
        hides = (
            "hidden" in given or bool(_HIDING.search(style)) or (bool(_WHITE.search(style)) and not coloured)
        )
        if hides and tag not in _SILENT and not self.silent:
            self.outline.hidden += 1
        silent = (self.silent or hides or tag in _SILENT) and tag != "title"
        self.open.append((tag, silent, coloured))
        if not self.silent:
            self._opened(tag)

    def _opened(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.append((tag == "ol", 0))
        elif tag == "li" and self.lists:
            numbered, count = self.lists[-1]
            self.lists[-1] = (numbered, count + 1)
        elif tag == "table":
            self.tables.append([])
            self.heads.append(False)
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag == "th" and self.tables and len(self.tables[-1]) == 1:
            self.heads[-1] = True

    def handle_endtag(self, tag: str) -> None:
        place = next((i for i in range(len(self.open) - 1, -1, -1) if self.open[i][0] == tag), None)
        if place is None:
            return
        silent = self.silent
        if tag in _BLOCKS and not silent:
            self.flush()
        del self.open[place:]
        if silent:
            return
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "table" and self.tables:
            rows, head = self.tables.pop(), self.heads.pop()
            self.outline.table(rows, header=True if head else None)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(data if self._inside("pre") else re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if data.strip():
            self.outline.hidden += 1

    def flush(self) -> None:
        """Hand the gathered text to the outline as what it is inside of."""
        text, self.text = "".join(self.text).strip(), []
        if not text:
            return
        heading = next((tag for tag, _, _ in reversed(self.open) if re.fullmatch(r"h[1-6]", tag)), None)
        if self._inside("title"):
            self.page_title = " ".join(text.split())
        elif self.tables and self.tables[-1]:
            row = self.tables[-1][-1]
            if self.open[-1][0] in ("td", "th") or not row:
                row.append(text)
            else:
                row[-1] = f"{row[-1]} {text}"
        elif heading:
            self.outline.heading(int(heading[1]), text)
        elif self.lists and self._inside("li"):
            numbered, count = self.lists[-1]
            self.outline.item(text, marker=f"{count}." if numbered else "-")
        else:
            self.outline.paragraph(text)

    def _inside(self, name: str) -> bool:
        return any(tag == name for tag, _, _ in self.open)
