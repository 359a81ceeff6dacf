"""Racing: how many answers it takes, what it finds, and what it can't know."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest

from experiments.climbing.budget import Spent
from experiments.prompting.confirm import confirm
from experiments.prompting.halving import LEAST, Mark, Marks, Round, cost, race, rounds
from foundation.errors import UserError

DEV, TEST = 60, 90
NAMES = [f"way-{number}" for number in range(15)]


class World:
    """Candidates whose every answer passes by chance: each question has a difficulty, each candidate an advantage."""

    def __init__(self, seed: int, better: Mapping[str, float]) -> None:
        rng = random.Random(seed)
        base = [rng.betavariate(2, 2) for _ in range(DEV + TEST)]
        self.passed = {
            name: [rng.random() < min(1.0, chance + better.get(name, 0.0)) for chance in base]
            for name in ("present", *NAMES)
        }
        self.asked = 0

    def ask(self, names: Sequence[str], questions: Sequence[int]) -> dict[str, list[Mark]]:
        self.asked += len(names) * len(questions)
        return {name: [Mark(self.passed[name][question]) for question in questions] for name in names}

    def found(self, schedule: Sequence[Round]) -> tuple[str, bool, bool]:
        """Return the winner, whether held-out questions confirm it, and whether the naive rule claims it: best on dev is better."""
        marks: Marks = {}
        best, _ = race("present", NAMES, range(DEV), self.ask, schedule, marks)
        if best == "present":
            return best, False, False
        dev = sum(self.passed[best][:DEV]) - sum(self.passed["present"][:DEV])
        held_out = confirm(self.passed["present"][DEV:], self.passed[best][DEV:])
        return best, held_out.confirmed, dev > 0


def test_the_schedule_spends_no_more_than_its_budget_and_asks_the_finalists_everything() -> None:
    for contenders in (1, 2, 3, 14, 26, 99):
        for answers in (900, 5_000, 1_000_000):
            schedule = rounds(contenders, DEV, answers)
            assert cost(schedule) <= answers and schedule[-1].upto == DEV
            assert schedule[0].contenders == contenders
            assert [one.upto for one in schedule] == sorted({one.upto for one in schedule})
    assert rounds(26, DEV, 27 * DEV) == (
        Round(26, DEV),
    )  # the budget is the grid: everybody is asked everything


def test_without_a_budget_a_third_of_the_grid_is_asked() -> None:
    assert cost(rounds(26, 55)) / (27 * 55) == pytest.approx(0.33, abs=0.02)


def test_too_small_a_budget_is_told_with_the_one_that_would_do() -> None:
    with pytest.raises(
        UserError,
        match=r"27 promptings by 60 dev questions takes at least (\d+) answers, but the budget is 50",
    ) as told:
        rounds(26, 60, 50)
    enough = int(str(told.value).split("at least ")[1].split()[0])
    assert cost(rounds(26, 60, enough)) == enough and rounds(26, 60, enough)[0].upto == LEAST


def test_a_race_asks_what_its_schedule_says_and_nothing_twice() -> None:
    world, schedule = World(1, {}), rounds(len(NAMES), DEV)
    marks: Marks = {}
    best, _ = race("present", NAMES, range(DEV), world.ask, schedule, marks)
    assert world.asked == cost(schedule) == sum(map(len, marks.values()))
    assert race("present", NAMES, range(DEV), world.ask, schedule, marks) == (best, "")
    assert world.asked == cost(schedule)
    assert len(marks["present"]) == len(marks[best]) == DEV


def test_of_equals_the_present_one_wins_and_then_the_simplest() -> None:
    same = {name: [Mark(number % 2 == 0) for number in range(DEV)] for name in ("present", *NAMES)}

    def ask(names: Sequence[str], questions: Sequence[int]) -> dict[str, list[Mark]]:
        return {name: [same[name][question] for question in questions] for name in names}

    assert race("present", NAMES, range(DEV), ask, rounds(len(NAMES), DEV), {})[0] == "present"
    same["way-5"] = same["way-9"] = [Mark(True)] * DEV
    assert race("present", NAMES, range(DEV), ask, rounds(len(NAMES), DEV), {})[0] == "way-5"


def test_a_budget_that_ends_leaves_the_leader_of_the_last_whole_round() -> None:
    world, schedule, asked = World(3, {"way-7": 0.9}), rounds(len(NAMES), DEV), 0

    def ask(names: Sequence[str], questions: Sequence[int]) -> dict[str, list[Mark]]:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise Spent("The time is over.")
        return world.ask(names, questions)

    marks: Marks = {}
    assert race("present", NAMES, range(DEV), ask, schedule, marks) == ("way-7", "The time is over.")
    assert {len(one) for one in marks.values()} == {schedule[0].upto}


def test_among_equals_at_most_five_percent_are_confirmed_while_the_naive_rule_claims_four_of_five() -> None:
    """A/A: 16 promptings that are equally good, 300 times over."""
    schedule = rounds(len(NAMES), DEV)
    found = [World(seed, {}).found(schedule) for seed in range(300)]
    confirmed = sum(sure for _, sure, _ in found) / len(found)
    naive = sum(claimed for _, _, claimed in found) / len(found)
    assert confirmed <= 0.05
    assert naive > 0.75  # "the best on dev is better" claims an advantage that is not there


def test_a_prompting_that_is_25_points_better_is_found_and_confirmed_in_seven_of_ten_searches() -> None:
    schedule = rounds(len(NAMES), DEV)
    found = [World(seed, {"way-11": 0.25}).found(schedule) for seed in range(150)]
    assert (
        sum(best == "way-11" and sure for best, sure, _ in found) / len(found) >= 0.7
    )  # 0.8 in 1,000 searches


def test_the_advantage_on_the_questions_that_chose_is_too_large_on_average() -> None:
    """Of the winner among equals, so the truth is 0: what dev says is all luck, what held-out questions say is not."""
    schedule = rounds(len(NAMES), DEV)
    dev: list[float] = []
    test: list[float] = []
    for seed in range(200):
        world = World(seed, {})
        best, _ = race("present", NAMES, range(DEV), world.ask, schedule, {})
        for told, part in ((dev, slice(0, DEV)), (test, slice(DEV, None))):
            told.append(
                (sum(world.passed[best][part]) - sum(world.passed["present"][part]))
                / len(world.passed[best][part])
            )
    assert sum(dev) / len(dev) > 0.08
    assert abs(sum(test) / len(test)) < 0.03
