"""Dialogues as tensors: token ids, and how much each token counts in the loss.

Every batch is drawn from the seed and the step alone, so a resumed run sees what an uninterrupted one would have. Knows
nothing of the model.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerFast

from finetune.starter import dialogues, facts
from finetune.starter.model import END, START

_CITATION = re.compile(r"\[\d\]")
Row = tuple[list[int], list[float]]
"""Token ids, and what each counts as a target."""


@dataclass(frozen=True)
class Lesson:
    """What a batch is made of at some point of the training."""

    rows: int
    """Dialogues in the batch."""
    repeats: float
    """Share of rows that are a random token sequence, repeated: they teach copying before reading."""
    passages: int
    """Largest number of passages of a dialogue."""
    turns: int
    """Largest number of questions of a dialogue."""
    unanswerable: float
    """Share of questions that the passages do not answer."""
    elsewhere: float
    """What a token outside the answers counts as a target, against 1 inside."""


@dataclass(frozen=True)
class Batch:
    """Right-padded rows."""

    ids: torch.Tensor
    """Token ids, shape (rows, length)."""
    weights: torch.Tensor
    """What each token counts as a target, shape (rows, length); 0 for padding."""


def encode(
    tokenizer: PreTrainedTokenizerFast, dialogue: dialogues.Dialogue, citation_weight: float, elsewhere: float
) -> Row:
    """Return a dialogue's token ids and target weights.

    Answers and the token that ends them weigh 1, their citations `citation_weight`, everything else `elsewhere`.
    """
    start, end = (int(one) for one in tokenizer.convert_tokens_to_ids([START, END]))  # type: ignore[union-attr]
    ids: list[int] = []
    weights: list[float] = []
    for message in dialogue.messages():
        role = tokenizer.encode(message["role"], add_special_tokens=False)
        content = tokenizer.encode(" " + message["content"].strip(), add_special_tokens=False)
        ids += [start, *role, *content, end]
        if message["role"] == "assistant":
            marks = tokenizer.convert_ids_to_tokens(content)
            weights += [0.0] * (1 + len(role))
            weights += [citation_weight if _CITATION.fullmatch(mark) else 1.0 for mark in marks] + [1.0]
        else:
            weights += [elsewhere] * (2 + len(role) + len(content))
    return ids, weights


POOL = 8
"""Batches drawn and sorted by length together: rows of a batch are then about equally long, which halves the padding."""


class Source:
    """Draws the batch of any step; the pool that it belongs to is drawn once.

    Args:
        tokenizer: The starter's.
        seed: Of all chance.
        longest: Rows beyond this many tokens are drawn again.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, seed: int, longest: int) -> None:
        self._tokenizer, self._seed, self._longest = tokenizer, seed, longest
        self._pool: dict[tuple[int, Lesson], list[list[Row]]] = {}

    def draw(self, lesson: Lesson, step: int) -> Batch:
        """Return the batch of a step: the same for the same seed, lesson and step, whatever was drawn before."""
        number, place = divmod(step, POOL)
        if (number, lesson) not in self._pool:
            self._pool = {(number, lesson): self._draw_pool(lesson, number)}
        return _pad(self._pool[number, lesson][place], int(self._tokenizer.pad_token_id or 0))

    def _draw_pool(self, lesson: Lesson, number: int) -> list[list[Row]]:
        rng = random.Random(f"{self._seed}:{number}")
        rows: list[Row] = []
        while len(rows) < lesson.rows * POOL:
            if rng.random() < lesson.repeats:
                rows.append(_repeat(rng, len(self._tokenizer)))
                continue
            dialogue = dialogues.draw(rng, facts.TRAINING, lesson.passages, lesson.turns, lesson.unanswerable)
            row = encode(self._tokenizer, dialogue, citation_weight=3.0, elsewhere=lesson.elsewhere)
            if len(row[0]) <= self._longest:
                rows.append(row)
        rows.sort(key=lambda row: len(row[0]))
        made = [rows[first : first + lesson.rows] for first in range(0, len(rows), lesson.rows)]
        rng.shuffle(made)
        return made


def _pad(rows: list[Row], pad: int) -> Batch:
    length = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), length), pad, dtype=torch.long)
    weights = torch.zeros((len(rows), length))
    for place, (row_ids, row_weights) in enumerate(rows):
        ids[place, : len(row_ids)] = torch.tensor(row_ids)
        weights[place, : len(row_weights)] = torch.tensor(row_weights)
    return Batch(ids, weights)


def _repeat(rng: random.Random, vocabulary: int) -> Row:
    piece = [rng.randrange(3, vocabulary) for _ in range(rng.randint(8, 64))]
    times = rng.choice((2, 2, 3))
    return piece * times, [0.0] * len(piece) + [1.0] * (len(piece) * (times - 1))


def thin(batch: Batch, seed: int, step: int) -> torch.Tensor:
    """Return which targets to compute logits for, shape (rows, length), as weights.

    A tenth of the light targets at full weight has the same expectation as all of them at a tenth, and spares most of the
    vocabulary projection, a quarter of a step on a CPU.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    drawn = torch.rand(batch.weights.shape, generator=generator)
    light = (batch.weights > 0) & (batch.weights < 1)
    return torch.where(light, (drawn < batch.weights).float(), batch.weights)
