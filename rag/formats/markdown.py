"""Markdown: headings, lists, tables, fenced code and prose.

A reader of lines, not a renderer: what changes only the looks (emphasis, link targets within the folder) is
dropped, what carries meaning (web addresses, table columns) is kept. Knows nothing of HTML beyond removing
its tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rag.formats.outline import Outline
from rag.formats.plain import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:(.+)$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_UNDERLINE = re.compile(r"=+|-{2,}")
_ITEM = re.compile(r"(?:[*+-]|(?P<number>\d{1,3}[.)]))\s+(?:\[[ xX]\]\s+)?(?P<text>\S.*)")
_FENCE = re.compile(r"(`{3,}|~{3,}).*")
_RULE = re.compile(r"(?:[-*_]\s*){3,}")
_DELIMITER_ROW = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_CELL = re.compile(r"(?<!\\)\|")
# What opens and never ends is looked for from each opening anew, so that no mark is longer than this; a picture may be.
_IMAGE = re.compile(r"!\[([^\]]{0,500})\]\((?:\s*data:[^()]*|[^)]{0,2000})\)")
_LINK = re.compile(r"\[([^\]]{1,500})\]\(\s*+<?+([^)\s>]{0,2000}+)>?+[^)]{0,500}\)")
_REFERENCE = re.compile(r"\[([^\]]{1,300})\]\[[^\]]{0,300}\]")
_DEFINITION = re.compile(r"\[[^\]]+\]:\s+\S+.*")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+|[^<>\s@]+@[^<>\s]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STRONG = re.compile(r"(\*\*\*|\*\*|\*|___|__|~~)(?=\S)(.{1,400}?)(?<=\S)\1")
_UNDERSCORE = re.compile(r"(?<!\w)_(?=\S)(.{1,400}?)(?<=\S)_(?!\w)")
_CODE = re.compile(r"(?<!`)(`++)(.+?)(?<!`)\1(?!`)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")


def read(data: bytes, suffix: str, outline: Outline) -> None:
    """Read `.md`."""
    text, outline.encoding = decode(data)
    text = outline.plain(text)
    front = _FRONT_MATTER.match(text)
    text = text[front.end() :] if front else text
    text, comments = _COMMENT.subn("", text)
    outline.hidden += comments
    _Reader(outline).run(text.split("\n"))
    told = _FRONT_TITLE.search(front[1]) if front else None
    if told:
        outline.title = re.sub(r"\A[\"']|[\"']\Z", "", told[1].strip())


def inline(text: str) -> str:
    """Return one line of Markdown without its marks; code spans and escaped signs stay as they are."""
    kept: list[str] = []

    def keep(value: str) -> str:
        kept.append(value)
        return f"\ue000{len(kept) - 1}\ue001"

    text = _CODE.sub(lambda found: keep(found[2].strip()), text.replace("\ue000", "").replace("\ue001", ""))
    text = _ESCAPE.sub(lambda found: keep(found[1]), text)
    text = _AUTOLINK.sub(lambda found: keep(found[1].removeprefix("mailto:")), text)
    text = _TAG.sub("", _BREAK.sub(" ", text))
    text = _LINK.sub(lambda found: _link(found[1], found[2], keep), _IMAGE.sub(r"\1", text))
    text = _REFERENCE.sub(r"\1", text)
    text = _UNDERSCORE.sub(r"\1", _STRONG.sub(r"\2", _STRONG.sub(r"\2", text)))
    return re.sub("\ue000(\\d+)\ue001", lambda found: kept[int(found[1])], text)


def _link(text: str, target: str, keep: Callable[[str], str]) -> str:
    """Keep an address of the web or of a person, which a reader may ask for; drop one within the folder."""
    address = target.removeprefix("mailto:").removeprefix("tel:")
    outside = target.startswith(("http://", "https://", "mailto:", "tel:"))
    return f"{text} ({keep(address)})" if outside and address not in text else text


class _Reader:
    """Walks the lines once, holding the paragraph, item or table that is still open."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.lines: list[str] = []
        self.marker = ""
        self.table: list[list[str]] = []
        self.fence = ""

    def run(self, lines: list[str]) -> None:
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            self.step(line, after)
        self.close()

    def step(self, line: str, after: str) -> None:
        fence = _FENCE.fullmatch(line)
        if self.fence:
            if fence and line.startswith(self.fence) and not line.strip(self.fence[0]):
                self.fence = ""
            else:
                self.outline.paragraph(line)
            return
        line = re.sub(r"^(?:>\s?)+", "", line)
        heading = _HEADING.fullmatch(line)
        if fence:
            self.close()
            self.fence = fence[1]
        elif not line or _DEFINITION.fullmatch(line):
            self.close()
        elif heading:
            self.close()
            self.outline.heading(len(heading[1]), inline(heading[2].rstrip("#").rstrip()))
        elif self.lines and not self.marker and _UNDERLINE.fullmatch(line):
            text, self.lines = " ".join(self.lines), []
            self.outline.heading(1 if line[0] == "=" else 2, text)
        elif _RULE.fullmatch(line):
            self.close()
        else:
            self.content(line, after)

    def content(self, line: str, after: str) -> None:
        item = _ITEM.fullmatch(line)
        if "|" in line and (self.table or (_DELIMITER_ROW.fullmatch(after) and "-" in after)):
            if not self.table:
                self.close()
            if not (len(self.table) == 1 and _DELIMITER_ROW.fullmatch(line)):
                self.table.append(_cells(line))
        elif item:
            self.close()
            self.marker = item["number"] or "-"
            self.lines = [inline(item["text"])]
        else:
            if self.table:
                self.close()
            self.lines.append(inline(line.removesuffix("\\")))
            if line.endswith("\\") and not self.marker:
                self.close()

    def close(self) -> None:
        if self.table:
            self.outline.table(self.table, header=True)
        elif self.marker:
            self.outline.item(" ".join(self.lines), marker=self.marker)
        elif self.lines:
            self.outline.paragraph(" ".join(self.lines))
        self.lines, self.table, self.marker = [], [], ""


def _cells(line: str) -> list[str]:
    return [inline(cell.strip().replace("\\|", "|")) for cell in _CELL.split(line.strip().strip("|"))]
