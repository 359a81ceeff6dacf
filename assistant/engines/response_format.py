"""What an endpoint is told of an answer's shape, in OpenAI's `response_format`, and the answer taken out of what it sends.

A server's own engine holds the answer to it. Such a format is always JSON and its whole an object, so a label, a pattern's text
or a list travels inside one. Knows nothing of servers, and trusts none: what comes back in another shape is left as it is, and
the form's check judges it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.engines.shapes import Constraint, Kind

_KEYS = {Kind.CHOICE: "label", Kind.JSON: "answer", Kind.PATTERN: "answer"}
# What the strict mode of hosted servers takes; a schema with anything else is refused there, so it is asked for less strictly.
_STRICT = frozenset(
    "type properties required additionalProperties items enum const anyOf $ref $defs title description pattern format "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems".split()
)


def response_format(asked: Constraint | None) -> dict[str, Any] | None:
    """Return what is asked of an endpoint; None where answers are held to nothing."""
    if asked is None:
        return None
    schema = _schema(asked)
    if wraps(asked):
        shared = {key: schema[key] for key in ("$defs",) if key in schema}  # where `#/$defs/…` is looked for
        inner = {key: value for key, value in schema.items() if key not in ("$defs", "$schema")}
        name = _KEYS[asked.kind]
        schema = {
            "type": "object",
            "properties": {name: inner},
            "required": [name],
            "additionalProperties": False,
            **shared,
        }
    strict = schema.get("type") == "object" and all(_is_strict(part) for part in _parts(schema))
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": strict, "schema": schema}}


def wraps(asked: Constraint | None) -> bool:
    """Return whether answers travel inside an object, so that they can't be shown before they are whole."""
    if asked is None:
        return False
    if asked.kind is not Kind.JSON:
        return True
    schema = _schema(asked)
    # a reference to the root would miss it from inside of another one
    if any(str(part.get("$ref", "")).startswith("#") and not _shared(part) for part in _parts(schema)):
        return False
    return schema.get("type", "object" if "properties" in schema else None) != "object"


def unwrap(text: str, asked: Constraint | None) -> str:
    """Return the answer out of what an endpoint sent; the text itself where it is not of the shape that was asked for."""
    if not wraps(asked) or asked is None:
        return text
    name = _KEYS[asked.kind]
    try:
        sent = json.loads(text)
    except ValueError:
        return text
    if not isinstance(sent, dict) or set(sent) != {name}:
        return text
    if asked.kind is Kind.JSON:
        return json.dumps(sent[name], ensure_ascii=False)
    return sent[name] if isinstance(sent[name], str) else text


def _schema(asked: Constraint) -> dict[str, Any]:
    if asked.kind is Kind.CHOICE:
        return {"type": "string", "enum": list(asked.labels)}
    if asked.kind is Kind.PATTERN:
        return {"type": "string", "pattern": f"^(?:{asked.pattern})$"}
    return dict(asked.schema or {})


def _shared(part: Mapping[str, Any]) -> bool:
    return str(part["$ref"]).startswith("#/$defs/")


def _is_strict(part: Mapping[str, Any]) -> bool:
    """Return whether one schema, its parts aside, is of those that the strict mode takes: closed, and all of it required."""
    if not set(part) <= _STRICT | {"$schema"}:
        return False
    if part.get("type") != "object" and "properties" not in part:
        return True
    asked = set(part.get("properties", {}))
    return part.get("additionalProperties") is False and set(part.get("required", ())) == asked


def _parts(schema: object) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and every schema inside of it; what stands under `enum` and `const` is a value and no schema."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    for key, value in schema.items():
        if key in ("properties", "patternProperties", "$defs", "dependentSchemas") and isinstance(
            value, Mapping
        ):
            for part in value.values():
                yield from _parts(part)
        elif key in ("allOf", "anyOf", "oneOf", "prefixItems") and isinstance(value, list):
            for part in value:
                yield from _parts(part)
        elif key not in ("enum", "const", "default", "examples"):
            yield from _parts(value)
