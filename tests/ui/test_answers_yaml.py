"""Saving answers from the page: the user's own lines stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from advisor import Answers, load_answers
from advisor.vocabulary import Knowledge, Tone
from foundation.errors import UserError
from ui.answers_yaml import merged, save_answers

FILE = """# ours
knowledge: private          # prices and policies
test_questions: 130

# money
latency_ms: 10 s
"""


def written(tmp_path: Path) -> tuple[Path, Answers]:
    path = tmp_path / "answers.yaml"
    path.write_text(FILE)
    return path, load_answers(path)


def test_saving_what_was_read_changes_not_a_letter(tmp_path: Path) -> None:
    path, known = written(tmp_path)
    save_answers(path, known, known)
    assert path.read_text() == FILE


def test_a_changed_answer_changes_its_value_and_keeps_its_comment(tmp_path: Path) -> None:
    path, known = written(tmp_path)
    save_answers(path, replace(known, knowledge=Knowledge.RARE), known)
    assert "knowledge: rare          # prices and policies\n" in path.read_text()
    assert "latency_ms: 10 s\n" in path.read_text(), "a value in the user's own unit stays as written"


def test_an_answer_taken_back_loses_its_line_and_a_new_one_gets_one(tmp_path: Path) -> None:
    path, known = written(tmp_path)
    now = replace(known, test_questions=None, tone=Tone.OURS)
    save_answers(path, now, known)
    assert load_answers(path) == now
    assert "test_questions" not in path.read_text() and "# money" in path.read_text()


def test_without_a_file_every_known_answer_is_written(tmp_path: Path) -> None:
    path, now = (
        tmp_path / "answers.yaml",
        Answers(knowledge=Knowledge.INPUT, data_may_leave=False, gpu_hours=1.5),
    )
    save_answers(path, now, Answers())
    assert load_answers(path) == now


def test_a_file_changed_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path, known = written(tmp_path)
    path.write_text("knowledge: model\n")
    with pytest.raises(UserError, match=r"answers\.yaml was changed outside this page"):
        save_answers(path, replace(known, tone=Tone.OURS), known)
    assert path.read_text() == "knowledge: model\n"


def test_lines_that_are_no_answers_stay() -> None:
    known = Answers(knowledge=Knowledge.RARE)
    assert merged("# a: b\nknowledge: rare\n", known, known) == "# a: b\nknowledge: rare\n"
