"""What an endpoint is told of an answer's shape, and what is made of what it sends."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from assistant.engines.response_format import response_format, unwrap, wraps
from assistant.engines.shapes import constraint
from finetune.form import EMPTY, Form

CLOSED = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


def asked(form: Form) -> dict[str, Any]:
    told = response_format(constraint(form))
    assert told is not None and told["type"] == "json_schema"
    jsonschema.Draft202012Validator.check_schema(told["json_schema"]["schema"])
    return dict(told["json_schema"])


def test_a_form_without_a_shape_asks_for_none() -> None:
    assert response_format(constraint(EMPTY)) is None
    assert unwrap("Hello.", None) == "Hello." and not wraps(None)


def test_labels_travel_inside_an_object_and_come_out_bare() -> None:
    form = Form(labels=("açık", "closed"))
    told = asked(form)
    assert told["strict"] is True
    assert told["schema"]["properties"] == {"label": {"type": "string", "enum": ["açık", "closed"]}}
    assert unwrap('{"label": "a\\u00e7\\u0131k"}', constraint(form)) == "açık"


@pytest.mark.parametrize(
    "sent", ["closed", '"closed"', '{"label": 3}', '{"label": "closed", "x": 1}', "[]", ""]
)
def test_what_another_server_sends_instead_is_left_for_the_check(sent: str) -> None:
    assert unwrap(sent, constraint(Form(labels=("a", "closed")))) == sent


def test_an_object_travels_as_it_is() -> None:
    form = Form(json_schema=CLOSED)
    assert asked(form) == {"name": "answer", "strict": True, "schema": CLOSED}
    assert unwrap('{"label": "x"}', constraint(form)) == '{"label": "x"}'


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {**CLOSED, "required": []},
        {**CLOSED, "minProperties": 1},
        {**CLOSED, "properties": {"name": {"type": "object"}}},
    ],
)
def test_a_schema_that_the_strict_mode_would_refuse_is_asked_for_without_it(schema: dict[str, Any]) -> None:
    assert asked(Form(json_schema=schema))["strict"] is False


def test_a_property_named_like_a_keyword_is_no_keyword() -> None:
    schema = {**CLOSED, "properties": {"not": {"enum": [{"not": 1}]}}, "required": ["not"]}
    assert asked(Form(json_schema=schema))["strict"] is True


def test_a_list_travels_inside_an_object_with_what_it_refers_to() -> None:
    form = Form(
        json_schema={"$defs": {"n": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/n"}}
    )
    schema = asked(form)["schema"]
    jsonschema.validate({"answer": [1, 2]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"answer": ["1"]}, schema)
    text = unwrap('{"answer": [1, 2]}', constraint(form))
    assert json.loads(text) == [1, 2] and form.check(text).value


def test_a_schema_that_refers_to_its_own_root_is_not_put_inside_another() -> None:
    form = Form(json_schema={"type": "array", "items": {"$ref": "#"}})
    assert not wraps(constraint(form)) and asked(form)["schema"] == form.json_schema


def test_a_pattern_travels_as_a_string_that_it_fits() -> None:
    form = Form(pattern=r"^\d+\|x$")
    schema = asked(form)["schema"]
    jsonschema.validate({"answer": "12|x"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"answer": "12|xy"}, schema)
    assert unwrap('{"answer": "12|x"}', constraint(form)) == "12|x"
