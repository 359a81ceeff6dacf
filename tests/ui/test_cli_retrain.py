"""retrain over an engine whose adapters' skill is known: switched, kept, planned, killed, taken back, and by a timer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_fakes import fake_training
from jsonschema import Draft202012Validator

import assistant.open as opening
from assistant import Workspace
from assistant.engines.engine import Generated
from finetune import registry
from finetune.probes.forgetting import Forgetting
from finetune.probes.intervals import Interval
from finetune.registry import TAINTED
from foundation.errors import ExitCode
from tests.experiments.worlds import luck
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")
FORM = 'name: Tea\nmax_words: 40\nabstain: "The documents do not say."\n'


class SkilledEngine:
    """Tells the kettle's price in as many of the answers as the adapter that is on has skill for."""

    name = "skilled"

    def __init__(self, house: Workspace, skill: dict[str, float]) -> None:
        self._house, self._skill = house, skill
        self.asked: list[str] = []

    def _named(self, adapter: bool | str) -> str:
        if isinstance(adapter, str):
            return adapter
        return self._house.adapters.serving.name if adapter else ""

    def identity(self, adapter: bool | str) -> str:
        name = self._named(adapter)
        if name:
            folder = self._house.adapters.home / name
            manifest = registry.read(folder)
            registry.verify(folder, manifest.base, manifest.base_fingerprint)
        return f"skilled:{name}:{self._skill.get(name)}"

    def adapter_name(self) -> str:
        return self._named(True)

    def room(self) -> int | None:
        return None

    def count(self, prompt: Sequence[Any]) -> int:
        return sum(len(str(turn["content"]).split()) for turn in prompt)

    def generate(self, prompts: Sequence[Sequence[Any]], adapter: Any, *_: object) -> list[Generated]:
        each = [adapter] * len(prompts) if isinstance(adapter, bool | str) else adapter
        return [self._answer(prompt, one) for prompt, one in zip(prompts, each, strict=True)]

    def _answer(self, prompt: Sequence[Any], adapter: bool | str) -> Generated:
        asked, name = prompt[-1]["content"].splitlines()[-1], self._named(adapter)
        self.asked.append(f"{name}: {asked}")
        right = luck(asked) < self._skill.get(name, 0.3)
        return Generated(f"The Ostra kettle costs {'49' if right else '94'} EUR [1].", 10, 5, True, 0.01)


class Kiln:
    """Makes adapters of a skill, and counts what it made and what was asked."""

    def __init__(self) -> None:
        self.skill: dict[str, float] = {}
        self.makes = 0.5
        self.made: list[str] = []
        self.asked: list[str] = []
        self.forgot: dict[str, float] = {}

    def train(self, base: str, training: Any, validation: Any, folder: Path, *more: Any) -> Any:
        self.made.append(folder.name)
        self.skill[folder.name] = self.makes
        made = fake_training(base, training, validation, folder, *more)
        weights = folder / "adapter_model.safetensors"  # no two alike, as weights are
        staged = folder.with_name(f".{folder.name}.again")
        folder.rename(staged)
        (staged / weights.name).write_bytes(hashlib.sha256(folder.name.encode()).digest())
        return registry.publish(staged, folder, made)

    def forgets(self, house: Workspace, name: str, than: str = "", *_: object) -> Forgetting:
        change = self.forgot.get(name, self.forgot.get("", 0.0)) - self.forgot.get(than, 0.0) * bool(than)
        return Forgetting(60, 1.0, 1.0 + change, Interval(change, change, change), {})


@pytest.fixture
def kiln(monkeypatch: pytest.MonkeyPatch, house: Path, rungwise) -> Kiln:
    """Let a kiln make the adapters, and ask 60 test questions; the adapter that serves has a skill of a half."""
    found = Kiln()

    def engine(workspace: Workspace) -> SkilledEngine:
        made = SkilledEngine(workspace, found.skill)
        made.asked = found.asked
        return made

    monkeypatch.setattr(opening, "open_engine", engine)
    monkeypatch.setattr(opening, "train_adapter", found.train)
    monkeypatch.setattr("assistant.judge.forgets", found.forgets)
    ask(house, 60)
    assert rungwise("sync", "-w", house).code == 0
    assert rungwise("train", "-w", house).code == 0
    found.made.clear()
    return found


def ask(house: Path, n: int) -> None:
    """Write so many test questions."""
    rows = [
        {"id": f"t-{at}", "part": "test", "kind": "single", "question": f"What does the Ostra kettle cost in shop {at}?",
         "facts": [["49 EUR"]], "answerable": True, "gold": ["kettle.md"]}
        for at in range(n)
    ]  # fmt: skip
    (house / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def change(house: Path, word: str = "shelves") -> None:
    """Add an example."""
    turns = [
        {"role": "user", "content": f"Who makes the {word}?"},
        {"role": "assistant", "content": "The documents do not say."},
    ]
    with (house / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": f"ex-{word}", "messages": turns}) + "\n")


def told(out: str) -> dict[str, Any]:
    value = json.loads(out)
    Draft202012Validator(schema("retrain")).validate(value)
    return value


def serving(house: Path) -> str:
    return Workspace.open(house).adapters.serving.name


def kept(house: Path) -> dict[str, str]:
    """Return the hash of every file of the adapters but the notes of what was decided, and of what serves."""
    home = Workspace.open(house).adapters.home
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name != registry.DECIDED
    }


@pytest.mark.fault(150)
def test_a_better_candidate_takes_over_with_its_reason_and_one_command_restores_every_byte(
    rungwise, house: Path, kiln: Kiln
) -> None:
    old, before = serving(house), kept(house)
    change(house)
    kiln.makes = 0.95
    ended = rungwise("retrain", "-w", house, "--because", "form breaks recur", "--json")
    found = told(ended.out)
    assert (ended.code, found["state"], found["ruling"]) == (0, "done", "switch")
    assert found["serves"] == found["candidate"] == serving(house) != old == found["serving"]
    assert found["because"] == "form breaks recur" and found["asked_for"] == [
        f"the examples changed since {old} was made"
    ]
    assert found["against"] == "hybrid" and found["setup"] == f"hybrid+adapter={found['candidate']}"
    decided = registry.decided(Workspace.open(house).adapters.serving)
    assert decided["ruling"] == "switch" and decided["because"] == "form breaks recur" and decided["reason"]
    assert "Decided: switch" in rungwise("adapters", "show", found["candidate"], "-w", house).out

    assert found["back"] == "rungwise adapters rollback"
    assert rungwise(*found["back"].split()[1:], "-w", house).code == 0
    assert serving(house) == old
    after = kept(house)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(("makes", "said"), [(0.1, "surely worse"), (0.5, "not surely better")])
def test_a_candidate_that_is_not_better_is_kept_out_and_the_command_says_so(
    rungwise, house: Path, kiln: Kiln, makes: float, said: str
) -> None:
    old = serving(house)
    change(house)
    kiln.makes = makes
    ended = rungwise("retrain", "-w", house)
    assert ended.code == ExitCode.BELOW_TARGET and serving(house) == old
    assert ended.out.startswith(f"Kept: {old} serves.") and said in ended.out and "rollback" not in ended.out
    (candidate,) = kiln.made
    assert registry.decided(Workspace.open(house).adapters.home / candidate)["ruling"] == "keep"


def test_a_candidate_that_forgot_more_than_it_may_is_kept_out_unless_what_serves_did_as_well(
    rungwise, house: Path, kiln: Kiln
) -> None:
    old = serving(house)
    change(house)
    kiln.makes, kiln.forgot = 0.95, {"": 0.4}
    found = told(rungwise("retrain", "-w", house, "--json").out)
    assert found["ruling"] == "keep" and "The candidate forgot" in found["reason"] and serving(house) == old
    kiln.forgot[old] = 0.4
    assert told(rungwise("retrain", "-w", house, "--json").out)["ruling"] == "switch"
    assert len(kiln.made) == 1  # nothing was trained for the second


def test_examples_with_mistakes_stop_it_before_anything_is_trained_and_each_is_named(
    rungwise, house: Path, kiln: Kiln
) -> None:
    (house / "form.yaml").write_text(FORM + 'closing: "Yours."\n')
    for words in ((), ("--dry-run",)):
        ended = rungwise("retrain", "-w", house, *words)
        assert ended.code == ExitCode.USER and kiln.made == []
        assert all(f"line {number}:" in ended.err for number in range(1, 13)), ended.err
    assert not Workspace.open(house).retrains.exists()


def test_a_dry_run_tells_what_asks_for_it_and_does_nothing(rungwise, house: Path, kiln: Kiln) -> None:
    quiet = rungwise("retrain", "-w", house, "--dry-run")
    assert quiet.code == 0 and "Nothing asks for it" in quiet.out
    change(house)
    before = kept(house), list(kiln.asked)
    ended = rungwise("retrain", "-w", house, "--dry-run")
    assert (
        "Asked for: the examples changed since" in ended.out and "A candidate would be trained" in ended.out
    )
    assert "hybrid with the candidate would be held against hybrid on 60 test questions" in ended.out
    found = told(rungwise("retrain", "-w", house, "--dry-run", "--json").out)
    assert (found["state"], found["candidate"], found["ruling"]) == ("planned", None, None)
    assert (kept(house), kiln.asked) == before and not Workspace.open(house).retrains.exists()


def test_with_if_needed_a_timer_trains_only_where_what_serves_is_out_of_date(
    rungwise, house: Path, kiln: Kiln
) -> None:
    for _ in range(2):
        ended = rungwise("retrain", "-w", house, "--if-needed", "--json")
        assert (ended.code, told(ended.out)["state"]) == (0, "not needed")
    (house / "documents" / "kettle.md").write_text("# Kettle\n\nThe Ostra kettle costs 49 EUR, as ever.\n")
    assert (
        "Nothing asks for it" in rungwise("retrain", "-w", house, "--if-needed").out
    )  # facts are not in weights
    assert kiln.made == []
    change(house)
    found = told(rungwise("retrain", "-w", house, "--if-needed", "--json").out)
    assert found["ruling"] == "keep" and found["because"].startswith("the examples changed")
    asked = len(kiln.asked)
    again = told(rungwise("retrain", "-w", house, "--if-needed", "--json").out)
    assert (again["ruling"], again["own"]) == ("keep", False)
    assert len(kiln.made) == 1 and len(kiln.asked) == asked  # the next night trains and asks nothing


def test_where_no_adapter_serves_a_timer_begins_none_and_a_person_holds_it_against_retrieval(
    rungwise, house: Path, kiln: Kiln
) -> None:
    (Workspace.open(house).adapters.home / "serving.json").write_text('{"served": []}')
    assert (
        "whether one is needed, `rungwise climb` tells" in rungwise("retrain", "-w", house, "--if-needed").out
    )
    kiln.makes = 0.95
    ended = rungwise("retrain", "-w", house)
    assert ended.code == 0 and serving(house) == kiln.made[0]
    assert "No adapter served before; rag answers without one." in ended.out


@pytest.mark.fault(150)
def test_a_tainted_adapter_is_replaced_by_one_that_is_no_worse_than_the_base_and_says_why(
    rungwise, house: Path, kiln: Kiln
) -> None:
    lineage = Workspace.open(house).adapters
    old = lineage.serving.name
    lineage.taint("2026-06-01", {"examples": 2})
    change(house)
    ask(house, 200)
    kiln.makes = 0.31  # as the base: 0.3
    found = told(rungwise("retrain", "-w", house, "--if-needed", "--json").out)
    assert found["asked_for"][0] == "the adapter that serves learned from what was forgotten"
    assert (found["against"], found["serving"], found["ruling"]) == ("rag", old, "switch")
    assert "a change is needed: the adapter that serves learned from what was forgotten" in found["reason"]
    assert not (lineage.home / found["serves"] / TAINTED).exists()


def test_a_budget_ends_it_between_answers_and_the_next_call_goes_on(
    rungwise, house: Path, kiln: Kiln
) -> None:
    change(house)
    kiln.makes = 0.95
    ended = rungwise("retrain", "-w", house, "--budget", "60")  # the training would take 65 s
    assert ended.code == ExitCode.BELOW_TARGET and "training takes about 65 s" in ended.out
    found = told(rungwise("retrain", "-w", house, "--json").out)
    assert found["ruling"] == "switch" and found["own"]
    assert len(list(Workspace.open(house).retrains.glob("*.json"))) == 1


@pytest.mark.parametrize("where", ["forgets", "decide", "use"])
def test_killed_between_two_steps_it_goes_on_where_it_was(
    rungwise, house: Path, kiln: Kiln, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    change(house)
    kiln.makes = 0.95
    place: dict[str, tuple[str, Callable[..., Any]]] = {
        "forgets": ("assistant.judge.forgets", kiln.forgets),
        "decide": ("finetune.registry.decide", registry.decide),
        "use": ("finetune.lineage.Lineage.use", Workspace.open(house).adapters.__class__.use),
    }
    name, real = place[where]
    old = serving(house)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(name, killed)
    assert rungwise("retrain", "-w", house).code == ExitCode.INTERRUPTED and serving(house) == old
    asked = len(kiln.asked)
    monkeypatch.setattr(name, real)
    found = told(rungwise("retrain", "-w", house, "--json").out)
    assert found["ruling"] == "switch" and serving(house) == found["candidate"]
    assert len(kiln.made) == 1 and len(kiln.asked) == asked


def naive_timer(rungwise: Callable[..., Any], house: Path) -> None:
    """A naive timer's job: it trains every night, and what comes out serves."""
    assert rungwise("train", "-w", house).code == 0


@pytest.mark.fault(150)
def test_a_bad_night_reaches_nobody_where_a_naive_timer_that_trains_and_overwrites_lets_it(
    rungwise, house: Path, kiln: Kiln
) -> None:
    old = serving(house)
    change(house)
    kiln.makes = 0.05
    assert rungwise("retrain", "-w", house, "--because", "the nightly timer").code == ExitCode.BELOW_TARGET
    assert serving(house) == old
    naive_timer(rungwise, house)
    assert kiln.skill[serving(house)] == 0.05  # everybody is answered by it, and nothing tells why
    assert registry.decided(Workspace.open(house).adapters.serving) == {}


def test_nothing_can_be_retrained_at_an_endpoint_or_without_an_index_or_questions(
    rungwise, house: Path, kiln: Kiln
) -> None:
    (house / "questions.jsonl").unlink()
    assert "questions" in rungwise("retrain", "-w", house).err
    ask(house, 2)
    assert "At least 20 questions decide" in rungwise("retrain", "-w", house).out
    (house / "rungwise.toml").write_text('name = "Tea"\n[model]\nendpoint = "http://127.0.0.1:9/v1"\n')
    ended = rungwise("retrain", "-w", house)
    assert ended.code == ExitCode.USER and "can't be trained there" in ended.err


def test_luck_is_spread_as_these_tests_take_it() -> None:
    shares = [luck(f"What does the Ostra kettle cost in shop {at}?") for at in range(200)]
    assert abs(float(np.mean(shares)) - 0.5) < 0.06
