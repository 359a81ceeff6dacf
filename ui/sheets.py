"""Tables as CSV that a spreadsheet opens as text: no cell of theirs becomes a formula. Knows nothing of what is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ui.show import plain

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def to_csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """Return a table as CSV in UTF-8 with its mark, so that a spreadsheet reads Turkish letters.

    A cell that a spreadsheet would calculate (OWASP, "CSV Injection") begins with an apostrophe.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)
    text = plain(str(value))
    return (
        f"'{text}"
        if text.lstrip().startswith(_BEGINS_A_FORMULA) or text.startswith(("\t", "\r", "\n"))
        else text
    )
