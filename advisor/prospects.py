"""What a rung will bring, take and risk, in words: the lines of a card about gains, costs, risks and the sample.

Knows nothing of how a card is drawn, and adds no claim of its own.
"""

from __future__ import annotations

from advisor.catalog import cited, rung_name, word, wordings
from advisor.costs import Cost, Range
from advisor.gains import Gain
from advisor.questionnaire import format_answer
from advisor.recommendation import Recommendation, fill
from advisor.vocabulary import Language

Lines = tuple[tuple[str, str | None], ...]
"""Sentences, each with what stands below it."""


def gain_lines(r: Recommendation, language: Language) -> Lines:
    """Return a line for each study that is near."""
    return tuple((_gain(one, language), cited(one.data.wording.source)) for one in r.gains)


def _gain(gain: Gain, language: Language) -> str:
    data = gain.data
    points = f"{data.low:+g}" if data.low == data.high else f"{data.low:+g} … {data.high:+g}"
    against = (
        f" ({word('over', language)} {rung_name(data.over, language)})" if data.over is not data.rung else ""
    )
    text = f"{rung_name(data.rung, language)}{against}: {points} {word(data.unit, language)}. {data.wording.text[language]}"
    if gain.measured is None:
        return text
    verdict = "" if gain.agrees is None else f", {word('agrees' if gain.agrees else 'disagrees', language)}"
    return f"{text} {word('measured_here', language).capitalize()}: {gain.measured:+g}{verdict}."


def cost_lines(r: Recommendation, language: Language) -> Lines:
    """Return a line for each rung."""
    return tuple((f"{rung_name(one.rung, language)}: {_cost(one, language)}", None) for one in r.costs)


def _cost(cost: Cost, language: Language) -> str:
    gpu = word("no_training", language) if cost.gpu_hours == (0.0, 0.0) else None
    parts = [
        f"{span(cost.preparation_hours, language)} {word('hours', language)} {word('preparation', language)}",
        f"{span(cost.upkeep_hours, language)} {word('hours_a_month', language)}",
        gpu or f"{span(cost.gpu_hours, language)} {word('gpu_hours', language)}",
        f"{span(cost.tokens, language)} {word('tokens_a_month', language)}",
    ]
    if cost.money is not None:
        parts.append(f"{span(cost.money, language)} {word('money_a_month', language)}")
    return "; ".join(parts)


def span(one: Range | None, language: Language) -> str:
    """Return a range as people write it; a question mark where an answer is missing."""
    if one is None:
        return "?"
    low, high = (amount(value, language) for value in one)
    return low if low == high else f"{low}–{high}"


def amount(value: float, language: Language) -> str:
    """Return a number as people write it: millions as M, small ones with what matters of their decimals."""
    if value >= 1e6:
        text = f"{value / 1e6:,.3g} M" if value < 1e9 else f"{value / 1e6:,.0f} M"
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
