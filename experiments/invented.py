"""What an answer tells that nothing gave it: numbers, dates, times, codes and names out of thin air.

Knows nothing of causes or setups. A number is held against every number that was given, whatever unit stands beside
it: "30 EUR" where the passages say "30 days" is a mistake in reading, not an invention. Number words, and names at the
beginning of a sentence, are passed over.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator

from experiments.questions import Question
from experiments.records import Record
from finetune.quality.novel import untold
from foundation.normalise import Token, tokens
from foundation.vocabulary import MONTHS, fold, unit_or_currency

Undress = Callable[[str], str]
"""Takes off what every answer begins and ends with; `finetune.Form.undress` is one."""

_KINDS = ("l:", "t:", "phone:", "date:", "n:")
"""Readings that are values, in the order in which they are quoted."""
_LIST_MARK = re.compile(r"^\s*\(?\d{1,2}[.)]\s+", re.MULTILINE)


def as_it_is(text: str) -> str:
    """Return the text: an answer that wears no form."""
    return text


def invented(question: Question, record: Record, undress: Undress = as_it_is) -> tuple[str, ...]:
    """Return the values of an answer that stand in nothing it was given, in their order, each once.

    Given are the passages, the question, the conversation, and every accepted writing of the required facts.

    Args:
        question: What was asked.
        record: What was answered; an abstention and a failure tell nothing.
        undress: Takes off what every answer begins and ends with.
    """
    if record.failure is not None or record.abstained:
        return ()
    answer = undress(_LIST_MARK.sub("", record.text))  # which may squeeze lines into one
    given = [passage.text for passage in record.passages]
    given += [question.question, *(turn.content for turn in question.conversation)]
    given += [writing for fact in question.facts for writing in fact]
    names = [value for value in untold(answer, given) if _is_name(value)]
    return tuple(dict.fromkeys([*_new_values(answer, given), *names]))


def _new_values(answer: str, given: Iterable[str]) -> Iterator[str]:
    runs = [run for text in given for run in _runs(text)]
    readings = {reading for run in runs for token in run for reading in token.readings}
    for run in _runs(answer):
        if len(run) > 1:
            known = any(_same(run, other) for other in runs)
        else:
            known = not _is_value(run[0]) or bool(run[0].readings & readings)
        if not known:
            yield "-".join(map(_written, run))


def _is_name(value: str) -> bool:
    """Return whether a value is neither a number nor what stands beside one: a month, a unit, a currency."""
    words = [fold(word) for word in value.split()]
    beside = (word in MONTHS or unit_or_currency(word) for word in words)
    return not any(char.isdigit() for char in value) and not all(beside)


def _runs(text: str) -> Iterator[tuple[Token, ...]]:
    """Yield the tokens of a text, those of one code ("RX-204") together."""
    run: list[Token] = []
    for token in tokens(text):
        if run and not token.glued:
            yield tuple(run)
            run = []
        run.append(token)
    if run:
        yield tuple(run)


def _same(one: tuple[Token, ...], other: tuple[Token, ...]) -> bool:
    return len(one) == len(other) and all(a.readings & b.readings for a, b in zip(one, other, strict=True))


def _is_value(token: Token) -> bool:
    return any(reading.startswith(_KINDS) for reading in token.readings)


def _written(token: Token) -> str:
    """Return a token as it may be quoted: one of its readings, without its kind."""
    for kind in _KINDS:
        for reading in sorted(token.readings):
            if reading.startswith(kind):
                value = reading.removeprefix(kind)
                return _day(value) if kind == "date:" else value
    return min(token.readings).partition(":")[2].upper()


def _day(value: str) -> str:
    month, _, day = value.partition("-")
    return f"{int(day)} {calendar.month_name[int(month)]}"
