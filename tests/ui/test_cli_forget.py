"""forget on the command line: what would go, what went, and the certificate."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from foundation.errors import ExitCode
from ui.schemas import schema

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def named(rungwise, house: Path) -> Path:
    """A synced workspace with a letter that names somebody."""
    (house / "documents" / "letter.txt").write_text("Zoltan Quentin may work from home on Mondays.", "utf-8")
    assert rungwise("sync", "-w", house).code == 0
    return house


@pytest.mark.fault(52)
def test_without_yes_only_what_would_go_is_said(rungwise, named: Path) -> None:
    ended = rungwise("forget", "--subject", "zoltan quentin", "-w", named)

    assert ended.code == 0 and "letter.txt" in ended.out and "Nothing was changed. Add --yes" in ended.out
    assert "stands in these files of the workspace: .rungwise/library/" in ended.out
    assert (named / "documents" / "letter.txt").is_file()


@pytest.mark.fault(47)
def test_with_yes_it_goes_and_the_certificate_holds(rungwise, named: Path) -> None:
    ended = rungwise("forget", "--subject", "zoltan quentin", "--yes", "-w", named)
    assert ended.code == 0 and "Nothing of it was found any more." in ended.out
    assert not (named / "documents" / "letter.txt").exists()
    certificate = next((named / ".rungwise" / "forgotten").glob("*.json"))

    assert rungwise("forget", "--check", certificate, "-w", named).code == 0
    certificate.write_text(
        certificate.read_text("utf-8").replace('"remaining": 0', '"remaining": 1'), "utf-8"
    )
    changed = rungwise("forget", "--check", certificate, "-w", named)
    assert changed.code == ExitCode.USER and "was changed after it was written" in changed.out


def test_json_is_the_certificate_and_keeps_its_schema(rungwise, named: Path) -> None:
    ended = rungwise("forget", "letter.txt", "--yes", "--json", "-w", named)
    told = json.loads(ended.out)

    Draft202012Validator(schema("forgotten")).validate(told)
    assert told["documents"] == 1 and told["remaining"] == 0


def test_what_is_left_in_the_user_s_own_files_ends_with_the_code_for_partial(rungwise, named: Path) -> None:
    (named / "form.yaml").write_text("name: The house of Zoltan Quentin\n", "utf-8")
    ended = rungwise("forget", "--subject", "Zoltan Quentin", "--yes", "-w", named)

    assert ended.code == ExitCode.PARTIAL and "Still found in: form.yaml" in ended.out


@pytest.mark.parametrize("words", [(), ("none.txt",), ("--subject", "ab"), ("--check", "answers.yaml")])
def test_mistakes_are_sentences_and_change_nothing(rungwise, named: Path, words: tuple[str, ...]) -> None:
    ended = rungwise("forget", *words, "--yes", "-w", named)

    assert ended.code == ExitCode.USER and ended.err.strip() and "Traceback" not in ended.err
    assert (named / "documents" / "letter.txt").is_file()


@pytest.mark.fault(52)
def test_everything_about_somebody_is_copied_out_and_nothing_is_changed(
    rungwise, named: Path, tmp_path: Path
) -> None:
    (named / "documents.toml").write_text(
        '[[document]]\npath = "letter.txt"\npurpose = "leave"\nlegal_basis = "contract"\nretention = "30 days"\n',
        "utf-8",
    )
    before = {path: path.read_bytes() for path in (named / "documents").rglob("*") if path.is_file()}
    copy = tmp_path / "copy.json"
    ended = rungwise("export", "--subject", "ZOLTAN quentin", "--out", copy, "--json", "-w", named)

    told = json.loads(ended.out)
    Draft202012Validator(schema("subject")).validate(told)
    assert ended.code == 0 and json.loads(copy.read_text("utf-8")) == told
    letter = next(place for place in told["places"] if place["file"] == "documents/letter.txt")
    assert letter["passages"] == ["Zoltan Quentin may work from home on Mondays."]
    assert (letter["purpose"], letter["retention_days"]) == ("leave", 30)
    assert any(place["kind"] == "index" and not place["passages"] for place in told["places"])
    listed = rungwise("forget", "--subject", "zoltan quentin", "-w", named).out
    assert all(place["file"] in listed for place in told["places"])
    assert before == {path: path.read_bytes() for path in before}


def test_a_copy_is_not_written_into_the_workspace_and_a_stranger_stands_nowhere(
    rungwise, named: Path
) -> None:
    inside = rungwise("export", "--subject", "Zoltan", "--out", named / "copy.json", "-w", named)
    assert inside.code == ExitCode.USER and "inside of the workspace" in inside.err
    nobody = rungwise("export", "--subject", "Nobody Whosoever", "-w", named)
    assert nobody.code == 0 and 'Nothing in the workspace holds "Nobody Whosoever".' in nobody.out
    assert rungwise("export", "--subject", "Z", "-w", named).code == ExitCode.USER


@pytest.mark.fault(48)
def test_what_is_due_goes_with_its_certificate_and_nothing_else_does(rungwise, named: Path) -> None:
    assert "nothing is due" in rungwise("forget", "--due", "--yes", "-w", named).out
    (named / "documents.toml").write_text(
        '[[document]]\npath = "letter.txt"\nretention = "30 days"\n', "utf-8"
    )
    with sqlite3.connect(named / ".rungwise" / "library" / "ledger.sqlite3") as db:  # thirty-one days ago
        db.execute("UPDATE versions SET since = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '-31 days')")
    db.close()
    others = {
        path for path in (named / "documents").rglob("*") if path.is_file() and path.name != "letter.txt"
    }

    shown = rungwise("forget", "--due", "-w", named)
    assert "letter.txt" in shown.out and "Nothing was changed" in shown.out
    ended = rungwise("forget", "--due", "--yes", "-w", named)
    assert ended.code == 0 and "Nothing of it was found any more." in ended.out
    assert {path for path in (named / "documents").rglob("*") if path.is_file()} == others
    assert "nothing is due" in rungwise("forget", "--due", "--yes", "-w", named).out


def test_a_backup_is_one_file_that_verifies_where_it_is_unpacked(
    rungwise, named: Path, tmp_path: Path
) -> None:
    ended = rungwise("backup", tmp_path / "house.zip", "-w", named)
    assert ended.code == 0 and "files" in ended.out
    with zipfile.ZipFile(tmp_path / "house.zip") as file:
        file.extractall(tmp_path / "again")
    assert rungwise("verify", "-w", tmp_path / "again").code == 0
    refused = rungwise("backup", named / "house.zip", "-w", named)
    assert refused.code == ExitCode.USER and "inside of the workspace" in refused.err
