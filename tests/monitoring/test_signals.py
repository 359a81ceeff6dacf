"""Signals that are counted, and those about form and thumbs: what fires, what stays quiet, what each asks for."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from foundation.errors import UserError
from monitoring.findings import Action, State
from monitoring.numbers import Thumb
from monitoring.signals.enough import decided
from monitoring.signals.expired import expired
from monitoring.signals.form_failures import form_failures
from monitoring.signals.never_hit import needed_for, never_hit
from monitoring.signals.stale_adapter import stale_adapter
from monitoring.signals.thumbs import thumbs_down
from monitoring.signals.unanswered import unanswered
from monitoring.windows import openings, windows_of
from tests.monitoring.traced_world import NEWEST, NOW, REFERENCE, spread, trace

WINDOWS = windows_of(NOW)
PARKING = tuple(np.eye(16)[0])
GIFTS = tuple(np.eye(16)[1])


# form


def test_a_rule_that_is_broken_again_and_again_asks_for_examples() -> None:
    kept = spread(NEWEST, 7, 60, setup="hybrid")
    broken = spread(NEWEST, 7, 20, setup="hybrid", broken=("words",))
    (found,) = decided([form_failures([*kept, *broken], WINDOWS)])
    assert (found.state, found.action) == (State.FIRES, Action.COLLECT)
    assert "hybrid breaks the rule `words` in 20 of 80 answers" in found.sentence.en
    assert found.value == 0.25 and found.low is not None and found.low > 0.05
    assert [(one.name, one.count) for one in found.groups] == [("hybrid: words", 20)]


def test_a_rule_that_is_broken_now_and_then_is_borne() -> None:
    rows = [*spread(NEWEST, 7, 76), *spread(NEWEST, 7, 4, broken=("words",))]
    assert decided([form_failures(rows, WINDOWS)])[0].state is State.QUIET


def test_one_question_asked_fifty_times_counts_once_where_a_naive_count_would_fire() -> None:
    rows = [*spread(NEWEST, 7, 60), *spread(NEWEST, 7, 50, question="the same", broken=("citation",))]
    naive = sum(bool(one.broken) for one in rows) / len(rows)
    assert naive > 0.4
    assert decided([form_failures(rows, WINDOWS)])[0].state is State.QUIET


def test_no_broken_rule_is_quiet_and_few_answers_are_not_enough() -> None:
    assert decided([form_failures(spread(NEWEST, 7, 40), WINDOWS)])[0].state is State.QUIET
    few = form_failures(spread(NEWEST, 7, 12), WINDOWS)
    assert (few.state, few.missing) == (State.NOT_ENOUGH, 18)
    assert few.sentence.en.endswith("and 30 are needed, 18 more.")


# thumbs


def test_thumbs_that_turn_down_ask_for_advice_and_thumbs_that_turn_up_for_nothing() -> None:
    def given(day: str, up: int, down: int) -> list[Thumb]:
        return [Thumb(day, "rag", True)] * up + [Thumb(day, "rag", False)] * down

    before = given("2026-11-02", 80, 20)
    worse, better = (
        decided([thumbs_down([*before, *given("2026-11-18", *now)], WINDOWS)])[0]
        for now in ((15, 25), (40, 0))
    )
    assert (worse.state, worse.action, worse.command) == (State.FIRES, Action.ADVISE, "rungwise advise")
    assert better.state is State.QUIET
    assert thumbs_down(before, WINDOWS).missing == 20


# what the library can't answer


def test_questions_that_ask_alike_and_are_declined_ask_for_a_document() -> None:
    rows = [
        trace(NEWEST + timedelta(hours=at), ended="abstained", sketch=PARKING, space="a", chunks=("c1",))
        for at in range(4)
    ]
    rows += [
        trace(NEWEST + timedelta(hours=at), ended="abstained", sketch=GIFTS, space="a") for at in range(2)
    ]
    rows += spread(NEWEST, 7, 20, chunks=("c1",))
    found = unanswered(rows, WINDOWS, {"c1": "Stores > Lindvale"})
    assert (found.state, found.action) == (State.FIRES, Action.WRITE)
    (group,) = found.groups  # two alike are not yet a group
    assert (str(group.name), group.count, group.near) == ("near Stores > Lindvale", 4, ("Stores > Lindvale",))
    assert "6 of 26 conversations" in found.sentence.en and found.since == "2026-11-16"


def test_groups_are_named_by_questions_where_words_are_kept() -> None:
    rows = [
        trace(
            NEWEST + timedelta(hours=at),
            ended="abstained",
            sketch=PARKING,
            space="a",
            asked=f"Where can I park {at}?",
        )
        for at in range(3)
    ]
    assert (
        unanswered(rows, WINDOWS, {}).groups[0].name.startswith("Where can I park 2? / Where can I park 1?")
    )


def test_one_asker_who_insists_is_no_group() -> None:
    rows = [
        trace(NEWEST + timedelta(hours=at), ended="abstained", sketch=PARKING, space="a", conversation="one")
        for at in range(9)
    ]
    assert unanswered(rows, WINDOWS, {}).state is State.QUIET


def test_what_was_declined_before_the_newest_week_is_not_told_again() -> None:
    rows = [
        trace(REFERENCE + timedelta(hours=at), ended="abstained", sketch=PARKING, space="a")
        for at in range(9)
    ]
    assert unanswered(rows, WINDOWS, {}).state is State.QUIET


# documents


def test_a_document_that_no_answer_was_given_is_told_once_that_means_something() -> None:
    documents = {f"m{at}": f"doc-{at}.md" for at in range(4)}
    added = dict.fromkeys(documents.values(), "2026-01-01T00:00:00+00:00")
    hit = [trace(REFERENCE + timedelta(hours=at), documents=(f"m{at % 3}",)) for at in range(needed_for(4))]
    found = never_hit(hit, documents, added, WINDOWS)
    assert (found.state, [one.name for one in found.groups]) == (State.FIRES, ["doc-3.md"])
    few = never_hit(hit[:-5], documents, added, WINDOWS)
    assert (few.state, few.missing) == (State.NOT_ENOUGH, 5)


def test_a_document_that_came_yesterday_has_had_no_chance_yet() -> None:
    added = {"old.md": "2026-01-01", "new.md": "2026-11-25"}
    rows = spread(REFERENCE, 28, 40, documents=("m0",))
    assert never_hit(rows, {"m0": "old.md", "m1": "new.md"}, added, WINDOWS).state is State.QUIET
    assert "No document has been there" in never_hit(rows, {"m1": "new.md"}, added, WINDOWS).sentence.en


@pytest.mark.fault(148)
def test_evenly_used_documents_are_called_idle_in_one_history_of_twenty_or_fewer_and_naively_in_most() -> (
    None
):
    rng = np.random.default_rng(1)
    documents = 20
    drawn = rng.integers(documents, size=(1_000, needed_for(documents)))
    idle = [len(set(one)) < documents for one in drawn.tolist()]
    naive = [len(set(one[:documents])) < documents for one in drawn.tolist()]  # as many answers as documents
    assert np.mean(idle) <= 0.07 and np.mean(naive) > 0.95


def test_documents_that_expired_or_soon_will_are_named_with_their_day() -> None:
    ends = {
        "old.md": NOW - timedelta(days=2),
        "soon.md": NOW + timedelta(days=3),
        "later.md": NOW + timedelta(days=30),
    }
    found = expired(ends, ["kept-too-long.md"], NOW)
    assert found.state is State.FIRES and found.since == "2026-11-24"
    assert (
        found.sentence.en == "Documents: 1 has expired, 1 expires within a week, the retention of 1 is over."
    )
    assert [(one.name, one.last) for one in found.groups] == [
        ("old.md", "2026-11-24"),
        ("soon.md", "2026-11-29"),
        ("kept-too-long.md", ""),
    ]
    assert expired({"later.md": ends["later.md"]}, (), NOW).state is State.QUIET


def test_an_adapter_is_stale_where_its_examples_changed_or_were_forgotten() -> None:
    assert stale_adapter("", (), False).state is State.QUIET
    assert stale_adapter("house", (), False).state is State.QUIET
    changed = stale_adapter("house", ["examples", "form"], False)
    assert changed.state is State.FIRES and "the examples and the form changed" in changed.sentence.en
    assert stale_adapter("house", (), True).action is Action.RETRAIN


# together


def test_several_tests_together_are_corrected_and_those_that_fire_stand_first() -> None:
    quiet = thumbs_down(
        [Thumb("2026-11-02", "rag", True)] * 40 + [Thumb("2026-11-18", "rag", True)] * 40, WINDOWS
    )
    broken = form_failures([*spread(NEWEST, 7, 30), *spread(NEWEST, 7, 30, broken=("words",))], WINDOWS)
    stale = stale_adapter("", (), False)
    found = decided([quiet, stale, broken])
    assert [one.name for one in found] == ["form_failures", "thumbs", "adapter"]
    assert found[0].p == pytest.approx(2 * (broken.p or 0)) and found[2].p is None


def test_windows_are_whole_weeks_that_do_not_touch() -> None:
    assert (WINDOWS.reference, WINDOWS.newest, WINDOWS.until) == (
        ("2026-10-19", "2026-11-15"),
        ("2026-11-16", "2026-11-22"),
        "2026-11-26",
    )
    assert windows_of(NOW, 20).since == "2026-11-09"
    with pytest.raises(UserError, match="must be 14 to 3650, but is 13"):
        windows_of(NOW, 13)


def test_only_the_first_question_of_a_conversation_opens_it() -> None:
    rows = [trace(NOW, conversation="a"), trace(NOW, conversation="a"), trace(NOW, conversation="")]
    assert openings(rows) == [rows[0], rows[2]]
