"""The demo workspace as its tests see it: every document cut into units that hold one fact each.

Knows nothing of Rungwise's own loaders, so that a mistake there can not hide a mistake in the demo.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.table import Table
from pypdf import PdfReader

WORKSPACE = Path(__file__).parents[2] / "examples" / "tarn-and-timber"


def normal(text: str) -> str:
    """Fold case and white space, so that a line break inside a fact does not hide it."""
    return " ".join(text.split()).casefold()


def words(text: str) -> set[str]:
    """Return the distinct words and numbers of a text."""
    return set(re.findall(r"\w+", text.casefold()))


def holds(text: str, value: str) -> bool:
    """Tell whether a value stands in a text on its own: "4 EUR" is not in "24 EUR"."""
    return re.search(rf"(?<![\w.,]){re.escape(normal(value))}(?!\w)", normal(text)) is not None


@dataclass(frozen=True)
class Unit:
    """The smallest piece of a document that states a fact."""

    source: str
    """Path relative to the documents' folder."""
    text: str
    """A sentence, or the cell of a table."""
    about: str
    """What the unit speaks of: the sentence itself, or the names of the cell's row and column."""


def sentences(text: str) -> list[str]:
    """Cut prose at the ends of its sentences; headings and list items end at their line."""
    pieces = [" ".join(piece.split()) for piece in re.split(r"\n\s*\n|\n(?=- )|\n(?=A: )", text)]
    return [part for piece in pieces for part in re.split(r"(?<=[.?!])\s+(?=\S)", piece) if part]


def table_units(source: str, rows: list[list[str]]) -> Iterator[Unit]:
    """Yield one unit for every cell that is neither in the head row nor in the first column."""
    for row in rows[1:]:
        for column, cell in zip(rows[0][1:], row[1:], strict=True):
            yield Unit(source, cell, f"{row[0]} {column} {cell}")


def prose_units(source: str, text: str) -> Iterator[Unit]:
    """Yield one unit for every sentence."""
    yield from (Unit(source, sentence, sentence) for sentence in sentences(text))


def html_units(source: str, path: Path) -> Iterator[Unit]:
    """Yield the tables' cells, then the sentences, of a page."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for table in page.find_all("table"):
        rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        yield from table_units(source, rows)
        table.decompose()
    yield from prose_units(
        source, "\n\n".join(tag.get_text() for tag in page.find_all(["h1", "h2", "h3", "p", "li"]))
    )


def docx_units(source: str, path: Path) -> Iterator[Unit]:
    """Yield the sentences and the tables' cells of a Word file in reading order."""
    for block in Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            yield from table_units(source, [[cell.text for cell in row.cells] for row in block.rows])
        else:
            yield from prose_units(source, block.text)


def pdf_units(source: str, path: Path) -> Iterator[Unit]:
    """Yield the sentences of a PDF."""
    yield from prose_units(source, "\n\n".join(page.extract_text() for page in PdfReader(path).pages))


def units_of(root: Path, source: str) -> tuple[Unit, ...]:
    """Read one document into its units."""
    path = root / source
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(table_units(source, list(csv.reader(file))))
    if path.suffix in {".html", ".docx", ".pdf"}:
        reader = {".html": html_units, ".docx": docx_units, ".pdf": pdf_units}[path.suffix]
        return tuple(reader(source, path))
    text = re.sub(r"^(#+ .*|[=-]{3,})$", r"\n\1\n", path.read_text(encoding="utf-8"), flags=re.M)
    return tuple(prose_units(source, text))


@dataclass(frozen=True)
class Demo:
    """The demo workspace, read once for all tests."""

    root: Path
    """The workspace's folder."""

    normal = staticmethod(normal)
    words = staticmethod(words)
    holds = staticmethod(holds)

    def read(self, folder: str) -> dict[str, tuple[Unit, ...]]:
        """Return the units of every file below `folder`, by path relative to it."""
        base = self.root / folder
        names = sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file())
        return {name: units_of(base, name) for name in names}

    @cached_property
    def documents(self) -> dict[str, tuple[Unit, ...]]:
        """The documents as they are before the update."""
        return self.read("documents")

    @cached_property
    def updates(self) -> dict[str, tuple[Unit, ...]]:
        """The newer versions."""
        return self.read("updates")

    @cached_property
    def questions(self) -> list[dict[str, Any]]:
        """The rows of questions.jsonl."""
        return self.rows("questions.jsonl")

    @cached_property
    def examples(self) -> list[dict[str, Any]]:
        """The rows of examples.jsonl."""
        return self.rows("examples.jsonl")

    @cached_property
    def form(self) -> dict[str, Any]:
        """The one-line keys of form.yaml: quoted text, numbers and truth values."""
        lines = (self.root / "form.yaml").read_text(encoding="utf-8").splitlines()
        pairs = [re.fullmatch(r"(\w+): (\".*\"|\d+|true|false)", line) for line in lines]
        return {pair[1]: json.loads(pair[2]) for pair in pairs if pair}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Read a file with one JSON object a line."""
        return [json.loads(line) for line in (self.root / name).read_text(encoding="utf-8").splitlines()]

    def text(self, folder: str, source: str) -> str:
        """Return a document's whole text with folded case and white space."""
        units = self.documents if folder == "documents" else self.updates
        return normal(" ".join(unit.about for unit in units[source]))

    def stating(self, sources: list[str], variants: list[str], hint: str) -> Unit | None:
        """Return the unit that states a fact: it holds a variant and shares most words with `hint`."""
        units = [unit for source in sources for unit in self.documents[source]]
        holding = [unit for unit in units if any(holds(unit.text, variant) for variant in variants)]
        asked = words(hint)
        return max(
            holding,
            key=lambda unit: len(words(unit.about) & asked) - 0.1 * len(words(unit.about)),
            default=None,
        )


@pytest.fixture(scope="session")
def demo() -> Demo:
    """Return the demo workspace that ships with the project."""
    return Demo(WORKSPACE)
