"""pseudonymise on the command line: what is written, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from tests.ui.cli_fakes import add_example
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def personal(house: Path) -> Path:
    """A workspace with an example that holds somebody's telephone number, as a fact too."""
    row = {
        "id": "phone",
        "messages": [
            {"role": "user", "content": "How do I reach the buyer?"},
            {"role": "assistant", "content": "Call 0532 123 45 67 [1]."},
        ],
        "facts": ["0532 123 45 67"],
    }
    add_example(house, row)
    return house


def test_a_new_file_has_surrogates_and_the_original_stays(rungwise, personal: Path) -> None:
    before = (personal / "examples.jsonl").read_bytes()
    ended = rungwise("pseudonymise", "-w", personal)
    made = (personal / "examples.pseudonymised.jsonl").read_text("utf-8")

    assert ended.code == 0 and "2 phone numbers" in ended.out
    assert (
        "pseudonymised, not anonymous" in ended.out and "facts of 1 rows were replaced (phone)" in ended.out
    )
    assert "123 45 67" not in made and "+90 000" in made
    assert (personal / "examples.jsonl").read_bytes() == before
    assert len(made.splitlines()) == len(before.splitlines())


def test_json_keeps_its_schema_and_tells_counts_only(rungwise, personal: Path, tmp_path: Path) -> None:
    ended = rungwise("pseudonymise", "--out", tmp_path / "new.jsonl", "--json", "-w", personal)
    told = json.loads(ended.out)
    Draft202012Validator(schema("pseudonymised")).validate(told)
    assert told["replaced"] == {"phone number": 2} and told["facts_changed"] == ["phone"]
    assert "123 45 67" not in ended.out


def test_the_original_is_never_written_over(rungwise, personal: Path) -> None:
    ended = rungwise("pseudonymise", "--out", personal / "examples.jsonl", "-w", personal)
    assert ended.code == ExitCode.USER and "never written over" in ended.err
    missing = rungwise("pseudonymise", "--in", personal / "nothing.jsonl", "-w", personal)
    assert missing.code == ExitCode.USER and "nothing.jsonl" in missing.err


def test_mended_examples_are_written_beside_with_a_report_and_pass_the_check(rungwise, house: Path) -> None:
    source = house / "examples.jsonl"
    first = source.read_text("utf-8").splitlines()[0]
    with source.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**json.loads(first), "id": "twin"}, ensure_ascii=False) + "\n")
    before = source.read_bytes()
    ended = rungwise("check", "--fix", "-w", house)
    assert ended.code == 0, ended.err
    assert "twin" in ended.out and "left out" in ended.out and source.read_bytes() == before
    assert (house / "examples.fixed.jsonl").is_file() and (house / "examples.fixed.report.json").is_file()
    told = json.loads(rungwise("check", "--fix", "--out", house / "other.jsonl", "--json", "-w", house).out)
    Draft202012Validator(schema("fixed")).validate(told)
    refused = rungwise("check", "--out", house / "x.jsonl", "-w", house)
    assert refused.code == ExitCode.USER and "needs --fix" in refused.err
    assert rungwise("check", "--fix", "--out", source, "-w", house).code == ExitCode.USER


def test_conversations_of_another_tool_are_added_and_checked(rungwise, house: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("question,answer\nIs there tea?,Yes.\n", "utf-8")
    before = len((house / "examples.jsonl").read_text("utf-8").splitlines())

    refused = rungwise("import", theirs, "-w", house)
    assert refused.code == ExitCode.USER and "--append" in refused.err
    ended = rungwise("import", theirs, "--append", "--json", "-w", house)
    told = json.loads(ended.out)
    Draft202012Validator(schema("imported")).validate(told)
    assert (ended.code, told["added"], told["known"]) == (0, 1, 0)
    assert len((house / "examples.jsonl").read_text("utf-8").splitlines()) == before + 1
    again = rungwise("import", theirs, "--append", "-w", house)
    assert "1 were in it already" in again.out
    assert f"{before + 1} examples" in rungwise("check", "-w", house).out


def test_documents_that_hold_personal_data_are_told_by_kind_and_count(rungwise, house: Path) -> None:
    (house / "documents" / "buyer-10000000146.md").write_text("# Buyer\n\nCall 0532 123 45 67.\n", "utf-8")
    ended = rungwise("check", "--documents", "-w", house)
    assert ended.code == 0, ended.err
    assert "buyer-[TCKN].md" in ended.out and "1 phone number" in ended.out
    assert "10000000146" not in ended.out and "123 45 67" not in ended.out
    assert "Names and postal addresses were not looked for" in ended.out
    told = json.loads(rungwise("check", "--documents", "--json", "-w", house).out)
    Draft202012Validator(schema("documents")).validate(told)
    assert told["names"] is False and {place["part"] for place in told["places"]} == {"name", "text"}
    refused = rungwise("check", "--documents", "--fix", "-w", house)
    assert refused.code == ExitCode.USER and "documents are never changed" in refused.err


def test_names_are_looked_for_where_the_settings_say_so_and_else_it_is_said_that_they_were_not(
    rungwise, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune.privacy import names

    row = {"role": "assistant", "content": "Ask Sayın Ayşe Yılmaz [1]."}
    add_example(house, {"id": "who", "messages": [{"role": "user", "content": "Whom do I ask?"}, row]})
    for command in (["check"], ["pseudonymise"]):
        assert "write `names = true` under [personal]" in rungwise(*command, "-w", house).out
    with (house / "rungwise.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[personal]\nnames = true\n")
    if names.installed():
        assert "a name, Ayş…" in rungwise("check", "-w", house).out
        ended = rungwise("pseudonymise", "-w", house)
        assert "1 name" in ended.out and "names = true" not in ended.out and "not anonymous" in ended.out
        assert "Yılmaz" not in (house / "examples.pseudonymised.jsonl").read_text("utf-8")
    monkeypatch.setattr(names, "installed", lambda: False)
    names._engine.cache_clear()
    ended = rungwise("check", "-w", house)
    assert ended.code == ExitCode.USER and "pip install 'rungwise[names]'" in ended.err
