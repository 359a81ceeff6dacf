"""The rules that weigh: small named predicates over answers, each pushing retrieval, training or both.

Holds no wording and no numbers: sentences and sources are in `data/rules.yaml`, numbers in
`data/thresholds.yaml`. A predicate's name is what it says. Knows nothing of the order of questions, of
language, and of how rules are added up (that is `ladder`).

An answer that is not known makes no rule true. Of two rules about one ordered answer, the one for "more"
pushes at least as far as the one for "less": the tests hold the whole to that.
"""

from __future__ import annotations

from advisor.answers import Answers
from advisor.catalog import limit
from advisor.conditions import (
    changes_fast,
    fits_prompt,
    high_volume,
    is_outside,
    larger_base,
    must_stay,
    prompt_room,
    tight_latency,
)
from advisor.ladder import NUDGE, PUSH, STRONG, Book
from advisor.target import target
from advisor.vocabulary import (
    BaseSize,
    BaseWeights,
    ChangeRate,
    Citations,
    ExampleQuality,
    Knowledge,
    LabelSpace,
    OutputForm,
    PersonalData,
    PromptTried,
    Skill,
    Summaries,
    Tasks,
    Tone,
)

book = Book()
"""The rules, in the order written; `rules` adds the gates and vetoes."""

# ------------------------------------------------ facts: does the answer need what the model lacks?


@book.push("knowledge", retrieval=STRONG, need=True)
def private_knowledge(a: Answers) -> bool:
    return a.knowledge is Knowledge.PRIVATE


@book.push("knowledge", retrieval=STRONG, need=True)
def recent_knowledge(a: Answers) -> bool:
    return a.knowledge is Knowledge.RECENT


@book.push("knowledge", retrieval=STRONG, need=True)
def rare_knowledge(a: Answers) -> bool:
    return a.knowledge is Knowledge.RARE


@book.push("knowledge", retrieval=-PUSH)
def knowledge_in_input(a: Answers) -> bool:
    # A label list too large for the prompt is knowledge too, and it is not in the input.
    return a.knowledge is Knowledge.INPUT and a.label_space is not LabelSpace.TOO_LARGE


@book.push("knowledge", retrieval=-NUDGE)
def model_knows_enough(a: Answers) -> bool:
    return a.knowledge is Knowledge.MODEL


@book.push("change_rate", retrieval=PUSH, need=True)
def facts_change_fast(a: Answers) -> bool:
    return changes_fast(a)


@book.push("change_rate", retrieval=NUDGE)
def facts_change_slowly(a: Answers) -> bool:
    return a.change_rate in (ChangeRate.YEARLY, ChangeRate.QUARTERLY) and not fits_prompt(a)


@book.push("citations", retrieval=STRONG, need=True)
def must_cite(a: Answers) -> bool:
    return a.citations is Citations.MUST


@book.push("citations", retrieval=NUDGE)
def nice_to_cite(a: Answers) -> bool:
    return a.citations is Citations.NICE


@book.push("access_differs", retrieval=PUSH, need=True)
def users_see_different_documents(a: Answers) -> bool:
    return a.access_differs is True


@book.push("deletable", retrieval=NUDGE)
def documents_must_be_deletable(a: Answers) -> bool:
    return a.deletable is True


@book.push("knowledge_tokens", "window_tokens", retrieval=PUSH, need=True)
def knowledge_too_large_for_prompt(a: Answers) -> bool:
    room = prompt_room(a) or limit("prompt_knowledge_tokens")
    return a.knowledge_tokens is not None and a.knowledge_tokens > room


@book.push("knowledge_tokens", "change_rate", "window_tokens", retrieval=-STRONG)
def knowledge_fits_prompt(a: Answers) -> bool:
    return fits_prompt(a)


@book.push("summaries", retrieval=-PUSH)
def mostly_summaries(a: Answers) -> bool:
    return a.summaries is Summaries.MAINLY


@book.push("label_space", retrieval=STRONG, need=True)
def labels_exceed_prompt(a: Answers) -> bool:
    return a.label_space is LabelSpace.TOO_LARGE


@book.push("failures_facts", retrieval=STRONG, need=True)
def most_failures_lack_facts(a: Answers) -> bool:
    return a.failures_facts is not None and a.failures_facts >= limit("failures_most")


@book.push("failures_facts", retrieval=PUSH, need=True)
def many_failures_lack_facts(a: Answers) -> bool:
    return a.failures_facts is not None and limit("failures_many") <= a.failures_facts < limit(
        "failures_most"
    )


@book.push("failures_facts", retrieval=-PUSH)
def failures_have_the_facts(a: Answers) -> bool:
    return a.failures_facts is not None and a.failures_facts <= limit("failures_few")


@book.push("latency_ms", retrieval=-NUDGE)
def retrieval_costs_time(a: Answers) -> bool:
    return tight_latency(a)


@book.push("search_skill", retrieval=-NUDGE)
def nobody_keeps_the_search(a: Answers) -> bool:
    return a.search_skill is Skill.NONE


# ------------------------------------------------ behaviour: is the form wrong, and can that be taught?


@book.push("output_form", training=PUSH, need=True)
def own_form(a: Answers) -> bool:
    return a.output_form is OutputForm.OWN


@book.push("output_form", training=-NUDGE)
def schema_can_be_enforced(a: Answers) -> bool:
    return a.output_form is OutputForm.SCHEMA


@book.push("tone", training=PUSH, need=True)
def unmistakable_tone(a: Answers) -> bool:
    return a.tone is Tone.OURS


@book.push("tone", training=NUDGE)
def tone_has_a_guide(a: Answers) -> bool:
    return a.tone is Tone.GUIDE


@book.push("failures_form", training=STRONG, need=True)
def most_failures_break_form(a: Answers) -> bool:
    return a.failures_form is not None and a.failures_form >= limit("failures_most")


@book.push("failures_form", training=PUSH, need=True)
def many_failures_break_form(a: Answers) -> bool:
    return a.failures_form is not None and limit("failures_many") <= a.failures_form < limit("failures_most")


@book.push("failures_form", training=-PUSH)
def failures_keep_the_form(a: Answers) -> bool:
    return a.failures_form is not None and a.failures_form <= limit("failures_few")


@book.push("failures_reasoning", retrieval=-NUDGE, training=-PUSH)
def most_failures_are_reasoning(a: Answers) -> bool:
    return a.failures_reasoning is not None and a.failures_reasoning >= limit("failures_most")


@book.push("prompt_pass_rate", "target_pass_rate", "knowledge", training=PUSH, need=True)
def gap_without_missing_facts(a: Answers) -> bool:
    # With the facts at hand and examples in the prompt, what still fails is behaviour, unless the failures
    # say else.
    told = (a.failures_facts, a.failures_form, a.failures_reasoning)
    wanted = target(a).percent
    gap = a.prompt_pass_rate is not None and wanted is not None and a.prompt_pass_rate < wanted
    tried = a.prompt_tried is PromptTried.WITH_EXAMPLES and a.knowledge in (Knowledge.INPUT, Knowledge.MODEL)
    return gap and tried and all(share is None for share in told)


@book.push("far_from_english", training=PUSH, need=True)
def far_from_pretraining(a: Answers) -> bool:
    return a.far_from_english is True


@book.push("tasks", training=NUDGE)
def one_narrow_task(a: Answers) -> bool:
    return a.tasks is Tasks.NARROW


@book.push("tasks", training=-PUSH)
def open_ended_tasks(a: Answers) -> bool:
    return a.tasks is Tasks.OPEN


@book.push("examples", training=NUDGE)
def many_examples(a: Answers) -> bool:
    return a.examples is not None and a.examples >= limit("examples_production")


@book.push("examples", training=-NUDGE)
def examples_for_a_first_signal(a: Answers) -> bool:
    return a.examples is not None and limit("examples_minimum") <= a.examples < limit("examples_signal")


@book.push("example_quality", training=NUDGE)
def examples_like_live_prompts(a: Answers) -> bool:
    return a.example_quality is ExampleQuality.LIVE


@book.push("example_quality", "knowledge", training=-NUDGE)
def examples_unlike_live_prompts(a: Answers) -> bool:
    return a.example_quality is ExampleQuality.REVIEWED and is_outside(a)


@book.push("prompt_tried", training=-NUDGE)
def few_shot_not_tried(a: Answers) -> bool:
    return a.prompt_tried is PromptTried.PLAIN


@book.push("training_skill", training=-PUSH)
def nobody_trains(a: Answers) -> bool:
    return a.training_skill is Skill.NONE


@book.push("gpu_hours", "base_size", training=-PUSH)
def no_gpu_for_a_large_base(a: Answers) -> bool:
    return larger_base(a) and a.base_weights is not BaseWeights.PROVIDER and a.gpu_hours == 0


@book.push("keep_skills", training=-NUDGE)
def other_skills_must_survive(a: Answers) -> bool:
    return a.keep_skills is True


@book.push("release_days", training=-PUSH)
def release_in_days(a: Answers) -> bool:
    return a.release_days is not None and a.release_days < limit("release_days_short")


@book.push("release_days", training=-NUDGE)
def release_in_weeks(a: Answers) -> bool:
    days = a.release_days
    return days is not None and limit("release_days_short") <= days < limit("release_days_medium")


# ------------------------------------------------ the base model, its price and its place


@book.push("base_size", retrieval=NUDGE, training=NUDGE)
def small_base(a: Answers) -> bool:
    return a.base_size is BaseSize.SMALL


@book.push("base_size", training=-NUDGE)
def frontier_base(a: Answers) -> bool:
    return a.base_size is BaseSize.FRONTIER


@book.push("personal_data", retrieval=NUDGE, training=-NUDGE)
def personal_data_prefers_documents(a: Answers) -> bool:
    return a.personal_data in (PersonalData.PRESENT, PersonalData.SPECIAL)


@book.push("requests_per_month", "prompt_tokens", training=PUSH, need=True)
def volume_forces_smaller(a: Answers) -> bool:
    return larger_base(a) and high_volume(a)


@book.push("requests_per_month", "prompt_tokens", training=NUDGE)
def volume_pays_short_prompts(a: Answers) -> bool:
    return high_volume(a) and not larger_base(a)


@book.push("latency_ms", "base_size", training=PUSH, need=True)
def latency_forces_smaller(a: Answers) -> bool:
    return larger_base(a) and tight_latency(a)


@book.push("data_may_leave", "base_weights", training=PUSH, need=True)
def privacy_forces_local(a: Answers) -> bool:
    return must_stay(a)
