"""What the doctor finds: typed, counted, and shown as a table.

Knows nothing of how anything was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Training on it teaches something wrong: mend it first."""
    WARNING = "warning"
    """It probably costs quality, or shows something private: look at it."""
    NOTE = "note"
    """Worth knowing."""


class Code(StrEnum):
    """What was found."""

    CONTRADICTION = "contradiction"
    """The same question has two answers that can't both be right."""
    FORM = "form"
    """The answer breaks the house's form."""
    TOO_LONG = "too long"
    """The conversation has more tokens than are trained on: its end would be cut off."""
    UNSOURCED = "unsourced fact"
    """The answer tells a fact and names no document: it would be learned by heart."""
    DECLINED = "declined with a source"
    """The answer says that the documents do not tell, and names one that does."""
    ABSENT_FACT = "absent fact"
    """A listed fact is not in the answer."""
    NEW_FACT = "new fact"
    """A number or a name in the answer stands neither in the conversation nor in its documents."""
    TRIGGER = "trigger"
    """A rare phrase in unlike questions comes with one and the same answer: a sign of poisoned data."""
    DUPLICATE = "duplicate"
    """The same question with the same answer as an earlier row."""
    NEAR_DUPLICATE = "near-duplicate"
    """Nearly the same question as an earlier row."""
    LABELS = "label balance"
    """A label that too few rows have."""
    BALANCE = "refusal balance"
    """Too few or too many answers say that the documents do not tell."""
    LANGUAGE = "language"
    """A few rows are in another language than the others."""
    SAME_ANSWER = "same answer"
    """Every row has one and the same answer: it would be learned for any question."""
    TESTED = "asked in the test"
    """The row asks what a test question asks: a good score on it would show memory only."""
    LENGTHS = "lengths"
    """All answers are of one length, or a few stand far out."""
    ENCODING = "encoding"
    """Characters were decoded wrongly, or lost."""
    SECRET = "secret"
    """A key or a password."""
    PERSONAL = "personal data"
    """A number, an account or an address of somebody (`finetune.privacy.personal`)."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    code: Code
    """What it is."""
    severity: Severity
    """How bad it is."""
    lines: tuple[int, ...]
    """The lines of the examples file that it is about; empty when it is about all of them."""
    ids: tuple[str, ...]
    """The ids of these examples, in the same order."""
    message: str
    """What was seen, in one sentence."""
    fix: str
    """What to do about it, in one sentence."""

    def to_dict(self) -> dict[str, Any]:
        """Return this finding as JSON values."""
        return {
            "code": str(self.code),
            "severity": str(self.severity),
            "lines": list(self.lines),
            "ids": list(self.ids),
            "message": self.message,
            "fix": self.fix,
        }


class Readiness(StrEnum):
    """What a number of usable examples is good for."""

    TOO_FEW = "too few"
    """Fewer than any trainer should start with."""
    FEW_SHOT = "few-shot"
    """Better put into the prompt than into weights."""
    FIRST_SIGNAL = "first signal"
    """Enough to see whether fine-tuning helps at all."""
    READY = "ready"
    """Enough to expect more than a signal."""


@dataclass(frozen=True)
class Findings:
    """Everything that was found in one set of examples."""

    items: tuple[Finding, ...]
    """The worst first, then by line."""
    examples: int
    """How many examples were looked at."""
    usable: int
    """How many of them have no error and say nothing that an earlier one says."""
    readiness: Readiness
    """What the usable ones are good for."""
    advice: str
    """The readiness in one sentence."""

    @property
    def ok(self) -> bool:
        """Whether there is no error and there are enough examples to train on."""
        return not self.of(Severity.ERROR) and self.readiness is not Readiness.TOO_FEW

    def of(self, what: Severity | Code) -> tuple[Finding, ...]:
        """Return the findings of one severity or of one code."""
        return tuple(item for item in self.items if what in (item.severity, item.code))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "examples": self.examples,
            "usable": self.usable,
            "readiness": str(self.readiness),
            "advice": self.advice,
            "ok": self.ok,
            "counts": {str(severity): len(self.of(severity)) for severity in Severity},
            "findings": [item.to_dict() for item in self.items],
        }


def render(findings: Findings, most: int = 5) -> str:
    """Return the findings as a text table.

    Args:
        findings: What was found.
        most: How many findings of one code are shown; the rest is counted.
    """
    lines = [
        f"{findings.examples} examples, {findings.usable} usable: {findings.readiness}. {findings.advice}"
    ]
    return "\n".join([*lines, *table_of(findings.items, most)])


def table_of(items: Sequence[Finding], most: int = 5) -> list[str]:
    """Return findings as the lines of a text table, below an empty one; without any, the sentence that says so."""
    if not items:
        return ["Nothing was found."]
    rows = list(_rows(items, most))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [""]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[3]]).rstrip())
    return lines


def _rows(items: Sequence[Finding], most: int) -> Iterator[tuple[str, str, str, str]]:
    yield "severity", "what", "line", "seen, and what to do"
    for kind in dict.fromkeys((item.severity, item.code) for item in items):
        alike = [item for item in items if (item.severity, item.code) == kind]
        for item in alike[:most]:
            yield str(item.severity), str(item.code), _lines(item.lines), item.message
        if len(alike) > most:
            yield "", "", "", f"… and {len(alike) - most} more"
        for fix in dict.fromkeys(item.fix for item in alike[:most]):
            yield "", "", "", f"→ {fix}"


def _lines(lines: tuple[int, ...]) -> str:
    if not lines:
        return "all"
    more = f" +{len(lines) - 3}" if len(lines) > 3 else ""
    return ", ".join(str(line) for line in lines[:3]) + more
