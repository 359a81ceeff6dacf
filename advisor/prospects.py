"""What a rung will bring, take and risk, in words: the lines of a card about gains, costs, risks and the sample.

Knows nothing of how a card is drawn, and adds no claim of its own.
"""

from __future__ import annotations

from advisor.catalog import cited, rung_name, word, wordings
from advisor.conditions import must_shrink
from advisor.costs import Cost, Range
from advisor.gains import Gain
from advisor.questionnaire import format_answer, spoken
from advisor.recommendation import Recommendation, fill
from advisor.vocabulary import Language

Lines = tuple[tuple[str, str | None], ...]
"""Sentences, each with what stands below it."""


def gain_lines(r: Recommendation, language: Language) -> Lines:
    """Return a line for each study that is near."""
    return tuple((_gain(one, language), cited(one.data.wording.source)) for one in r.gains)


def _gain(gain: Gain, language: Language) -> str:
    data = gain.data
    low, high = (f"{'+' if end > 0 else ''}{spoken(end, language)}" for end in (data.low, data.high))
    points = low if data.low == data.high else f"{low} … {high}"
    other = word("over", language).format(rung=rung_name(data.over, language))
    against = f" ({other})" if data.over is not data.rung else ""
    text = f"{rung_name(data.rung, language)}{against}: {points} {word(data.unit, language)}. {data.wording.text[language]}"
    if gain.measured is None:
        return text
    verdict = "" if gain.agrees is None else f", {word('agrees' if gain.agrees else 'disagrees', language)}"
    return f"{text} {word('measured_here', language).capitalize()}: {gain.measured:+g}{verdict}."


def cost_lines(r: Recommendation, language: Language) -> Lines:
    """Return a line for each rung, and what the figures leave open."""
    lines = [(f"{rung_name(one.rung, language)}: {_cost(one, language)}.", None) for one in r.costs]
    lines += [(word(name, language), None) for name in cost_notes(r)]
    return tuple(lines)


def cost_notes(r: Recommendation) -> tuple[str, ...]:
    """Return the words for what the figures of cost leave open."""
    open_figures = ("cost_open",) if all(one.tokens is None for one in r.costs) else ()
    return open_figures or (("cost_large",) if must_shrink(r.answers) else ())


def _cost(cost: Cost, language: Language) -> str:
    no_training = cost.gpu_hours == (0.0, 0.0)
    figures = (
        ("cost_work", cost.preparation_hours),
        ("cost_upkeep", cost.upkeep_hours),
        ("cost_gpu", None if no_training else cost.gpu_hours),
        ("cost_tokens", cost.tokens),
        ("cost_money", cost.money),
    )
    parts = [
        word(name, language).format(span=span(one, language)) for name, one in figures if one is not None
    ]
    return "; ".join([*parts, word("no_training", language)] if no_training else parts)


def span(one: Range | None, language: Language) -> str:
    """Return a range as people write it; a question mark where an answer is missing."""
    if one is None:
        return "?"
    low, high = (amount(value, language) for value in one)
    return low if low == high else f"{low}–{high}"


def amount(value: float, language: Language) -> str:
    """Return a number as people write it: millions as M, small ones with what matters of their decimals."""
    if value >= 1e9:
        text = f"{value / 1e9:,.3g} {word('billion', language)}"
    elif value >= 1e6:
        text = f"{value / 1e6:,.3g} {word('million', language)}"
    elif value >= 10 or value == int(value):
        text = f"{value:,.0f}"
    else:
        text = f"{value:.2g}"
    return text.translate(str.maketrans(",.", ".,")) if language is Language.TR else text


def risk_lines(r: Recommendation, language: Language) -> Lines:
    """Return a line for each risk, with its duty below."""
    lines = []
    for risk in r.risks:
        wording = wordings("risks")[risk.id]
        duty = wording.duty[language] if wording.duty else ""
        source = cited(wording.source)
        below = f"{word('duty', language)}: {duty}" + (f" · {source}" if source else "")
        lines.append((fill(wording.text[language], r.answers, language), below))
    return tuple(lines)


def sample_lines(r: Recommendation, language: Language) -> Lines:
    """Return what the test questions show, and how many show more."""
    if r.sample.sees is None:
        first = word("sees_nothing", language)
    else:
        held = format_answer("test_questions", r.sample.have or 0, language)
        first = word("sees", language).format(test_questions=held, sees=r.sample.sees)
    needs = (
        word("takes", language).format(points=points, questions=amount(questions, language))
        for points, questions in r.sample.needs
        if questions > (r.sample.have or 0)
    )
    return ((" ".join((first, *needs)), None),)
