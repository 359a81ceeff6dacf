"""A recommendation in words: a card for the terminal, or Markdown to hand to a colleague.

Knows nothing of how anything was decided, adds no claim of its own, and writes no colour codes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.catalog import wordings
from advisor.questionnaire import format_answer, question
from advisor.recommendation import Reason, Recommendation, fill
from advisor.vocabulary import Language, Rung

SHOWN = 5
"""How many flips and open questions a card shows; `to_dict` holds all."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and its lines; each line is a sentence and, where there is one, what stands below it."""

    heading: str
    lines: tuple[tuple[str, str | None], ...]
    numbered: bool = False


def to_text(r: Recommendation, width: int = 80, language: Language | str = Language.EN) -> str:
    """Return the recommendation as a card for a terminal of `width` columns (at least 40)."""
    width, spoken = max(width, 40), Language(language)
    blocks = [_wrapped(line, width, "", "  ") for line in _head(r, spoken)]
    for section in _sections(r, spoken):
        blocks.append(f"\n{section.heading}")
        for number, (sentence, below) in enumerate(section.lines, start=1):
            mark = f"{number:>2}. " if section.numbered else "  - "
            blocks.append(_wrapped(sentence, width, mark, "    "))
            if below:
                blocks.append(_wrapped(below, width, "      ", "      "))
    return "\n".join(blocks) + "\n"


def to_markdown(r: Recommendation, language: Language | str = Language.EN) -> str:
    """Return the recommendation as a Markdown document."""
    spoken = Language(language)
    first, *rest = _head(r, spoken)
    lines = [f"# {first}", "", *(f"{line}  " for line in rest)]
    for section in _sections(r, spoken):
        lines += ["", f"## {section.heading}", ""]
        for number, (sentence, below) in enumerate(section.lines, start=1):
            note = (
                f"  \n   *{below}*"
                if below and not section.numbered
                else f"  \n   `{below}`"
                if below
                else ""
            )
            lines.append(f"{f'{number}.' if section.numbered else '-'} {sentence}{note}")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int, first: str, rest: str) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _word(name: str, language: Language) -> str:
    return wordings("card")[name].text[language]


def rung_name(rung: Rung, language: Language = Language.EN) -> str:
    """Return what a rung is called."""
    return _word(rung.value, language)


def _head(r: Recommendation, language: Language) -> Iterator[str]:
    yield f"{_word('advice', language)}: {rung_name(r.rung, language)}"
    sure = f"{_word(r.level.value, language)} ({r.confidence:.2f})"
    second = f"{_word('runner_up', language)}: {rung_name(r.runner_up, language)}"
    yield f"{_word('confidence', language)}: {sure} · {second}"
    if r.target.percent is not None:
        even = (
            ""
            if r.target.break_even is None
            else f" ({_word('break_even', language)} {r.target.break_even:g} %)"
        )
        yield f"{_word('target', language)}: {r.target.percent:g} %{even}"
    if r.target.abstain_below:
        yield f"{_word('abstain_below', language)}: {r.target.abstain_below:g} %"
    if r.evidence is not None:
        yield f"{_word('measured_on', language)}: {r.evidence.questions} {_word('questions', language)}"


def _sections(r: Recommendation, language: Language) -> Iterator[_Section]:
    """Yield the sections that have something to say, what decides first."""

    def sentence(kind: str, name: str) -> str:
        return fill(wordings(kind)[name].text[language], r.answers, language)

    def told(reasons: tuple[Reason, ...]) -> tuple[tuple[str, str | None], ...]:
        return tuple((one.sentence(r.answers, language), _grounds(one, r, language)) for one in reasons)

    passed = tuple(
        (f"{rung_name(one.rung, language)}: {one.reason.sentence(r.answers, language)}", None)
        for one in r.passed_over
    )
    everything = (
        _Section("how", tuple((sentence("methods", name), None) for name in r.method)),
        _Section("why", told(r.reasons)),
        _Section("vetoes", told(r.vetoes)),
        _Section("gates", told(r.gates)),
        _Section("against", told(r.against)),
        _Section("passed_over", passed),
        _Section("overrides", _overrides(r, language)),
        _Section("overruled", told(r.overruled)),
        _Section("missing", _missing(r, language)),
        _Section("steps", tuple((sentence("steps", one.id), one.command) for one in r.steps), numbered=True),
        _Section("flips", _flips(r, language)),
        _Section("unknown", tuple((question(name, language).text, None) for name in r.unknown[:SHOWN])),
        _Section("ignored", tuple((question(name, language).text, None) for name in r.ignored)),
    )
    for section in everything:
        if section.lines:
            yield _Section(_word(section.heading, language), section.lines, section.numbered)


def _grounds(reason: Reason, r: Recommendation, language: Language) -> str | None:
    """Return the answers that triggered a reason, and its source."""
    said = [f"{name}: {_said(name, value, language)}" for name, value in reason.answers]
    source = reason.source
    cited = [] if source is None else [f"{source.title} ({source.date})"]
    return " · ".join(said + cited) or None


def _said(name: str, value: str | None, language: Language) -> str:
    """Return a plain value as a person reads it."""
    parsed = question(name).parse(value)
    return _word("dont_know", language) if parsed is None else format_answer(name, parsed, language)


def _overrides(r: Recommendation, language: Language) -> tuple[tuple[str, str | None], ...]:
    return tuple(
        (
            f"{o.question}: {_said(o.question, o.said, language)} → "
            f"{_said(o.question, o.measured, language)}",
            None,
        )
        for o in r.overrides
    )


def _missing(r: Recommendation, language: Language) -> tuple[tuple[str, str | None], ...]:
    def line(have: int | None, need: int) -> str:
        held = _word("dont_know", language) if have is None else str(have)
        return f"{_word('have', language)} {held}, {_word('need', language)} {need}"

    return tuple(
        (f"{m.short} {wordings('missing')[m.id].text[language]} ({line(m.have, m.need)})", None)
        for m in r.missing
    )


def _flips(r: Recommendation, language: Language) -> tuple[tuple[str, str | None], ...]:
    return tuple(
        (
            f"{f.question}: {_said(f.question, f.before, language)} → "
            f"{_said(f.question, f.after, language)}: {rung_name(f.rung, language)}",
            None,
        )
        for f in r.flips[:SHOWN]
    )
