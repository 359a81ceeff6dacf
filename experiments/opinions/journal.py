"""Rows in a file that only grows: votes, outcomes, a judge's verdicts. Several processes may write to it.

Knows nothing of what a row says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def append(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows at the end of a JSON Lines file and flush them to the disk before returning.

    They go out in one write to a file opened for appending, so two processes do not mix their lines. A line
    that a kill tore is ended first, or it would swallow the first new one.
    """
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.write(("\n" if _torn(path) else "").encode() + lines.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[list[Row], int]:
    """Return the rows of a file, oldest first, and how many lines can't be read; none where there is no file."""
    if not path.is_file():
        return [], 0
    rows: list[Row] = []
    damaged = 0
    for line in path.read_bytes().decode("utf-8", errors="replace").split("\n"):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            rows.append(value)
        else:
            damaged += 1
    return rows, damaged


def _torn(path: Path) -> bool:
    """Whether the file ends in the middle of a line."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
