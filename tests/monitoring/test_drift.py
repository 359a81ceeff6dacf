"""Drift: quiet weeks stay quiet at the stated rate, planted shifts are found at a stated power, naive rules are neither."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from threadpoolctl import threadpool_limits

from monitoring.energy import apart
from monitoring.findings import Signal, State
from monitoring.numbers import Thumb
from monitoring.signals.enough import ALPHA, decided
from monitoring.signals.form_failures import form_failures
from monitoring.signals.question_drift import question_drift
from monitoring.signals.score_drift import score_drift
from monitoring.signals.thumbs import thumbs_down
from monitoring.sketch import sketch
from monitoring.traces import Trace
from monitoring.windows import windows_of
from tests.monitoring.traced_world import NEWEST, NOW, REFERENCE, trace, unit

WINDOWS = windows_of(NOW)
TOPICS = unit(np.random.default_rng(0).standard_normal((9, 16)))
HISTORIES = 1_000
NEW, OLD = 40, 120
"""Conversations of the newest week, and of the weeks before."""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Products of small matrices take ten times as long where threads wait for one another."""
    with threadpool_limits(1):
        yield


def asked(rng: np.random.Generator, n: int, fresh: float = 0.0) -> np.ndarray[Any, Any]:
    """Return sketches of questions on eight topics; a share is on a ninth that nobody asked about before."""
    topic = np.where(rng.random(n) < fresh, 8, rng.integers(8, size=n))
    return TOPICS[topic] * 0.7 + rng.standard_normal((n, 16)) * 0.15


def p_values(histories: int, fresh: float, seed: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    return np.array(
        [apart(asked(rng, NEW, fresh), asked(rng, OLD), at, draws=99).p for at in range(histories)]
    )


@pytest.mark.fault(148)
def test_a_thousand_quiet_weeks_alarm_at_the_stated_rate() -> None:
    alarms = int((p_values(HISTORIES, 0.0, seed=1) <= ALPHA).sum())
    low, high = binom.ppf([0.001, 0.999], HISTORIES, ALPHA)
    assert (
        low <= alarms <= high
    )  # no oftener, and no seldomer: a test that never fires would find nothing either


@pytest.mark.fault(148)
def test_one_question_in_three_on_a_new_topic_is_found_four_times_in_five() -> None:
    assert (p_values(200, 1 / 3, seed=2) <= ALPHA).mean() >= 0.8


@pytest.mark.fault(148)
def test_a_naive_rule_that_alarms_when_the_mean_moves_by_a_tenth_alarms_in_nearly_every_quiet_week() -> None:
    rng = np.random.default_rng(1)
    naive = 0
    for _ in range(HISTORIES):
        new, old = asked(rng, NEW).mean(axis=0), asked(rng, OLD).mean(axis=0)
        naive += bool(np.linalg.norm(new - old) > 0.1 * np.linalg.norm(old))
    assert naive > 0.9 * HISTORIES


@pytest.mark.fault(148)
def test_askers_who_go_on_about_one_thing_fool_a_naive_count_of_every_turn_and_not_the_test() -> None:
    rng = np.random.default_rng(5)
    ours = naive = 0
    for at in range(100):
        rows = []
        for begin, days, talks in ((REFERENCE, 28, OLD), (NEWEST, 7, NEW)):
            for number, first in enumerate(asked(rng, talks)):
                when = begin + timedelta(days=days) * (number + 0.5) / talks
                for turn in range(4):  # three more questions on the same thing
                    told = first + rng.standard_normal(16) * 0.05
                    rows.append(
                        trace(when, conversation=f"{at} {when}", turn=turn, sketch=tuple(told), space="a")
                    )
        ours += (question_drift(rows, WINDOWS).p or 1) <= ALPHA
        sides = [
            np.array([one.sketch for one in rows if (one.day >= WINDOWS.newest[0]) is new])
            for new in (True, False)
        ]
        naive += apart(*sides, draws=99).p <= ALPHA
    assert ours <= binom.ppf(0.999, 100, ALPHA) < 30 < naive


def quiet_week(rng: np.random.Generator) -> tuple[list[Trace], list[Thumb]]:
    """Return five weeks in which nothing changes, with answers that break a rule as often as is borne."""
    rows, thumbs = [], []
    for begin, days, n in ((REFERENCE, 28, OLD), (NEWEST, 7, NEW)):
        scores = rng.beta(6, 4, n)
        for at, told in enumerate(asked(rng, n)):
            when = begin + timedelta(days=days) * (at + 0.5) / n
            broken = ("words",) if rng.random() < 0.05 else ()
            rows.append(
                trace(when, sketch=tuple(told), space="a", scores=(float(scores[at]),), broken=broken)
            )
            thumbs.append(Thumb(rows[-1].day, "rag", bool(rng.random() < 0.7)))
    return rows, thumbs


def looked(rows: list[Trace], thumbs: list[Thumb]) -> tuple[Signal, ...]:
    tested = [one(rows, WINDOWS) for one in (question_drift, score_drift, form_failures)]
    return decided([*tested, thumbs_down(thumbs, WINDOWS)])


@pytest.mark.slow
@pytest.mark.fault(148)
def test_in_a_thousand_quiet_weeks_any_of_the_four_tested_signals_fires_no_oftener_than_one_week_in_twenty() -> (
    None
):
    rng = np.random.default_rng(6)
    fired = naive = 0
    for _ in range(HISTORIES):
        found = looked(*quiet_week(rng))
        fired += any(one.state is State.FIRES for one in found)
        # naive: each p by itself, uncorrected; Holm's smallest was multiplied by four
        naive += min(one.p or 1 for one in found) / 4 <= ALPHA
    assert fired <= binom.ppf(0.999, HISTORIES, ALPHA) < naive


@pytest.mark.fault(148)
def test_a_look_in_the_same_week_is_the_same_look() -> None:
    rows, thumbs = quiet_week(np.random.default_rng(7))
    monday, sunday = NOW - timedelta(days=3), NOW + timedelta(days=3)
    assert {windows_of(day).newest for day in (monday, NOW, sunday)} == {WINDOWS.newest}
    later = [*rows, trace(NOW, sketch=(9.0,) * 16, space="a", scores=(0.0,))]  # of the week that is not over
    assert looked(later, thumbs) == looked(rows, thumbs)


def test_drift_tells_since_when_and_what_to_do() -> None:
    rng = np.random.default_rng(8)
    rows = [
        trace(begin + timedelta(days=days) * (at + 0.5) / n, sketch=tuple(told), space="a")
        for begin, days, n, fresh in ((REFERENCE, 28, OLD, 0.0), (NEWEST, 7, NEW, 0.5))
        for at, told in enumerate(asked(rng, n, fresh))
    ]
    (found,) = decided([question_drift(rows, WINDOWS)])
    assert (found.state, found.since, found.command) == (State.FIRES, "2026-11-16", "rungwise compare")
    assert found.p == pytest.approx(0.001) and "40 conversations against 120" in found.sentence.en


def test_numbers_of_another_embedder_are_not_held_against_those_of_this_one() -> None:
    rng = np.random.default_rng(9)
    rows = [
        trace(begin + timedelta(hours=at), sketch=tuple(told), space=space, scores=(0.5,))
        for begin, n, space in ((REFERENCE, 100, "old"), (NEWEST, 40, "new"))
        for at, told in enumerate(asked(rng, n))
    ]
    found = question_drift(rows, WINDOWS)
    assert found.state is State.NOT_ENOUGH and found.missing == 30 and "30 more" in found.sentence.en
    assert score_drift(rows, WINDOWS).state is State.NOT_ENOUGH


def test_scores_that_fall_fire_and_scores_that_rise_do_not() -> None:
    for shift, state in ((-0.2, State.FIRES), (0.2, State.QUIET), (0.0, State.QUIET)):
        rng = np.random.default_rng(10)
        rows = [
            trace(begin + timedelta(hours=at), scores=(float(rng.normal(0.6 + more, 0.1)),))
            for begin, n, more in ((REFERENCE, 100, 0.0), (NEWEST, 50, shift))
            for at in range(n)
        ]
        (found,) = decided([score_drift(rows, WINDOWS)])
        assert found.state is state


def test_the_energy_distance_by_hand() -> None:
    one, other = np.zeros((2, 1)), np.ones((2, 1))
    assert apart(one, other).share == pytest.approx(1)  # 2·1 − 0 − 0 over 2·1
    assert apart(one, one).share == 0 and apart(one, one).p == 1


def test_sketches_keep_distances_and_are_others_under_another_key() -> None:
    rng = np.random.default_rng(11)
    vectors = unit(rng.standard_normal((200, 384))).astype(np.float32)
    told = np.array([sketch(one, b"key", "minilm") for one in vectors])
    near = np.linalg.norm(told[::2] - told[1::2], axis=1) / np.linalg.norm(
        vectors[::2] - vectors[1::2], axis=1
    )
    assert abs(near.mean() - 1) < 0.05 and near.std() < 0.25  # 1 / √(2·16) = 0.18
    assert sketch(vectors[0], b"key", "minilm") == tuple(told[0])
    other = np.array([sketch(one, b"other", "minilm") for one in vectors])
    assert abs(np.corrcoef(told.ravel(), other.ravel())[0, 1]) < 0.1
