"""What several rules share: conditions over answers that are no rule by themselves.

Knows nothing of rungs and weights. What is not known makes no condition true.
"""

from __future__ import annotations

from advisor.answers import Answers
from advisor.catalog import limit
from advisor.target import target
from advisor.vocabulary import (
    BaseSize,
    BaseWeights,
    ChangeRate,
    Knowledge,
    LabelSpace,
    OutputForm,
    PromptTried,
    Tone,
)


def changes_fast(a: Answers) -> bool:
    """Whether the facts change at the pace at which they may not live in weights."""
    return a.change_rate is not None and a.change_rate.reaches(ChangeRate.MONTHLY)


def is_outside(a: Answers) -> bool:
    """Whether the facts are neither in the model nor in the input."""
    return a.knowledge in (Knowledge.PRIVATE, Knowledge.RECENT, Knowledge.RARE)


def hosted(a: Answers) -> bool:
    """Whether the base model runs at a provider."""
    return a.base_weights in (BaseWeights.CLOSED, BaseWeights.PROVIDER)


def prompt_room(a: Answers) -> float | None:
    """Return how many tokens of knowledge one prompt can hold, or None where that is not known."""
    most = limit("prompt_knowledge_tokens")
    if a.window_tokens is not None:
        return min(most, a.window_tokens * limit("window_share") / 100)
    return most if hosted(a) else None


def fits_prompt(a: Answers) -> bool:
    """Whether the whole knowledge can stand in every prompt, and stays as it is."""
    room = prompt_room(a)
    if a.knowledge_tokens is None or room is None or a.change_rate is None:
        return False
    return a.knowledge_tokens <= room and not changes_fast(a)


def out_of_reach(a: Answers) -> bool:
    """Whether no prompt can hold what the answer needs, so that trying prompts first would tell nothing."""
    return (is_outside(a) and not fits_prompt(a)) or a.label_space is LabelSpace.TOO_LARGE


def larger_base(a: Answers) -> bool:
    """Whether the base model is known to be larger than small."""
    return a.base_size in (BaseSize.MEDIUM, BaseSize.FRONTIER)


def high_volume(a: Answers) -> bool:
    """Whether the tokens read in a month would pay for a machine of one's own; at the price told, where one is."""
    tokens = (a.requests_per_month or 0) * (a.prompt_tokens or 0)
    if a.token_price is not None:
        return tokens * a.token_price / 1e6 >= limit("monthly_bill_high")
    return tokens >= limit("monthly_tokens_high")


def tight_latency(a: Answers) -> bool:
    """Whether an answer must come before a user's train of thought breaks."""
    return a.latency_ms is not None and a.latency_ms <= limit("latency_tight_ms")


def must_stay(a: Answers) -> bool:
    """Whether the data may not go where the base model runs."""
    return a.data_may_leave is False and hosted(a)


def must_shrink(a: Answers) -> bool:
    """Whether cost, latency or privacy asks for a smaller or local model than the one that was tried."""
    return (larger_base(a) and (high_volume(a) or tight_latency(a))) or must_stay(a)


def meets_target(a: Answers) -> bool:
    """Whether the best prompt passes as many questions as are wanted."""
    wanted = target(a).percent
    return a.prompt_pass_rate is not None and wanted is not None and a.prompt_pass_rate >= wanted


def gap_of_behaviour(a: Answers) -> bool:
    """Whether a prompt with examples falls short, and what is told of its failures doesn't explain it otherwise."""
    wanted = target(a).percent
    if a.prompt_tried is not PromptTried.WITH_EXAMPLES or a.prompt_pass_rate is None or wanted is None:
        return False
    otherwise = (
        (a.failures_facts is not None and a.failures_facts >= limit("failures_many"))
        or (a.failures_reasoning is not None and a.failures_reasoning >= limit("failures_most"))
        or (a.failures_form is not None and a.failures_form <= limit("failures_few"))
    )
    return a.prompt_pass_rate < wanted and not otherwise


def behaviour_is_wanted(a: Answers) -> bool:
    """Whether form, tone or language are said to be what a model has to be taught."""
    return a.output_form is OutputForm.OWN or a.tone is Tone.OURS or a.far_from_english is True
