"""The questionnaire: what is asked, in which words and order, and which values an answer may have.

Knows nothing of rules: whether a question is asked depends on earlier answers only, by a condition in the
data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from advisor.answers import CHOICES, FLAGS, Answers, Value
from advisor.catalog import raw_questions
from advisor.vocabulary import Language
from foundation.errors import UserError, did_you_mean, one_of

YES = ("yes", "true", "evet")
NO = ("no", "false", "hayır", "hayir")
DONT_KNOW = ("", "unknown", "don't know", "dont know", "?", "bilmiyorum")


class Kind(StrEnum):
    """How a question is answered."""

    WORD = "word"
    YES_NO = "yes_no"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Option:
    """One word that may answer a question."""

    value: str
    """The word in an answers file."""
    label: str
    """What the user reads."""


@dataclass(frozen=True, slots=True)
class Number:
    """What a number may be."""

    unit: str
    """The unit, as the user reads it."""
    suffixes: Mapping[str, float]
    """What may be written behind the number, and what it multiplies by."""
    minimum: float
    """The least it may be, in the unit."""
    maximum: float
    """The most it may be, in the unit."""
    whole: bool
    """Whether it must be a whole number."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the questionnaire, in one language."""

    id: str
    """Its key in an answers file, and the field of `Answers`."""
    topic: str
    """The heading it stands under."""
    dimensions: tuple[int, ...]
    """Which of the 27 dimensions of the evidence it covers."""
    arranged: str | None
    """Why dimensions are merged into it, or one is split over several questions; None where it is one to
    one."""
    kind: Kind
    """How it is answered."""
    text: str
    """The question."""
    help: str
    """What is meant, and why it matters."""
    example: str
    """An answer somebody gave."""
    options: tuple[Option, ...]
    """The words or yes and no that may answer it; empty for a number."""
    number: Number | None
    """What a number may be; None for the other kinds."""
    changeable: bool
    """Whether work or a measurement can change the answer, so that what would follow is worth naming
    first."""
    better: int
    """Where a team works to: 1 for the later options and higher numbers, -1 for the earlier ones, 0 where neither is better."""
    unless: Mapping[str, frozenset[str]]
    """Earlier answers that make this question irrelevant: question to plain values."""

    def is_asked(self, answers: Answers) -> bool:
        """Return whether the question is relevant after `answers`; a "don't know" never hides one."""
        for question, values in self.unless.items():
            value = answers.get(question)
            if value is not None and plain(value) in values:
                return False
        return True

    def parse(self, raw: object) -> Value | None:
        """Return the answer that `raw` (a text, number, boolean or None) stands for; None is "don't know".

        Raises:
            UserError: It is none of the options, no number, in another unit, out of range, or 0.4 where 40 % may be meant.
        """
        value = self.read(raw)
        share = self.number is not None and "%" in self.number.suffixes
        if share and isinstance(value, float) and 0 < value < 1 and "%" not in str(raw):
            raise UserError(
                f"{self.id} is in percent: write {value * 100:g} for {value * 100:g} %, or {value:g} % where that is meant."
            )
        return value

    def read(self, raw: object) -> Value | None:
        """Return the answer that `plain` wrote, or that `raw` stands for, a share below 1 % included.

        Raises:
            UserError: As `parse`, but for such shares.
        """
        if raw is None or (isinstance(raw, str) and raw.strip().lower() in DONT_KNOW):
            return None
        if self.kind is Kind.NUMBER:
            return self._number(raw)
        if self.kind is Kind.YES_NO:
            return self._flag(raw)
        # YAML and JSON readers turn `no` into False; the word is meant where it is an option.
        word = ("yes" if raw else "no") if isinstance(raw, bool) else str(raw).strip()
        vocabulary = CHOICES[self.id]
        if word.lower() in ("true", "false") and "no" in list(vocabulary):
            word = "yes" if word.lower() == "true" else "no"
        try:
            return vocabulary(word)
        except ValueError:
            names = [member.value for member in vocabulary]
            meant = self._meant(word) or did_you_mean(word, names)
            raise UserError(
                f'{self.id} must be {one_of(names)}, but is "{shortened(word)}".{meant}'
            ) from None

    def _meant(self, word: str) -> str:
        """Return ` Did you mean …?` where somebody wrote an option in another case, or its label in either language."""
        for language in Language:
            for option in question(self.id, language).options:
                if word.lower() in (option.value.lower(), option.label.lower()):
                    return f' Did you mean "{option.value}"?'
        return ""

    def _flag(self, raw: object) -> bool:
        word = ("yes" if raw else "no") if isinstance(raw, bool) else str(raw).strip().lower()
        if word in YES:
            return True
        if word in NO:
            return False
        raise UserError(f'{self.id} must be yes or no, but is "{shortened(raw)}".')

    def _number(self, raw: object) -> int | float:
        assert self.number is not None  # every number question carries one; a test sweeps the data
        readings, suffix = _split(raw)
        units = ", ".join(self.number.suffixes)
        if not readings:
            raise UserError(f'{self.id} must be {self._wanted()}, but is "{shortened(raw)}".')
        factor = _factor(suffix, self.number.suffixes)
        if factor is None:
            raise UserError(
                f'{self.id} is counted in {self.number.unit} (may be written {units}), not in "{suffix}".'
            )
        values = [_tidy(amount * factor) for amount in readings]
        fit = [value for value in values if self.mistake(value) is None]
        if len(fit) > 1:
            either = " or ".join(f"{value:.1f}" if value < 1000 else f"{value:g}" for value in fit)
            raise UserError(f"{self.id}: {shortened(raw)} can be read in two ways. Write {either}.")
        if not fit:
            raise UserError(str(self.mistake(values[0])))
        return fit[0]

    def _wanted(self) -> str:
        """Return what kind of number is asked for, as a sentence needs it."""
        assert self.number is not None
        if "%" in self.number.suffixes:
            return "a percentage"
        return f"a number of {self.number.unit}" if self.number.unit[:2] != "in" else "an amount of money"

    def mistake(self, value: int | float) -> str | None:
        """Return the sentence that says what is wrong with a number, or None where nothing is."""
        assert self.number is not None
        if not math.isfinite(value) or not self.number.minimum <= value <= self.number.maximum:
            between = f"{self.number.minimum:,.0f} and {self.number.maximum:,.0f} {self.number.unit}"
            return f"{self.id} must be between {between}, but is {value:,g}."
        if self.number.whole and value != int(value):
            return f"{self.id} must be a whole number of {self.number.unit}, but is {value:g}."
        return None


_TYPED = re.compile(
    r"(?P<percent>%?)\s*(?P<amount>[+-]?(?:[\d.,_]*\d)(?:[eE][+-]?\d{1,3})?)\s*(?P<unit>[^\d]*)"
)


def _split(raw: object) -> tuple[tuple[float, ...], str]:
    """Return the ways in which an amount can be read, none where it is no number, and what is written beside it."""
    if isinstance(raw, bool):
        return (), ""
    if isinstance(raw, int | float):
        try:
            return (float(raw),), ""
        except OverflowError:
            return (math.inf,), ""
    match = _TYPED.fullmatch(str(raw).strip())
    if match is None:
        return (), ""
    return _readings(match["amount"].replace("_", "")), (match["unit"].strip() or match["percent"])


def _readings(text: str) -> tuple[float, ...]:
    """Return what a number with points or commas may mean.

    `12.000` is twelve thousand in Turkish and twelve in English: read the wrong way in silence, it would change the advice.
    """
    signs = [sign for sign in text if sign in ".,"]
    if not signs:
        return (float(text),)
    several = len(signs) > 1
    decimal = signs[-1] if len(set(signs)) == 2 or not several else ""
    whole, _, rest = text.rpartition(decimal) if decimal else (text, "", "")
    groups = re.split(r"[.,]", whole.lstrip("+-"))
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return ()
    joined = re.sub(r"[.,]", "", whole)
    told = float(f"{joined or 0}.{rest}" if rest else joined)
    thousands = not several and re.fullmatch(r"[+-]?[1-9]\d{0,2}", whole) and re.fullmatch(r"\d{3}", rest)
    return (float(joined + rest), told) if thousands else (told,)


def _tidy(value: float) -> int | float:
    """Return a number without the dust of a multiplication, as a whole one where it is whole."""
    if not math.isfinite(value):
        return value
    value = round(value, 9)
    return int(value) if value.is_integer() else value


def _factor(suffix: str, known: Mapping[str, float]) -> float | None:
    """Return what a suffix multiplies by; in whatever case, where only one suffix is meant by it."""
    if not suffix:
        return 1.0
    if suffix in known:
        return known[suffix]
    alike = {factor for name, factor in known.items() if name.lower() == suffix.lower()}
    return alike.pop() if len(alike) == 1 else None


def shortened(raw: object, most: int = 60) -> str:
    """Return what a user wrote, cut where it would fill the screen."""
    text = str(raw)
    return text if len(text) <= most else f"{text[:most]}…"


def plain(value: Value) -> str:
    """Return an answer as it is written in an answers file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    if not isinstance(value, float):
        return str(value)
    text = f"{value:g}"
    # three decimals could be thousands, and would be asked for again
    return f"{text}0" if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text) else text


def written(name: str, value: Value) -> str:
    """Return an answer as `plain` does, with the sign that keeps a share below 1 % from being taken for a fraction."""
    small = isinstance(value, float) and 0 < value < 1
    number = question(name).number
    return f"{plain(value)} %" if small and number is not None and "%" in number.suffixes else plain(value)


def _kind(question: str) -> Kind:
    if question in CHOICES:
        return Kind.WORD
    return Kind.YES_NO if question in FLAGS else Kind.NUMBER


def _question(row: Mapping[str, Any], language: Language) -> Question:
    words = row[language.value]
    number = None
    if "min" in row:
        suffixes = {str(key): float(factor) for key, factor in row["suffixes"].items()}
        number = Number(row["unit"][language.value], suffixes, row["min"], row["max"], bool(row.get("whole")))
    return Question(
        id=row["id"],
        topic=row["topic"],
        dimensions=tuple(row["dimensions"]),
        arranged=row.get("arranged"),
        kind=_kind(row["id"]),
        text=words["text"],
        help=words["help"],
        example=words["example"],
        options=tuple(
            Option(value, label[language.value]) for value, label in row.get("options", {}).items()
        ),
        number=number,
        changeable=bool(row.get("changeable")),
        better={"up": 1, "down": -1}.get(row.get("better", ""), 0),
        unless={key: frozenset(map(str, values)) for key, values in row.get("unless", {}).items()},
    )


@cache
def questionnaire(language: Language | str = Language.EN) -> tuple[Question, ...]:
    """Return every question in the order of asking: what decides most first.

    Args:
        language: `en` or `tr`.

    Raises:
        UserError: There is no wording in that language.
    """
    try:
        spoken = Language(language)
    except ValueError:
        names = [member.value for member in Language]
        raise UserError(f'The advisor speaks {one_of(names)}, not "{language}".') from None
    return tuple(_question(row, spoken) for row in raw_questions())


@cache
def question(name: str, language: Language = Language.EN) -> Question:
    """Return one question by its id."""
    return next(one for one in questionnaire(language) if one.id == name)


def asked(answers: Answers) -> tuple[str, ...]:
    """Return the ids of the questions that are relevant after `answers`, in the order of asking."""
    return tuple(one.id for one in questionnaire() if one.is_asked(answers))


def next_question(answers: Answers, language: Language = Language.EN) -> Question | None:
    """Return the first relevant question without an answer, or None when all are answered."""
    for one in questionnaire(language):
        if answers.get(one.id) is None and one.is_asked(answers):
            return one
    return None


def relevant(answers: Answers) -> Answers:
    """Return `answers` without those to questions that earlier answers made irrelevant."""
    from dataclasses import replace

    keep = set(asked(answers))
    stale = {name: None for name in answers.to_mapping() if name not in keep}
    return replace(answers, **stale) if stale else answers


def spoken(value: float, language: Language) -> str:
    """Return a number with the signs for thousands and decimals that a language uses."""
    amount = f"{value:,.0f}" if float(value).is_integer() else f"{value:,g}"
    return amount.translate(str.maketrans(",.", ".,")) if language is Language.TR else amount


def percent(value: float, language: Language) -> str:
    """Return a percentage as a language writes it: `80 %`, `%80`."""
    return f"%{spoken(value, language)}" if language is Language.TR else f"{spoken(value, language)} %"


def format_answer(name: str, value: Value, language: Language = Language.EN) -> str:
    """Return an answer as a person reads it: the label of an option, or a number with its unit."""
    one = question(name, language)
    if one.number is not None:
        assert isinstance(value, int | float)
        amount = spoken(value, language)
        if "%" in one.number.suffixes:
            return percent(value, language)
        return f"{amount} {one.number.unit}".strip()
    return next(option.label for option in one.options if option.value == plain(value))
