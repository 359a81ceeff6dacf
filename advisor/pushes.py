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
    gap_of_behaviour,
    high_volume,
    is_outside,
    larger_base,
    meets_target,
    must_shrink,
    must_stay,
    prompt_room,
    tight_latency,
)
from advisor.ladder import NUDGE, PUSH, STRONG, Book
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
    """The facts are in the team's own documents."""
    return a.knowledge is Knowledge.PRIVATE


@book.push("knowledge", retrieval=STRONG, need=True)
def recent_knowledge(a: Answers) -> bool:
    """The facts are newer than the model."""
    return a.knowledge is Knowledge.RECENT


@book.push("knowledge", retrieval=STRONG, need=True)
def rare_knowledge(a: Answers) -> bool:
    """The facts are public, and too rare to be known."""
    return a.knowledge is Knowledge.RARE


@book.push("knowledge", retrieval=-PUSH)
def knowledge_in_input(a: Answers) -> bool:
    """The user hands the facts in."""
    # A label list too large for the prompt is knowledge too, and it is not in the input.
    return a.knowledge is Knowledge.INPUT and a.label_space is not LabelSpace.TOO_LARGE


@book.push("knowledge", retrieval=-NUDGE)
def model_knows_enough(a: Answers) -> bool:
    """General knowledge is enough."""
    return a.knowledge is Knowledge.MODEL


@book.push("change_rate", retrieval=PUSH, need=True)
def facts_change_fast(a: Answers) -> bool:
    """The facts change monthly or faster."""
    return changes_fast(a)


@book.push("change_rate", retrieval=NUDGE)
def facts_change_slowly(a: Answers) -> bool:
    """The facts change a few times a year or less, and the prompt can't hold them."""
    return a.change_rate in (ChangeRate.YEARLY, ChangeRate.QUARTERLY) and not fits_prompt(a)


@book.push("citations", retrieval=STRONG, need=True)
def must_cite(a: Answers) -> bool:
    """Answers must name their source."""
    return a.citations is Citations.MUST


@book.push("citations", retrieval=NUDGE)
def nice_to_cite(a: Answers) -> bool:
    """Sources would be welcome."""
    return a.citations is Citations.NICE


@book.push("access_differs", retrieval=PUSH, need=True)
def users_see_different_documents(a: Answers) -> bool:
    """Who asks decides what may be read."""
    return a.access_differs is True


@book.push("deletable", retrieval=NUDGE)
def documents_must_be_deletable(a: Answers) -> bool:
    """Documents may have to go."""
    return a.deletable is True


@book.push("knowledge_tokens", "window_tokens", retrieval=PUSH, need=True)
def knowledge_too_large_for_prompt(a: Answers) -> bool:
    """The knowledge is more than a prompt can hold."""
    room = prompt_room(a) or limit("prompt_knowledge_tokens")
    return a.knowledge_tokens is not None and a.knowledge_tokens > room


@book.push("knowledge_tokens", "change_rate", "window_tokens", retrieval=-STRONG)
def knowledge_fits_prompt(a: Answers) -> bool:
    """All of the knowledge can stand in every prompt."""
    return fits_prompt(a)


@book.push("summaries", retrieval=-PUSH)
def mostly_summaries(a: Answers) -> bool:
    """The whole is asked for, and retrieval brings pieces."""
    return a.summaries is Summaries.MAINLY


@book.push("label_space", retrieval=STRONG, need=True)
def labels_exceed_prompt(a: Answers) -> bool:
    """There are more labels than a prompt can list."""
    return a.label_space is LabelSpace.TOO_LARGE


@book.push("failures_facts", retrieval=STRONG, need=True)
def most_failures_lack_facts(a: Answers) -> bool:
    """Missing facts are the main cause of failure."""
    return a.failures_facts is not None and a.failures_facts >= limit("failures_most")


@book.push("failures_facts", retrieval=PUSH, need=True)
def many_failures_lack_facts(a: Answers) -> bool:
    """Missing facts are one of the causes of failure."""
    return a.failures_facts is not None and limit("failures_many") <= a.failures_facts < limit(
        "failures_most"
    )


@book.push("failures_facts", retrieval=-PUSH)
def failures_have_the_facts(a: Answers) -> bool:
    """Missing facts are hardly a cause of failure."""
    return a.failures_facts is not None and a.failures_facts <= limit("failures_few")


@book.push("latency_ms", retrieval=-NUDGE)
def retrieval_costs_time(a: Answers) -> bool:
    """A search would use up a tight limit."""
    return tight_latency(a)


@book.push("search_skill", retrieval=-NUDGE)
def nobody_keeps_the_search(a: Answers) -> bool:
    """Nobody could look after a search."""
    return a.search_skill is Skill.NONE


# ------------------------------------------------ behaviour: is the form wrong, and can that be taught?


@book.push("output_form", training=PUSH, need=True)
def own_form(a: Answers) -> bool:
    """The form is one that no schema can enforce."""
    return a.output_form is OutputForm.OWN


@book.push("output_form", training=-NUDGE)
def schema_can_be_enforced(a: Answers) -> bool:
    """The decoder can keep the form, and form is what training would be for."""
    return a.output_form is OutputForm.SCHEMA and not must_shrink(a)


@book.push("tone", training=PUSH, need=True)
def unmistakable_tone(a: Answers) -> bool:
    """Readers would notice a stranger's hand."""
    return a.tone is Tone.OURS


@book.push("tone", training=NUDGE)
def tone_has_a_guide(a: Answers) -> bool:
    """There is a style to keep, and a guide to it."""
    return a.tone is Tone.GUIDE


@book.push("failures_form", training=STRONG, need=True)
def most_failures_break_form(a: Answers) -> bool:
    """Wrong behaviour is the main cause of failure."""
    return a.failures_form is not None and a.failures_form >= limit("failures_most")


@book.push("failures_form", training=PUSH, need=True)
def many_failures_break_form(a: Answers) -> bool:
    """Wrong behaviour is one of the causes of failure."""
    return a.failures_form is not None and limit("failures_many") <= a.failures_form < limit("failures_most")


@book.push("failures_form", training=-PUSH)
def failures_keep_the_form(a: Answers) -> bool:
    """Wrong behaviour is hardly a cause of failure."""
    return a.failures_form is not None and a.failures_form <= limit("failures_few")


@book.push("failures_reasoning", retrieval=-NUDGE, training=-PUSH)
def most_failures_are_reasoning(a: Answers) -> bool:
    """Everything was at hand, and the conclusion was wrong."""
    return a.failures_reasoning is not None and a.failures_reasoning >= limit("failures_most")


@book.push("prompt_pass_rate", "target_pass_rate", "knowledge", training=PUSH, need=True)
def gap_without_missing_facts(a: Answers) -> bool:
    """The best prompt falls short although the facts are in the input."""
    return a.knowledge is Knowledge.INPUT and gap_of_behaviour(a)


@book.push("prompt_pass_rate", "target_pass_rate", "knowledge", training=NUDGE, need=True)
def gap_though_model_knows(a: Answers) -> bool:
    """The best prompt falls short although the model is said to know enough."""
    # That it knows enough is an opinion; that the facts are in the input is a matter of fact.
    return a.knowledge is Knowledge.MODEL and gap_of_behaviour(a)


@book.push("far_from_english", training=PUSH, need=True)
def far_from_pretraining(a: Answers) -> bool:
    """The model has read little like it."""
    return a.far_from_english is True


@book.push("tasks", training=NUDGE)
def one_narrow_task(a: Answers) -> bool:
    """There is one narrow, stable task."""
    return a.tasks is Tasks.NARROW


@book.push("tasks", training=-PUSH)
def open_ended_tasks(a: Answers) -> bool:
    """Users may ask anything."""
    return a.tasks is Tasks.OPEN


@book.push("examples", training=NUDGE)
def many_examples(a: Answers) -> bool:
    """There are enough examples for production."""
    return a.examples is not None and a.examples >= limit("examples_production")


@book.push("examples", training=-NUDGE)
def examples_for_a_first_signal(a: Answers) -> bool:
    """There are enough examples for a first signal only."""
    return a.examples is not None and limit("examples_minimum") <= a.examples < limit("examples_signal")


@book.push("example_quality", training=NUDGE)
def examples_like_live_prompts(a: Answers) -> bool:
    """The examples look as live prompts will."""
    return a.example_quality is ExampleQuality.LIVE


@book.push("example_quality", "knowledge", training=-NUDGE)
def examples_unlike_live_prompts(a: Answers) -> bool:
    """Live prompts will hold passages, and the examples hold none."""
    return a.example_quality is ExampleQuality.REVIEWED and is_outside(a)


@book.push("prompt_tried", training=-NUDGE)
def few_shot_not_tried(a: Answers) -> bool:
    """A prompt without examples is all that was tried."""
    return a.prompt_tried is PromptTried.PLAIN


@book.push("training_skill", training=-PUSH)
def nobody_trains(a: Answers) -> bool:
    """Nobody could train, and train again."""
    return a.training_skill is Skill.NONE


@book.push("gpu_hours", "base_size", training=-PUSH)
def no_gpu_for_a_large_base(a: Answers) -> bool:
    """The base is too large for the hours there are, and is the one that would be trained."""
    here = a.base_weights is not BaseWeights.PROVIDER and not must_shrink(a)
    return larger_base(a) and here and a.gpu_hours == 0


@book.push("keep_skills", training=-NUDGE)
def other_skills_must_survive(a: Answers) -> bool:
    """The model has other work to do."""
    return a.keep_skills is True


@book.push("release_days", training=-PUSH)
def release_in_days(a: Answers) -> bool:
    """The first release is due within a week."""
    return a.release_days is not None and a.release_days < limit("release_days_short")


@book.push("release_days", training=-NUDGE)
def release_in_weeks(a: Answers) -> bool:
    """The first release is due within a month."""
    days = a.release_days
    return days is not None and limit("release_days_short") <= days < limit("release_days_medium")


# ------------------------------------------------ the base model, its price and its place


@book.push("base_size", retrieval=NUDGE, training=NUDGE)
def small_base(a: Answers) -> bool:
    """The base model is small."""
    return a.base_size is BaseSize.SMALL


@book.push("base_size", training=-NUDGE)
def frontier_base(a: Answers) -> bool:
    """The base model is among the largest, and is the one that would be trained."""
    return a.base_size is BaseSize.FRONTIER and not must_shrink(a)


@book.push("personal_data", retrieval=NUDGE, training=-NUDGE)
def personal_data_prefers_documents(a: Answers) -> bool:
    """There is personal data that is not anonymised."""
    return a.personal_data in (PersonalData.PRESENT, PersonalData.SPECIAL)


@book.push("prompt_pass_rate", "target_pass_rate", training=PUSH, need=True)
def good_answers_to_copy(a: Answers) -> bool:
    """The model that has to be replaced does its work well, so that its answers can teach a smaller one."""
    return must_shrink(a) and meets_target(a)


@book.push("requests_per_month", "prompt_tokens", "token_price", training=PUSH, need=True)
def volume_forces_smaller(a: Answers) -> bool:
    """The bill of this model asks for a smaller one."""
    return larger_base(a) and high_volume(a)


@book.push("requests_per_month", "prompt_tokens", "token_price", training=NUDGE)
def volume_pays_short_prompts(a: Answers) -> bool:
    """The volume rewards every token less in the prompt."""
    return high_volume(a) and not larger_base(a)


@book.push("latency_ms", "base_size", training=PUSH, need=True)
def latency_forces_smaller(a: Answers) -> bool:
    """The time limit asks for a smaller model."""
    return larger_base(a) and tight_latency(a)


@book.push("data_may_leave", "base_weights", training=PUSH, need=True)
def privacy_forces_local(a: Answers) -> bool:
    """The data may not go where this model runs."""
    return must_stay(a)
