"""Situations of a retraining: killed between any two steps, kept, switched, taken back, and never by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from experiments import Budget, Case, Meter, Question
from experiments.gating import Ruling
from experiments.retraining.job import Means, retrain
from experiments.retraining.record import Retraining, Stage, records
from foundation.errors import UserError
from tests.experiments.worlds import DOCUMENT, FORM, GOLD, Answer, Found, Piece, luck, questions

TEST = questions(60)


class Killed(BaseException):
    """As a kill: nothing that is done for errors is done."""


@dataclass
class House:
    """A house with adapters whose skill is known: the share of questions that each answers rightly."""

    folder: Path
    skill: dict[str, float] = field(default_factory=lambda: {"old": 0.5})
    """Of the adapters that are there."""
    served: list[str] = field(default_factory=lambda: ["old"])
    makes: float = 0.9
    """The skill of whatever is trained."""
    data: str = "1"
    """What candidates are made from."""
    mistakes: tuple[str, ...] = ()
    demand: str = ""
    forgot: str = ""
    kill: Callable[[str], None] = lambda what: None
    """Told before and after everything that is done; may raise `Killed`."""
    trained: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    noted: dict[str, str] = field(default_factory=dict)
    now: float = 0.0
    """What a clock shows; a question takes a second."""

    def train(self, name: str) -> None:
        self.kill("train")
        self.trained.append(name)
        self.skill[name] = self.makes
        self.kill("trained")

    def use(self, name: str) -> None:
        self.kill("use")
        self.served.append(name)
        self.kill("used")

    def note(self, record: Retraining) -> None:
        self.kill("note")
        assert record.ruling is not None
        self.noted[record.candidate] = record.ruling.value

    def answer_cases(self, cases: Sequence[Case[str]]) -> list[Answer]:
        self.kill("ask")
        self.asked += [(case.setup, case.question) for case in cases]
        self.now += len(cases)
        return [self._answer(case.setup, case.question) for case in cases]

    def _answer(self, setup: str, text: str) -> Answer:
        name = setup.partition("=")[2] or (self.served[-1] if self.served else "")
        right = luck(text) < self.skill.get(name, 0.5)
        return Answer(f"{'30' if right else '14'} days [1]. Yours.", [Found(Piece(DOCUMENT, GOLD.text))])

    def means(self) -> Means[str]:
        return Means(
            check=lambda: self.mistakes,
            plan=lambda: {"data": self.data},
            fresh=lambda: f"new-{len(self.skill)}",
            usable=lambda name: name in self.skill,
            train=self.train,
            serving=lambda: self.served[-1] if self.served else "",
            rivals=lambda name: (f"hybrid+adapter={name}", "hybrid" if self.served else "rag"),
            demand=lambda: self.demand,
            forgot=lambda name: self.forgot,
            note=self.note,
            use=self.use,
        )

    def go(
        self, asked: Sequence[Question] = TEST, seconds: float | None = None, **more: object
    ) -> Retraining:
        meter = Meter[str](
            self, FORM, self.folder / "replies", lambda setup: f"{setup} {self.served}", batch_size=10
        )
        budget = Budget(seconds, clock=lambda: self.now)
        return retrain(asked, self.means(), meter, self.folder / "retrains", budget=budget, **more)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_better_candidate_is_switched_to_and_the_record_tells_why_and_because_of_what(home: House) -> None:
    found = home.go(because="form breaks recur")
    assert (found.ruling, found.stage, home.served) == (Ruling.SWITCH, Stage.DONE, ["old", "new-1"])
    assert (found.serving, found.setup, found.against) == ("old", "hybrid+adapter=new-1", "hybrid")
    kept = json.loads((home.folder / "retrains" / f"{found.id}.json").read_text())
    assert kept["because"] == "form breaks recur" and kept["ruling"] == "switch"
    assert "surely better" in kept["reason"] and kept["gate"]["questions"] == 60 and kept["ended"]
    assert home.noted == {"new-1": "switch"}


@pytest.mark.parametrize(("makes", "said"), [(0.2, "surely worse"), (0.5, "not surely better")])
def test_a_worse_or_equal_one_is_kept_out_and_says_so(home: House, makes: float, said: str) -> None:
    home.makes = makes
    found = home.go()
    assert (found.ruling, home.served, home.trained) == (Ruling.KEEP, ["old"], ["new-1"])
    assert said in found.reason and home.noted == {"new-1": "keep"}


def test_one_that_forgot_too_much_is_kept_out_and_one_that_is_needed_is_let_in(home: House) -> None:
    home.forgot = "It forgot 0.3 nats a token."
    assert home.go().ruling is Ruling.KEEP and home.served == ["old"]
    home.makes, home.forgot, home.demand, home.data = (
        0.5,
        "",
        "the old one learned from what was forgotten",
        "2",
    )
    found = home.go()
    assert found.ruling is Ruling.SWITCH and "a change is needed" in found.reason


def test_data_with_mistakes_stops_it_before_anything_is_done_and_every_mistake_is_named(home: House) -> None:
    home.mistakes = ("line 3: no answer", "line 9: no question")
    with pytest.raises(UserError, match=r"line 3: no answer\n  line 9: no question"):
        home.go()
    assert not home.trained and not home.asked and not (home.folder / "retrains").exists()


def test_with_nothing_that_serves_it_is_held_against_the_base(home: House) -> None:
    home.served = []
    found = home.go()
    assert (found.against, found.serving, home.served) == ("rag", "", ["new-1"])


POINTS = [(point, 0.9) for point in ("train", "trained", "ask", "note", "use", "used")]
POINTS += [(point, 0.2) for point in ("train", "trained", "ask", "note")]  # nothing is used


@pytest.mark.fault(150)
@pytest.mark.parametrize(("point", "makes"), POINTS)
def test_killed_between_any_two_steps_and_run_again_it_ends_alike_and_nothing_is_done_twice(
    home: House, tmp_path: Path, point: str, makes: float
) -> None:
    calm = House(tmp_path / "calm", makes=makes)
    wanted = calm.go()
    seen: list[str] = []

    def kill(what: str) -> None:
        seen.append(what)
        if what == point and seen.count(what) == (2 if what == "ask" else 1):
            raise Killed

    home.makes, home.kill = makes, kill
    with pytest.raises(Killed):
        home.go(because="first")
    found = home.go()
    assert (found.ruling, found.reason, home.served) == (wanted.ruling, wanted.reason, calm.served)
    assert found.because == "first" and home.noted == calm.noted
    assert len(home.trained) == 1 and sorted(home.asked) == sorted(calm.asked)  # each once
    assert [one.stage for one in records(home.folder / "retrains")] == [Stage.DONE]


def test_killed_after_every_write_of_the_record_it_still_ends_alike(home: House) -> None:
    def stop(record: Retraining) -> None:
        if record.stage.value not in seen:
            seen.append(record.stage.value)
            raise Killed

    seen: list[str] = []
    for stage in ("train", "measure", "switch", "done"):
        with pytest.raises(Killed):
            home.go(on_stage=stop)
        assert seen[-1] == stage
    assert (
        home.served == ["old", "new-1"] and len(home.trained) == 1 and len(set(home.asked)) == len(home.asked)
    )


def test_a_budget_that_ends_leaves_it_where_it_is_and_the_next_call_goes_on(home: House) -> None:
    found = home.go(seconds=50)
    assert found.stage is Stage.MEASURE and "The budget of 50 s is spent" in found.reason
    assert "goes on from there" in found.reason and home.served == ["old"]
    before = len(home.asked)
    assert home.go().ruling is Ruling.SWITCH and len(home.trained) == 1
    assert len(home.asked) == 120 > before > 0


def test_what_was_made_from_the_very_same_is_not_trained_again_but_asked_where_there_are_more_questions(
    home: House,
) -> None:
    home.makes = 0.65
    first = home.go(TEST[:25])
    assert first.ruling is Ruling.KEEP
    again = home.go(questions(200))
    assert (again.candidate, again.own, again.id != first.id) == ("new-1", False, True)
    assert again.ruling is Ruling.SWITCH and home.trained == ["new-1"]
    same = home.go()
    assert "serves already" in same.reason and home.trained == ["new-1"] and home.served == ["old", "new-1"]


@pytest.mark.fault(150)
def test_what_somebody_took_back_is_not_switched_to_again_by_the_next_retraining(home: House) -> None:
    assert home.go().ruling is Ruling.SWITCH
    home.served.pop()  # rungwise adapters rollback
    found = home.go()
    assert found.ruling is Ruling.KEEP and home.served == ["old"] and "taken back since" in found.reason
    home.data = "2"  # new examples are a new chance
    assert home.go().ruling is Ruling.SWITCH and home.served == ["old", "new-2"]


def test_data_that_changes_under_a_killed_one_leaves_it_and_begins_anew(home: House) -> None:
    def kill(what: str) -> None:
        if what == "ask":
            raise Killed

    home.kill = kill
    with pytest.raises(Killed):
        home.go()
    home.kill, home.data = lambda what: None, "2"
    found = home.go()
    assert found.candidate == "new-2" and home.served == ["old", "new-2"]
    assert sorted(one.stage.value for one in records(home.folder / "retrains")) == ["done", "left"]


def test_another_adapter_that_begins_to_serve_meanwhile_is_not_replaced_unheard(home: House) -> None:
    def other(what: str) -> None:
        if what == "ask" and "other" not in home.served:
            home.skill["other"] = 0.95
            home.served.append("other")

    home.kill = other
    with pytest.raises(UserError, match="other began to serve while the candidate was held against old"):
        home.go()
    assert home.served == ["old", "other"]
    assert home.go().ruling is Ruling.KEEP and home.served == ["old", "other"] and len(home.trained) == 1


def test_a_second_one_at_the_same_time_is_refused_with_a_sentence(home: House) -> None:
    said: list[str] = []

    def again(what: str) -> None:
        if what == "train":
            with pytest.raises(UserError, match="another retraining is at work"):
                home.go()
            said.append(what)

    home.kill = again
    assert home.go().ruling is Ruling.SWITCH and said == ["train"]


def test_a_record_that_is_damaged_or_of_another_version_is_passed_over(home: House) -> None:
    folder = home.folder / "retrains"
    folder.mkdir()
    for name, text in {"a": "{", "b": "[]", "c": '{"id": "c"}', "d": '{"stage": "dancing"}'}.items():
        (folder / f"{name}.json").write_text(text)
    assert home.go().ruling is Ruling.SWITCH and len(records(folder)) == 1


def naive(home: House) -> None:
    """A naive timer's job: it trains, and what comes out serves."""
    name = f"new-{len(home.skill)}"
    home.train(name)
    home.use(name)


@pytest.mark.fault(150)
def test_a_bad_candidate_does_not_reach_anybody_which_a_naive_timer_that_trains_and_overwrites_lets_it(
    home: House, tmp_path: Path
) -> None:
    home.makes = 0.1
    found = home.go(because="a timer")
    assert home.served == ["old"] and found.because == "a timer" and found.reason
    other = House(tmp_path / "other", makes=0.1)
    naive(other)
    assert other.served[-1] == "new-1" and not other.noted
