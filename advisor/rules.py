"""All the rules: the gates and vetoes, which stand above every push, and the whole list in order.

The pushes are in `pushes`. Gates and vetoes take rungs away and never put one back. Holds no wording and no
numbers: sentences and sources are in `data/rules.yaml`, numbers in `data/thresholds.yaml`. A predicate's name
is what it says. Knows nothing of what is left after the rungs are taken away (that is `ladder`).
"""

from __future__ import annotations

from advisor.answers import Answers
from advisor.catalog import limit
from advisor.conditions import behaviour_is_wanted, changes_fast, meets_target, must_shrink, out_of_reach
from advisor.ladder import RETRIEVAL_RUNGS, TRAINING_RUNGS, Rule
from advisor.pushes import book
from advisor.target import target
from advisor.vocabulary import BaseWeights, Citations, ExampleQuality, PersonalData, PromptTried, Rung

# ------------------------------------------------ gates: not yet


@book.gate("prompt_pass_rate", "target_pass_rate", forbids={Rung.RAG, Rung.FINETUNE, Rung.HYBRID})
def prompt_meets_target(a: Answers) -> bool:
    """The best prompt does, and nothing asks for a smaller model."""
    return meets_target(a) and not must_shrink(a)


@book.gate("test_questions", forbids=RETRIEVAL_RUNGS)
def questions_before_retrieval(a: Answers) -> bool:
    """Nothing can be measured, and a prompt could hold the facts."""
    return a.test_questions == 0 and not out_of_reach(a)


@book.gate("test_questions", forbids=TRAINING_RUNGS)
def questions_before_training(a: Answers) -> bool:
    """Too little can be measured to say whether training helped."""
    return a.test_questions is not None and a.test_questions < limit("questions_minimum")


@book.gate("prompt_tried", forbids=RETRIEVAL_RUNGS)
def prompt_before_retrieval(a: Answers) -> bool:
    """No prompt was tried, and one could hold the facts."""
    return a.prompt_tried is PromptTried.NO and not out_of_reach(a)


@book.gate("prompt_tried", forbids=TRAINING_RUNGS)
def prompt_before_training(a: Answers) -> bool:
    """No prompt was tried."""
    return a.prompt_tried is PromptTried.NO


@book.gate(
    "output_form",
    "tone",
    "far_from_english",
    "prompt_tried",
    "test_questions",
    "examples",
    forbids=TRAINING_RUNGS,
)
def wish_without_means(a: Answers) -> bool:
    """A behaviour is wished for, and nobody has told what was tried, what it is measured with or trained on."""
    # Where these three are unknown, two answers about style must not end in a training run.
    return (
        behaviour_is_wanted(a) and a.prompt_tried is None and a.test_questions is None and a.examples is None
    )


@book.gate("examples", forbids=TRAINING_RUNGS)
def too_few_examples(a: Answers) -> bool:
    """There are fewer examples than training needs."""
    return a.examples is not None and a.examples < limit("examples_minimum")


@book.gate("example_quality", forbids=TRAINING_RUNGS)
def examples_not_reviewed(a: Answers) -> bool:
    """Nobody has read the examples through."""
    return a.example_quality is ExampleQuality.UNREVIEWED


@book.gate("personal_data", forbids=TRAINING_RUNGS)
def special_data_not_anonymised(a: Answers) -> bool:
    """There is personal data of special categories."""
    return a.personal_data is PersonalData.SPECIAL


@book.gate("retrieval_recall", "target_pass_rate", forbids={Rung.HYBRID})
def retrieval_below_target(a: Answers) -> bool:
    """The right passage is found too rarely for the target."""
    # A passage that is not found can't be cited: recall is a ceiling that no adapter lifts.
    floor = target(a).percent or limit("recall_floor")
    return a.retrieval_recall is not None and a.retrieval_recall < floor


@book.gate("failures_retrieval", forbids={Rung.HYBRID})
def retrieval_fails_first(a: Answers) -> bool:
    """Wrong passages are one of the causes of failure."""
    return a.failures_retrieval is not None and a.failures_retrieval >= limit("failures_many")


# ------------------------------------------------ vetoes: never


@book.veto("base_weights", "may_switch_model", forbids=TRAINING_RUNGS)
def weights_are_closed(a: Answers) -> bool:
    """Nobody may train this model, and no other may take its place."""
    return a.base_weights is BaseWeights.CLOSED and a.may_switch_model is not True


@book.veto("data_may_leave", "base_weights", "may_switch_model", forbids=TRAINING_RUNGS)
def training_would_leave(a: Answers) -> bool:
    """Only the provider could train, and the data may not leave."""
    leaves = a.data_may_leave is False and a.base_weights is BaseWeights.PROVIDER
    return leaves and a.may_switch_model is not True


@book.veto("change_rate", forbids={Rung.FINETUNE})
def changing_facts_in_weights(a: Answers) -> bool:
    """What changes monthly or faster would have to live in weights."""
    return changes_fast(a)


@book.veto("citations", forbids={Rung.FINETUNE})
def weights_cannot_cite(a: Answers) -> bool:
    """Weights know no sources."""
    return a.citations is Citations.MUST


@book.veto("access_differs", forbids={Rung.FINETUNE})
def weights_know_no_access(a: Answers) -> bool:
    """Weights tell everybody what they hold."""
    return a.access_differs is True


@book.veto("deletable", forbids={Rung.FINETUNE})
def weights_forget_nothing(a: Answers) -> bool:
    """Nothing can be taken out of weights."""
    return a.deletable is True


RULES: tuple[Rule, ...] = book.rules
"""Every rule, in the order written: among equals, the earlier one is named first."""


def fired(a: Answers) -> tuple[Rule, ...]:
    """Return the rules that are true of `a`, in the order written."""
    return tuple(rule for rule in RULES if rule.fires(a))
