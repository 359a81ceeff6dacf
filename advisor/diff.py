"""What differs between two recommendations: the answers that changed, and what followed from it.

Compares ids and values; knows nothing of how either was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.catalog import rung_name, word
from advisor.questionnaire import format_answer, question
from advisor.recommendation import Reason, Recommendation
from advisor.vocabulary import Language, Rung


@dataclass(frozen=True, slots=True)
class Diff:
    """From one recommendation to another."""

    before: Recommendation
    """The first."""
    after: Recommendation
    """The second."""

    @property
    def rung(self) -> tuple[Rung, Rung] | None:
        """The two rungs; None where they are the same."""
        return None if self.before.rung is self.after.rung else (self.before.rung, self.after.rung)

    @property
    def answers(self) -> tuple[tuple[str, Any, Any], ...]:
        """Questions whose weighed answers differ, with both; None is "don't know"."""
        first, second = self.before.answers.to_mapping(), self.after.answers.to_mapping()
        names = dict.fromkeys((*first, *second))
        return tuple((n, first.get(n), second.get(n)) for n in names if first.get(n) != second.get(n))

    @property
    def spoke(self) -> tuple[str, ...]:
        """Rules that speak only in the second."""
        return tuple(name for name in _rules(self.after) if name not in _rules(self.before))

    @property
    def silent(self) -> tuple[str, ...]:
        """Rules that spoke only in the first."""
        return tuple(name for name in _rules(self.before) if name not in _rules(self.after))

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        return {
            "rung": {"before": self.before.rung.value, "after": self.after.rung.value},
            "confidence": {"before": self.before.confidence, "after": self.after.confidence},
            "answers": [{"question": n, "before": b, "after": a} for n, b, a in self.answers],
            "rules": {"spoke": list(self.spoke), "silent": list(self.silent)},
            "measured_on": {
                "before": None if self.before.evidence is None else self.before.evidence.questions,
                "after": None if self.after.evidence is None else self.after.evidence.questions,
            },
        }

    def to_text(self, language: Language | str = Language.EN) -> str:
        """Return the difference as lines of text."""
        spoken = Language(language)
        lines = [
            f"{word('advice', spoken)}: {rung_name(self.before.rung, spoken)} → {rung_name(self.after.rung, spoken)}"
            if self.rung
            else f"{word('advice', spoken)}: {rung_name(self.after.rung, spoken)} ({word('unchanged', spoken)})",
            f"{word('confidence', spoken)}: {self.before.confidence:.2f} → {self.after.confidence:.2f}",
        ]
        if self.answers:
            lines += ["", word("answers", spoken)]
            for name, before, after in self.answers:
                lines.append(f"  - {name}: {_said(name, before, spoken)} → {_said(name, after, spoken)}")
        for heading, mine, names in (
            ("spoke", self.after, self.spoke),
            ("silent", self.before, self.silent),
        ):
            if names:
                lines += ["", word(heading, spoken)]
                lines += [
                    f"  - {_rules(mine)[name].sentence(mine.answers, spoken)} ({name})" for name in names
                ]
        return "\n".join(lines) + "\n"


def _rules(r: Recommendation) -> dict[str, Reason]:
    return {one.rule: one for one in (*r.vetoes, *r.gates, *r.reasons, *r.against)}


def _said(name: str, value: Any, language: Language) -> str:
    parsed = question(name).read(value)
    return word("dont_know", language) if parsed is None else format_answer(name, parsed, language)
