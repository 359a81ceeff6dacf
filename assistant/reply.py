"""What an assistant is asked, and what it answers: the nouns, without any doing.

Knows nothing of how a reply comes about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, Protocol, TypedDict

from assistant.gate import AbstainedBy, Answerability
from assistant.setup import AnySetup, Setup
from finetune.form import FormScore
from finetune.layout import Message
from rag import Hit
from rag.attribution.support import Support, Verdict

Turns = Sequence[Mapping[str, str]]
"""Earlier turns, oldest first, each with `role` and `content`."""


class Asked(TypedDict):
    """What the assistant is invoked with."""

    question: str
    """The newest question."""
    conversation: NotRequired[Turns]
    """Earlier turns, oldest first, each with `role` and `content`."""
    setup: NotRequired[str]
    """`prompt`, `rag`, `lora` or `hybrid`, or a variant as `rag+shots`; the assistant's own default where it is absent."""
    groups: NotRequired[Sequence[str]]
    """The groups that the asker is in; without them, only what is open to everybody is found."""
    asker: NotRequired[str]
    """Who asks, for turns at the model: askers wait in a line that goes round their names."""


class CaseLike(Protocol):
    """One question to be answered in one setup, among others in other setups."""

    @property
    def question(self) -> str:
        """What is asked."""

    @property
    def conversation(self) -> Turns:
        """Earlier turns."""

    @property
    def setup(self) -> AnySetup:
        """How it is answered."""

    @property
    def seed(self) -> int | None:
        """Of what is drawn; None where nothing is."""

    @property
    def temperature(self) -> float:
        """How freely tokens are drawn; 0: not at all."""


@dataclass(frozen=True)
class Question:
    """One case, as the assistant makes it of what it is asked."""

    question: str
    """What is asked."""
    conversation: Turns
    """Earlier turns."""
    setup: AnySetup
    """How it is answered."""
    seed: int | None = None
    """Of what is drawn; None where nothing is."""
    temperature: float = 0.0
    """How freely tokens are drawn; 0: not at all."""


@dataclass(frozen=True)
class Citation:
    """A passage that a reply names."""

    number: int
    """As it stands in the text, from 1."""
    source: str
    """The document, relative to `documents/`."""
    label: str
    """Its title and headings."""
    text: str
    """The passage."""
    spans: tuple[tuple[int, int], ...] = ()
    """What of it carries the answer: `(start, end)` in its text, in reading order."""
    since: str = ""
    """Since when the document holds what it says, as YYYY-MM-DD."""


@dataclass(frozen=True)
class Reply:
    """An answer, and everything that went into it."""

    text: str
    """What may be shown, with citations as `[n]`."""
    raw: str
    """What the model wrote, unguarded; for the log, not for a page."""
    setup: Setup
    """The cell of the 2×2 that it was made in."""
    citations: tuple[Citation, ...]
    """The passages that the text names."""
    hits: tuple[Hit, ...]
    """All passages that the model was shown; `[1]` is the first."""
    timings: Mapping[str, float]
    """Seconds by step: `wait` for a turn at the model, `rewrite`, `retrieve`, `prefill` up to the first token, `decode` from
    there on, `repair`, each only where it was done, and `total` of all but the wait; in a batch, its time shared out."""
    tokens_in: int
    """Tokens of the prompt."""
    tokens_out: int
    """Tokens of the answer."""
    finished: bool
    """Whether the model ended by itself."""
    abstained: bool
    """Whether it says that it can't tell."""
    removed: tuple[str, ...] = field(default=())
    """What the guard took out."""
    support: tuple[Support, ...] = field(default=())
    """Every sentence of the text, held against the passages; empty where the setup does not retrieve."""
    abstained_by: AbstainedBy | None = None
    """Who decided that it can't be told; None where it is answered."""
    answerability: Answerability | None = None
    """What retrieval alone said before the model was asked; None where the workspace has no gate."""
    form: FormScore = field(default=FormScore(True, "keeps the form"))
    """Whether the text keeps the house's form, and what it breaks."""
    asked_back: bool = False
    """Whether it asks what was meant, and no model was asked."""
    repaired: bool = False
    """Whether a first answer broke the form, and this is the second."""
    forgotten: int = 0
    """Earlier turns that there was no room for."""
    variant: str = ""
    """The setup with its changes, as `rag+shots`."""
    steps: tuple[str, ...] = ()
    """What was done, in order."""
    model: str = ""
    """The base's name."""
    adapter: str = ""
    """The adapter's name; empty where it was off."""
    index: str = ""
    """The generation of the index that passages were looked up in; empty where none was."""
    prompt: tuple[Message, ...] = field(default=(), repr=False)
    """What the model was told, word for word, instructions included: not for everybody's eyes. Empty where none was asked."""

    def __radd__(self, shown: object) -> Reply:
        """Return the reply itself: LangChain adds up what a stream yields, and the pieces before it are its text."""
        return self

    @property
    def unsupported(self) -> tuple[Support, ...]:
        """The sentences that no passage carries."""
        return tuple(one for one in self.support if one.verdict is Verdict.UNSUPPORTED)
