"""The advisor's data, read once and lazily: questions, thresholds, sources and wording.

Knows the shape of the files in `data/`, and nothing of what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from advisor.vocabulary import Language, Rung
from foundation.errors import UserError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Source:
    """Something a rule or a threshold may rest on."""

    id: str
    """Its key in the data."""
    title: str
    """Author and title, with the identifier by which it is found."""
    date: str
    """When it was published, or read where it carries no date (YYYY or YYYY-MM)."""
    read: str
    """How it was read: full, abstract, second-hand, or own (a judgement of this project)."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a rule turns on."""

    name: str
    """By which the rules call it."""
    value: float
    """The number, in `unit`."""
    unit: str
    """The unit of `value`."""
    question: str | None
    """The question whose answer is held against it, where there is exactly one."""
    source: Source
    """Where it comes from."""
    date: str
    """The date of that source."""
    note: str
    """What the source says, or how the number was reasoned."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence in every language, and what it rests on."""

    text: Mapping[Language, str]
    """The sentence; `{question}` stands for an answer and `{threshold}` for a number."""
    source: Source | None
    """What it rests on; None where it only states an arrangement of this project."""
    command: str | None = None
    """The `rungwise` command that does it, for a step."""
    duty: Mapping[Language, str] | None = None
    """What is owed for it, for a risk."""


@dataclass(frozen=True, slots=True)
class GainData:
    """What a study gained by a rung."""

    rung: Rung
    """The rung."""
    over: Rung
    """The rung it was held against."""
    low: float
    """The least it changed, in `unit`."""
    high: float
    """The most it changed, in `unit`."""
    unit: str
    """`accuracy` (points of right answers), `points` (of the study's own measure) or `bleu`."""
    wording: Wording
    """What was compared, and the study."""


@dataclass(frozen=True, slots=True)
class Effort:
    """A figure that a cost is made of."""

    low: float
    """The least, in `unit`."""
    high: float
    """The most, in `unit`."""
    unit: str
    """The unit of both."""
    wording: Wording
    """What it is for, and where it comes from."""


def data() -> Traversable:
    """Return the folder of the advisor's data."""
    from importlib.resources import files  # this costs time that `import advisor` need not pay

    return files("advisor") / "data"


def _load(name: str) -> Any:
    """Read a file of data.

    Raises:
        UserError: It is no YAML; the line is named.
    """
    import yaml  # as above

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # the C one where libyaml is there; both are safe loaders
        reader = loader((data() / name).read_text(encoding="utf-8"))
        try:
            return reader.get_single_data()
        finally:
            reader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"advisor/data/{name}, line {line}: {error.problem}. Mend the file.") from None


def _each(
    name: str, rows: Mapping[str, dict[str, Any]], made: Callable[[str, dict[str, Any]], _Row]
) -> dict[str, _Row]:
    """Make something of every row of a file of data.

    Raises:
        UserError: A row lacks something, or holds what is no number or names nothing; its line is named.
    """
    found = {}
    for key, row in rows.items():
        try:
            found[key] = made(key, row)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f'advisor/data/{name}, line {_line_of(name, key)}: "{key}" {_wrong(row, error)}. Mend the file.'
            ) from None
    return found


def _wrong(row: Any, error: Exception) -> str:
    if not isinstance(row, dict):
        return "is no row of keys and values"
    if isinstance(error, KeyError):
        name = error.args[0]
        return f'names "{name}", which there is not' if name in row.values() else f'lacks "{name}"'
    return f"holds a value of another kind than is read here ({error})"


def _line_of(name: str, key: str) -> int:
    lines = (data() / name).read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(f"{key}:")), 1)


@cache
def raw_questions() -> list[dict[str, Any]]:
    """Return the questions as written in `data/questions.yaml`."""
    rows: list[dict[str, Any]] = _load("questions.yaml")
    return rows


@cache
def sources() -> Mapping[str, Source]:
    """Return every source by its key."""
    return _each(
        "sources.yaml",
        _load("sources.yaml"),
        lambda key, row: Source(key, str(row["title"]), str(row["date"]), row["read"]),
    )


@cache
def thresholds() -> Mapping[str, Threshold]:
    """Return every threshold by its name."""
    return _each("thresholds.yaml", _load("thresholds.yaml"), _threshold)


def _threshold(name: str, row: Mapping[str, Any]) -> Threshold:
    return Threshold(
        name=name,
        value=float(row["value"]),
        unit=row["unit"],
        question=row.get("question"),
        source=sources()[row["source"]],
        date=str(row["date"]),
        note=row["note"],
    )


@cache
def limit(name: str) -> float:
    """Return the value of the threshold called `name`."""
    return thresholds()[name].value


@cache
def wordings(kind: str) -> Mapping[str, Wording]:
    """Return the wording of one kind by id: `rules`, `methods`, `missing`, `steps`, `risks`, `efforts` or `card`."""
    name = "wording.yaml" if kind in ("missing", "card") else f"{kind}.yaml"
    return _each(name, _load(name)[kind], lambda key, row: _wording(row))


def _wording(row: Mapping[str, Any]) -> Wording:
    return Wording(
        text=_spoken(row),
        source=sources()[row["source"]] if "source" in row else None,
        command=row.get("command"),
        duty=_spoken(row["duty"]) if "duty" in row else None,
    )


def _spoken(row: Mapping[str, Any]) -> Mapping[Language, str]:
    return {language: row[language.value] for language in Language}


@cache
def efforts() -> Mapping[str, Effort]:
    """Return every figure that a cost is made of, by its name."""
    return _each(
        "efforts.yaml",
        _load("efforts.yaml")["efforts"],
        lambda key, row: Effort(float(row["low"]), float(row["high"]), row["unit"], _wording(row)),
    )


@cache
def gain_data() -> Mapping[str, GainData]:
    """Return every study's finding by its id, in the order of the ladder."""
    return _each(
        "gains.yaml",
        _load("gains.yaml")["gains"],
        lambda key, row: GainData(
            Rung(row["rung"]), Rung(row["over"]), row["low"], row["high"], row["unit"], _wording(row)
        ),
    )


def word(name: str, language: Language) -> str:
    """Return a word of the card."""
    return wordings("card")[name].text[language]


def rung_name(rung: Rung, language: Language = Language.EN) -> str:
    """Return what a rung is called."""
    return word(rung.value, language)


def cited(source: Source | None) -> str | None:
    """Return a source as it is cited: title and date."""
    return None if source is None else f"{source.title} ({source.date})"
