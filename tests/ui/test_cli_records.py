"""documents.toml on the command line: who is shown what, and when."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.errors import ExitCode

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def guarded(rungwise, house: Path) -> Path:
    """A synced workspace with a document for one group and one that has expired."""
    (house / "documents" / "salaries.txt").write_text("Zebra salaries are 99.", "utf-8")
    (house / "documents" / "old.txt").write_text("Zebra prices are 1.", "utf-8")
    (house / "documents.toml").write_text(
        '[[document]]\npath = "salaries.txt"\naccess = ["hr"]\n'
        '[[document]]\npath = "old.txt"\nvalid_until = 2020-01-01\n'
        '[[document]]\npath = "typo/*"\naccess = ["hr"]\n',
        "utf-8",
    )
    ended = rungwise("sync", "-w", house)
    assert ended.code == 0
    assert 'no document fits the path "typo/*"' in ended.out
    return house


def sources(out: str) -> set[str]:
    return {hit["source"] for hit in json.loads(out)["hits"]}


def test_a_search_shows_a_group_its_documents_and_everybody_what_holds_today(rungwise, guarded: Path) -> None:
    def found(*options: str) -> set[str]:
        ended = rungwise("search", "zebra", "-k", "20", "--json", "-w", guarded, *options)
        assert ended.code == 0
        return sources(ended.out)

    assert not {"salaries.txt", "old.txt"} & found()
    assert "salaries.txt" in found("--group", "hr") and "old.txt" not in found("--group", "hr")
    assert "old.txt" in found("--as-of", "2019-12-31")
    assert found("--tag", "none") == set()


def test_an_answer_is_made_of_what_the_asker_may_see(rungwise, guarded: Path) -> None:
    def shown(*options: str) -> set[str]:
        ended = rungwise("ask", "zebra salaries", "--setup", "rag", "--json", "-w", guarded, *options)
        assert ended.code == 0
        return sources(ended.out)

    assert "salaries.txt" not in shown()
    assert "salaries.txt" in shown("--group", "hr")


def test_a_day_that_is_none_is_a_sentence(rungwise, guarded: Path) -> None:
    ended = rungwise("search", "zebra", "--as-of", "soon", "-w", guarded)
    assert ended.code == ExitCode.USER and "Traceback" not in ended.err


def test_mistakes_in_documents_toml_stop_a_sync_before_anything_changes(rungwise, guarded: Path) -> None:
    (guarded / "documents.toml").write_text('[[document]]\npath = "a"\nacess = ["hr"]\n', "utf-8")
    ended = rungwise("sync", "-w", guarded)

    assert ended.code == ExitCode.USER and 'Did you mean "access"?' in ended.err


def test_verify_says_that_all_is_found_and_after_damage_what_to_do(rungwise, guarded: Path) -> None:
    sound = rungwise("verify", "-w", guarded)
    assert sound.code == 0 and "are found, by meaning and by words" in sound.out
    ids = next((guarded / ".rungwise" / "library" / "keyword").rglob("ids.json"))
    ids.write_text("[]", "utf-8")

    broken = rungwise("verify", "-w", guarded, "--json")
    assert broken.code == ExitCode.USER and json.loads(broken.out)["whole"] is False
    assert rungwise("verify", "-w", guarded, "--repair").code == 0
