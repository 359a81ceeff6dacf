"""The two ways out of a command: results to stdout, everything else to stderr.

Control characters are taken out of every line, so that a document or a file name can't drive the terminal.
Knows nothing of what is shown.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_BLOCKS = "▁▂▃▄▅▆▇█"


def show(text: str = "", end: str = "\n") -> None:
    """Write a part of the result."""
    sys.stdout.write(plain(text) + end)
    sys.stdout.flush()


def show_marked(pieces: Sequence[tuple[str, bool]], green: bool = False) -> None:
    """Write a line of the result: marked pieces bold (and green) where the terminal can, in »…« elsewhere."""
    before, after = ("\x1b[1;32m" if green else "\x1b[1m", "\x1b[0m") if _styled() else ("»", "«")
    sys.stdout.write(
        "".join(f"{before}{plain(text)}{after}" if marked else plain(text) for text, marked in pieces) + "\n"
    )
    sys.stdout.flush()


def _styled() -> bool:
    """Whether bold letters reach a person (https://no-color.org)."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ


def show_json(value: Any, indent: int | None = 2) -> None:
    """Write the result as JSON, and nothing else; without `indent` in one line."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not utf8, indent=indent) + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """Write a line that is no result: a note, or what is wrong."""
    sys.stderr.write(plain(text) + "\n")
    sys.stderr.flush()


def plain(text: str) -> str:
    """Return a text that can't move the cursor, change colours or turn the reading direction."""
    return _CONTROL.sub("", text)


def width(most: int = 100) -> int:
    """Return how many columns there are, at least 40 and at most `most`."""
    return max(40, min(most, shutil.get_terminal_size((most, 24)).columns))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows with aligned columns, two blanks apart."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(size) for cell, size in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def spark(values: Sequence[float], places: int = 16) -> str:
    """Return a curve as a line of blocks, oldest first; each block is the mean of a stretch.

    Args:
        values: Finite.
        places: How many blocks at most.
    """
    size = -(-len(values) // places) or 1
    means = [sum(part) / len(part) for part in (values[n : n + size] for n in range(0, len(values), size))]
    low, high = min(means, default=0.0), max(means, default=0.0)
    steps = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round((mean - low) / (high - low) * steps) if high > low else 0] for mean in means)


def alike_text(sources: Sequence[str]) -> str:
    """Return which further documents say nearly the same as a hit; whoever planted many copies is found out by it."""
    many = "1 more document says" if len(sources) == 1 else f"{len(sources)} more documents say"
    return f"{many} nearly the same, but for numbers: {', '.join(sources)}"


def clip(text: str, letters: int) -> str:
    """Return a text on one line, cut at a word with `…` where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= letters else line[: letters - 1].rsplit(" ", 1)[0] + "…"


def seconds(value: float) -> str:
    """Return a duration as a person reads it."""
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min"


def size(count: float) -> str:
    """Return a number of bytes as a person reads it."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GB"
