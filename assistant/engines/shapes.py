"""What the answers of a form are held to while they are made: its labels, its JSON Schema, its pattern.

Schemas and patterns are written as grammars that llguidance takes, and tried on it. What can't be held is named by `unheld`, and
is left to the form's check. Knows nothing of tokens: `assistant.engines.constrain` holds answers to what is said here.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from finetune.form import Form
from foundation.files import sha256_text

# Between JSON's parts: nothing, a space, or a line break and an indent. Were there no end to it, a weak model would write spaces
# until it is cut off.
_SPACES = r"(\n[ \t]{0,16}| )?"
_CHECKED = "so answers are only checked for it"


class Kind(StrEnum):
    """What an answer is held to."""

    CHOICE = "choice"
    """One of the form's labels."""
    JSON = "json_schema"
    """JSON that fits the form's schema, its properties in the schema's order."""
    PATTERN = "pattern"
    """A text that the form's pattern fits as a whole."""


@dataclass(frozen=True)
class Constraint:
    """The shape that every answer gets, whatever the model would rather say."""

    kind: Kind
    """What an answer is held to."""
    labels: tuple[str, ...] = ()
    """What it may be, where it is a choice."""
    schema: Mapping[str, Any] | None = field(default=None, hash=False)
    """What it fits, where it is JSON."""
    pattern: str = ""
    """What it matches from end to end, where it is a pattern; without `^` and `$`."""
    grammar: str = field(default="", repr=False)
    """A rule named `answer` in llguidance's Lark syntax; empty for a choice."""

    @property
    def mark(self) -> str:
        """A hash of everything that decides how answers are held."""
        return sha256_text(f"{self.kind}|{'|'.join(self.labels)}|{self.grammar}")


def constraint(form: Form) -> Constraint | None:
    """Return what the answers of a form are held to; None where it asks for no shape, or for none that can be held."""
    return _compiled(_Asked.of(form))[0]


def unheld(form: Form) -> tuple[str, ...]:
    """Return a sentence for everything of a form's shape that can't be held while an answer is made."""
    return _compiled(_Asked.of(form))[1]


def fixed_values(schema: Any) -> frozenset[str]:
    """Return the words that a JSON Schema itself prescribes: to choose one of them is no quotation of a passage."""
    if isinstance(schema, list):
        return frozenset().union(*(fixed_values(one) for one in schema))
    if not isinstance(schema, dict):
        return frozenset()
    own = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
    inner = (fixed_values(one) for key, one in schema.items() if key not in ("enum", "const"))
    return frozenset(str(one) for one in own).union(*inner)


@dataclass(frozen=True)
class _Asked:
    """What decides a constraint, so that each is compiled once."""

    labels: tuple[str, ...]
    schema: str
    pattern: str

    @classmethod
    def of(cls, form: Form) -> _Asked:
        schema = "" if form.json_schema is None else json.dumps(form.json_schema, ensure_ascii=False)
        return cls(form.labels, schema, form.pattern)


@functools.lru_cache(maxsize=64)
def _compiled(asked: _Asked) -> tuple[Constraint | None, tuple[str, ...]]:
    """Return a constraint, and sentences on what it does not hold."""
    if asked.labels:  # each label keeps the rest of the form, or the form's file is refused
        return Constraint(Kind.CHOICE, asked.labels), ()
    if asked.schema:
        return _json(asked.schema, asked.pattern)
    if not asked.pattern:
        return None, ()
    inner = _anchored(asked.pattern)
    if inner is None:
        return None, (
            f"The pattern {asked.pattern} does not fit an answer from ^ to $ and can't be held while one is made, "
            f"{_CHECKED}.",
        )
    return _pattern(asked.pattern, inner)


def _pattern(pattern: str, inner: str) -> tuple[Constraint | None, tuple[str, ...]]:
    from llguidance import regex_to_lark

    try:
        grammar = f"answer: /{regex_to_lark(inner, use_ascii='')}/"
        failed, told = _validated(grammar)
    except ValueError as error:
        failed, told = True, [str(error)]
    if failed:
        return None, (
            f"The pattern {pattern} can't be held while an answer is made ({_reason(told)}), {_CHECKED}.",
        )
    return Constraint(Kind.PATTERN, pattern=inner, grammar=grammar), ()


def _json(schema: str, pattern: str) -> tuple[Constraint | None, tuple[str, ...]]:
    value, notes = json.loads(schema), []
    if pattern:
        notes.append(
            f"The pattern {pattern} can't be held beside json_schema while an answer is made, {_CHECKED}."
        )
    # lenient: what it does not know of JSON Schema is left out, so that all that fits the schema stays possible
    told_to = {"whitespace_pattern": _SPACES, "lenient": True, "coerce_one_of": True}
    grammar = f"answer: %json {json.dumps({**value, 'x-guidance': told_to})}"
    failed, told = _validated(grammar)
    if failed:
        notes.append(f"json_schema can't be held while an answer is made ({_reason(told)}), {_CHECKED}.")
        return None, tuple(notes)
    keys = [
        key for line in told if line.startswith("Unimplemented") for key in re.findall(r'"([^"]+)"', line)
    ]
    if keys:
        named = " and ".join(sorted(set(keys)))
        notes.append(f"json_schema: {named} can't be held while an answer is made, {_CHECKED}.")
    if any(line.startswith("oneOf") for line in told):
        notes.append(
            "json_schema: oneOf is held as anyOf while an answer is made; whether only one of them fits, is only checked."
        )
    return Constraint(Kind.JSON, schema=value, grammar=grammar), tuple(notes)


def _validated(grammar: str) -> tuple[bool, list[str]]:
    """Return whether a grammar is refused, and why, or what of it is left out."""
    from llguidance import LLMatcher

    whole = LLMatcher.grammar_from_lark(f"start: answer\n{grammar}")
    return LLMatcher.validate_grammar_with_warnings(whole)


def _reason(told: Sequence[str]) -> str:
    """Return the heart of llguidance's message, which goes on with the whole grammar."""
    text = re.sub(r"\n\s+\d+ \| .*", "", "\n".join(told), flags=re.DOTALL)
    return " ".join(re.sub(r"at \d+\(\d+\): |failed to compile JSON schema: ", "", text).split())


def _anchored(pattern: str) -> str | None:
    r"""Return what stands between `^` and `$` (`\A` and `\Z`) of a pattern; None where they do not hold all of it."""
    body = re.sub(r"\A(\^|\\A)", "", pattern)
    before_end = re.search(r"(\\*)(\$|Z)\Z", body)
    odd = before_end is not None and len(before_end[1]) % 2 == 1
    if body == pattern or before_end is None or odd != (before_end[2] == "Z"):
        return None
    inner = body[: before_end.start(2) - odd]
    # escapes and sets are one letter each; then an alternative outside of all groups is one that ^ or $ does not hold
    flat = re.sub(r"\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]", "x", inner, flags=re.DOTALL)
    depth = 0
    for letter in flat:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            return None
    return inner
