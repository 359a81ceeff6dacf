"""What each rung takes: hours of people, GPU hours, tokens and money a month. Ranges by formulas, side by side.

The figures are in `data/efforts.yaml`, each with its source; what is not known is None, never a guess. Knows nothing of
which rung is advised, and calls no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.answers import Answers
from advisor.catalog import Effort, efforts, limit
from advisor.conditions import fits_prompt, is_outside
from advisor.vocabulary import BaseSize, ExampleQuality, PersonalData, Rung

_MINUTES = 60.0
Range = tuple[float, float]
"""The least and the most."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one rung takes."""

    rung: Rung
    """The rung."""
    preparation_hours: Range
    """Work of people until the first measured release."""
    upkeep_hours: Range
    """Work of people a month after it."""
    gpu_hours: Range | None
    """Training once, on one data-centre GPU; None where the size of the model is not known. (0, 0): no training."""
    tokens: Range | None
    """Tokens read a month; None where requests or prompt length are not known."""
    money: Range | None
    """What these tokens cost a month, in the currency of `token_price`; None where the price is not known."""


def costs(a: Answers) -> tuple[Cost, ...]:
    """Return what every rung takes, lowest rung first."""
    return tuple(_cost(rung, a) for rung in Rung)


def _cost(rung: Rung, a: Answers) -> Cost:
    tokens = _tokens(rung, a)
    money = None if tokens is None or a.token_price is None else _cents(_times(tokens, a.token_price / 1e6))
    return Cost(rung, _preparation(rung, a), _upkeep(rung), _gpu_hours(rung, a), tokens, money)


def _preparation(rung: Rung, a: Answers) -> Range:
    """Return the hours of people: what has to be written, set up, reviewed and measured."""
    parts = [_effort("write_prompt")]
    questions = max(0.0, limit("evidence_strong") - (a.test_questions or 0))
    parts.append(_times(_effort("question"), questions / _MINUTES))
    if rung.retrieves:
        parts.append(_effort("set_up_retrieval"))
    if rung.trains:
        short = max(0.0, limit("examples_minimum") - (a.examples or 0))
        parts += [_effort("train_and_measure"), _times(_effort("example"), short / _MINUTES)]
        if a.example_quality in (None, ExampleQuality.UNREVIEWED):
            parts.append(_times(_effort("review"), (a.examples or 0) / _MINUTES))
        if a.personal_data in (PersonalData.PRESENT, PersonalData.SPECIAL):
            parts.append(_times(_effort("anonymise"), _rows(a) / _MINUTES))
    return _rounded(_sum(parts))


def _upkeep(rung: Rung) -> Range:
    parts = [_effort("keep_prompt")]
    if rung.retrieves:
        parts.append(_effort("keep_documents"))
    if rung.trains:
        parts.append(_effort("keep_adapter"))
    return _rounded(_sum(parts))


def _rows(a: Answers) -> float:
    return max(float(a.examples or 0), limit("examples_minimum"))


def _gpu_hours(rung: Rung, a: Answers) -> Range | None:
    """Return the hours of one training: 6 operations a weight and token (Kaplan et al. 2020), over what a GPU sustains."""
    if not rung.trains:
        return 0.0, 0.0
    weights = {BaseSize.SMALL: "small_weights", BaseSize.MEDIUM: "medium_weights"}.get(a.base_size)  # type: ignore[arg-type]
    if weights is None:
        return None
    row = (float(a.prompt_tokens), float(a.prompt_tokens)) if a.prompt_tokens else _effort("row_tokens")
    low, high = (
        flops * size * 1e9 * _rows(a) * tokens * epochs
        for flops, size, tokens, epochs in zip(
            _effort("flops"), _effort(weights), row, _effort("epochs"), strict=True
        )
    )
    slow, fast = _times(_effort("gpu_speed"), 3600e12)
    return round(low / fast, 3), round(high / slow, 3)


def _tokens(rung: Rung, a: Answers) -> Range | None:
    """Return the tokens read a month; training shortens the prompt, retrieval lengthens it, long context most of all."""
    if not a.requests_per_month or not a.prompt_tokens:
        return None
    each: Range = (float(a.prompt_tokens), float(a.prompt_tokens))
    if rung.trains:
        each = _multiplied(each, _times(_effort("shorter_prompt"), 0.01))
    if rung.retrieves:
        each = _sum([each, _effort("passages")])
    elif is_outside(a) and fits_prompt(a) and rung is Rung.PROMPT:
        knowledge = float(a.knowledge_tokens or 0)
        each = _sum([each, (knowledge, knowledge)])
    return _times(each, float(a.requests_per_month))


def _effort(name: str) -> Range:
    found: Effort = efforts()[name]
    return found.low, found.high


def _times(one: Range, factor: float) -> Range:
    return one[0] * factor, one[1] * factor


def _multiplied(one: Range, other: Range) -> Range:
    return one[0] * other[0], one[1] * other[1]


def _sum(parts: list[Range]) -> Range:
    return sum(low for low, _ in parts), sum(high for _, high in parts)


def _rounded(one: Range) -> Range:
    return float(round(one[0])), float(round(one[1]))


def _cents(one: Range) -> Range:
    return round(one[0], 2), round(one[1], 2)
