"""Every question is asked once in every setup, whatever happens to the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from experiments import Failure, Meter, Progress, measure
from experiments.run import REPLIES
from foundation.errors import UserError
from tests.experiments.worlds import FORM, Answer, World, question, questions

Asked = list[tuple[str, Sequence[Mapping[str, str]]]]


class Poisoned(World):
    """A world in which some questions raise, and with them every batch they are in."""

    def __init__(self, poison: Mapping[str, BaseException], after: int = 10**9) -> None:
        super().__init__()
        self.poison, self.after = poison, after

    def answer_batch(self, asked: Asked, setup: str) -> list[Answer]:
        for text, _ in asked:
            for mark, error in self.poison.items():
                if mark in text:
                    raise error
        if len(self.asked) >= self.after:
            raise KeyboardInterrupt
        return super().answer_batch(asked, setup)


def meter(world: World, folder: Path, **changes: object) -> Meter[str]:
    fields: dict[str, object] = {"fingerprint": world.fingerprint, "batch_size": 4}
    return Meter(asker=world, form=FORM, folder=folder, **{**fields, **changes})  # type: ignore[arg-type]


def test_results_come_by_setup_in_the_order_of_the_questions_and_progress_is_told(tmp_path: Path) -> None:
    told: list[Progress] = []
    world = World(index=True)
    found = measure(questions(6), ["prompt", "rag"], meter(world, tmp_path, progress=told.append))
    assert [(one.setup, one.question.id) for one in found] == [
        (setup, one.id) for setup in ("prompt", "rag") for one in questions(6)
    ]
    assert [one.done for one in told] == [0, 4, 6, 6, 10, 12]
    assert {one.total for one in told} == {12}
    assert found[-1].record.passages[0].source == "policies/returns.md"
    assert found[0].record.seconds == 0.5


def test_a_second_run_over_the_same_folder_asks_nothing(tmp_path: Path) -> None:
    first = measure(questions(6), ["prompt"], meter(World(), tmp_path))
    again = World()
    told: list[Progress] = []
    assert measure(questions(6), ["prompt"], meter(again, tmp_path, progress=told.append)) == first
    assert again.asked == []
    assert told[-1].reused == 6


def test_a_killed_run_goes_on_where_it_was_and_asks_nothing_twice(tmp_path: Path) -> None:
    killed = Poisoned({}, after=8)
    with pytest.raises(KeyboardInterrupt):
        measure(questions(12), ["prompt"], meter(killed, tmp_path))
    resumed = World()
    assert len(measure(questions(12), ["prompt"], meter(resumed, tmp_path))) == 12
    assert len(killed.asked) == 8
    assert len(resumed.asked) == 4
    assert not set(killed.asked) & set(resumed.asked)


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_torn_last_line_costs_one_question_and_spoils_no_other(tmp_path: Path, cut: int) -> None:
    measure(questions(5), ["prompt"], meter(World(), tmp_path))
    path = tmp_path / REPLIES
    path.write_bytes(path.read_bytes()[: -1 - cut])
    for expected in (1, 0):
        world = World()
        assert len(measure(questions(5), ["prompt"], meter(world, tmp_path))) == 5
        assert len(world.asked) == expected


def test_a_lost_newline_at_the_end_costs_nothing(tmp_path: Path) -> None:
    measure(questions(3), ["prompt"], meter(World(), tmp_path))
    path = tmp_path / REPLIES
    path.write_bytes(path.read_bytes()[:-1])
    for _ in range(2):
        world = World()
        measure(questions(4), ["prompt"], meter(world, tmp_path))
        assert len(world.asked) <= 1


def test_a_changed_fingerprint_setup_question_or_conversation_is_asked_anew(tmp_path: Path) -> None:
    turned = question("q-1", conversation=())
    measure([turned], ["prompt"], meter(World(), tmp_path))
    for again, setup, mark in (
        (turned, "lora", "a"),
        (turned, "prompt", "b"),
        (question("q-2"), "prompt", "a"),
    ):
        world = World(adapter=True)
        measure([again], [setup], meter(world, tmp_path, fingerprint=lambda _, mark=mark: mark))
        assert len(world.asked) == 1


def test_one_poisoned_question_is_counted_as_failed_and_the_rest_of_its_batch_is_answered(
    tmp_path: Path,
) -> None:
    world = Poisoned({"test-002": ValueError("bad"), "test-005": TimeoutError("slow")})
    found = measure(questions(8), ["prompt"], meter(world, tmp_path))
    assert len(found) == 8
    failures = {
        one.question.id: (one.record.failure, one.record.error) for one in found if one.record.failure
    }
    assert failures == {
        "test-002": (Failure.ERROR, "ValueError: bad"),
        "test-005": (Failure.TIMEOUT, "TimeoutError: slow"),
    }
    assert sum(one.scores.both.passed for one in found) <= 6
    assert len(world.asked) == 6


def test_failures_are_kept_and_get_a_second_chance_only_when_asked_for(tmp_path: Path) -> None:
    measure(questions(3), ["prompt"], meter(Poisoned({"test-001": ValueError("bad")}), tmp_path))
    healed = World()
    assert measure(questions(3), ["prompt"], meter(healed, tmp_path))[1].record.failure is Failure.ERROR
    assert healed.asked == []
    assert (
        measure(questions(3), ["prompt"], meter(healed, tmp_path, ask_failures_again=True))[1].record.failure
        is None
    )


def test_too_few_replies_are_an_error_and_not_a_shift_of_answers(tmp_path: Path) -> None:
    class Forgetful(World):
        def answer_batch(self, asked: Asked, setup: str) -> list[Answer]:
            return super().answer_batch(asked, setup)[1:]

    found = measure(questions(2), ["prompt"], meter(Forgetful(), tmp_path))
    assert [one.record.failure for one in found] == [Failure.ERROR, Failure.ERROR]
    assert "1 questions were asked, but 0 replies came back" in found[0].record.error


def test_a_reply_later_than_the_limit_is_a_timeout_and_a_wider_limit_needs_no_new_answer(
    tmp_path: Path,
) -> None:
    late = measure(questions(1), ["prompt"], meter(World(), tmp_path, seconds_limit=0.4))[0]
    assert (late.record.failure, late.record.error) == (Failure.TIMEOUT, "took 0.5 s of 0.4 s allowed")
    world = World()
    assert (
        measure(questions(1), ["prompt"], meter(world, tmp_path, seconds_limit=0.6))[0].record.failure is None
    )
    assert world.asked == []


def test_what_the_user_must_mend_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train first"):
        measure(questions(2), ["prompt"], meter(Poisoned({"test": UserError("train first")}), tmp_path))
    with pytest.raises(UserError, match="batch size must be at least 1"):
        meter(World(), tmp_path, batch_size=0)
