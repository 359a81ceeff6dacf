"""The fenced blocks of README and docs/, each with its place and with what a comment above it says of it.

A comment directly above a fence marks its block; readers do not see it:

    <!-- not run: REASON -->   it can't be run by a test; it is still parsed, and its commands and options must exist
    <!-- file: NAME -->        it is written to NAME in the page's workspace before the blocks below it run
    <!-- ends: 0; 4 -->        the exit code of each of its commands; 0 where nothing is said
    <!-- shape -->             of a console block: what the commands print must have the lines shown, numbers aside
    <!-- server -->            it needs a served workspace, at the address http://127.0.0.1:8501 that the page names

Knows nothing of what a block means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKS = ("not run", "file", "ends", "shape", "server")
LANGUAGES = ("bash", "console", "python", "toml", "yaml", "json", "text")
_FENCE = re.compile(r"^( *)```(\S*)\s*$")
_MARK = re.compile(r"^\s*<!-- ([a-z ]+?)(?:: (.+?))? -->\s*$")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    """The page, from the repository's root."""
    line: int
    """The line of its opening fence."""
    language: str
    """What stands behind the fence; empty where nothing does."""
    text: str
    """What is between the fences."""
    marks: dict[str, str] = field(default_factory=dict)
    """What the comments above it say."""

    @property
    def place(self) -> str:
        """Where it stands, for complaints."""
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Its commands, one a line, continued lines joined; none where it holds no commands."""
        if self.language == "console":
            lines = [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]
        elif self.language == "bash":
            lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        else:
            return []
        return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]

    @property
    def ends(self) -> list[int]:
        """The exit code that each of its commands must end with."""
        said = self.marks.get("ends")
        return [int(one) for one in said.split(";")] if said else [0] * len(self.commands)


def pages() -> list[Path]:
    """Every page that a reader sees: README, CONTRIBUTING and docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, root: Path = ROOT) -> list[Block]:
    """Return a page's blocks in their order.

    Raises:
        AssertionError: A fence is not closed, or a mark is none.
    """
    found: list[Block] = []
    marks: dict[str, str] = {}
    opened: tuple[int, str, str] | None = None
    inside: list[str] = []
    name = page.relative_to(root).as_posix()
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is not None:
            if fence and not fence[2]:
                text = "\n".join(one.removeprefix(opened[1]) for one in inside)
                found.append(Block(name, opened[0], opened[2], text, marks))
                opened, inside, marks = None, [], {}
            else:
                inside.append(line)
        elif fence:
            opened = (number, fence[1], fence[2])
        elif mark := _MARK.match(line):
            marks[mark[1]] = mark[2] or ""
        elif line.strip():
            marks = {}
    assert opened is None, f"{name}:{opened and opened[0]}: the fence is never closed"
    for block in found:
        unknown = [mark for mark in block.marks if mark not in MARKS]
        assert not unknown, f'{block.place}: "{unknown[0]}" is no mark; there are {", ".join(MARKS)}'
        assert block.marks.get("not run", "x"), f"{block.place}: not run, but why?"
        assert len(block.ends) == len(block.commands), (
            f"{block.place}: {len(block.commands)} commands, {len(block.ends)} ends"
        )
    return found
