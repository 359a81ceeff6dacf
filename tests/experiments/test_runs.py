"""Every comparison is kept whole, can be trusted when it is read, and can be held against an earlier one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from experiments import GREEDY, Kind, Result, Sampling, attribute, compare, comparison_dict, schema
from experiments.against import Against, against, against_dict, against_text
from experiments.runs import RUN, Made, Run, find, keep, names, read, run_dict
from foundation.errors import UserError
from tests.experiments.worlds import results

MADE = Made(
    hashes={"base": "b" * 64, "adapter": "a" * 64, "index": "1" * 64},
    settings={"model": {"base": "starter"}, "retrieval": {"k": 4}},
    packages={"torch": "2.13.0"},
    setups={"rag": "r" * 64, "hybrid": "h" * 64},
)


def at(minute: int) -> datetime:
    return datetime(2026, 11, 27, 12, minute, tzinfo=UTC)


def kept(
    folder: Path, rows: list[Result], minute: int = 0, made: Made = MADE, sampling: Sampling = GREEDY
) -> Run:
    verdict, losses = compare(rows), attribute(rows)
    found = run_dict(rows, comparison_dict(verdict, losses), losses, made, "test", sampling)
    return keep(folder, found, at(minute))


def passing(*passes: bool, setup: str = "rag") -> list[Result]:
    return results(setup, passes)


def test_a_run_is_a_folder_named_after_its_time_and_hash_and_reads_back_the_same(tmp_path: Path) -> None:
    run = kept(tmp_path, passing(True, False))
    assert run.name == f"20261127T120000Z-{run.sha256[:8]}"
    assert [path.name for path in (tmp_path / run.name).iterdir()] == [RUN]
    assert read(tmp_path / run.name) == run
    assert [(one.question, one.passed, one.reason) for one in run.answers] == [
        ("q-000", True, "facts and form are right"),
        ("q-001", False, 'does not say "30 days"'),
    ]
    assert run.made_with == MADE
    assert run.setups == ("rag",)


def test_a_run_holds_answers_scores_with_reasons_causes_and_what_was_required(tmp_path: Path) -> None:
    run = kept(tmp_path, passing(True, False))
    found = json.loads((tmp_path / run.name / RUN).read_text(encoding="utf-8"))
    lost = found["answers"][1]
    assert lost["text"] == "14 days [1]. Yours."
    assert lost["scores"]["facts"] == {"value": 0.0, "reason": 'does not say "30 days"'}
    assert lost["cause"] == "wrong fact invented"
    assert found["answers"][0]["cause"] is None
    assert found["questions"][0]["facts"] == [["30 days"]]
    jsonschema.validate(found["comparison"], schema("comparison"))


def test_the_very_same_comparison_is_not_kept_twice_and_a_different_one_is(tmp_path: Path) -> None:
    first = kept(tmp_path, passing(True, False))
    assert kept(tmp_path, passing(True, False), minute=5) == first
    other = kept(tmp_path, passing(True, True), minute=5)
    assert names(tmp_path) == [first.name, other.name]


def test_last_is_the_newest_run_that_found_something_else(tmp_path: Path) -> None:
    first = kept(tmp_path, passing(True, False))
    second = kept(tmp_path, passing(True, True), minute=1)
    assert find(tmp_path, "last") == second
    assert find(tmp_path, "last", but=second.sha256) == first
    with pytest.raises(UserError, match="there is no earlier run to compare with"):
        find(tmp_path / "none", "last")


def test_a_run_is_found_by_name_beginning_folder_or_file(tmp_path: Path) -> None:
    first = kept(tmp_path, passing(True, False))
    kept(tmp_path, passing(True, True), minute=1)
    folder = tmp_path / first.name
    for wanted in (first.name, first.name[:15], str(folder), str(folder / RUN)):
        assert find(tmp_path, wanted) == first
    with pytest.raises(UserError, match=r'2 runs begin with "20261127"'):
        find(tmp_path, "20261127")
    with pytest.raises(UserError, match=r'There is no run "lats" in .+ Did you mean "last"\?'):
        find(tmp_path, "lats")


def test_a_run_that_was_changed_or_is_none_is_refused(tmp_path: Path) -> None:
    run = kept(tmp_path, passing(True, False))
    path = tmp_path / run.name / RUN
    path.write_text(path.read_text(encoding="utf-8").replace("14 days", "30 days"), encoding="utf-8")
    with pytest.raises(UserError, match="was changed after it was written"):
        read(tmp_path / run.name)
    again = kept(tmp_path, passing(True, False), minute=1)
    assert read(tmp_path / again.name) == again
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match="this is not a run"):
        read(tmp_path / run.name)
    path.unlink()
    with pytest.raises(UserError, match="can't be read"):
        read(tmp_path / run.name)


def test_a_folder_that_a_kill_left_without_its_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "20261127T115900Z-deadbeef").mkdir()
    (tmp_path / "replies").mkdir()
    run = kept(tmp_path, passing(True, False))
    assert names(tmp_path) == [run.name]


# ---------------------------------------------------------------- against an earlier one


def two(before: list[Result], now: list[Result], folder: Path, made: Made = MADE) -> Against:
    earlier = kept(folder / "a", before)
    return against(kept(folder / "b", now, made=made), earlier)


def test_the_change_is_paired_and_names_what_was_newly_won_and_lost(tmp_path: Path) -> None:
    before = [True] * 10 + [False] * 20
    now = [True] * 9 + [False] + [True] * 8 + [False] * 12
    found = two(passing(*before), passing(*now), tmp_path)
    (row,) = found.changes
    assert (row.n, row.won, row.lost) == (30, tuple(f"q-{n:03}" for n in range(10, 18)), ("q-009",))
    assert (row.before, row.after) == (pytest.approx(1 / 3), pytest.approx(17 / 30))
    assert row.change is not None
    assert row.change.mean == pytest.approx(7 / 30)
    # 2 · P(at most 1 of 9 fair coins) = 2 · 10/512
    assert row.p_exact == pytest.approx(20 / 512)
    assert row.p is not None and row.p < row.p_exact
    assert row.p_holm == row.p
    assert row.note == ""


def test_four_setups_are_corrected_for_four_tests(tmp_path: Path) -> None:
    before = [one for setup in ("prompt", "rag", "lora", "hybrid") for one in results(setup, [False] * 30)]
    now = [
        one
        for setup in ("prompt", "rag", "lora", "hybrid")
        for one in results(setup, [True] * 6 + [False] * 24)
    ]
    changes = two(before, now, tmp_path).changes
    assert len(changes) == 4
    assert all(row.p is not None and row.p_holm == pytest.approx(4 * row.p) for row in changes)


def test_only_questions_that_are_the_same_with_what_is_required_of_them_are_compared(tmp_path: Path) -> None:
    before, now = passing(*[True] * 4), passing(*[True] * 4)
    now[0] = replace(now[0], question=replace(now[0].question, facts=(("31 days",),)))
    now[1] = replace(now[1], question=replace(now[1].question, kind=Kind.TWO))
    now[2] = replace(now[2], question=replace(now[2].question, id="q-new"))
    found = two(before, now, tmp_path)
    assert found.common == 1
    assert found.only_before == ("q-000", "q-001", "q-002")
    assert found.only_now == ("q-000", "q-001", "q-new")
    assert found.changes[0].note == "not enough data: 1 question in common"
    assert found.changes[0].change is None


def test_a_question_asked_several_times_counts_once_with_the_share_of_its_answers(tmp_path: Path) -> None:
    def turns(*passes: bool) -> list[Result]:
        return [
            replace(one, repeat=turn) for turn, passed in enumerate(passes) for one in passing(passed, passed)
        ]

    (row,) = two(turns(True, False), turns(True, True), tmp_path).changes
    assert (row.before, row.after, row.won, row.lost) == (0.5, 1.0, ("q-000", "q-001"), ())


def test_what_was_different_is_named_by_hash_setting_and_version(tmp_path: Path) -> None:
    made = Made(
        {**MADE.hashes, "adapter": "c" * 64, "form": "f" * 64},
        {"model": {"base": "starter"}, "retrieval": {"k": 6}},
        {"torch": "2.14.0"},
        MADE.setups,
    )
    found = two(passing(True, False), passing(True, True), tmp_path, made)
    assert found.differs == (
        "adapter (aaaaaaaa → cccccccc)",
        "form (none → ffffffff)",
        "retrieval.k = 4 → 6",
        "torch 2.13.0 → 2.14.0",
    )


def test_a_setup_that_answers_by_something_unknown_is_named_where_nothing_else_is(tmp_path: Path) -> None:
    made = replace(MADE, setups={"rag": "x" * 64, "hybrid": "h" * 64})
    (said,) = two(passing(True, False), passing(True, True), tmp_path, made).differs
    assert said == "what rag answer by, though no setting is known to have changed"


def test_it_is_told_as_text_and_as_json_that_keeps_the_schema(tmp_path: Path) -> None:
    found = two(passing(*[True] * 30), passing(*[True] * 20, *[False] * 10), tmp_path)
    text = against_text(found)
    assert max(map(len, text.splitlines())) <= 100
    assert "-33.3 (" in text
    assert "rag newly lost: q-020" in text
    assert "Different between the two: nothing that is kept track of." in text
    whole = {**comparison_dict(compare(passing(True))), "against": against_dict(found)}
    jsonschema.validate(json.loads(json.dumps(whole)), schema("comparison"))


def test_runs_without_a_setup_in_common_have_nothing_to_compare(tmp_path: Path) -> None:
    found = two(passing(True, False), passing(True, False, setup="lora"), tmp_path)
    assert found.changes == ()
    assert "measured none of these setups" in against_text(found)
