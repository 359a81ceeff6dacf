"""The birth check of answers: types, ranges, and answers that contradict each other.

Knows nothing of files; `answers_file` adds the line numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.answers import CHOICES, FIELDS, FLAGS
from advisor.questionnaire import question
from foundation.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from advisor.answers import Answers, Value

SHARES = ("failures_facts", "failures_form", "failures_reasoning", "failures_retrieval")
"""Shares of one whole: the failed questions."""


def unknown_key(key: str) -> str:
    """Return the sentence for a question that does not exist."""
    return f'"{key}" is not a question of the questionnaire.{did_you_mean(key, FIELDS)}'


def share_mistake(values: Mapping[str, object]) -> str | None:
    """Return the sentence for failure shares that are more than a whole, or None."""
    shares = [value for name in SHARES if isinstance(value := values.get(name), int | float)]
    total = sum(shares)
    if total <= 100.5:  # shares that were rounded one by one
        return None
    return f"{', '.join(SHARES)} are shares of the same failures and may sum to 100 %, but sum to {round(total, 1):g} %."


def _mistake(name: str, value: object) -> str | None:
    if name in CHOICES:
        wanted = CHOICES[name]
        return None if isinstance(value, wanted) else f"{name} must be a {wanted.__name__}, but is {value!r}."
    if name in FLAGS:
        return None if isinstance(value, bool) else f"{name} must be True or False, but is {value!r}."
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{name} must be a number, but is {value!r}."
    return question(name).mistake(value)


def check(answers: Answers) -> None:
    """Refuse answers that no team can have given.

    Raises:
        UserError: Naming every mistake.
    """
    known = {name: value for name in FIELDS if (value := getattr(answers, name)) is not None}
    mistakes = [sentence for name, value in known.items() if (sentence := _mistake(name, value))]
    if not mistakes and (sentence := share_mistake(known)):
        mistakes.append(sentence)
    if mistakes:
        raise UserError("\n".join(mistakes))


def from_plain(values: Mapping[str, object]) -> Answers:
    """Make answers from plain values; see `Answers.from_mapping`."""
    from advisor.answers import Answers

    parsed: dict[str, Value | None] = {}
    mistakes: list[str] = []
    for key, raw in values.items():
        if key not in FIELDS:
            mistakes.append(unknown_key(key))
            continue
        try:
            parsed[key] = question(key).parse(raw)
        except UserError as error:
            mistakes.append(str(error))
    if sentence := share_mistake(parsed):
        mistakes.append(sentence)
    if mistakes:
        raise UserError("\n".join(mistakes))
    # `parse` returns the field's own type; a test sweeps them.
    return Answers(**parsed)  # type: ignore[arg-type]
