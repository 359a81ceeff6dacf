"""What of a form is held while answers are made, and the sentences on what is not."""

from __future__ import annotations

import pytest

from assistant.engines.shapes import Constraint, Kind, constraint, unheld
from finetune.form import EMPTY, Form


def test_a_form_without_a_shape_holds_nothing_and_says_nothing() -> None:
    for form in (EMPTY, Form(opening="Hello.", max_words=9, citations=True)):
        assert constraint(form) is None and unheld(form) == ()


def test_labels_schema_and_pattern_each_make_their_kind() -> None:
    made = [
        constraint(Form(labels=("a", "b"))),
        constraint(Form(json_schema={"type": "object"})),
        constraint(Form(pattern="^a+$")),
    ]
    assert [one.kind for one in made if one] == [Kind.CHOICE, Kind.JSON, Kind.PATTERN]
    assert len({one.mark for one in made if one}) == 3


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        (r"^a$", "a"),
        (r"\Aa\Z", "a"),
        (r"^a\\$", r"a\\"),
        (r"^(a|b)$", "(a|b)"),
        (r"^[|]$", "[|]"),
        (r"^[]|)]$", "[]|)]"),
        (r"^a\|b$", r"a\|b"),
        (r"^a\$", None),
        (r"^a\\\$", None),
        (r"^aZ", None),
        (r"^a|b$", None),
        (r"^(a)|(b)$", None),
        ("a$", None),
        ("^a", None),
        ("a", None),
    ],
)
def test_a_pattern_is_held_only_where_it_fits_the_answer_from_end_to_end(
    pattern: str, held: str | None
) -> None:
    form = Form(pattern=pattern)
    found = constraint(form)
    assert (found.pattern if found else None) == held
    assert bool(unheld(form)) == (held is None)


@pytest.mark.parametrize(("pattern", "why"), [(r"^(?=a)b$", "look-around"), (r"^(a)\1$", "backreferences")])
def test_a_pattern_that_no_automaton_takes_is_only_checked_and_the_reason_is_told(
    pattern: str, why: str
) -> None:
    assert constraint(Form(pattern=pattern)) is None
    (said,) = unheld(Form(pattern=pattern))
    assert why in said and "so answers are only checked for it." in said


def test_parts_of_a_schema_that_can_t_be_held_are_named_and_the_rest_is_held() -> None:
    form = Form(
        json_schema={
            "type": "object",
            "properties": {"tags": {"type": "array", "uniqueItems": True}, "n": {"not": {"const": 1}}},
        }
    )
    found = constraint(form)
    assert isinstance(found, Constraint) and found.kind is Kind.JSON
    (said,) = unheld(form)
    assert said == (
        "json_schema: not and uniqueItems can't be held while an answer is made, so answers are only checked for it."
    )


def test_one_of_is_held_as_any_of_and_said() -> None:
    form = Form(json_schema={"oneOf": [{"type": "integer"}, {"type": "number"}]})
    assert constraint(form) is not None
    assert "oneOf is held as anyOf" in unheld(form)[0]


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$ref": "https://example.com/schema"}, "https://example.com/schema"),
        ({"type": "string", "pattern": "(?=a)"}, "look-around"),
    ],
)
def test_a_schema_that_can_t_be_held_at_all_is_only_checked_and_said(
    schema: dict[str, str], why: str
) -> None:
    form = Form(json_schema=schema)
    assert constraint(form) is None
    (said,) = unheld(form)
    assert why in said and said.startswith("json_schema can't be held") and "%json" not in said


def test_an_unknown_format_is_no_loss_as_the_check_does_not_know_it_either() -> None:
    form = Form(json_schema={"type": "string", "format": "colour"})
    assert constraint(form) is not None and unheld(form) == () and form.check('"x"').value


def test_a_schema_s_own_options_for_the_engine_do_not_reach_it() -> None:
    plain = constraint(Form(json_schema={"type": "object"}))
    loose = constraint(Form(json_schema={"type": "object", "x-guidance": {"whitespace_flexible": True}}))
    assert plain is not None and loose is not None and plain.grammar == loose.grammar


def test_a_pattern_beside_a_schema_is_left_to_the_check() -> None:
    form = Form(json_schema={"type": "object"}, pattern="^.*$")
    found = constraint(form)
    assert found is not None and found.kind is Kind.JSON and "beside json_schema" in unheld(form)[0]
