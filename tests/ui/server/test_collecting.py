"""Garbage of a server whose page is used goes though it is few and large; a server that nobody uses does nothing."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator

import pytest

from ui.server import collecting


class Left:
    """A visitor who left: a cycle that holds something large."""

    def __init__(self) -> None:
        self.own, self.held = self, bytes(1_000)


@pytest.fixture
def beginning() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # what the tests before made is not walked, so that a collection takes no time
    usual = gc.get_threshold()
    gc.set_threshold(
        usual[0], usual[1], 1_000_000
    )  # as among the objects of the model's libraries: hardly ever
    over = collecting.begin(0.02)
    yield
    over.set()
    gc.set_threshold(*usual)
    gc.unfreeze()


def old() -> weakref.ref[Left]:
    """Return somebody who left so long ago that Python's own collections of young objects pass them by."""
    made = Left()
    gc.collect()
    return weakref.ref(made)


@pytest.mark.usefixtures("beginning")
def test_who_left_is_let_go_while_the_page_is_used() -> None:
    left = old()
    until = time.monotonic() + 10
    while left() is not None and time.monotonic() < until:
        kept = [[] for _ in range(10_000)]  # as a page that is drawn
        time.sleep(0.01)
        del kept
    assert left() is None


@pytest.fixture
def quiet() -> Iterator[None]:
    """Threads of other tests may still make objects: Python is not to collect these by itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("quiet", "beginning")
def test_a_server_that_nobody_uses_collects_nothing() -> None:
    time.sleep(0.1)
    before = gc.get_stats()[2]["collections"]
    time.sleep(0.3)  # fifteen times as long as it waits
    assert gc.get_stats()[2]["collections"] == before
