"""How to take a rung: the method inside it, what to collect first, and what to do on Monday.

Knows nothing of why the rung was chosen, and holds no wording: ids lead to `data/methods.yaml` and
`data/steps.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable

from advisor.answers import Answers
from advisor.catalog import limit
from advisor.conditions import fits_prompt, is_outside, must_shrink, must_stay
from advisor.evidence import Evidence
from advisor.ladder import Rule
from advisor.recommendation import Missing, Step
from advisor.target import abstain_below
from advisor.vocabulary import (
    BaseSize,
    BaseWeights,
    Citations,
    ExampleQuality,
    LabelSpace,
    OutputForm,
    PersonalData,
    PromptTried,
    Rung,
    Summaries,
    Tasks,
    Tone,
)

PERSONAL = (PersonalData.PRESENT, PersonalData.SPECIAL)


def method(rung: Rung, a: Answers) -> tuple[str, ...]:
    """Return how to take `rung`, the main thing first."""
    return tuple(_main(rung, a)) + tuple(_around(rung, a))


def _main(rung: Rung, a: Answers) -> Iterable[str]:
    """Yield what the rung consists of."""
    if rung is Rung.PROMPT:
        yield "long_context" if is_outside(a) and fits_prompt(a) else "few_shot"
    if rung.retrieves and a.label_space is LabelSpace.TOO_LARGE:
        yield "label_retrieval"
    if rung.retrieves and (a.label_space is not LabelSpace.TOO_LARGE or is_outside(a)):
        yield "hybrid_retrieval"
    if rung.trains:
        provider = a.base_weights is BaseWeights.PROVIDER and a.data_may_leave is not False
        yield "provider_tuning" if provider else "lora_sft"
    if rung is Rung.HYBRID:
        yield "train_on_retrieved"


def _around(rung: Rung, a: Answers) -> Iterable[str]:
    """Yield what the answers ask for beside it."""
    if a.output_form is OutputForm.SCHEMA:
        yield "constrained_decoding"
    if rung is Rung.RAG:
        yield "few_shot"
    most_reason = (a.failures_reasoning or 0) >= limit("failures_most")
    if most_reason or a.summaries in (Summaries.ALSO, Summaries.MAINLY):
        yield "prompt_chain"
    if most_reason and a.base_size is not BaseSize.FRONTIER:
        yield "stronger_model"
    if rung.retrieves:
        yield from _search(a)
    if rung.trains:
        yield from _training(a)
    if abstain_below(a):
        yield "abstain"


def _search(a: Answers) -> Iterable[str]:
    poor = a.retrieval_recall is not None and a.retrieval_recall < limit("recall_floor")
    if poor or (a.failures_retrieval or 0) >= limit("failures_many"):
        yield "reranking"
    if poor and a.far_from_english:
        yield "embedding_tuning"
    if a.access_differs:
        yield "access_filter"
    if a.citations in (Citations.NICE, Citations.MUST):
        yield "numbered_citations"


def _training(a: Answers) -> Iterable[str]:
    if must_shrink(a):
        yield "distil"
    if a.tasks is Tasks.FEW:
        yield "adapter_per_task"
    if a.examples is not None and a.examples < limit("examples_signal"):
        yield "keep_instructions"
    many = a.examples is not None and a.examples >= limit("examples_production")
    if many and a.far_from_english and a.base_weights is BaseWeights.OPEN and a.keep_skills is False:
        yield "full_finetuning"
    if many and a.tone is Tone.OURS and a.logs_give_more:
        yield "preference_alignment"
    if a.keep_skills:
        yield "forgetting_check"
    if a.personal_data in PERSONAL:
        yield "anonymise"


def missing(training_wanted: bool, a: Answers, evidence: Evidence | None) -> tuple[Missing, ...]:
    """Return what to collect first, with counts: what closes a gate before what would only make it surer.

    Args:
        training_wanted: Whether something asks for training, and no veto forbids it whatever is collected.
        a: The answers.
        evidence: What was measured.
    """
    found = []
    for name, have, least, good in (
        ("test_questions", a.test_questions, limit("questions_minimum"), limit("evidence_strong")),
        ("examples", a.examples, limit("examples_minimum"), limit("examples_minimum")),
    ):
        if name == "examples" and not training_wanted:
            continue
        blocks = have is not None and have < least
        need = int(least if blocks else good)
        if have is None or have < need:
            found.append(Missing(name, name, have, need, blocks))
    if evidence is not None and evidence.questions_missing:
        found.append(
            Missing("evidence", "test_questions", evidence.questions, int(limit("evidence_strong")), False)
        )
    return tuple(sorted(found, key=lambda one: not one.blocks))


def steps(rung: Rung, rules: Iterable[Rule], a: Answers, evidence: Evidence | None) -> tuple[Step, ...]:
    """Return what to do next, in order; it ends where it began, with the measured advice."""
    ids = {rule.id for rule in rules}
    return tuple(
        Step(name)
        for name in (
            *_first(ids, a),
            *_mend(evidence),
            *_build(rung, ids, a),
            *_measure(rung, ids, a, evidence),
        )
    )


def _first(ids: set[str], a: Answers) -> Iterable[str]:
    if a.test_questions is None or a.test_questions < limit("questions_minimum"):
        yield "write_questions"
    elif a.test_questions < limit("evidence_strong"):
        yield "write_more_questions"
    if must_stay(a) and a.may_switch_model is False:
        yield "no_model_is_left"
    elif must_stay(a) or "weights_are_closed" in ids:
        yield "choose_open_model"
    if a.prompt_tried is not PromptTried.WITH_EXAMPLES:
        yield "try_prompt"


def _mend(evidence: Evidence | None) -> Iterable[str]:
    """Yield what was measured to be lost in many questions and is mended by no rung."""
    if evidence is not None and evidence.often("no evidence"):
        yield "write_documents"
    if evidence is not None and evidence.often("cut off"):
        yield "allow_longer_answers"


def _build(rung: Rung, ids: set[str], a: Answers) -> Iterable[str]:
    if rung.retrieves:
        yield "sync"
        yield "mend_search" if ids & {"retrieval_below_target", "retrieval_fails_first"} else "search"
        yield "ask_rag"
    gated = bool(ids & {"too_few_examples", "examples_not_reviewed", "special_data_not_anonymised"})
    if "too_few_examples" in ids:
        yield "examples_from_logs" if a.logs_give_more else "write_examples"
    if (rung.trains or gated) and a.personal_data in PERSONAL:
        yield "anonymise"
    if rung.trains or gated or a.example_quality is ExampleQuality.UNREVIEWED:
        yield "check"
    if rung.trains:
        yield "train_at_provider" if "provider_tuning" in method(rung, a) else "train"
    if _by_task(rung, a):
        yield "train_tasks"


def _by_task(rung: Rung, a: Answers) -> bool:
    """Return whether an adapter for each task is trained here, beside one for all."""
    taken = method(rung, a)
    return "adapter_per_task" in taken and "provider_tuning" not in taken


def _measure(rung: Rung, ids: set[str], a: Answers, evidence: Evidence | None) -> Iterable[str]:
    if evidence is not None and evidence.questions_missing:
        yield "measure_more"
    yield "climb" if rung is not Rung.PROMPT else "compare"
    if _by_task(rung, a):
        yield "compare_routed" if rung.retrieves else "compare_routed_lora"
    yield "advise_again"
    if "prompt_meets_target" in ids or evidence is not None:
        yield "show"
