"""Rows as CSV that a spreadsheet reads as text, whoever wrote the cells: nothing in it becomes a formula.

Knows nothing of what the rows mean.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ui.show import plain

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a cell a formula in one spreadsheet or another; the wide signs are taken for the narrow ones by some."""
Cell = str | int | float | bool | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV, for Excel with a byte order mark, so that it reads Turkish letters.

    Args:
        header: Names of the columns.
        rows: The cells; a text that would be a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(map(inert, header))
    for row in rows:
        writer.writerow(
            [inert(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row]
        )
    return "\ufeff" + out.getvalue()


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    told = plain(cell)
    return f"'{told}" if cell.startswith(_BEGINS) or told.lstrip().startswith(_BEGINS) else told
