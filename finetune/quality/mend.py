"""What a check found, mended where there is one way to mend it; a row that only a person can mend is left out and named.

The original is never touched. Knows nothing of how anything was found.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.examples import WHAT
from finetune.quality.damage import Kind, find_damage
from finetune.quality.findings import Code, Finding, Findings, Severity
from foundation.errors import UserError
from foundation.files import read_jsonl, sha256_of, write_json_atomic, write_text_atomic

_TWICE = (Code.DUPLICATE,)
_PRIVATE = (Code.SECRET,)


@dataclass(frozen=True)
class Change:
    """What became of one row."""

    line: int
    """Its line in the original."""
    id: str
    """Its id."""
    what: str
    """`left out` or `changed`."""
    why: str
    """The finding, in its sentence."""


@dataclass(frozen=True)
class Mended:
    """What a mending did."""

    changes: tuple[Change, ...]
    """By line; a row that nothing happened to is not among them."""
    kept: int
    """Rows that were written."""
    open: tuple[Finding, ...]
    """What was found and is for a person to decide: the rows are in the new file as they were."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "kept": self.kept,
            "changes": [asdict(change) for change in self.changes],
            "open": [finding.to_dict() for finding in self.open],
        }


def mend_file(source: Path, findings: Findings, out: Path, report: Path) -> Mended:
    """Write the examples anew without what should not be trained on, and a report of every change.

    Broken characters whose meaning can be told are put right. Left out are rows with an error (of two that contradict each
    other both: which one is right only a person knows), rows with a secret, and every copy but the first. Everything else is
    kept as it is.

    Args:
        source: The examples; they passed `load_examples`.
        findings: What `check_examples` found in them.
        out: Where the mended examples go.
        report: Where the report goes, as JSON.

    Raises:
        UserError: The new file would be the original, or no row would be left.
    """
    if out.resolve() == source.resolve():
        raise UserError(
            f"{out}: this is the original, which is never written over. Name another file with --out."
        )
    changes: list[Change] = []
    lines: list[str] = []
    by_line = _reasons(findings)
    for line, row in read_jsonl(source, WHAT):
        name = str(row.get("id") or f"line-{line}")
        mended, put_right = _put_right(row)
        reasons = [
            finding
            for finding in by_line.get(line, ())
            if not (finding.code is Code.ENCODING and _is_whole(mended))
        ]
        if reasons:
            changes.append(Change(line, name, "left out", f"{reasons[0].code}: {reasons[0].message}"))
            continue
        if put_right:
            changes.append(Change(line, name, "changed", f"{Code.ENCODING}: {put_right}"))
        lines.append(json.dumps(mended, ensure_ascii=False))
    if not lines:
        raise UserError(
            f"{source}: no row would be left, so nothing was written. `rungwise check` names what is wrong."
        )
    handled = {change.line for change in changes}
    left = tuple(one for one in findings.items if one.lines and not handled.intersection(one.lines))
    done = Mended(tuple(changes), len(lines), left)
    write_text_atomic(out, "\n".join(lines) + "\n")
    write_json_atomic(
        report, {"source_sha256": sha256_of(source), "mended_sha256": sha256_of(out), **done.to_dict()}
    )
    return done


def _reasons(findings: Findings) -> dict[int, list[Finding]]:
    """Return why rows are left out, by line."""
    reasons: dict[int, list[Finding]] = {}
    for finding in findings.items:
        if finding.severity is Severity.ERROR or finding.code in _PRIVATE:
            lines: Sequence[int] = finding.lines
        elif finding.code in _TWICE:
            lines = finding.lines[-1:]
        else:
            continue
        for line in lines:
            reasons.setdefault(line, []).append(finding)
    return reasons


def _put_right(row: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return a row with its broken characters put right where that can be done, and what was changed."""
    told: list[str] = []

    def right(text: str) -> str:
        for spot in reversed(find_damage(text)):
            if spot.kind is Kind.ENCODING and spot.repaired:
                told.append(f'"{spot.shown}" became "{spot.repaired}"')
                text = text[: spot.start] + spot.repaired + text[spot.end :]
        return text

    turns = [{**turn, "content": right(turn["content"])} for turn in row["messages"]]
    facts = {"facts": [right(fact) for fact in row["facts"]]} if row.get("facts") else {}
    return {**row, "messages": turns, **facts}, ", ".join(dict.fromkeys(told))


def _is_whole(row: dict[str, Any]) -> bool:
    return not any(
        spot.kind is Kind.ENCODING for turn in row["messages"] for spot in find_damage(turn["content"])
    )
