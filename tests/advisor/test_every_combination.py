"""Every combination of the answers that vetoes and the first push hang on, "don't know" among them: tried one by one."""

from __future__ import annotations

from itertools import product

import pytest

from advisor import Answers, Rung, recommend
from advisor.answers import CHOICES
from advisor.questionnaire import relevant
from advisor.recommend import decide
from advisor.vocabulary import ChangeRate

WORDS = ("knowledge", "change_rate", "citations", "prompt_tried", "base_weights")
FLAGS = ("may_switch_model", "access_differs")
NEEDS = (
    {},
    {"output_form": "own", "tone": "ours", "examples": 300, "example_quality": "live", "test_questions": 120},
)
"""Without and with a need and the means for training."""


def combinations(need: dict[str, object]) -> list[Answers]:
    ways = [[None, *CHOICES[name]] for name in WORDS] + [[None, True, False] for _ in FLAGS]
    fixed = Answers.from_mapping(need).to_mapping()
    given = {name: getattr(Answers.from_mapping(need), name) for name in fixed}
    return [Answers(**given, **dict(zip((*WORDS, *FLAGS), drawn, strict=True))) for drawn in product(*ways)]  # type: ignore[arg-type]


@pytest.mark.fault(128)
@pytest.mark.parametrize("need", NEEDS, ids=["nothing to train for", "all to train with"])
def test_every_combination_gives_one_rung_that_no_veto_or_gate_forbids(need: dict[str, object]) -> None:
    everything = combinations(need)
    rungs: dict[tuple[object, ...], Rung] = {}
    for answers in everything:
        found = decide(relevant(answers))
        assert found.rung in Rung and found.rung not in found.forbidden, answers
        rungs[tuple(answers.get(name) for name in (*WORDS, *FLAGS))] = found.rung

    assert len(everything) == len(rungs) == 6 * 7 * 4 * 4 * 4 * 9
    # faster-changing facts never give less retrieval, whatever else is said
    rates, place = list(ChangeRate), WORDS.index("change_rate")
    for key, rung in rungs.items():
        rate = key[place]
        if isinstance(rate, ChangeRate) and rate is not rates[-1]:
            faster = rungs[(*key[:place], rates[rates.index(rate) + 1], *key[place + 1 :])]
            assert faster.retrieves >= rung.retrieves, key


def test_a_sample_of_them_has_a_reason_for_its_rung_and_one_against_each_other() -> None:
    for answers in combinations(NEEDS[1])[::997]:
        advice = recommend(answers)
        assert advice.reasons and {one.rung for one in advice.passed_over} == set(Rung) - {advice.rung}
