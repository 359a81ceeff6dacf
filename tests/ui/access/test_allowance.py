"""What one may ask: a burst and then a stream of so many a minute, so many tokens a day, and nobody at another's cost."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.access import allowance as module
from ui.access.allowance import Allowance, TooMany, allowance
from ui.access.permissions import Person, Role

ADA, BO = Person("ada", Role.VIEWER), Person("bo", Role.VIEWER)
MIDNIGHT = 86_400.0 * 20_000


class Clock:
    """Seconds that pass when a test says so."""

    now = MIDNIGHT

    def __call__(self) -> float:
        return self.now


def ask(allowed: Allowance, person: Person, per_minute: int = 30, a_day: int = 0) -> float:
    """Ask once; return the seconds that one has to wait, 0 where it was let pass."""
    try:
        allowed.take(person, per_minute, a_day)
    except TooMany as error:
        return error.retry_after
    return 0.0


@pytest.mark.fault(101)
@given(st.integers(1, 60), st.lists(st.floats(0, 90), min_size=1, max_size=200))
def test_nobody_gets_more_than_a_burst_and_a_stream_whenever_they_ask(
    per_minute: int, pauses: list[float]
) -> None:
    clock = Clock()
    allowed, got = Allowance(clock), 0
    for pause in pauses:
        clock.now += pause
        got += ask(allowed, ADA, per_minute) == 0
    assert got <= per_minute + sum(pauses) * per_minute / 60 + 1e-6
    assert got >= min(len(pauses), per_minute)


@pytest.mark.fault(101)
@given(st.integers(1, 60), st.lists(st.floats(0, 5), max_size=100))
def test_who_waits_as_long_as_is_told_is_let_pass_and_not_a_moment_sooner(
    per_minute: int, pauses: list[float]
) -> None:
    clock = Clock()
    allowed = Allowance(clock)
    for pause in pauses:
        clock.now += pause
        if wait := ask(allowed, ADA, per_minute):
            assert wait <= 60 / per_minute + 1e-6
            if wait > 0.01:
                clock.now += wait * 0.9
                assert ask(allowed, ADA, per_minute) > 0
            clock.now += wait
            assert ask(allowed, ADA, per_minute) == 0


class Shared:
    """A naive allowance: one bucket for everybody."""

    def __init__(self, clock: Clock) -> None:
        self._one = Allowance(clock)

    def take(self, person: Person, per_minute: int, a_day: int) -> None:
        self._one.take(Person("everybody", Role.VIEWER), per_minute, a_day)

    def spend(self, person: Person, tokens: int) -> None:
        self._one.spend(Person("everybody", Role.VIEWER), tokens)


def fair(allowed: Allowance | Shared) -> bool:
    """Whether bo is let pass after ada has asked, and used tokens, without an end."""
    for _ in range(100):
        try:
            allowed.take(ADA, 30, 1_000)
        except TooMany:
            break
    allowed.spend(ADA, 10_000)
    return ask(allowed, BO, 30, 1_000) == 0  # type: ignore[arg-type]


@pytest.mark.fault(101)
def test_one_persons_questions_and_tokens_take_nothing_from_anothers() -> None:
    assert fair(Allowance(Clock()))
    assert not fair(Shared(Clock()))


@pytest.mark.fault(101)
def test_the_tokens_of_a_day_are_there_again_at_midnight_and_the_wait_is_until_then() -> None:
    clock = Clock()
    allowed = Allowance(clock)
    clock.now += 3_600
    allowed.spend(ADA, 999)
    assert ask(allowed, ADA, a_day=1_000) == 0
    allowed.spend(ADA, 1)
    assert ask(allowed, ADA, a_day=1_000) == 86_400 - 3_600
    with pytest.raises(
        TooMany, match="ada has used the 1,000 tokens of this day. Ask again after midnight UTC"
    ):
        allowed.take(ADA, 30, 1_000)
    clock.now = MIDNIGHT + 86_400
    assert ask(allowed, ADA, a_day=1_000) == 0


def test_zero_is_any_number() -> None:
    allowed = Allowance(Clock())
    allowed.spend(ADA, 10**9)
    assert not any(ask(allowed, ADA, 0, 0) for _ in range(500))


def test_who_spends_before_they_ask_or_had_no_limit_yet_has_the_whole_burst() -> None:
    allowed = Allowance(Clock())
    allowed.spend(ADA, 1)
    ask(allowed, BO, 0)
    for person in (ADA, BO):
        assert [ask(allowed, person, 3) > 0 for _ in range(4)] == [False, False, False, True]


def test_a_clock_that_goes_back_gives_nothing_and_breaks_nothing() -> None:
    clock = Clock()
    allowed = Allowance(clock)
    while not ask(allowed, ADA, 3):
        pass
    clock.now -= 1_000
    assert ask(allowed, ADA, 3) > 0
    clock.now += 20
    assert ask(allowed, ADA, 3) == 0


def test_a_sentence_says_who_how_many_and_how_long() -> None:
    allowed = Allowance(Clock())
    allowed.take(ADA, 1, 0)
    with pytest.raises(TooMany) as refused:
        allowed.take(ADA, 1, 0)
    assert str(refused.value) == "ada asks more than 1 questions a minute. Ask again in 60 seconds."
    assert math.isclose(refused.value.retry_after, 60)


def test_threads_that_ask_at_once_get_no_more_than_there_is() -> None:
    from concurrent.futures import ThreadPoolExecutor

    allowed = Allowance(Clock())
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: ask(allowed, ADA), range(200)))
    assert waits.count(0.0) == 30


def test_page_and_api_of_a_workspace_share_it_and_only_so_many_people_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert allowance(tmp_path) is allowance(tmp_path) is not allowance(tmp_path / "other")
    monkeypatch.setattr(module, "_MOST", 3)
    allowed = Allowance(Clock())
    for number in range(10):
        ask(allowed, Person(f"p{number}", Role.VIEWER))
    assert list(allowed._used) == ["p7", "p8", "p9"]
