"""What to expect from a rung: ranges from the studies whose case is near, and what a measurement says of them.

A range is a study's on its own task and never a promise. Knows nothing of how a rung is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from advisor.answers import Answers
from advisor.catalog import GainData, gain_data
from advisor.conditions import is_outside
from advisor.evidence import Evidence
from advisor.vocabulary import BaseSize, ExampleQuality, Knowledge, OutputForm, Rung, Tasks, Tone


def _new_facts(a: Answers) -> bool:
    return is_outside(a)


def _live_rows(a: Answers) -> bool:
    return is_outside(a) and a.example_quality is not ExampleQuality.REVIEWED


def _plain_rows(a: Answers) -> bool:
    return is_outside(a) and a.example_quality is ExampleQuality.REVIEWED


def _narrow(a: Answers) -> bool:
    return a.tasks is Tasks.NARROW and a.base_size is not BaseSize.FRONTIER


def _far(a: Answers) -> bool:
    return a.far_from_english is True


def _rule_of_form(a: Answers) -> bool:
    return a.output_form is OutputForm.OWN or a.tone is Tone.OURS


def _nothing_missing(a: Answers) -> bool:
    return a.knowledge in (Knowledge.MODEL, Knowledge.INPUT)


NEAR: Mapping[str, Callable[[Answers], bool]] = {
    "retrieval_of_new_facts": _new_facts,
    "training_on_new_facts": _new_facts,
    "training_under_retrieval": _new_facts,
    "training_on_retrieved_rows": _live_rows,
    "retrieval_under_plain_rows": _plain_rows,
    "narrow_task": _narrow,
    "training_for_a_field": _far,
    "retrieval_on_top_for_a_field": _far,
    "few_shot_for_a_rule": _rule_of_form,
    "training_for_a_rule": _rule_of_form,
    "retrieval_without_missing_facts": _nothing_missing,
}
"""When a study's case is near enough to ours to be named."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a study gained by a rung, and what was measured here."""

    id: str
    """The study's finding: its figures, wording and source are found by it."""
    measured: float | None
    """The same difference in the house's own comparison, in points; None where it was not measured."""

    @property
    def data(self) -> GainData:
        """The study's figures."""
        return gain_data()[self.id]

    @property
    def agrees(self) -> bool | None:
        """Whether the measurement lies in the study's range; None where there is none, or it is in another unit."""
        if self.measured is None or self.data.unit == "bleu":
            return None
        return self.data.low <= self.measured <= self.data.high


def gains(a: Answers, evidence: Evidence | None) -> tuple[Gain, ...]:
    """Return the findings of studies whose case is near, in the order of the ladder."""
    return tuple(
        Gain(name, _measured(data.rung, data.over, evidence))
        for name, data in gain_data().items()
        if NEAR[name](a)
    )


def _measured(rung: Rung, over: Rung, evidence: Evidence | None) -> float | None:
    """Return the difference of two setups' pass rates in points, where both were measured and differ by name."""
    if evidence is None or rung is over or not {rung, over} <= set(evidence.setups):
        return None
    return round(100 * (evidence.setups[rung].mean - evidence.setups[over].mean), 1)
