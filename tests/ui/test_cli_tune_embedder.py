"""tune-embedder: what it counts, what it refuses, and that nothing changes without a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.jobs.kinds import KINDS, Thing
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def many(rungwise, house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A synced workspace of sixteen documents that say different things."""
    for number in range(16):
        words = " ".join(f"w{number}x{place}" for place in range(6))
        text = f"# Thing {number}\n\n## Use of it\n\nOne {words} here. Another {words[::-1]} there.\n"
        (house / "documents" / f"thing{number}.md").write_text(text, "utf-8")
    assert rungwise("sync", "-w", house).code == 0
    import assistant.open as opening
    from experiments.finding import teaching

    monkeypatch.setattr(teaching, "open_library", opening.open_library)
    return house


def test_a_dry_run_counts_pairs_and_changes_nothing(rungwise, many: Path) -> None:
    before = sorted(path.name for path in (many / ".rungwise").iterdir())
    ended = rungwise("tune-embedder", "-w", many, "--dry-run", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    Draft202012Validator(schema("embedder")).validate(told)
    assert told["outcome"] == "planned" and told["pairs"]["heading"] > 5 and told["pairs"]["sentence"] > 5
    assert told["fitted"] is None and told["acceptance"] is None
    assert sorted(path.name for path in (many / ".rungwise").iterdir()) == before
    assert "pairs of question and passage" in rungwise("tune-embedder", "-w", many, "--dry-run").out


def test_too_few_documents_teach_nothing(rungwise, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import assistant.open as opening
    from experiments.finding import teaching

    monkeypatch.setattr(teaching, "open_library", opening.open_library)
    assert rungwise("sync", "-w", house).code == 0
    ended = rungwise("tune-embedder", "-w", house, "--dry-run")
    assert ended.code == ExitCode.USER
    assert "8 are the fewest: an embedder learns by telling documents apart" in " ".join(ended.err.split())


def test_without_a_test_question_nothing_could_decide(rungwise, many: Path) -> None:
    (many / "questions.jsonl").write_text(
        '{"id": "d", "part": "dev", "kind": "single", "question": "What?", "facts": [["49"]], "answerable": true, '
        '"gold": ["kettle.md"]}\n', "utf-8"
    )  # fmt: skip
    ended = rungwise("tune-embedder", "-w", many, "--dry-run")
    assert ended.code == ExitCode.USER and "no test question can be answered" in " ".join(ended.err.split())


def test_there_is_no_way_back_from_an_embedder_that_was_not_taught_here(rungwise, house: Path) -> None:
    ended = rungwise("tune-embedder", "-w", house, "--back")
    assert ended.code == ExitCode.USER
    assert "minilm, which was not taught here" in " ".join(ended.err.split())


def test_a_taught_embedder_is_dropped_unless_it_is_used_or_there_is_none_of_that_name(
    rungwise, house: Path
) -> None:
    for name in ("e1", "e2"):
        folder = house / ".rungwise" / "embedders" / name
        (folder / "model").mkdir(parents=True)
        (folder / "embedder.json").write_text("{}", "utf-8")
    ended = rungwise("tune-embedder", "-w", house, "--drop", "e1", "--json")
    assert ended.code == 0, ended.err
    Draft202012Validator(schema("embedder-dropped")).validate(json.loads(ended.out))
    assert [path.name for path in (house / ".rungwise" / "embedders").iterdir()] == ["e2"]
    for name in ("e1", "../adapters"):
        ended = rungwise("tune-embedder", "-w", house, "--drop", name)
        assert (
            ended.code == ExitCode.USER
            and f'no taught embedder is called "{name}". There is e2.' in ended.err
        )
    (house / "rungwise.toml").write_text('[retrieval]\nembedder = ".rungwise/embedders/e2/model"\n', "utf-8")
    ended = rungwise("tune-embedder", "-w", house, "--drop", "e2")
    assert ended.code == ExitCode.USER and "e2 is the embedder that is used. Go back" in ended.err


@pytest.mark.parametrize("minutes", ["0", "-3", "1e9"])
def test_minutes_are_a_time(rungwise, house: Path, minutes: str) -> None:
    ended = rungwise("tune-embedder", "-w", house, "--minutes", minutes)
    assert ended.code == ExitCode.USER and "--minutes must be above 0" in ended.err


def test_an_embedder_that_is_none_of_ours_is_not_taught(rungwise, many: Path) -> None:
    ended = rungwise("tune-embedder", "-w", many)
    assert ended.code == ExitCode.USER
    assert "Only a sentence-transformers embedder can be taught" in ended.err
    assert not (many / "rungwise.toml").read_text("utf-8").count("embedder")


def test_no_sync_and_no_training_runs_beside_it() -> None:
    kind = KINDS["tune-embedder"]
    assert kind.writes == {Thing.LIBRARY, Thing.MODEL}
    assert kind.clash(KINDS["sync"]) and kind.clash(KINDS["train"]) and kind.clash(KINDS["import"])
