"""A recommendation in words: a card for the terminal, or Markdown to hand to a colleague.

Knows nothing of how anything was decided, adds no claim of its own, and writes no colour codes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.catalog import cited, rung_name, word, wordings
from advisor.evidence import Interval
from advisor.prospects import Lines, cost_lines, gain_lines, risk_lines, sample_lines
from advisor.questionnaire import format_answer, percent, question, spoken
from advisor.recommendation import Flip, PassedOver, Reason, Recommendation, fill
from advisor.vocabulary import Language

SHOWN = 5
"""How many flips and open questions a card shows; `to_dict` holds all."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines; each line is a sentence and, where there is one, what stands below it."""

    name: str
    """Which section: `why`, `flips` and the like."""
    heading: str
    """Its heading, in words."""
    lines: Lines
    """What it says."""
    numbered: bool = False
    """Whether the lines are steps, with a command below each."""


def to_text(r: Recommendation, width: int = 80, language: Language | str = Language.EN) -> str:
    """Return the recommendation as a card for a terminal of `width` columns (at least 40)."""
    width, spoken = max(width, 40), Language(language)
    blocks = [_wrapped(line, width, "", "  ") for line in head(r, spoken)]
    for section in sections(r, spoken):
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
    first, *rest = head(r, spoken)
    lines = [f"# {first}", "", *(f"{line}  " for line in rest)]
    for section in sections(r, spoken):
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
    lines += ["", f"## {word('your_answers', spoken)}", ""]
    lines += [f"- {asked} **{said}**" for asked, said in answer_lines(r, spoken)]
    return "\n".join([*lines, "", f"*{word('made_with', spoken)}*"]) + "\n"


def answer_lines(r: Recommendation, language: Language) -> Iterator[tuple[str, str]]:
    """Yield every answer that was weighed, as question and answer in words."""
    for name in r.answers.to_mapping():
        value = r.answers.get(name)
        if value is not None:
            yield question(name, language).text, format_answer(name, value, language)


def _wrapped(text: str, width: int, first: str, rest: str) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def head(r: Recommendation, language: Language) -> Iterator[str]:
    """Yield the lines at the top: the advice, how sure it is, the target and what was measured."""
    yield f"{word('advice', language)}: {rung_name(r.rung, language)}"
    sure = f"{word(r.level.value, language)} ({spoken(round(r.confidence, 2), language)})"
    second = f"{word('runner_up', language)}: {rung_name(r.runner_up, language)}"
    yield f"{word('confidence', language)}: {sure} · {second}"
    if r.target.percent is not None:
        even = (
            ""
            if r.target.break_even is None
            else f" ({word('break_even', language)} {percent(r.target.break_even, language)})"
        )
        yield f"{word('target', language)}: {percent(r.target.percent, language)}{even}"
    if r.target.abstain_below:
        yield f"{word('abstain_below', language)}: {percent(r.target.abstain_below, language)}"
    if r.evidence is not None:
        yield f"{word('measured_on', language)}: {r.evidence.questions} {word('questions', language)}"


def sections(r: Recommendation, language: Language) -> Iterator[Section]:
    """Yield the sections that have something to say, what decides first."""

    def sentence(kind: str, name: str) -> str:
        return fill(wordings(kind)[name].text[language], r.answers, language)

    def told(reasons: tuple[Reason, ...]) -> tuple[tuple[str, str | None], ...]:
        return tuple((one.sentence(r.answers, language), _grounds(one, r, language)) for one in reasons)

    named = {one.rule for one in r.reasons}
    # a gate that is a reason already is not told twice; a met target is no gate to open
    closed = tuple(one for one in r.gates if one.rule not in named)
    everything = (
        ("how", tuple((sentence("methods", name), None) for name in r.method)),
        ("why", told(r.reasons)),
        ("vetoes", told(r.vetoes)),
        ("gates", told(closed)),
        ("against", told(r.against)),
        ("passed_over", passed_lines(r, language)),
        ("measured", measured_lines(r, language)),
        ("unmeasured", unmeasured_lines(r, language)),
        ("overrides", override_lines(r, language)),
        ("overruled", told(r.overruled)),
        ("missing", _missing(r, language)),
        ("steps", tuple((sentence("steps", one.id), one.command) for one in r.steps)),
        ("flips", _flips(r, language)),
        ("sample", sample_lines(r, language)),
        ("gains", gain_lines(r, language)),
        ("costs", cost_lines(r, language)),
        ("risks", risk_lines(r, language)),
        ("unknown", tuple((question(name, language).text, None) for name in r.unknown[:SHOWN])),
        ("ignored", tuple((question(name, language).text, None) for name in r.ignored)),
    )
    for name, lines in everything:
        if lines:
            yield Section(name, word(name, language), lines, numbered=name == "steps")


def passed_lines(r: Recommendation, language: Language) -> Lines:
    """Return a line for every reason against other rungs; rungs that one reason speaks against share it."""
    by_rule: dict[str, list[PassedOver]] = {}
    for one in r.passed_over:
        by_rule.setdefault(one.reason.rule, []).append(one)
    return tuple(
        (
            f"{', '.join(rung_name(one.rung, language) for one in same)}: "
            f"{same[0].reason.sentence(r.answers, language)}",
            None,
        )
        for same in by_rule.values()
    )


def _grounds(reason: Reason, r: Recommendation, language: Language) -> str | None:
    """Return the answers that triggered a reason, and its source."""
    said = [f"{name}: {_said(name, value, language)}" for name, value in reason.answers]
    source = cited(reason.source)
    return " · ".join([*said, source] if source else said) or None


def _said(name: str, value: str | None, language: Language) -> str:
    """Return a plain value as a person reads it."""
    parsed = question(name).read(value)
    return word("dont_know", language) if parsed is None else format_answer(name, parsed, language)


def unmeasured_lines(r: Recommendation, language: Language) -> Lines:
    """Return the advice before and after the measurement, and which rules it woke and put to silence."""
    before = r.unmeasured
    if before is None:
        return ()
    same = f" ({word('unchanged', language)})" if before.rung is r.rung else ""
    rules = ((word("spoke", language), before.spoke), (word("silent", language), before.silent))
    told = " · ".join(f"{heading}: {', '.join(names)}" for heading, names in rules if names)
    line = (
        f"{word('before_measuring', language)}: {rung_name(before.rung, language)} → "
        f"{word('now', language)}: {rung_name(r.rung, language)}{same}"
    )
    return ((line[:1].upper() + line[1:], told or None),)


def measured_lines(r: Recommendation, language: Language) -> Lines:
    """Return what every setup passed, and what retrieval, the adapter and both together did, with 95 % intervals."""
    if r.evidence is None:
        return ()

    def interval(one: Interval, share: bool) -> str:
        mean, low, high = (round(100 * value, 1) for value in (one.mean, one.low, one.high))
        told = percent(mean, language) if share else f"{spoken(mean, language)} {word('points', language)}"
        return f"{told} ({spoken(low, language)} … {spoken(high, language)})"

    passed = (
        f"{rung_name(rung, language)}: {interval(rate, True)}" for rung, rate in r.evidence.setups.items()
    )
    effects = (
        f"{word(f'effect_{name}', language)}: {interval(effect, False)}"
        for name, effect in r.evidence.effects.items()
    )
    return tuple((line, None) for line in (*passed, *effects))


def override_lines(r: Recommendation, language: Language) -> Lines:
    """Return the answers that the measurement replaced, with what took their place."""
    return tuple(
        (
            f"{question(o.question, language).text} {_said(o.question, o.said, language)} → "
            f"{_said(o.question, o.measured, language)}",
            None,
        )
        for o in r.overrides
    )


def _missing(r: Recommendation, language: Language) -> tuple[tuple[str, str | None], ...]:
    def line(have: int | None, need: int) -> str:
        held = word("not_known", language) if have is None else str(have)
        return f"{word('have', language)}: {held}; {word('need', language)}: {need}"

    return tuple(
        (f"{m.short} {wordings('missing')[m.id].text[language]} ({line(m.have, m.need)})", None)
        for m in r.missing
    )


def shown_flips(r: Recommendation) -> tuple[Flip, ...]:
    """Return the flips that a card names: the first that leads to each rung, then others.

    What nobody would work towards is named only where there is nothing else.
    """
    wanted = tuple(flip for flip in r.flips if not flip.worsens) or r.flips
    nearest = {flip.rung: flip for flip in reversed(wanted)}.values()
    chosen = [*sorted(nearest, key=wanted.index), *(flip for flip in wanted if flip not in nearest)][:SHOWN]
    return tuple(sorted(chosen, key=wanted.index))


def flip_line(flip: Flip, language: Language) -> str:
    """Return a flip in the questions' own words: what changes, and where it leads."""
    joint = f" {word('and_also', language)} "
    changed = (
        f"{question(one.question, language).text} {_said(one.question, one.before, language)} → "
        f"{_said(one.question, one.after, language)}"
        for one in flip.changes
    )
    return f"{joint.join(changed)}: {rung_name(flip.rung, language)}"


def _flips(r: Recommendation, language: Language) -> tuple[tuple[str, str | None], ...]:
    return tuple((flip_line(flip, language), None) for flip in shown_flips(r))
