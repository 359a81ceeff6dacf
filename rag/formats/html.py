"""HTML: what a visitor of the page would read, in its structure.

Scripts and styles are left out, and so is text that a reader can't see, which is counted: a page must not
tell the model what it does not show the reader. Knows nothing of networks: nothing that a page links to is
fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from rag.formats.look_html import Look
from rag.formats.outline import Outline
from rag.formats.plain import decode, decode_as

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

_ENDS = {  # which open tags the start of another ends, as HTML lets them stand without an end tag
    "li": {"li", "p"},
    "tr": {"tr", "td", "th", "p"},
    "td": {"td", "th", "p"},
    "th": {"td", "th", "p"},
    "dt": {"dt", "dd", "p"},
    "dd": {"dt", "dd", "p"},
}


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.html`."""
    told = _CHARSET.search(data[:4096])
    text, outline.encoding = decode_as(data, told[1].decode("ascii")) if told else decode(data)
    read_page(text, outline)


def read_page(text: str, outline: Outline) -> None:
    """Add a page that is already text."""
    parser = _Reader(outline)
    parser.feed(outline.plain(text))
    parser.close()
    parser.flush()
    if not outline.title:
        outline.title = parser.page_title


@dataclass(frozen=True, slots=True)
class _Open:
    """A tag that is open."""

    tag: str
    silent: bool
    """Whether it holds no text of the page (scripts, menus)."""
    look: Look


class _Reader(HTMLParser):
    """Turns tags into calls of the outline; text gathers until a block begins or ends."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(convert_charrefs=True)
        self.outline = outline
        self.page_title = ""
        self.text: list[str] = []
        self.open: list[_Open] = []
        self.lists: list[tuple[bool, int]] = []  # per open list: numbered?, items so far
        self.tables: list[list[list[str]]] = []
        self.heads: list[bool] = []

    @property
    def silent(self) -> bool:
        return bool(self.open) and self.open[-1].silent

    @property
    def look(self) -> Look:
        return self.open[-1].look if self.open else Look()

    @property
    def absent(self) -> bool:
        """Whether what comes now has no place on the page: not even the structure that it would open."""
        return self.silent or self.look.gone

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.text.append("\n")
        while self.open and self.open[-1].tag in _ENDS.get(tag, {"p"} if tag in _BLOCKS else ()):
            self.handle_endtag(self.open[-1].tag)
        if tag in _BLOCKS and not self.absent:
            self.flush()
        if tag in _VOID:
            return
        look = self.look.inside({name: value or "" for name, value in attrs})
        if tag == "title":
            self.open.append(_Open(tag, False, Look()))
        else:
            self.open.append(_Open(tag, self.silent or tag in _SILENT, look))
        if not self.absent:
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
        place = next((i for i in range(len(self.open) - 1, -1, -1) if self.open[i].tag == tag), None)
        if place is None:
            return
        absent = self.absent
        if tag in _BLOCKS and not absent:
            self.flush()
        del self.open[place:]
        if absent:
            return
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "table" and self.tables:
            rows, head = self.tables.pop(), self.heads.pop()
            self.outline.table(rows, header=True if head else None)

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.look.hidden:
            self.outline.hidden += bool(data.strip())
            return
        self.text.append(data if self._inside("pre") else re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if data.strip():
            self.outline.hidden += 1

    def flush(self) -> None:
        """Hand the gathered text to the outline as what it is inside of."""
        text, self.text = "".join(self.text).strip(), []
        if not text:
            return
        heading = next(
            (entry.tag for entry in reversed(self.open) if re.fullmatch(r"h[1-6]", entry.tag)), None
        )
        if self._inside("title"):
            self.page_title = " ".join(text.split())
        elif self.tables and self.tables[-1]:
            row = self.tables[-1][-1]
            if (self.open and self.open[-1].tag in ("td", "th")) or not row:
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
        return any(entry.tag == name for entry in self.open)
