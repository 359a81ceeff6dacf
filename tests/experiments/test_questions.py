"""The questions file is read whole, or every mistake in it is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from experiments import Kind, Part, Turn, load_questions
from foundation.errors import UserError
from foundation.normalise import contains

GOOD = {
    "id": "t-1",
    "part": "test",
    "kind": "single",
    "question": "How long?",
    "facts": [["30 days", "thirty days"]],
    "answerable": True,
    "gold": ["policies/returns.md"],
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def complaint(path: Path, *rows: object) -> str:
    with pytest.raises(UserError) as caught:
        load_questions(write(path, *rows))
    return str(caught.value)


def test_a_question_is_read_with_everything_in_it(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "And the kettle?"}]
    row = GOOD | {"kind": "follow-up", "must_not": ["14 days"], "conversation": turns}
    [question] = load_questions(write(tmp_path / "q.jsonl", row))
    assert question.kind is Kind.FOLLOW_UP
    assert question.part is Part.TEST
    assert question.facts == (("30 days", "thirty days"),)
    assert question.must_not == ("14 days",)
    assert question.conversation == (Turn("user", "And the kettle?"),)
    assert question.turns == turns


def test_only_the_part_asked_for_is_returned(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", GOOD, GOOD | {"id": "d-1", "part": "dev"})
    assert [question.id for question in load_questions(path, "dev")] == ["d-1"]
    assert len(load_questions(path)) == 2


def test_every_mistake_is_named_at_once_with_its_line_and_a_suggestion(tmp_path: Path) -> None:
    said = complaint(
        tmp_path / "q.jsonl",
        GOOD | {"anserable": True},
        GOOD | {"id": "t-2", "part": "tset"},
        GOOD,
        {"id": "t-4"},
    )
    assert "has 8 mistakes" in said
    assert 'line 1: unknown key "anserable". Did you mean "answerable"?' in said
    assert 'line 2: "part" must be dev or test, not \'tset\'. Did you mean "test"?' in said
    assert 'line 3: id "t-1" was used in line 1 already' in said
    assert 'line 4: the key "facts" is missing' in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"facts": []}, '"facts" is empty but "answerable" is true'),
        ({"gold": []}, '"gold" is empty but "answerable" is true'),
        ({"kind": "unanswerable"}, '"kind" is "unanswerable" but "answerable" is true'),
        ({"kind": "unanswerable", "answerable": False, "gold": []}, '"facts" must be empty when'),
        ({"kind": "unanswerable", "answerable": False, "facts": []}, '"gold" must be empty when'),
        ({"kind": "follow-up"}, '"conversation" is empty but "kind" is "follow-up"'),
        ({"facts": ["30 days"]}, '"facts" must be a list of lists'),
        ({"facts": [[]]}, '"facts" must be a list of lists'),
        ({"facts": [["—"]]}, "has no letter or digit to look for"),
        ({"must_not": "14 days"}, '"must_not" must be a list of texts'),
        ({"gold": [3]}, '"gold" must be a list of paths'),
        ({"conversation": [{"role": "system", "content": "x"}]}, '"conversation" must be a list of'),
        ({"answerable": "yes"}, '"answerable" must be true or false'),
        ({"question": "  "}, '"question" must be a text that is not empty'),
        (
            {"kind": ["single"]},
            '"kind" must be single, two, follow-up, unanswerable, label, outdated or underspecified',
        ),
    ],
)
def test_a_contradiction_or_a_wrong_type_is_named(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    assert sentence in complaint(tmp_path / "q.jsonl", GOOD | change)


def test_an_empty_part_and_an_unknown_part_are_mistakes(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", GOOD)
    with pytest.raises(UserError, match='holds no question in the part "dev"'):
        load_questions(path, "dev")
    with pytest.raises(UserError, match=r'must be dev or test, not "deve"\. Did you mean "dev"\?'):
        load_questions(path, "deve")
    with pytest.raises(UserError, match="is missing"):
        load_questions(tmp_path / "none.jsonl")


# ---------------------------------------------------------------- a shape of its own, asking back, and the page


def test_a_question_may_ask_for_a_shape_of_its_own(tmp_path: Path) -> None:
    [question] = load_questions(write(tmp_path / "q.jsonl", GOOD | {"form": {"max_words": 5}}))
    assert question.form is not None
    assert question.form.max_words == 5
    [plain] = load_questions(write(tmp_path / "q.jsonl", GOOD | {"form": {}}))
    assert plain.form is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"max_word": 5}, '"form" has no key "max_word". Did you mean "max_words"?'),
        ({"abstain": "No."}, '"form" has no key "abstain".'),
        ({"max_words": 0}, '"form": max_words must be at least 1, but is 0.'),
        ({"pattern": "["}, '"form": pattern is not a regular expression'),
        ({"json_schema": {"type": "objekt"}}, '"form": json_schema is not a JSON Schema'),
        ({"labels": ["one"]}, '"form": labels must hold two or more different labels'),
        ({"json_schema": {"type": "object"}, "opening": "Hi"}, "an answer with opening can't be JSON"),
        ({"pattern": "a\x7fb"}, '"form": holds a letter that no text file holds'),
        ([], '"form" must be an object'),
    ],
)
def test_a_shape_that_can_not_be_is_named(tmp_path: Path, form: object, sentence: str) -> None:
    assert sentence in complaint(tmp_path / "q.jsonl", GOOD | {"form": form})


def test_asking_back_is_for_questions_that_no_answer_is_right_for(tmp_path: Path) -> None:
    row = GOOD | {"kind": "underspecified", "answerable": False, "facts": [], "gold": []}
    [question] = load_questions(write(tmp_path / "q.jsonl", row))
    assert question.kind is Kind.UNDERSPECIFIED
    said = complaint(tmp_path / "q.jsonl", row | {"answerable": True})
    assert '"kind" is "underspecified" but "answerable" is true' in said


REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_example_of_the_page_on_questions_loads_and_there_is_one_of_each_kind(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "questions.md").read_text(encoding="utf-8")
    rows = re.findall(r"```json\n(.+?)\n```", page, re.DOTALL)
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    found = load_questions(path)
    assert len(found) == len(rows)
    assert {question.kind for question in found} == set(Kind)
    assert all(f"`{name}`" in page for row in rows for name in json.loads(row))


def test_every_writing_of_the_page_on_questions_is_found(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "questions.md").read_text(encoding="utf-8")
    table = page.split("| one value | is found as |", 1)[1].split("\n\n", 1)[0]
    rows = [re.findall(r"`([^`]+)`", line) for line in table.splitlines() if "`" in line]
    assert len(rows) == 7
    for value, *writings in rows:
        assert all(contains(f"It is {writing}.", value) for writing in writings), (value, writings)
    words = page.split("write them as further variants", 1)[1]
    for one, other in (("24 months", "2 years"), ("90 minutes", "1.5 hours")):
        assert one in words and other in words
        assert not contains(one, other)
