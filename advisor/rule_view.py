"""One rule laid open: what it says, when it fires, how it counts, which numbers it turns on, and what it rests on.

Reads the rules and their data. Knows nothing of anybody's answers: it weighs none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from advisor.catalog import Source, Threshold, thresholds, wordings
from advisor.ladder import Force, Rule
from advisor.questionnaire import question
from advisor.rules import RULES
from advisor.vocabulary import Language
from foundation.errors import UserError, did_you_mean

_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class RuleCard:
    """Everything that is written about one rule."""

    id: str
    """The rule."""
    force: Force
    """How it speaks."""
    condition: str
    """When it fires: the docstring of its predicate; empty for a sentence that stands where no rule spoke."""
    reads: tuple[str, ...]
    """The questions that it reads."""
    pushes: tuple[tuple[str, int], ...]
    """Weight by axis."""
    forbids: tuple[str, ...]
    """Rungs that it takes away."""
    need: bool
    """Whether it states a need, not just the means."""
    sentence: str
    """What it says, the user's answers as `<question>`."""
    thresholds: tuple[Threshold, ...]
    """The numbers that its questions or its sentence turn on."""
    source: Source | None
    """What it rests on; None where it only states an arrangement of this project."""

    def to_dict(self) -> dict[str, Any]:
        """Return the card as JSON values."""
        source = self.source
        return {
            "id": self.id,
            "force": self.force.value,
            "condition": self.condition,
            "reads": list(self.reads),
            "pushes": dict(self.pushes),
            "forbids": list(self.forbids),
            "need": self.need,
            "sentence": self.sentence,
            "thresholds": [
                {"name": t.name, "value": t.value, "unit": t.unit, "source": t.source.title, "date": t.date}
                for t in self.thresholds
            ],
            "source": None
            if source is None
            else {"title": source.title, "date": source.date, "read": source.read},
        }


def rule_card(name: str, language: Language | str = Language.EN) -> RuleCard:
    """Lay one rule open.

    Raises:
        UserError: There is no such rule; the nearest name is suggested.
    """
    spoken = Language(language)
    words = wordings("rules")
    if name not in words:
        raise UserError(
            f'There is no rule "{name}".{did_you_mean(name, list(words))} `rungwise advise --graph` shows them all.'
        )
    text = words[name].text[spoken]
    rule = next((one for one in RULES if one.id == name), None)
    reads = rule.reads if rule else ()
    named = set(_HOLE.findall(text))
    turned = tuple(
        t for t in thresholds().values() if t.name in named or (t.question and t.question in reads)
    )
    return RuleCard(
        id=name,
        force=rule.force if rule else Force.MEASURED if "measured" in name else Force.DEFAULT,
        condition=_condition(rule),
        reads=reads,
        pushes=tuple((axis.value, weight) for axis, weight in rule.pushes.items()) if rule else (),
        forbids=tuple(sorted(rung.value for rung in rule.forbids)) if rule else (),
        need=bool(rule and rule.need),
        sentence=_HOLE.sub(lambda hole: f"<{hole.group(1)}>", text),
        thresholds=turned,
        source=words[name].source,
    )


def _condition(rule: Rule | None) -> str:
    return " ".join((rule.fires.__doc__ or "").split()) if rule else ""


def rule_text(name: str, language: Language | str = Language.EN) -> str:
    """Return the card of one rule as lines of text.

    Raises:
        UserError: There is no such rule.
    """
    card, spoken = rule_card(name, language), Language(language)
    lines = [f"{card.id} ({card.force.value})", f"  {card.sentence}"]
    if card.condition:
        lines.append(f"  fires when: {card.condition}")
    lines += [f"  reads: {one} ({question(one, spoken).text})" for one in card.reads]
    lines += [f"  pushes {axis} by {weight:+d}" for axis, weight in card.pushes]
    if card.pushes:
        lines.append(f"  states a {'need' if card.need else 'means, no need: it switches nothing on alone'}")
    if card.forbids:
        lines.append(f"  takes away: {', '.join(card.forbids)}")
    for one in card.thresholds:
        lines.append(
            f"  turns on {one.name} = {one.value:,g} {one.unit}: {one.note} [{one.source.title}, {one.date}]"
        )
    source = card.source
    grounds = (
        f"{source.title} ({source.date}; read: {source.read})" if source else "how this project is arranged"
    )
    lines.append(f"  rests on: {grounds}")
    return "\n".join(lines) + "\n"
