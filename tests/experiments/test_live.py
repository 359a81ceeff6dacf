"""A live split: who gets which setup, what is kept of it, and when it may be believed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from experiments.opinions.live import judgements, live_dict, live_result, newcombe, paired, ratio_mismatch
from experiments.opinions.split import Event, Outcome, OutcomeFile, Split, Unit, assign
from experiments.shown.votes_text import live_text
from experiments.statistics.sequential import decided
from experiments.statistics.stats import wilson
from experiments.verdict import Rate
from foundation.errors import UserError

EVEN = Split({"rag": 1, "hybrid": 1}, salt="s")
PINNED = ["hybrid", "hybrid", "rag", "hybrid", "hybrid", "rag", "rag", "rag"]


def row(kind: Event, unit: str, setup: str, good: bool | None = None, split: Split = EVEN) -> Outcome:
    return Outcome(kind, unit, setup, split.mark, good)


def thumbs(setup: str, good: int, bad: int) -> list[Outcome]:
    """Return the thumbs of as many units, good and bad mixed evenly."""
    values = np.zeros(good + bad, dtype=bool)
    values[np.linspace(0, good + bad - 1, good).astype(int)] = True
    return [row(Event.THUMB, f"{setup}-{n}", setup, bool(value)) for n, value in enumerate(values)]


# assignment


def test_an_id_always_gets_the_same_setup_and_another_salt_another_lot() -> None:
    ids = [f"c{n}" for n in range(8)]
    # written down, so that whoever changes the way ids are assigned sees that running splits are mixed up
    assert [assign(one, EVEN) for one in ids] == PINNED
    assert [assign(one, Split({"hybrid": 2, "rag": 2}, salt="s")) for one in ids] == PINNED
    many = [f"c{n}" for n in range(4_000)]
    other = Split(EVEN.weights, salt="t")
    same = sum(assign(one, EVEN) == assign(one, other) for one in many)
    assert 1_850 < same < 2_150, "independent of the other salt"


@pytest.mark.parametrize(
    "weights", [{"rag": 1, "hybrid": 1}, {"prompt": 1, "rag": 3, "lora": 0.5, "hybrid": 6}]
)
def test_a_hundred_thousand_ids_keep_the_weights(weights: dict[str, float]) -> None:
    split = Split(weights, salt="x")
    seen = Counter(assign(f"user-{n}@house.example", split) for n in range(100_000))
    expected = [100_000 * share for share in split.shares.values()]
    assert chisquare([seen[name] for name in split.shares], expected).pvalue > 0.001


def test_changed_weights_move_no_more_units_than_they_must() -> None:
    ids = [f"c{n}" for n in range(20_000)]
    before = [assign(one, Split({"prompt": 1, "rag": 1, "hybrid": 2}, salt="s")) for one in ids]
    after = [assign(one, Split({"prompt": 1, "rag": 1, "hybrid": 4}, salt="s")) for one in ids]
    moved = [(one, two) for one, two in zip(before, after, strict=True) if one != two]
    assert {two for _, two in moved} == {"hybrid"}, "only to the one that grew"
    assert len(moved) / len(ids) == pytest.approx(4 / 6 - 2 / 4, abs=0.01), "as many as its share grew by"
    without = [assign(one, Split({"prompt": 1, "rag": 1}, salt="s")) for one in ids]
    assert all(two == one for one, two in zip(before, without, strict=True) if one != "hybrid")


@pytest.mark.parametrize(
    "weights",
    [{"rag": 1}, {"rag": 1, "hybrid": 0}, {"rag": -1, "hybrid": 1}, {"rag": float("nan"), "lora": 1}],
)
def test_a_split_of_one_setup_or_without_weight_is_refused(weights: dict[str, float]) -> None:
    with pytest.raises(UserError, match="two setups at least|must be above 0"):
        Split(weights)


# what is kept


def test_outcomes_are_kept_without_ids_or_words(tmp_path: Path) -> None:
    file = OutcomeFile(tmp_path / "live.jsonl")
    file.append(Event.EXPOSURE, "ayse@house.example", EVEN)
    file.append(Event.THUMB, "ayse@house.example", EVEN, good=True)
    written = (tmp_path / "live.jsonl").read_text()
    assert "ayse" not in written
    assert all(
        set(json.loads(line)) == {"kind", "unit", "setup", "split", "good", "when"}
        for line in written.splitlines()
    )
    exposed, thumb = file.outcomes()
    assert exposed.unit == thumb.unit and exposed.setup == assign("ayse@house.example", EVEN)
    assert Split(EVEN.weights, salt="t").hidden("a") != EVEN.hidden("a")


def test_torn_and_foreign_lines_are_counted_and_lost_alone(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    OutcomeFile(path).append(Event.EXPOSURE, "a", EVEN)
    path.write_text(path.read_text() + '{"kind": "party"}\n{"kind": "thu')
    file = OutcomeFile(path)
    file.append(Event.THUMB, "a", EVEN, good=False)
    assert [one.kind for one in file.outcomes()] == [Event.EXPOSURE, Event.THUMB] and file.damaged == 2


# counting


def test_a_unit_counts_once_with_its_last_thumb_and_one_without_an_answer_counts_as_bad() -> None:
    rows = [
        row(Event.EXPOSURE, "a", "rag"),
        row(Event.THUMB, "a", "rag", False),
        row(Event.THUMB, "b", "rag", False),
        row(Event.THUMB, "a", "rag", True),
        row(Event.FAILURE, "c", "rag"),
        row(Event.FAILURE, "d", "rag"),
        row(Event.THUMB, "d", "rag", True),
        row(Event.EXPOSURE, "e", "rag"),
        row(Event.TASK, "b", "rag", True),
    ]
    assert judgements(rows, Event.THUMB) == [True, False, False, True], "in the order of their first outcome"
    assert judgements(rows, Event.TASK) == [False, False, True], "failures come first here: c, d, then b"
    arm = live_result(rows, EVEN).arms[0]
    assert (arm.setup, arm.units, arm.good.passed, arm.good.n, arm.failures) == ("rag", 5, 2, 4, 2)


def test_units_in_two_setups_and_rows_of_another_split_are_left_out_and_told() -> None:
    rows = [
        row(Event.THUMB, "a", "rag", True),
        row(Event.THUMB, "a", "hybrid", True),
        row(Event.THUMB, "b", "hybrid", True),
        row(Event.THUMB, "c", "rag", True, Split(EVEN.weights, salt="old")),
    ]
    found = live_result(rows, EVEN)
    assert found.crossed == 1 and found.earlier == 1
    assert [arm.good.n for arm in found.arms] == [0, 1]
    assert "1 units were seen in two setups" in live_text([found])


def test_the_kth_outcome_of_one_arm_is_paired_with_the_kth_of_the_other() -> None:
    assert paired([True, True, False, False], [True, False, True]) == [0, 1, -1]
    assert paired([], [True]) == []


def test_newcombes_interval_is_the_published_one() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873, Table II, (a) and (h), method 10
    a = newcombe(Rate(56, 70, wilson(56, 70)), Rate(48, 80, wilson(48, 80)))
    assert a is not None and (round(a.low, 4), round(a.high, 4)) == (0.0524, 0.3339)
    h = newcombe(Rate(10, 10, wilson(10, 10)), Rate(0, 10, wilson(0, 10)))
    assert h is not None and (round(h.low, 4), round(h.high, 4)) == (0.6075, 1.0)
    assert newcombe(Rate(0, 0, None), Rate(1, 2, wilson(1, 2))) is None


def test_a_better_setup_is_found_and_equal_ones_leave_the_simplest() -> None:
    better = live_result(thumbs("rag", 60, 90) + thumbs("hybrid", 105, 45), EVEN)
    assert better.verdict.winner == "hybrid" and better.verdict.sure
    (row_,) = better.contrasts
    assert row_.difference is not None and row_.difference.mean == pytest.approx(0.3)
    assert row_.anytime is not None and row_.anytime.low < row_.difference.low, "every look costs width"
    even = live_result(thumbs("rag", 60, 40) + thumbs("hybrid", 61, 39), EVEN)
    assert even.verdict.winner == "rag" and not even.verdict.sure


# sample ratio


def test_arms_of_the_wrong_size_name_no_winner() -> None:
    lost = [row(Event.EXPOSURE, f"x{n}", "rag") for n in range(900)]
    lost += [row(Event.EXPOSURE, f"y{n}", "hybrid") for n in range(1_100)]
    rows = lost + thumbs("rag", 60, 90) + thumbs("hybrid", 105, 45)
    found = live_result(rows, EVEN)
    assert found.mismatch and found.ratio_p is not None and found.ratio_p < 0.001
    assert found.verdict.winner is None and not found.verdict.sure
    assert "did not get the share" in found.verdict.reason
    assert "sample-ratio mismatch" in live_text([found])


def test_the_ratio_check_alarms_in_one_of_a_thousand_good_splits_and_waits_for_enough_units() -> None:
    rng = np.random.default_rng(4)
    alarms = [
        ratio_mismatch([n, 2_000 - n], [0.25, 0.75]) for n in rng.binomial(2_000, 0.25, size=4_000).tolist()
    ]
    assert np.mean([p is not None and p < 0.001 for p in alarms]) <= 0.003
    assert ratio_mismatch([3, 5], [0.5, 0.5]) is None
    assert ratio_mismatch([0, 12], [0.5, 0.5]) is not None


# validity


def test_between_equals_a_look_after_every_outcome_alarms_in_no_more_than_six_of_a_hundred() -> None:
    rng = np.random.default_rng(8)
    alarms = 0
    for _ in range(1_000):
        setups = rng.random(300) < 0.5  # the arms fill up unevenly, as they do
        good = (rng.random(300) < 0.7).tolist()
        one = [value for value, arm in zip(good, setups, strict=True) if arm]
        other = [value for value, arm in zip(good, setups, strict=True) if not arm]
        walk = np.array(paired(one, other))
        won, lost = (walk == 1).cumsum().tolist(), (walk == -1).cumsum().tolist()
        alarms += any(decided(w, s) for w, s in dict.fromkeys(zip(won, lost, strict=True)))
    assert alarms / 1_000 <= 0.06


def test_the_verdict_is_sure_only_where_that_test_decides() -> None:
    for good in (50, 58, 66, 74):
        found = live_result(thumbs("rag", 50, 50) + thumbs("hybrid", good, 100 - good), EVEN)
        (difference,) = found.verdict.differences
        assert (difference.p_holm is not None and difference.p_holm <= 0.05) == decided(
            difference.wins, difference.losses
        )
        if found.verdict.winner == "hybrid" and found.verdict.sure:
            assert decided(difference.wins, difference.losses)


@pytest.mark.parametrize(
    "rows", [[], thumbs("rag", 1, 0), thumbs("rag", 3, 0), thumbs("rag", 1, 0) + thumbs("hybrid", 0, 1)]
)
def test_too_few_outcomes_name_no_winner_and_break_nothing(rows: list[Outcome]) -> None:
    found = live_result(rows, EVEN)
    assert found.verdict.winner is None and "not enough data" in found.verdict.reason
    assert live_text([found])
    json.dumps(live_dict([found], on=True))


def test_no_good_outcome_at_all_is_said() -> None:
    found = live_result(thumbs("rag", 0, 30) + thumbs("hybrid", 0, 30), EVEN)
    assert found.verdict.winner is None and "single good outcome" in found.verdict.reason


def test_a_unit_is_a_conversation_or_a_user() -> None:
    assert [one.value for one in Unit] == ["conversation", "user"]
    assert Split({"rag": 1, "lora": 1}, Unit.USER).mark != Split({"rag": 1, "lora": 1}).mark
