"""Every question is asked once in every setup, whatever happens to the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from experiments import Case, Failure, Meter, Progress, Refused, Result, Sampling, measure, until_sure
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
    assert [one.done for one in told] == [0, 8, 12]
    assert {(one.setups, one.total) for one in told} == {(("prompt", "rag"), 12)}
    assert found[-1].record.passages[0].source == "policies/returns.md"
    assert found[0].record.seconds == 0.5


def test_a_second_run_over_the_same_folder_asks_nothing(tmp_path: Path) -> None:
    first = measure(questions(6), ["prompt"], meter(World(), tmp_path))
    again = World()
    told: list[Progress] = []
    assert measure(questions(6), ["prompt"], meter(again, tmp_path, progress=told.append)) == first
    assert again.asked == []
    assert told[-1].reused == 6


def test_answers_tell_which_run_asked_them(tmp_path: Path) -> None:
    measure(questions(3), ["prompt"], meter(World(), tmp_path))
    found = measure(questions(6), ["prompt"], meter(World(), tmp_path))
    runs = [one.record.run for one in found]
    assert len(set(runs[:3])) == len(set(runs[3:])) == 1 and runs[0] and runs[0] != runs[3]


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
        def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
            return super().answer_cases(cases)[1:]

    found = measure(questions(2), ["prompt"], meter(Forgetful(), tmp_path))
    assert [one.record.failure for one in found] == [Failure.ERROR, Failure.ERROR]
    assert "1 questions were asked, but 0 replies came back" in found[0].record.error


@pytest.mark.fault(137)
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


class Recording(World):
    """A world that keeps what it was handed, call by call."""

    def __init__(self) -> None:
        super().__init__(index=True, adapter=True)
        self.calls: list[list[Case[str]]] = []

    def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
        self.calls.append(list(cases))
        return super().answer_cases(cases)


ALL = ["prompt", "rag", "lora", "hybrid"]


def test_a_question_is_asked_in_all_setups_in_one_call_longest_questions_first(tmp_path: Path) -> None:
    world = Recording()
    asked = [question(f"q-{n}", question="Why? " * (n + 1)) for n in range(6)]
    measure(asked, ALL, meter(world, tmp_path))
    assert [len(call) for call in world.calls] == [16, 8]
    for call in world.calls:
        setups = {text: [case.setup for case in call if case.question == text] for text in _texts(call)}
        assert set(map(tuple, setups.values())) == {tuple(ALL)}
    assert _texts(world.calls[0]) == [one.question for one in reversed(asked[2:])]


def _texts(call: Sequence[Case[str]]) -> list[str]:
    return list(dict.fromkeys(case.question for case in call))


def test_only_what_is_open_is_asked_and_a_new_setup_asks_its_own_answers_alone(tmp_path: Path) -> None:
    measure(questions(4), ["prompt", "rag"], meter(Recording(), tmp_path))
    world = Recording()
    assert len(measure(questions(6), ALL, meter(world, tmp_path))) == 24
    asked = [(case.question, case.setup) for call in world.calls for case in call]
    assert len(asked) == len(set(asked)) == 16
    assert {setup for text, setup in asked if "test-000" in text} == {"lora", "hybrid"}


class Mixed(World):
    """A world in which some cases come to nothing without a harm to the others."""

    def __init__(self, lost: Mapping[str, Exception]) -> None:
        super().__init__()
        self.lost = lost

    def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer | Exception]:  # type: ignore[override]
        good = super().answer_cases(cases)
        return [
            next((error for mark, error in self.lost.items() if mark in case.question), reply)
            for case, reply in zip(cases, good, strict=True)
        ]


def test_an_exception_in_the_place_of_a_reply_costs_that_case_alone_and_no_second_call(
    tmp_path: Path,
) -> None:
    class Hosted(Exception):
        refused = True

    lost = {
        "test-001": ValueError("bad"),
        "test-002": TimeoutError("slow"),
        "test-003": Refused("against the rules"),
        "test-004": Hosted("content filter"),
    }
    world = Mixed(lost)
    found = measure(questions(8), ["prompt"], meter(world, tmp_path, batch_size=8))
    assert [one.record.failure for one in found[:6]] == [
        None,
        Failure.ERROR,
        Failure.TIMEOUT,
        Failure.REFUSAL,
        Failure.REFUSAL,
        None,
    ]
    assert found[3].scores.both.reason == "no answer (refusal): Refused: against the rules"
    assert len(world.asked) == 8


@pytest.mark.fault(137)
def test_a_reply_that_says_it_was_refused_is_one_with_the_words_of_the_host(tmp_path: Path) -> None:
    class Filtered(World):
        def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
            replies = super().answer_cases(cases)
            object.__setattr__(replies[0], "refusal", "content filter")
            return replies

    found = measure(questions(3), ["prompt"], meter(Filtered(), tmp_path))
    refused = [one for one in found if one.record.failure is Failure.REFUSAL]
    assert [one.record.error for one in refused] == ["content filter"]
    assert not refused[0].scores.both.passed
    # a host that declines will decline again: with a second chance for failures it is still not asked twice
    again = World()
    measure(questions(3), ["prompt"], meter(again, tmp_path, ask_failures_again=True))
    assert again.asked == []


def test_what_was_answered_beside_a_mistake_of_the_users_is_kept_before_the_run_stops(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train first"):
        measure(questions(4), ["prompt"], meter(Mixed({"test-002": UserError("train first")}), tmp_path))
    mended = World()
    measure(questions(4), ["prompt"], meter(mended, tmp_path))
    assert [text for text, _ in mended.asked] == ["How long may goods be returned (test-002)?"]


def test_a_kill_while_a_broken_chunk_is_asked_one_by_one_keeps_each_answer(tmp_path: Path) -> None:
    class Frail(World):
        def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
            if len(cases) > 1:
                raise MemoryError("too many at once")
            if len(self.asked) == 3:
                raise KeyboardInterrupt
            return super().answer_cases(cases)

    with pytest.raises(KeyboardInterrupt):
        measure(questions(8), ["prompt"], meter(Frail(), tmp_path, batch_size=8))
    resumed = World()
    measure(questions(8), ["prompt"], meter(resumed, tmp_path))
    assert len(resumed.asked) == 5


# ---------------------------------------------------------------- repeats


def test_every_repeat_has_a_seed_of_its_own_and_all_come_back_in_order(tmp_path: Path) -> None:
    world = Recording()
    drawn = Sampling(repeats=3, temperature=0.7, seed=5)
    found = measure(questions(2), ["prompt", "rag"], meter(world, tmp_path), drawn)
    assert [(one.setup, one.question.id, one.repeat) for one in found] == [
        (setup, one.id, turn) for setup in ("prompt", "rag") for one in questions(2) for turn in range(3)
    ]
    cases = [case for call in world.calls for case in call]
    assert {(case.seed, case.temperature) for case in cases} == {(5, 0.7), (6, 0.7), (7, 0.7)}
    assert len(cases) == 12


def test_more_repeats_ask_only_the_new_ones_and_another_temperature_asks_all_anew(tmp_path: Path) -> None:
    measure(questions(4), ["prompt"], meter(World(), tmp_path), Sampling(2, 0.7))
    more, warmer = World(), World()
    measure(questions(4), ["prompt"], meter(more, tmp_path), Sampling(3, 0.7))
    measure(questions(4), ["prompt"], meter(warmer, tmp_path), Sampling(2, 0.9))
    assert (len(more.asked), len(warmer.asked)) == (4, 8)


def test_greedy_answers_of_earlier_versions_are_still_found(tmp_path: Path) -> None:
    from foundation.files import sha256_text

    (asked,) = questions(1)
    key = sha256_text(json.dumps([asked.question, [], "prompt", "FalseFalse"]))
    old = {
        "key": key,
        "text": "30 days [1]. Yours.",
        "passages": [{"source": "a.md", "text": "30 days"}],
        "abstained": False,
        "finished": True,
        "seconds": 0.5,
        "tokens_in": 5,
        "tokens_out": 6,
        "failure": None,
        "error": "",
    }
    newer = {**old, "key": "another", "failure": "error", "surprise": 1}
    (tmp_path / REPLIES).write_text(json.dumps(old) + "\n" + json.dumps(newer) + "\n", encoding="utf-8")
    world = World()
    (found,) = measure([asked], ["prompt"], meter(world, tmp_path))
    assert world.asked == []
    assert found.record.text == "30 days [1]. Yours."
    assert found.record.passages[0].source == "a.md"


def test_repeats_without_a_temperature_are_refused_since_they_are_all_alike() -> None:
    with pytest.raises(UserError, match=r"3 repeats tell nothing more than one\. Add --temperature 0\.7"):
        Sampling(repeats=3)
    with pytest.raises(UserError, match="at least once, but --repeats is 0"):
        Sampling(repeats=0)
    with pytest.raises(UserError, match="from 0 to 2, but is 2.5"):
        Sampling(temperature=2.5)
    with pytest.raises(UserError, match="seed must be 0 or more, but is -1"):
        Sampling(seed=-1)


def test_all_that_a_reply_tells_is_kept_and_read_back(tmp_path: Path) -> None:
    class Telling(World):
        def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
            replies = super().answer_cases(cases)
            told = {
                "timings": {"retrieve": 0.1, "prefill": 0.2, "decode": 0.3},
                "asked_back": True,
                "model": "starter",
                "adapter": "one",
                "index": "g-7",
                "steps": ("retrieve", "answer"),
                "unsupported": ("It floats.",),
            }
            for name, value in told.items():
                object.__setattr__(replies[0], name, value)
            return replies

    for _ in range(2):
        (found,) = measure(questions(1), ["prompt"], meter(Telling(), tmp_path))
        record = found.record
        assert record.timings == {"retrieve": 0.1, "prefill": 0.2, "decode": 0.3}
        assert record.seconds == pytest.approx(0.6)
        assert (record.asked_back, record.model, record.adapter, record.index) == (
            True,
            "starter",
            "one",
            "g-7",
        )
        assert (record.steps, record.unsupported) == (("retrieve", "answer"), 1)


# ---------------------------------------------------------------- stopping early


def six_answered(results: Sequence[Result]) -> bool:
    return len({one.question.id for one in results}) >= 6


def test_asking_stops_when_it_is_settled_after_a_whole_batch_in_every_setup(tmp_path: Path) -> None:
    world = Recording()
    found = until_sure(questions(20), ["prompt", "rag"], meter(world, tmp_path), six_answered)
    assert (found.asked, found.total, found.stopped_early) == (8, 20, True)
    assert len(found.results) == 16
    ids = [one.question.id for one in found.results if one.setup == "prompt"]
    assert ids == sorted(ids) != [one.id for one in questions(8)]
    assert {one.question.id for one in found.results if one.setup == "rag"} == set(ids)


def test_what_is_never_settled_asks_every_question_and_did_not_stop_early(tmp_path: Path) -> None:
    found = until_sure(questions(10), ["prompt"], meter(World(), tmp_path), lambda results: False)
    assert (found.asked, found.stopped_early) == (10, False)
    assert list(found.results) == measure(questions(10), ["prompt"], meter(World(), tmp_path))


def test_the_same_seed_stops_at_the_same_questions_though_all_answers_are_there(tmp_path: Path) -> None:
    fresh = until_sure(questions(20), ["prompt"], meter(World(), tmp_path / "a"), six_answered)
    measure(questions(20), ["prompt"], meter(World(), tmp_path / "b"))
    reread = until_sure(questions(20), ["prompt"], meter(World(), tmp_path / "b"), six_answered)
    assert reread == fresh
    other = until_sure(
        questions(20), ["prompt"], meter(World(), tmp_path / "b"), six_answered, Sampling(seed=1)
    )
    assert {one.question.id for one in other.results} != {one.question.id for one in fresh.results}


def test_a_question_that_stands_twice_in_the_file_is_asked_once_and_counted_twice(tmp_path: Path) -> None:
    told: list[Progress] = []
    world = World()
    twice = [question("a", question="Why?"), question("b", question="Why?")]
    assert len(measure(twice, ["prompt"], meter(world, tmp_path, progress=told.append))) == 2
    assert len(world.asked) == 1
    assert (told[-1].done, told[-1].total) == (1, 1)
