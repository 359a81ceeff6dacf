"""Wrong passwords: each further one waits longer, for the name and the address that they came from, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.access import door, managing
from ui.access.door import NotSignedIn, Tries
from ui.access.permissions import Role


class Clock:
    """Seconds that pass when a test says so."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def wait(tries: Tries, name: str, client: str) -> bool:
    """Try once; return whether one has to wait."""
    try:
        tries.begin(name, client)
    except NotSignedIn:
        return True
    return False


def test_five_are_free_and_each_further_one_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    clock = Clock()
    tries = Tries(clock)
    assert not any(wait(tries, "ada", "a") for _ in range(5))
    waits = []
    for _ in range(14):
        seconds = 0
        while wait(tries, "ada", "a"):
            clock.now += 1
            seconds += 1
        waits.append(seconds)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_a_naive_guesser_gets_thousands_in_an_hour_and_this_one_few() -> None:
    clock = Clock()
    tries, got = Tries(clock), 0
    for _ in range(3_600):  # one a second: without waits every one of them
        got += not wait(tries, "ada", "a")
        clock.now += 1
    assert 5 < got < 25


def test_who_is_tried_from_elsewhere_signs_in_at_home() -> None:
    tries = Tries(Clock())
    for _ in range(8):
        wait(tries, "ada", "elsewhere")
    assert wait(tries, "ada", "elsewhere") and not wait(tries, "ada", "home")
    assert not wait(tries, "bo", "elsewhere")


def test_all_addresses_that_a_visitor_has_by_ipv6_are_one_and_a_naive_count_takes_each_for_another() -> None:
    addresses = [f"2001:db8:0:1::{number:x}" for number in range(1, 40)]
    tries, naive = Tries(Clock()), Tries(Clock())
    got = [not wait(tries, "ada", address) for address in addresses]
    assert sum(got) == 5 and all(not wait(naive, "ada", str(number)) for number in range(39))
    assert wait(tries, "ada", "2001:db8:0:1:ffff::1") and not wait(tries, "ada", "2001:db8:0:2::1")
    tries.forgive("ada", "2001:db8:0:1::9")
    assert not wait(tries, "ada", "2001:db8:0:1::1") and not wait(tries, "ada", "::ffff:192.0.2.1")


def test_many_names_from_one_address_are_slowed_down_together() -> None:
    tries = Tries(Clock())
    assert not any(wait(tries, f"p{number}", "a") for number in range(50))
    assert wait(tries, "p50", "a") and not wait(tries, "p50", "b") and not wait(tries, "p51", "")


def test_the_right_password_forgets_ones_own_tries_and_not_those_of_others() -> None:
    tries = Tries(Clock())
    for number in range(48):  # somebody who has a password of their own tries those of others in between
        wait(tries, f"p{number}", "a")
        wait(tries, "mallory", "a")
        tries.forgive("mallory", "a")
    assert not wait(tries, "p48", "a") and not wait(tries, "p49", "a")
    assert wait(tries, "p50", "a")
    tries = Tries(Clock())
    for _ in range(5):
        wait(tries, "ada", "a")
    tries.forgive("ada", "a")
    assert not any(wait(tries, "ada", "a") for _ in range(5))


def test_an_hour_without_a_wrong_one_forgets_them() -> None:
    clock = Clock()
    tries = Tries(clock)
    while not wait(tries, "ada", "a"):
        pass
    clock.now += 3_601
    assert not any(wait(tries, "ada", "a") for _ in range(5))


def test_a_try_that_has_to_wait_counts_for_nothing_and_numbers_stay_finite() -> None:
    clock = Clock()
    tries = Tries(clock)
    for _ in range(5_000):
        wait(tries, "ada", "a")
    clock.now += 2
    assert not wait(tries, "ada", "a")
    tries._wrong[("ada", "a")] = (10_000, clock.now)
    assert wait(tries, "ada", "a")
    clock.now += 901
    assert not wait(tries, "ada", "a")


def test_only_so_many_names_are_remembered() -> None:
    tries = Tries(Clock())
    for number in range(Tries.MOST + 50):
        wait(tries, f"p{number}", "")
    assert len(tries._wrong) == Tries.MOST


def test_many_at_once_are_no_way_around_the_wait(root: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    managing.add(root, "ada", Role.ADMIN, password="correct horse battery")

    def attempt(number: int) -> str:
        try:
            door.sign_in(root, "ada" if number % 2 else "ADA", f"wrong horse battery {number}", "a")
        except NotSignedIn as error:
            return str(error)
        return "in"

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(attempt, range(32)))
    looked_at = [one for one in told if "do not fit" in one]
    assert len(looked_at) <= 6 and sum("Too many tries" in one for one in told) == 32 - len(looked_at)


def test_the_right_password_after_four_wrong_ones_comes_in_and_during_a_wait_it_does_not(root: Path) -> None:
    managing.add(root, "ada", Role.ADMIN, password="correct horse battery")
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(NotSignedIn, match="do not fit"):
                door.sign_in(root, "ada", "wrong horse battery", "a")
        assert door.sign_in(root, "Ada", "correct horse battery", "a")
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            door.sign_in(root, "ada", "wrong horse battery", "a")
    with pytest.raises(NotSignedIn, match="Try again in"):
        door.sign_in(root, "ada", "correct horse battery", "a")
