"""Few-shot examples: what the house has answered before, shown to the model as earlier turns of user and assistant.

They come from the training part of the examples only, so that questions and the parts that training is judged by stay unseen; one
that asks what is being asked is left out, or the prompt would give the answer away. A shot never teaches to cite what is not
there: where the setup retrieves, each brings its own passages along, numbered from 1 in its own turn (as in ALCE, Gao et al.
2023, arXiv 2305.14627), and where it does not, its citations are taken out. What a shot says was true when it was written: one
whose document no longer says so, expired, was forgotten or is not for everybody is not shown. Knows nothing of models or of how
an answer is made.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import numpy as np

from assistant.alike import Meanings, Texts, Words, representative
from assistant.rows import renumbered, right_passages
from finetune.examples import Example
from finetune.form import Form
from finetune.layout import Message, Passage, lay_out
from finetune.quality.similar import THRESHOLD, jaccard, shingles
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS
from finetune.text import words
from foundation.errors import UserError, one_of
from foundation.files import sha256_text
from rag import Chunk, Library
from rag.words import question_words

_CITED = re.compile(r"\s{0,3}\[\d{1,3}(?:\s{0,3},\s{0,3}\d{1,3})*\]")
_SAME = 0.95  # cosine from which two questions are one, in other words
_COMPARED = 1_500  # examples that stand for all of a larger file when the fixed ones are chosen
_SPARE = 4  # fixed ones that stand by for each that can't be shown
_LOOKED_AT = 60  # nearest ones that are tried, where the first can't be shown

Count = Callable[[Sequence[Message]], int]


class How(StrEnum):
    """How shots are chosen."""

    FIXED = "fixed"
    """The same for every question: they stand for all examples. A prompt's beginning stays the same, and is read once."""
    NEAREST = "nearest"
    """Those that ask what is most like the question (Liu et al. 2022, arXiv 2101.06804), the nearest right before it."""
    PICKED = "picked"
    """Those of certain ids, in their order; one that is not in the training part any more is left out."""


def letters(turns: Sequence[Message]) -> int:
    """Return an estimate of the tokens of turns where no tokenizer is at hand: one for three letters."""
    return sum(len(turn["content"]) for turn in turns) // 3


class Shots:
    """Chooses the shots for a question.

    Args:
        examples: The training part of the examples, and nothing of the other parts (`assistant.rows.parts_of`).
        form: The house's form; an example that breaks it is not shown.
        how: `fixed`, `nearest` or `picked`.
        count: How many at most.
        seed: Of the draw of a large file's examples that fixed ones are chosen from.
        library: Where passages come from, and whose embedder tells what is near; None, or without an index: shots have no
            passages, and the words that questions share tell it.
        budget: Tokens of all shots together, at most; the last ones of the choice are left out beyond it.
        tokens: Counts the tokens of turns.
        picked: The ids of `picked` ones.

    Raises:
        UserError: A setting is out of its range.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        form: Form,
        how: str = How.FIXED,
        count: int = 3,
        seed: int = 7,
        library: Library | None = None,
        budget: int = 600,
        tokens: Count = letters,
        picked: Sequence[str] = (),
    ) -> None:
        if how not in list(How):
            raise UserError(f'Shots are chosen {one_of(list(How))}, but "{how}" was asked for.')
        if not 1 <= count <= 16 or budget < 1:
            raise UserError(
                f"Shots take a count of 1 to 16 and a budget of 1 token or more, but got {count} and {budget}."
            )
        self._how, self._count, self._seed = How(how), count, seed
        self._form, self._library, self._budget, self._tokens = form, library, budget, tokens
        self._examples = [example for example in examples if self._keeps(example)]
        if self._how is How.PICKED:
            known = {example.id: example for example in self._examples}
            self._examples = [known[name] for name in picked if name in known]
        self._turn = threading.Lock()
        self._kinds: dict[str, tuple[Texts, list[int]]] = {}
        self._generation = -1
        self._chunks: dict[str, list[Chunk]] = {}
        self._passages: dict[str, tuple[Chunk, ...] | None] = {}

    @functools.cached_property
    def _settings(self) -> str:
        rows = [(example.id, example.messages, example.sources) for example in self._examples]
        told = (rows, self._form, self._how.value, self._count, self._seed, self._budget)
        return sha256_text(repr(told))

    @property
    def mark(self) -> str:
        """A hash of everything that shots depend on, the documents that they cite included."""
        built = self._built()
        return sha256_text(f"{self._settings}|{built.generation} {built.recipe}" if built else self._settings)

    def standing(self) -> list[str]:
        """Return the ids of `fixed` ones in the order of their choice: the first `count`, then those that stand by for them."""
        with self._turn:
            return [self._examples[at].id for at in self._compared()[1]] if self._examples else []

    def chosen(self, question: str, retrieved: bool = False) -> list[Message]:
        """Return the shots for a question, as turns of user and assistant that stand before the conversation.

        Args:
            question: What is asked, completed where it hangs on the conversation.
            retrieved: Whether the setup retrieves: shots then bring their passages along.
        """
        with self._turn:  # threads share what was found
            shots = self._fitting(question, retrieved)
        if self._how is How.NEAREST:
            shots.reverse()
        return [turn for shot in shots for turn in shot]

    def _fitting(self, question: str, retrieved: bool) -> list[list[Message]]:
        """Return the shots, the best first, as many as are wanted and within the budget."""
        shots: list[list[Message]] = []
        left = self._budget
        for example in self._ranked(question):
            if len(shots) == self._count:
                break
            turns = self._turns(example, retrieved)
            if turns is None:
                continue
            left -= self._tokens(turns)
            if left < 0:
                break
            shots.append(turns)
        return shots

    # which

    def _ranked(self, question: str) -> Iterator[Example]:
        """Yield examples in the order of the choice, without those that ask the same as the question."""
        if not self._examples:
            return
        texts, order = self._compared()
        likenesses = texts.to(question)
        if self._how is How.NEAREST:
            order = np.argsort(-likenesses, kind="stable")[:_LOOKED_AT].tolist()
        meant = isinstance(texts, Meanings)
        for at in order:
            example = self._examples[at]
            if not _same(question, example.question) and not (meant and likenesses[at] >= _SAME):
                yield example

    def _compared(self) -> tuple[Texts, list[int]]:
        """Return the examples' questions as they are compared, and the order of the fixed ones; made anew with the embedder."""
        built = self._built()
        recipe = built.recipe if built else ""
        if recipe not in self._kinds:
            asked = [example.question for example in self._examples]
            texts = Meanings(asked, built.embedder) if built else Words(asked)
            order = self._fixed(texts) if self._how is How.FIXED else list(range(len(asked)))
            self._kinds = {recipe: (texts, order)}
        return self._kinds[recipe]

    def _fixed(self, texts: Texts) -> list[int]:
        """Return the places of the examples that stand for all, and of some to take the place of one that can't be shown.

        One that declines comes first, where there is one and more than one is shown: models lean towards what the last shots say
        (Zhao et al. 2021, arXiv 2102.09690).
        """
        every = range(len(self._examples))
        drawn = sorted(every, key=lambda at: sha256_text(f"{self._seed}\n{self._examples[at].id}"))[
            :_COMPARED
        ]
        declining = [at for at in drawn if self._declines(self._examples[at])]
        telling = [at for at in drawn if at not in set(declining)]
        last = 1 if declining and self._count > 1 else 0
        first = self._representative(texts, declining, last * _SPARE)
        rest = self._representative(texts, telling, (self._count - last) * _SPARE)
        return [*first[:last], *rest, *first[last:]]

    def _representative(self, texts: Texts, places: Sequence[int], count: int) -> list[int]:
        if not places or not count:
            return []
        groups = [self._group(self._examples[at]) for at in places]
        return [places[at] for at in representative(texts.among(places), groups, count)]

    def _group(self, example: Example) -> object:
        """Return what no two fixed shots share while there is another: the label, or the documents."""
        return example.answer if self._form.labels else example.sources or example.id

    def _declines(self, example: Example) -> bool:
        return not example.sources and self._form.abstains(example.answer, (ABSTAIN, NO_DOCUMENTS))

    def _keeps(self, example: Example) -> bool:
        return self._form.check(example.answer, len(example.sources), answerable=example.answerable).value

    # what is shown of them

    def _turns(self, example: Example, retrieved: bool) -> list[Message] | None:
        """Return an example as turns; None where what it says can't be shown any more."""
        built = self._built()
        found = self._found(example, built) if built is not None else ()
        if found is None:
            return None
        asked = [
            Message(
                role=turn["role"],
                content=_CITED.sub("", turn["content"]) if turn["role"] == "assistant" else turn["content"],
            )
            for turn in example.conversation
        ]
        if not retrieved or not found:
            return [
                *lay_out("", (), asked),
                Message(role="assistant", content=_CITED.sub("", example.answer)),
            ]
        answer = renumbered(example.answer, found, found) if example.sources else example.answer
        shown = [Passage(chunk.label, chunk.text) for chunk in found]
        return [*lay_out("", shown, asked), Message(role="assistant", content=answer)]

    def _found(self, example: Example, library: Library) -> tuple[Chunk, ...] | None:
        """Return what an example is shown with: for each source, the passage that holds its facts.

        Of an example that declines it is the passage that is found for it, which does not tell. None: a source does not hold the
        facts any more, or is not for everybody at this moment.
        """
        if self._generation != library.generation:
            self._generation, self._chunks, self._passages = library.generation, {}, {}
        if not all(map(library.is_open, example.sources)):
            return None
        if example.id not in self._passages:
            self._passages[example.id] = self._shown_with(example, library)
        return self._passages[example.id]

    def _shown_with(self, example: Example, library: Library) -> tuple[Chunk, ...] | None:
        if not example.sources:
            hits = library.search(example.question, 1) if self._declines(example) else []
            return tuple(hit.chunk for hit in hits)
        right = right_passages(example, (), library, self._chunks)
        return tuple(right) if len(right) == len(example.sources) else None

    def _built(self) -> Library | None:
        library = self._library
        return library if library is not None and library.recipe else None


def with_shots(told: Sequence[Message], shots: Sequence[Message]) -> list[Message]:
    """Return messages with shots between the instructions and the conversation, whose passages stay with the question."""
    begun = 1 if told and told[0]["role"] == "system" else 0
    return [*told[:begun], *shots, *told[begun:]]


def without_one(shots: list[Message], first: bool) -> list[Message]:
    """Return examples without their first or their last question and its answer."""
    ends = [
        place + 1
        for place, turn in enumerate(shots)
        if turn["role"] == "assistant" and (place + 1 == len(shots) or shots[place + 1]["role"] == "user")
    ]
    if len(ends) < 2:
        return []
    return shots[ends[0] :] if first else shots[: ends[-2]]


def _same(question: str, other: str) -> bool:
    """Return whether two questions are near-duplicates: by their word pairs, as the split has it, or by their stems."""
    if jaccard(shingles(words(question)), shingles(words(other))) >= THRESHOLD:
        return True
    return set(question_words(question)) == set(question_words(other))
