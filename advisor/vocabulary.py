"""The closed vocabularies of the advisor: rungs, axes and every word an answer may be.

Knows nothing of wording (that is `data/questions.yaml`) nor of what an answer leads to (that is `rules`).
Where the members of an answer are ordered, they are ordered as written: from least to most.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Language(StrEnum):
    """The languages the advisor speaks. No language changes a recommendation."""

    EN = "en"
    TR = "tr"


class Rung(StrEnum):
    """The step of the ladder that is advised, lowest first.

    The ladder is a 2x2: are facts missing (`retrieves`), and is behaviour wrong (`trains`)?
    """

    PROMPT = "prompt"
    RAG = "rag"
    FINETUNE = "finetune"
    HYBRID = "hybrid"

    @property
    def retrieves(self) -> bool:
        """Whether this rung looks facts up."""
        return self in (Rung.RAG, Rung.HYBRID)

    @property
    def trains(self) -> bool:
        """Whether this rung changes weights."""
        return self in (Rung.FINETUNE, Rung.HYBRID)

    @property
    def height(self) -> int:
        """The place on the ladder, 0 (prompt) to 3 (hybrid)."""
        return list(Rung).index(self)

    @classmethod
    def at(cls, retrieves: bool, trains: bool) -> Rung:
        """Return the rung of one cell of the 2x2."""
        if retrieves:
            return cls.HYBRID if trains else cls.RAG
        return cls.FINETUNE if trains else cls.PROMPT


class Axis(StrEnum):
    """The two independent needs a rung answers."""

    RETRIEVAL = "retrieval"
    TRAINING = "training"

    def chosen(self, rung: Rung) -> bool:
        """Return whether `rung` has this axis switched on."""
        return rung.retrieves if self is Axis.RETRIEVAL else rung.trains


class _Ordered(StrEnum):
    """Answers whose members are written from least to most."""

    def reaches(self, floor: Self) -> bool:
        """Return whether this member is `floor` or one above it."""
        members = list(type(self))
        return members.index(self) >= members.index(floor)


class Knowledge(StrEnum):
    """Where the facts an answer needs are found."""

    MODEL = "model"
    INPUT = "input"
    PRIVATE = "private"
    RECENT = "recent"
    RARE = "rare"


class ChangeRate(_Ordered):
    """How often those facts change, slowest first."""

    NEVER = "never"
    YEARLY = "yearly"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"


class PromptTried(_Ordered):
    """How far prompting has been taken."""

    NO = "no"
    PLAIN = "plain"
    WITH_EXAMPLES = "with_examples"


class Citations(_Ordered):
    """Whether answers must name their source."""

    NO = "no"
    NICE = "nice"
    MUST = "must"


class Summaries(_Ordered):
    """How much of the work is summing up whole documents."""

    NO = "no"
    ALSO = "also"
    MAINLY = "mainly"


class OutputForm(_Ordered):
    """How strict the shape of an answer is."""

    FREE = "free"
    SCHEMA = "schema"
    OWN = "own"


class Tone(_Ordered):
    """How distinctive the tone is."""

    NONE = "none"
    GUIDE = "guide"
    OURS = "ours"


class Tasks(_Ordered):
    """How many kinds of task there are."""

    NARROW = "narrow"
    FEW = "few"
    OPEN = "open"


class ExampleQuality(_Ordered):
    """How good the training examples are, worst first."""

    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    LIVE = "live"


class BaseWeights(_Ordered):
    """What may be done to the weights of the base model."""

    CLOSED = "closed"
    PROVIDER = "provider"
    OPEN = "open"


class BaseSize(_Ordered):
    """How large the base model is."""

    SMALL = "small"
    MEDIUM = "medium"
    FRONTIER = "frontier"


class LabelSpace(_Ordered):
    """Whether the labels or the schema to choose from fit the prompt."""

    NONE = "none"
    FITS = "fits"
    TOO_LARGE = "too_large"


class PersonalData(_Ordered):
    """How much personal data is in the examples or documents, least first."""

    NONE = "none"
    ANONYMISED = "anonymised"
    PRESENT = "present"
    SPECIAL = "special"


class Skill(_Ordered):
    """How much of a skill the team has."""

    NONE = "none"
    SOME = "some"
    STRONG = "strong"
