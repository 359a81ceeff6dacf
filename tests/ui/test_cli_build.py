"""sync, search, check and train: what they print, and how they end."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from tests.ui.cli_fakes import add_example
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


def told(out: str, name: str) -> dict:
    """Read a whole stdout as JSON and hold it against its published schema; NaN and Infinity are no JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    value = json.loads(out, parse_constant=refuse)
    Draft202012Validator(schema(name)).validate(value)
    return value


def test_sync_brings_documents_in_and_leaves_the_unchanged_alone(rungwise, house: Path) -> None:
    first = rungwise("sync", "-w", house)
    assert first.code == 0
    assert "2 indexed. 2 chunks are searchable" in first.out
    again = rungwise("sync", "-w", house, "--json")
    assert again.code == 0
    report = told(again.out, "sync")
    assert report["counts"]["unchanged"] == 2
    assert report["embedded"] == 0


def test_progress_of_a_sync_goes_to_stderr_in_plain_lines_without_a_terminal(rungwise, house: Path) -> None:
    ended = rungwise("sync", "-w", house, "--json")
    assert "Embedding …\n" in ended.err
    assert "\x1b" not in ended.err + ended.out
    assert "\r" not in ended.err


@pytest.mark.fault(1)
def test_a_document_that_can_not_be_read_is_named_and_the_exit_code_is_3(rungwise, house: Path) -> None:
    (house / "documents" / "broken.pdf").write_bytes(b"%PDF-1.7 but not really")
    ended = rungwise("sync", "-w", house)
    assert ended.code == ExitCode.PARTIAL
    assert "broken.pdf" in ended.out
    assert "2 indexed" in ended.out
    report = told(rungwise("sync", "-w", house, "--json").out, "sync")
    assert [one["source"] for one in report["files"] if one["reason"]] == ["broken.pdf"]


def test_an_empty_documents_folder_is_said_and_nothing_is_made(rungwise, house: Path) -> None:
    for path in (house / "documents").iterdir():
        path.unlink()
    ended = rungwise("sync", "-w", house)
    assert ended.code == ExitCode.USER
    assert "the documents folder is empty" in ended.err
    assert not (house / ".rungwise" / "library").exists()


@pytest.mark.parametrize(
    "words", [["search", "kettle"], ["ask", "kettle?", "--setup", "rag"], ["train"], ["compare"]]
)
def test_what_needs_an_index_says_how_to_make_one(rungwise, house: Path, words: list[str]) -> None:
    ended = rungwise(*words, "-w", house)
    assert ended.code == ExitCode.USER
    assert "`rungwise sync`" in ended.err
    assert ended.out == ""


def test_search_shows_hits_with_scores(rungwise, house: Path) -> None:
    rungwise("sync", "-w", house)
    ended = rungwise("search", "Ostra kettle", "-w", house, "-k", "1")
    assert ended.code == 0
    assert " 1. 1.00  kettle.md" in ended.out
    assert "hours.txt" not in ended.out
    hits = told(rungwise("search", "Ostra kettle", "-w", house, "--json").out, "search")["hits"]
    assert [hit["source"] for hit in hits] == ["kettle.md", "hours.txt"]


@pytest.mark.parametrize("words", [["search", "  "], ["search", "kettle", "-k", "0"], ["ask", " "]])
def test_an_empty_question_or_no_hits_wanted_is_refused(rungwise, house: Path, words: list[str]) -> None:
    rungwise("sync", "-w", house)
    assert rungwise(*words, "-w", house).code == ExitCode.USER


def test_check_passes_clean_examples(rungwise, house: Path) -> None:
    ended = rungwise("check", "-w", house)
    assert ended.code == 0
    assert "12 examples, 12 usable" in ended.out
    assert told(rungwise("check", "-w", house, "--json").out, "check")["ok"] is True


def test_check_ends_with_2_where_an_example_breaks_the_form(rungwise, house: Path) -> None:
    (house / "form.yaml").write_text("name: Tea\nopening: Hello!\n", encoding="utf-8")
    ended = rungwise("check", "-w", house, "--json")
    assert ended.code == ExitCode.USER
    assert told(ended.out, "check")["counts"]["error"] > 0


def test_broken_lines_of_the_examples_are_named_together(rungwise, house: Path) -> None:
    with (house / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "x"}\nnot json\n')
    for command in ("check", "train"):
        ended = rungwise(command, "-w", house)
        assert ended.code == ExitCode.USER
        assert "examples.jsonl" in ended.err
        assert "line 14" in ended.err


def test_train_tells_rows_curve_and_place(rungwise, house: Path) -> None:
    rungwise("sync", "-w", house)
    ended = rungwise("train", "-w", house)
    assert ended.code == 0, ended.err
    assert "rows to learn from" in ended.out
    assert "kept" in ended.out
    assert len(list((house / ".rungwise" / "adapters").glob("*/manifest.json"))) == 1
    assert told(rungwise("train", "-w", house, "--json").out, "train")["manifest"]["base"] == "starter"


@pytest.mark.fault(44)
def test_a_timer_trains_anew_where_the_adapter_learned_from_what_was_forgotten_and_only_there(
    rungwise, house: Path
) -> None:
    turns = [
        ("user", "What does the Ostra kettle cost?"),
        ("assistant", "The Ostra kettle costs 49 EUR. [1]"),
    ]
    row = {
        "id": "k",
        "messages": [{"role": role, "content": text} for role, text in turns],
        "sources": ["kettle.md"],
    }
    add_example(house, row)
    rungwise("sync", "-w", house)
    adapters = house / ".rungwise" / "adapters"
    assert told(rungwise("train", "--due", "-w", house, "--json").out, "due")["due"] is False
    assert not adapters.exists()
    assert rungwise("train", "-w", house).code == 0
    assert "No training is due" in rungwise("train", "--due", "-w", house).out
    forgotten = rungwise("forget", "kettle.md", "-w", house, "--yes")
    assert forgotten.code == 0 and "rungwise train --due" in forgotten.out, forgotten.out + forgotten.err
    ended = rungwise("train", "--due", "-w", house)
    assert ended.code == 0, ended.err
    assert len(list(adapters.glob("*/manifest.json"))) == 2
    assert "No training is due" in rungwise("train", "--due", "-w", house).out


def test_an_adapter_s_papers_say_licence_purpose_retention_and_what_it_follows(rungwise, house: Path) -> None:
    entry = '[[document]]\npath = "*"\npurpose = "support"\nlegal_basis = "contract"\nretention = "90 days"\n'
    (house / "documents.toml").write_text(entry, encoding="utf-8")
    (house / "rungwise.toml").write_text('name = "Tea"\n[rows]\npurpose = "support"\n', encoding="utf-8")
    row = {
        "id": "k",
        "messages": [
            {"role": "user", "content": "Price?"},
            {"role": "assistant", "content": "The kettle costs 49 EUR. [1]"},
        ],
        "sources": ["kettle.md"],
    }
    add_example(house, row)
    rungwise("sync", "-w", house)
    first = told(rungwise("train", "-w", house, "--json").out, "train")["manifest"]
    assert first["papers"] == {"purpose": "support", "retention_days": 90, "follows": ""}
    second = told(rungwise("train", "-w", house, "--json").out, "train")["manifest"]
    assert second["papers"]["follows"] == first["name"]


def test_a_row_is_shown_as_it_would_be_trained_on_with_what_is_taught_marked(rungwise, house: Path) -> None:
    rungwise("sync", "-w", house)
    ended = rungwise("train", "--preview", "1", "-w", house)
    assert ended.code == 0, ended.err
    assert re.search(r"<\|im_start\|>assistant\n?»[^»]+<\|im_end\|>«", ended.out), ended.out
    row = told(rungwise("train", "--preview", "2", "-w", house, "--json").out, "preview")
    assert (
        row["row"] == 2 and row["taught"].endswith("<|im_end|>") and 0 < row["taught_tokens"] < row["tokens"]
    )
    assert row["read"].endswith("<|im_start|>assistant") or row["read"].rstrip("\n").endswith("assistant")
    beyond = rungwise("train", "--preview", "999", "-w", house)
    assert beyond.code == ExitCode.USER and "Name one from 1 to" in beyond.err
    assert not (house / ".rungwise" / "adapters").exists()


def test_an_estimate_is_told_and_nothing_is_trained(rungwise, house: Path) -> None:
    rungwise("sync", "-w", house)
    ended = rungwise("train", "--estimate", "-w", house)
    assert ended.code == 0, ended.err
    assert "at most about" in ended.out and "of memory" in ended.out
    assert told(rungwise("train", "--estimate", "-w", house, "--json").out, "estimate")["steps"] == 1
    assert list((house / ".rungwise" / "adapters").glob("*")) == []


def test_ctrl_c_in_a_training_saves_first_and_ends_as_interrupted(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rungwise("sync", "-w", house)
    heard: list[str] = []

    def press(text: str) -> None:
        heard.append(text)
        if len(heard) == 1:  # the estimate is told: from here on there is something to save
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("ui.cli.adapter.say", press)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background jobs
    try:
        ended = rungwise("train", "-w", house)
        assert ended.code == ExitCode.INTERRUPTED
        assert "Stopped after step" in ended.err and "its state is saved" in heard[1]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_where_ctrl_c_is_ignored_a_training_ignores_it_too(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rungwise("sync", "-w", house)
    monkeypatch.setattr("ui.cli.adapter.say", lambda text: signal.raise_signal(signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert rungwise("train", "-w", house).code == ExitCode.OK
    finally:
        signal.signal(signal.SIGINT, before)


def test_too_few_examples_leave_no_adapter_behind(rungwise, house: Path) -> None:
    lines = (house / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    (house / "examples.jsonl").write_text("\n".join(lines[:4]) + "\n", encoding="utf-8")
    rungwise("sync", "-w", house)
    ended = rungwise("train", "-w", house)
    assert ended.code == ExitCode.USER
    assert "at least 10 rows" in ended.err
    assert not (house / ".rungwise" / "adapters").exists()


def test_a_document_s_terminal_codes_do_not_reach_the_terminal(rungwise, house: Path) -> None:
    (house / "documents" / "evil\x1b[31m.md").write_text("# Evil\n\nred \x1b[2J text\n", encoding="utf-8")
    rungwise("sync", "-w", house)
    ended = rungwise("search", "evil red", "-w", house)
    assert "evil" in ended.out
    assert "\x1b" not in ended.out + ended.err


def test_activated_is_written_to_the_settings_for_a_training_and_not_for_an_estimate(
    rungwise, house: Path
) -> None:
    rungwise("sync", "-w", house)
    settings = house / "rungwise.toml"
    assert rungwise("train", "--activated", "--estimate", "-w", house).code == 0
    assert "activated" not in settings.read_text()
    ended = rungwise("train", "--activated", "-w", house, "--json")
    assert told(ended.out, "train")["manifest"]["settings"]["activated"] is True
    assert f"{settings} says activated = true now." in ended.err
    assert "activated = true" in settings.read_text()
    assert "is out of date" not in rungwise("doctor", "-w", house).out
    assert rungwise("train", "--no-activated", "-w", house, "--json").code == 0
    assert "activated = false" in settings.read_text()


def test_rows_that_were_kept_for_a_test_are_told_and_are_in_the_papers(rungwise, house: Path) -> None:
    rungwise("sync", "-w", house)
    with (house / "rungwise.toml").open("a") as file:
        file.write("\n[rows]\ntest_share = 0.3\n")
    for number in range(40):
        turns = [("user", f"Case {number * 37}: what now?"), ("assistant", "Hello! I can't tell.")]
        messages = [{"role": role, "content": text} for role, text in turns]
        add_example(house, {"id": f"more-{number}", "messages": messages})
    ended = rungwise("train", "-w", house)
    assert ended.code == 0, ended.out + ended.err
    found = told(rungwise("train", "-w", house, "--json").out, "train")["manifest"]
    kept = found["test"]["rows"]
    assert f"On {kept} rows that nothing was decided by, answers cost 0.50 nats a token" in ended.out
    examples = len((house / "examples.jsonl").read_text().splitlines())
    assert kept >= 0.2 * examples and kept + found["rows"] < examples
    (house / "rungwise.toml").write_text("[rows]\ntest_share = 0.7\n")
    assert "test_share must be 0 to 0.5, but is 0.7" in rungwise("train", "-w", house).err
