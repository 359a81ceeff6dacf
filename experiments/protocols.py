"""The shapes that experiments ask of what they measure: anything that answers, anything that checks a form.

Knows nothing of models, libraries or workspaces. A tiny real class in a test fits these as well as the
assistant does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Conversation = Sequence[Mapping[str, str]]
"""Earlier turns, oldest first, each with the keys `role` and `content`."""

SetupT = TypeVar("SetupT")
"""The caller's own kind of setup; `str(setup)` is its name: `prompt`, `rag`, `lora`, `hybrid`, or one of
these with options behind a plus (`rag+shots`)."""


class ChunkLike(Protocol):
    """A piece of a document."""

    @property
    def source(self) -> str:
        """Path of the document, relative to `documents/`."""

    @property
    def heading(self) -> str | None:
        """The heading it stands under, if any."""

    @property
    def text(self) -> str:
        """What it says."""


class HitLike(Protocol):
    """A piece that was retrieved."""

    @property
    def chunk(self) -> ChunkLike:
        """The piece."""


class ReplyLike(Protocol):
    """What a setup answered."""

    @property
    def text(self) -> str:
        """The answer as the user sees it, with citations as `[n]`."""

    @property
    def hits(self) -> Sequence[HitLike]:
        """The passages as numbered in the prompt: `[1]` is `hits[0]`. Empty without retrieval."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds by stage; `total` is the whole, and where it is absent the stages are added up."""

    @property
    def tokens_in(self) -> int:
        """Tokens of the prompt."""

    @property
    def tokens_out(self) -> int:
        """Tokens of the answer."""

    @property
    def finished(self) -> bool:
        """Whether the model ended by itself (False: it was cut off)."""

    @property
    def abstained(self) -> bool:
        """Whether it said that the documents do not tell."""

    # What a reply may hold besides, and counts as empty where it does not: `refusal` (the words in which the
    # model's host declined), `asked_back`, `model`, `adapter`, `index`, `steps` (names of what was done) and
    # `unsupported` (sentences that no passage carries).


@dataclass(frozen=True)
class Case(Generic[SetupT]):
    """One question, to be answered in one setup."""

    question: str
    """What is asked."""
    conversation: Conversation
    """Earlier turns."""
    setup: SetupT
    """How it is answered."""
    seed: int | None = None
    """Of the dice of sampling; None where nothing is drawn: the likeliest answer, always the same."""
    temperature: float = 0.0
    """How freely tokens are drawn; 0: not at all."""


class Refused(Exception):
    """The model's host declined to answer, as a content filter does; its words are the message.

    Any exception whose attribute `refused` is true counts as one, so that an engine need not know this class.
    """

    refused = True


class Asker(Protocol[SetupT]):
    """Whatever answers questions in setups; the assistant is one."""

    def answer_cases(self, cases: Sequence[Case[SetupT]]) -> Sequence[ReplyLike | Exception]:
        """Answer every case in one go, whatever its setup, in the same order.

        In the place of a reply there may be an exception, as in LangChain's `batch(return_exceptions=True)`:
        then one case is lost and no other. What is raised loses them all, and they are asked one by one.

        Raises:
            UserError: Nothing can be answered until the user mends something; the run stops with its
                sentence.
            TimeoutError: It took too long; counted as a failed answer.
            Exception: Anything else is counted as a failed answer with the error's text; as a refusal where
                its attribute `refused` is true.
        """


class ScoreLike(Protocol):
    """A value and why."""

    @property
    def value(self) -> float:
        """1 (or True) is a pass; anything below is not."""

    @property
    def reason(self) -> str:
        """Why, in one sentence."""


class FormLike(Protocol):
    """The contract that an answer's shape must keep; `finetune.Form` is one."""

    def check(self, text: str, cited_allowed: int, *, answerable: bool) -> ScoreLike:
        """Score the shape of an answer.

        Args:
            text: The answer as the user sees it.
            cited_allowed: How many passages it was given, numbered from 1; 0 where it can't cite.
            answerable: Whether the documents tell; where they do not, there is nothing to cite.
        """
