"""`rungwise check --fix`: what is mended, what is left out and named, what stays for a person to decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.examples import load_examples
from finetune.form import EMPTY
from finetune.quality.doctor import check_examples
from finetune.quality.findings import Severity
from finetune.quality.mend import Mended, mend_file
from foundation.errors import UserError


def row(name: str, question: str, answer: str, **more: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"id": name, "messages": turns, **more}


GOOD = row("good", "How long can I return a tent?", "Within 30 days.")
ROWS = [
    GOOD,
    row("twin", "How long can I return a tent?", "Within 30 days."),
    row("yes", "Do you repair stoves bought elsewhere?", "Yes, for 20 EUR."),
    row("no", "Do you repair stoves bought elsewhere?", "No, never at all."),
    row(
        "broken",
        "When does the MÃ¼nchen shop open?",
        "At nine, in MÃ¼nchen too.",
        facts=["MÃ¼nchen"],
        origin="a.csv:3",
    ),
    row("lost", "Who leads the shop?", "Mr. M\ufffdller does."),
    row("key", "How do I log in?", "With password: hunter2hunter2 of course."),
    row("like", "How long can I return a tent, please?", "Within thirty days or so."),
]


def mended(tmp_path: Path, rows: list[dict[str, Any]]) -> tuple[Mended, list[dict[str, Any]]]:
    source, out = tmp_path / "examples.jsonl", tmp_path / "mended.jsonl"
    source.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in rows) + "\n", "utf-8")
    before = source.read_bytes()
    done = mend_file(source, check_examples(load_examples(source), EMPTY), out, tmp_path / "report.json")
    assert source.read_bytes() == before
    return done, [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def test_copies_contradictions_secrets_and_lost_letters_are_left_out_by_name_and_broken_letters_put_right(
    tmp_path: Path,
) -> None:
    done, rows = mended(tmp_path, ROWS)
    assert [one["id"] for one in rows] == ["good", "broken", "like"]
    assert rows[0] == GOOD
    assert rows[1]["messages"][1]["content"] == "At nine, in München too."
    assert rows[1]["facts"] == ["München"] and rows[1]["origin"] == "a.csv:3"
    told = {change.id: (change.what, change.why.split(":")[0]) for change in done.changes}
    assert told == {
        "twin": ("left out", "duplicate"),
        "yes": ("left out", "contradiction"),
        "no": ("left out", "contradiction"),
        "broken": ("changed", "encoding"),
        "lost": ("left out", "encoding"),
        "key": ("left out", "secret"),
    }
    assert done.kept == 3
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["changes"][0]["line"] == 2


def test_what_a_person_must_decide_stays_and_is_told(tmp_path: Path) -> None:
    done, rows = mended(
        tmp_path, [GOOD, row("like", "How long can I return a tent, please?", "Within 30 days, dear.")]
    )
    assert len(rows) == 2 and done.changes == ()
    assert any("like" in finding.ids for finding in done.open)


def test_the_original_is_never_written_over_and_an_empty_rest_is_not_written(tmp_path: Path) -> None:
    source = tmp_path / "examples.jsonl"
    source.write_text(json.dumps(ROWS[5]) + "\n", "utf-8")
    findings = check_examples(load_examples(source), EMPTY)
    with pytest.raises(UserError, match="the original, which is never written over"):
        mend_file(source, findings, source, tmp_path / "r")
    with pytest.raises(UserError, match="no row would be left"):
        mend_file(source, findings, tmp_path / "out", tmp_path / "r")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["examples.jsonl"]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(ROWS), min_size=1, max_size=10))
def test_what_was_mended_has_no_error_and_a_second_mending_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    tmp_path = tmp_path_factory.mktemp("mend")
    named = [{**one, "id": f"{one['id']}-{place}"} for place, one in enumerate([GOOD, *rows])]
    done, kept = mended(tmp_path, named)
    left = {change.id for change in done.changes if change.what == "left out"}
    assert {one["id"] for one in kept} | left == {one["id"] for one in named} and not left & {
        one["id"] for one in kept
    }
    again, same = mended(tmp_path, kept)
    assert again.changes == () and same == kept
    assert not check_examples(load_examples(tmp_path / "examples.jsonl"), EMPTY).of(Severity.ERROR)
