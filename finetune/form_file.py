"""`form.yaml`: a house's form as a file, with every mistake named at once by its line.

Knows nothing of how answers are checked beyond asking a form to check its own abstention.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from finetune.form import Form, count_words
from finetune.text import squeeze
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import listed, read_text

WHAT = "the form file"


class _Wrong(Exception):
    """A value is wrong; the message is the rest of a sentence that begins with its key."""


def read_form(path: Path) -> Form:
    """Read a form; `finetune.form.load_form` is this.

    Raises:
        UserError: The file can't be read, is no mapping, or holds mistakes; all are named at once.
    """
    form, mistakes = _read(*_root(path, read_text(path, WHAT)))
    if mistakes:
        raise UserError(
            listed(path, WHAT, (f"line {line}: {sentence}" for line, sentence in sorted(mistakes)))
        )
    return form


def form_of(values: Mapping[str, Any]) -> tuple[Form, list[str]]:
    """Return the form that plain values make, and every mistake in them as a sentence.

    They are read as `form.yaml` is: JSON is YAML.
    """
    try:
        loader = yaml.SafeLoader(json.dumps(values, ensure_ascii=False))
        form, mistakes = _read(loader, loader.get_single_node())
    except yaml.YAMLError as error:
        return Form(), [f"holds a letter that no text file holds ({getattr(error, 'reason', error)})."]
    return form, [sentence for _, sentence in sorted(mistakes)]


def _read(loader: Any, node: Any) -> tuple[Form, list[tuple[int, str]]]:
    """Return the form of a mapping, and its mistakes with their lines."""
    mistakes: list[tuple[int, str]] = []
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key not in _FIELDS:
            known = (
                f" Known keys are {one_of(_FIELDS)}." if not (close := did_you_mean(key, _FIELDS)) else close
            )
            mistakes.append((line, f'"{key}" is not a key of a form.{known}'))
        elif key in lines:
            mistakes.append((line, f'"{key}" stands twice, first in line {lines[key]}. Keep one of them.'))
        else:
            lines[key] = line
            try:
                values |= _value(loader, key, value_node)
            except _Wrong as wrong:
                mistakes.append((line, f"{key} {wrong}"))
    form = Form(**values)
    return form, mistakes + [(lines[key], sentence) for key, sentence in _at_odds(form)]


def _root(path: Path, text: str) -> tuple[Any, yaml.MappingNode]:
    """Return the mapping that a file holds, and the loader that builds its values."""
    try:
        loader = yaml.SafeLoader(text)  # the Python one: its marks carry the lines
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        hint = "Text that holds a colon, a # or a leading bracket needs quotes."
        raise UserError(listed(path, WHAT, [f"{where}not YAML ({problem}). {hint}"])) from None
    if node is None:
        raise UserError(
            f"{path}: {WHAT} is empty. Write at least one key, as in `max_words: 45`, or delete the file."
        )
    if not isinstance(node, yaml.MappingNode):
        seen = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
        raise UserError(f"{path}: {WHAT} must hold `key: value` lines, but holds {seen}.")
    return loader, node


def _value(loader: Any, key: str, node: yaml.Node) -> dict[str, Any]:
    """Return `{key: value}`; nothing when the value is left empty, so that the field keeps its default."""
    try:
        value = loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = getattr(error, "problem", None) or error
        raise _Wrong(f"can't be read ({problem}). Write it in quotes.") from None
    return {} if value is None else {key: _FIELDS[key](key, value, node)}


def _text(key: str, value: Any, node: yaml.Node) -> str:
    if isinstance(value, str):
        return value.strip()
    if not isinstance(node, yaml.ScalarNode):
        raise _Wrong(f"must be one text, but is {_kind(value)}.")
    raw = str(node.value)
    raise _Wrong(f'must be text, but YAML reads {raw} as {_kind(value)}. Write it in quotes: {key}: "{raw}".')


def _line(key: str, value: Any, node: yaml.Node) -> str:
    text = _text(key, value, node)
    if "\n" in text:
        raise _Wrong("must be one line, but has several. Shorten it.")
    return text


def _number(key: str, value: Any, node: yaml.Node) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong(f"must be a whole number, but is {_kind(value)}. Write it as in `{key}: 45`.")
    if value < 1:
        raise _Wrong(f"must be at least 1, but is {value}.")
    return value


def _flag(key: str, value: Any, node: yaml.Node) -> bool:
    if isinstance(value, bool):
        return value
    raise _Wrong(
        f"must be true or false, but is {_kind(value)}. Write it as in `{key}: true`, without quotes."
    )


def _texts(key: str, value: Any, node: yaml.Node) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Wrong(
            f'must be a list, but is {_kind(value)}. Write it as in `{key}: ["guaranteed", "as an AI"]`.'
        )
    texts = []
    for item, item_node in zip(value, node.value, strict=True):
        if not isinstance(item, str):
            raw = item_node.value if isinstance(item_node, yaml.ScalarNode) else _kind(item)
            raise _Wrong(
                f"must hold texts only, but holds {raw} in line {item_node.start_mark.line + 1}. Quote it."
            )
        if squeeze(item):
            texts.append(squeeze(item))
    return tuple(texts)


def _labels(key: str, value: Any, node: yaml.Node) -> tuple[str, ...]:
    labels = _texts(key, value, node)
    if len(set(labels)) < 2 or len(set(labels)) < len(labels):
        raise _Wrong(f"must hold two or more different labels, but holds {', '.join(labels) or 'none'}.")
    return labels


def _pattern(key: str, value: Any, node: yaml.Node) -> str:
    text = _text(key, value, node)
    try:
        re.compile(text)
    except re.error as error:
        raise _Wrong(
            f"is not a regular expression ({error}). Mend it, or write it in single quotes."
        ) from None
    return text


def _schema(key: str, value: Any, node: yaml.Node) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(f"must be a JSON Schema as a mapping, but is {_kind(value)}.")
    jsonschema = importlib.import_module("jsonschema")
    try:
        json.dumps(value)
        jsonschema.Draft202012Validator.check_schema(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise _Wrong(f"must hold only what JSON knows ({error}). Put dates in quotes.") from None
    except jsonschema.SchemaError as error:
        raise _Wrong(f"is not a JSON Schema ({error.message}).") from None
    return value


def _kind(value: Any) -> str:
    """Return what a value is, in words."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a mapping",
    }
    return names.get(type(value), "a date or time")


_FIELDS: dict[str, Callable[[str, Any, yaml.Node], Any]] = {
    "name": _line,
    "instructions": _text,
    "opening": _text,
    "closing": _text,
    "max_words": _number,
    "citations": _flag,
    "forbid": _texts,
    "abstain": _text,
    "labels": _labels,
    "pattern": _pattern,
    "json_schema": _schema,
}


def _at_odds(form: Form) -> list[tuple[str, str]]:
    """Return `(key, sentence)` for every part of a form that no answer could keep beside the others."""
    found = []
    ends = [key for key in ("opening", "closing") if getattr(form, key)]
    if form.json_schema is not None and ends:
        found.append(
            ("json_schema", f"an answer with {' and '.join(ends)} can't be JSON. Remove one of them.")
        )
    around = [
        key for key in ("opening", "closing", "abstain", "citations", "json_schema") if getattr(form, key)
    ]
    if form.labels and around:
        found.append(
            (
                "labels",
                f"an answer that is a label only leaves no room for {' and '.join(around)}. Remove one of them.",
            )
        )
    for label in form.labels:
        if not around and not (score := form.check(label)).value:
            found.append(
                (
                    "labels",
                    f'"{label}" itself breaks the form ({score.reason}). Change it, or the rest of the form.',
                )
            )
    least = count_words(form.opening) + count_words(form.closing) + 1
    if form.max_words is not None and form.max_words < least and ends:
        taken = " and ".join(ends)
        sentence = f"max_words is {form.max_words}, but {taken} leave no word for the answer. Allow more."
        found.append(("max_words", sentence))
    for key in ends:
        broken = Form(forbid=form.forbid).check(getattr(form, key))
        if not broken.value:
            found.append((key, f"{key} itself breaks the form ({broken.reason}). Change it or forbid."))
    if form.abstain and not found and not (score := form.check(form.abstention, answerable=False)).value:
        found.append(
            (
                "abstain",
                f"abstain itself breaks the form ({score.reason}). Change it so that it keeps the form.",
            )
        )
    return found
