"""Turns at one model: a fair line that goes round the callers, and frees the place of whoever leaves."""

from __future__ import annotations

import threading

import pytest

from assistant.engines.engine import Caller, CallerGone
from assistant.engines.turns import Turns
from tests.waiting import until


def served(turns: Turns, callers: list[str]) -> list[str]:
    """Return in which order callers, who came one after another while the model was busy, were served."""
    order: list[str] = []

    def ask(who: str) -> None:
        with turns.turn(Caller(who)):
            order.append(who)

    threads = [threading.Thread(target=ask, args=(who,)) for who in callers]
    with turns.turn():
        for place, thread in enumerate(threads):
            thread.start()
            assert until(lambda place=place: turns.waiting == place + 1)  # type: ignore[misc]
    for thread in threads:
        thread.join(10)
    return order


def test_callers_are_served_as_they_came() -> None:
    assert served(Turns(), ["a", "b", "c"]) == ["a", "b", "c"]


def test_many_questions_of_one_caller_do_not_hold_up_another_s() -> None:
    assert served(Turns(), ["greedy"] * 4 + ["one", "two"]) == ["greedy", "one", "two"] + ["greedy"] * 3


def test_a_plain_lock_would_serve_the_greedy_one_first() -> None:
    """The naive line: first come, first served, whoever asks."""
    order = ["greedy"] * 4 + ["one", "two"]
    assert order.index("one") == 4 and served(Turns(), order).index("one") == 1


def test_who_leaves_the_line_frees_the_place_and_is_not_served() -> None:
    turns, gone = Turns(), threading.Event()
    left: list[bool] = []

    def ask() -> None:
        try:
            with turns.turn(Caller("leaver", gone.is_set)):
                left.append(False)
        except CallerGone:
            left.append(True)

    thread = threading.Thread(target=ask)
    with turns.turn():
        thread.start()
        assert until(lambda: turns.waiting == 1)
        gone.set()
        thread.join(10)
        assert left == [True] and turns.waiting == 0
    with turns.turn():
        pass


def test_a_turn_that_comes_when_the_caller_has_gone_goes_to_the_next() -> None:
    turns = Turns()
    gone = threading.Event()
    order: list[str] = []

    def ask(who: str, caller: Caller) -> None:
        try:
            with turns.turn(caller):
                order.append(who)
        except CallerGone:
            order.append(f"{who} left")

    first = threading.Thread(target=ask, args=("gone", Caller("gone", gone.is_set)))
    second = threading.Thread(target=ask, args=("next", Caller("next")))
    with turns.turn():
        first.start()
        assert until(lambda: turns.waiting == 1)
        second.start()
        assert until(lambda: turns.waiting == 2)
        gone.set()
    first.join(10), second.join(10)
    assert sorted(order) == ["gone left", "next"]


def test_whoever_holds_a_turn_is_not_served_again_before_who_waits() -> None:
    turns = Turns()
    order: list[str] = []

    def ask(who: str) -> None:
        with turns.turn(Caller(who)):
            order.append(who)

    threads = [threading.Thread(target=ask, args=(who,)) for who in ("greedy", "one")]
    with turns.turn(Caller("greedy")):
        for place, thread in enumerate(threads):
            thread.start()
            assert until(lambda place=place: turns.waiting == place + 1)  # type: ignore[misc]
    for thread in threads:
        thread.join(10)
    assert order == ["one", "greedy"]


def test_a_waiter_who_is_interrupted_leaves_no_place_behind() -> None:
    turns = Turns()

    def interrupted() -> bool:
        raise KeyboardInterrupt

    with turns.turn():
        with pytest.raises(KeyboardInterrupt), turns.turn(Caller("user", interrupted)):
            raise AssertionError("was served")
        assert turns.waiting == 0
    with turns.turn(Caller("next")):
        pass


def test_an_error_while_it_is_held_gives_the_turn_on() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError), turns.turn():
        raise RuntimeError("the model broke")
    with turns.turn():
        assert turns.waiting == 0
