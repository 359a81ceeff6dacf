"""adapters judge on the command line, on a tiny base that is really trained: what is printed, kept, refused and exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import schema


@pytest.fixture
def trained(rungwise, house: Path, fakes: None, tiny_bases: dict[str, Path], monkeypatch) -> Path:
    """The workspace of the fakes, with an adapter that was trained on a tiny base."""
    import assistant.open as opening
    from finetune.training.train import train_adapter

    monkeypatch.setattr(opening, "train_adapter", train_adapter)
    (house / "rungwise.toml").write_text(
        f'name = "Tea"\n[model]\nbase = "{tiny_bases["lfm2"]}"\n[training]\nrank = 2\nepochs = 1\nbatch = 4\n',
        encoding="utf-8",
    )
    assert rungwise("sync", "-w", house).code == 0
    ended = rungwise("train", "-w", house)
    assert ended.code == 0, ended.err
    return house


def test_what_is_measured_is_printed_kept_without_a_word_of_the_rows_and_stands_in_the_card(
    rungwise, trained: Path, tmp_path: Path
) -> None:
    told = rungwise("adapters", "judge", "--json", "-w", trained)
    assert told.code == ExitCode.OK, told.err
    found = json.loads(told.out)
    Draft202012Validator(schema("judged")).validate(found)
    assert found["canaries"] is None and found["forgetting"]["rows"] == 60
    assert found["membership"]["members"] >= 10 and found["membership"]["others"] >= 1
    kept = next((trained / ".rungwise" / "judged").glob("*.json"))
    assert kept.stem == found["adapter"] and json.loads(kept.read_text()) == found
    assert "spoons" not in kept.read_text() and "documents" not in kept.read_text()

    assert rungwise("adapters", "export", tmp_path / "out", "-w", trained).code == 0
    card = (tmp_path / "out" / "README.md").read_text()
    assert "Forgetting: 60 plain answers" in card and "Told apart:" in card and "Not judged" not in card
    kept.unlink()
    assert rungwise("adapters", "export", tmp_path / "bare", "-w", trained).code == 0
    assert "Not judged; run `rungwise adapters judge`." in (tmp_path / "bare" / "README.md").read_text()


def test_planted_secrets_are_trained_on_elsewhere_and_what_serves_stays_as_it_is(
    rungwise, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.probes.canaries.PLANTED", {1: 2, 4: 1, 16: 1})
    before = [path.name for path in (trained / ".rungwise" / "adapters").iterdir()]
    runs = [path.name for path in (trained / ".rungwise" / "trainings").iterdir()]
    ended = rungwise("adapters", "judge", "--canaries", "-w", trained)
    assert ended.code == ExitCode.OK, ended.err
    assert "exposure, bits" in ended.out and "16x" in ended.out
    assert "can't be trusted" in ended.out or "so the probe works" in ended.out
    assert [path.name for path in (trained / ".rungwise" / "adapters").iterdir()] == before
    assert [path.name for path in (trained / ".rungwise" / "trainings").iterdir()] == runs


def test_an_adapter_of_other_rows_or_of_nobody_is_not_judged(rungwise, trained: Path) -> None:
    ended = rungwise("adapters", "judge", "nothing", "-w", trained)
    assert ended.code == ExitCode.USER and 'there is no adapter "nothing"' in ended.err
    lines = (trained / "examples.jsonl").read_text().splitlines(keepends=True)
    (trained / "examples.jsonl").write_text("".join(lines).replace("spoons", "forks"))
    ended = rungwise("adapters", "judge", "-w", trained)
    assert ended.code == ExitCode.USER and "trained on other rows than this workspace makes now" in ended.err
    assert not (trained / ".rungwise" / "judged").exists()


def test_without_an_adapter_there_is_nothing_to_judge(rungwise, house: Path) -> None:
    ended = rungwise("adapters", "judge", "-w", house)
    assert ended.code == ExitCode.USER and "there is no adapter yet" in ended.err
