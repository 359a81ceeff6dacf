"""The questionnaire, filled in: what is known of one use case, and what is not.

Every field may be None: "don't know". Knows nothing of wording and nothing of what an answer leads to.
Units and ranges live with the questions in `data/questions.yaml`; they are checked here, where answers are
born.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TypeAlias

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

Value: TypeAlias = StrEnum | bool | int | float
"""One answer: a word of a closed vocabulary, yes or no, or a number in the question's unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a team told about its use case; the default of everything is "don't know" (None).

    Raises:
        UserError: Values are out of range or contradict each other; all of them are named at once.
    """

    knowledge: Knowledge | None = None
    """Where the facts an answer needs are found."""
    change_rate: ChangeRate | None = None
    """How often those facts change."""
    citations: Citations | None = None
    """Whether answers must name their source."""
    base_weights: BaseWeights | None = None
    """What may be done to the weights of the base model."""
    may_switch_model: bool | None = None
    """Whether a smaller model with open weights may take its place."""
    test_questions: int | None = None
    """Questions with accepted answers, set apart for measuring."""
    prompt_tried: PromptTried | None = None
    """How far prompting has been taken."""
    prompt_pass_rate: float | None = None
    """Share of the test questions the best prompt passes, in percent."""
    target_pass_rate: float | None = None
    """Share that has to pass before the thing may go live, in percent."""
    personal_data: PersonalData | None = None
    """How much personal data is in the examples or documents."""
    failures_facts: float | None = None
    """Share of the failed questions that lacked a fact or had an old one, in percent."""
    failures_form: float | None = None
    """Share of the failed questions with the wrong form, tone or rule, in percent."""
    failures_reasoning: float | None = None
    """Share of the failed questions where everything was there and the thinking was wrong, in percent."""
    failures_retrieval: float | None = None
    """Share of the failed questions where retrieval brought the wrong passages, in percent."""
    output_form: OutputForm | None = None
    """How strict the shape of an answer is."""
    tone: Tone | None = None
    """How distinctive the tone is."""
    examples: int | None = None
    """Good examples at hand: an input with the answer you would have wanted."""
    example_quality: ExampleQuality | None = None
    """Whether the examples are reviewed, consistent and in the shape of live prompts."""
    logs_give_more: bool | None = None
    """Whether logs of real use can give more examples."""
    base_size: BaseSize | None = None
    """How large the base model is."""
    data_may_leave: bool | None = None
    """Whether the data may leave the premises."""
    access_differs: bool | None = None
    """Whether different users may see different documents."""
    deletable: bool | None = None
    """Whether a document must be deletable on request."""
    knowledge_tokens: int | None = None
    """Size of the knowledge, in tokens."""
    window_tokens: int | None = None
    """Context window of the base model, in tokens."""
    tasks: Tasks | None = None
    """How many kinds of task there are."""
    label_space: LabelSpace | None = None
    """Whether the labels or the schema to choose from fit the prompt."""
    summaries: Summaries | None = None
    """How much of the work is summing up whole documents."""
    far_from_english: bool | None = None
    """Whether the language or the domain is far from the English of the web."""
    retrieval_recall: float | None = None
    """Share of questions whose right passage is among the hits today (recall@k), in percent."""
    requests_per_month: int | None = None
    """Requests a month."""
    prompt_tokens: int | None = None
    """Tokens of one prompt, all in."""
    token_price: float | None = None
    """What a million tokens of prompt cost, in money."""
    latency_ms: int | None = None
    """The longest an answer may take, in milliseconds."""
    release_days: int | None = None
    """Days until the first release."""
    training_skill: Skill | None = None
    """Who can train a model and keep it trained."""
    search_skill: Skill | None = None
    """Who can build a search and keep it good."""
    gpu_hours: float | None = None
    """GPU hours a month at hand for training."""
    keep_skills: bool | None = None
    """Whether the other skills of the model must survive."""
    gain_right: float | None = None
    """What one right answer gains, in money."""
    cost_handoff: float | None = None
    """What handing one question to a person costs, in money."""
    cost_wrong: float | None = None
    """What one wrong answer that got out costs, in money."""
    caught_share: float | None = None
    """Share of the failed answers that are caught and handed to a person, in percent."""

    def __post_init__(self) -> None:
        from advisor.check import check  # the data behind the ranges is read when the first answers are born

        check(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Answers:
        """Make answers from plain values, as a form or a JSON request holds them.

        Args:
            values: Question ids to words, numbers, booleans, or texts with a unit ("1.5 s"); None is "don't
                know".

        Raises:
            UserError: Unknown questions or values; all of them are named at once, with suggestions.
        """
        from advisor.check import from_plain

        return from_plain(values)

    def to_mapping(self) -> dict[str, str | bool | int | float]:
        """Return the known answers as plain values, in the order of the questionnaire."""
        known: dict[str, str | bool | int | float] = {}
        for name in FIELDS:
            value = getattr(self, name)
            if value is not None:
                known[name] = value.value if isinstance(value, StrEnum) else value
        return known

    def get(self, question: str) -> Value | None:
        """Return the answer to `question`, or None for "don't know"."""
        value: Value | None = getattr(self, question)
        return value


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Answers))
"""Every question id, in the order the questionnaire asks."""

CHOICES: Mapping[str, type[StrEnum]] = {
    "knowledge": Knowledge,
    "change_rate": ChangeRate,
    "citations": Citations,
    "prompt_tried": PromptTried,
    "output_form": OutputForm,
    "tone": Tone,
    "example_quality": ExampleQuality,
    "base_weights": BaseWeights,
    "base_size": BaseSize,
    "personal_data": PersonalData,
    "tasks": Tasks,
    "label_space": LabelSpace,
    "summaries": Summaries,
    "training_skill": Skill,
    "search_skill": Skill,
}
"""The vocabulary of every question that is answered with a word."""

FLAGS: frozenset[str] = frozenset(
    {
        "logs_give_more",
        "may_switch_model",
        "data_may_leave",
        "access_differs",
        "deletable",
        "far_from_english",
        "keep_skills",
    }
)
"""Every question that is answered with yes or no."""
