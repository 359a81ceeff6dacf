"""align over an engine whose adapters' skill is known: looked over, aligned, held against what it was, switched only where told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assistant import Workspace
from finetune import registry
from finetune.preference.align import Aligned, HeldOut
from finetune.preference.dpo import Cost
from finetune.probes.intervals import Interval
from foundation.errors import ExitCode
from tests.ui.test_cli_retrain import Kiln, kiln, serving  # noqa: F401  (a fixture is used by its name)
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")
_HALF = Interval(0.5, 0.2, 0.8)


class Aligner:
    """Publishes a copy of the adapter that it is given, of another skill, and counts its work."""

    def __init__(self, found: Kiln) -> None:
        self.kiln, self.makes, self.done = found, 0.95, 0

    def align(
        self, base: str, source: Path, learn: Sequence[Any], hold: Sequence[Any], test: Sequence[Any], folder: Path,
        settings: Any, made_from: dict[str, str], report: Any, runs: Path, stop: Any, expect: Any,
    ) -> Aligned:  # fmt: skip
        expect(Cost(len(learn), 9, 12.0))
        report({"step": 1.0, "steps": 1.0, "loss": 0.7})
        report({"epoch": 1.0, "accuracy": 0.75, "margin": 0.1, "validation_loss": 0.6})
        self.done += 1
        self.kiln.skill[folder.name] = self.makes
        held = HeldOut(len(test), _HALF, Interval(0.75, 0.4, 0.9), 2, 1, _HALF, _HALF, (True,) * len(test))
        begun = registry.read(source)
        staged = folder.with_name(f".{folder.name}")
        staged.mkdir()
        (staged / "adapter_model.safetensors").write_bytes(folder.name.encode())
        told = {**begun.to_dict(), "name": folder.name, "made_from": {**begun.made_from, **made_from}}
        told["papers"] = {"alignment": {"held_out": held.to_dict()}}
        return Aligned(registry.publish(staged, folder, registry.Manifest(**told)), held)


@pytest.fixture
def aligner(monkeypatch: pytest.MonkeyPatch, kiln: Kiln, house: Path) -> Aligner:  # noqa: F811
    """Forty preferences, of which two are of no use."""
    import ui.aligning

    found = Aligner(kiln)
    monkeypatch.setattr(ui.aligning, "align_adapter", found.align)
    rows = [row(n, f"How wide is shelf {n} of rack {'abcdefgh'[n % 8]}?") for n in range(38)]
    rows += [
        row(38, "Who sold it?", chosen="Same words.", rejected="Same words."),
        row(39, "Who bought it?", chosen="Yes"),
    ]
    write(house, rows)
    return found


def row(n: int, question: str, **more: Any) -> dict[str, Any]:
    told = {"id": f"v{n}", "messages": [{"role": "user", "content": question}], "chosen": f"It is {n} cm wide.",
            "rejected": f"Perhaps {n} or so.", "setups": ["hybrid", "lora"], "from": "vote"}  # fmt: skip
    return {**told, **more}


def write(house: Path, rows: Sequence[dict[str, Any]]) -> None:
    (house / "preferences.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8"
    )


def told(out: str) -> dict[str, Any]:
    value = json.loads(out)
    Draft202012Validator(schema("align")).validate(value)
    return value


def test_a_better_candidate_is_told_and_serves_only_where_use_was_said(
    rungwise, house: Path, aligner: Aligner
) -> None:
    old = serving(house)
    found = told(rungwise("align", "-w", house, "--json").out)
    assert (found["state"], found["source"], found["gate"]["ruling"]) == ("done", old, "switch")
    assert (found["switched"], serving(house)) == (False, old)
    assert found["use"] == f"rungwise adapters use {found['candidate']}"
    assert found["check"]["usable"] == 38 and sum(found["parts"].values()) == 38
    assert registry.decided(Workspace.open(house).adapters.home / found["candidate"])["ruling"] == "switch"

    again = rungwise("align", "-w", house, "--use")
    assert again.code == 0 and serving(house) == found["candidate"]
    assert f"{found['candidate']} serves now." in again.out and aligner.done == 1, (
        "the same is not made twice"
    )


def test_a_candidate_that_is_worse_never_serves_and_the_exit_code_says_so(
    rungwise, house: Path, aligner: Aligner
) -> None:
    old, aligner.makes = serving(house), 0.1
    ended = rungwise("align", "-w", house, "--use")
    assert (ended.code, serving(house)) == (ExitCode.BELOW_TARGET, old)
    assert "surely worse" in ended.out and f"{old} goes on serving." in ended.out
    assert (
        "Of 5 held-out pairs" in ended.out
        or "held-out pairs the chosen answer was likelier in 50 %" in ended.out
    )
    assert "No length bias is shown" in ended.out or "Length bias" in ended.out


def test_other_settings_or_other_preferences_make_another_candidate(
    rungwise, house: Path, aligner: Aligner
) -> None:
    first = told(rungwise("align", "-w", house, "--json").out)["candidate"]
    assert told(rungwise("align", "-w", house, "--beta", "0.3", "--json").out)["candidate"] != first
    write(house, [row(n, f"How deep is drawer {n}?") for n in range(30)])
    assert told(rungwise("align", "-w", house, "--json").out)["candidate"] != first
    assert aligner.done == 3


def test_check_looks_over_and_aligns_nothing(rungwise, house: Path, aligner: Aligner) -> None:
    ended = rungwise("align", "-w", house, "--check")
    assert ended.code == 0 and "40 preferences, 38 usable." in ended.out and "same answer" in ended.out
    assert told(rungwise("align", "-w", house, "--check", "--json").out)["state"] == "checked"
    write(house, [row(1, "How wide is it?")])
    assert rungwise("align", "-w", house, "--check").code == ExitCode.BELOW_TARGET
    assert aligner.done == 0


def test_estimate_says_what_it_takes_and_aligns_nothing(rungwise, house: Path, aligner: Aligner) -> None:
    found = told(rungwise("align", "-w", house, "--estimate", "--json").out)
    assert found["estimate"] == {"pairs": found["parts"]["learn"], "steps": 9, "seconds": 12.0}
    assert "at most about 12 s" in rungwise("align", "-w", house, "--estimate").out
    assert aligner.done == 0


def test_without_test_questions_it_is_said_that_nobody_knows(rungwise, house: Path, aligner: Aligner) -> None:
    (house / "questions.jsonl").unlink()
    ended = rungwise("align", "-w", house)
    assert ended.code == 0 and "nobody knows whether its answers are better" in ended.out
    found = told(rungwise("align", "-w", house, "--json").out)
    assert (found["gate"], found["setup"], found["length_bias"]["growth"]) == (None, "", None)


def test_users_mistakes_are_sentences(rungwise, house: Path, aligner: Aligner) -> None:
    for words, said in (
        (("--beta", "0"), "beta must be above 0"),
        (("--epochs", "0"), "epochs must be 1 to 100"),
    ):
        ended = rungwise("align", "-w", house, *words)
        assert (ended.code, said in ended.err) == (ExitCode.USER, True), ended.err
    write(house, [row(n, f"How wide is shelf {n}?") for n in range(5)])
    assert "5 of 5 preferences are usable, and an alignment needs 20" in rungwise("align", "-w", house).err
    (house / "preferences.jsonl").unlink()
    assert "there are no preferences yet" in rungwise("align", "-w", house).err


def test_without_an_adapter_it_says_what_comes_first(rungwise, house: Path) -> None:
    write(house, [row(n, f"How wide is shelf {n}?") for n in range(30)])
    assert "Run `rungwise train` first" in rungwise("align", "-w", house).err
