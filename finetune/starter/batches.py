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
from finetune.starter.model import END, PAD, START

_CITATION = re.compile(r"\[\d\]")


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


@dataclass(frozen=True)
class Batch:
    """Right-padded rows."""

    ids: torch.Tensor
    """Token ids, shape (rows, length)."""
    weights: torch.Tensor
    """What each token counts as a target, shape (rows, length); 0 for padding."""


def encode(
    tokenizer: PreTrainedTokenizerFast, dialogue: dialogues.Dialogue, citation_weight: float, elsewhere: float
) -> tuple[list[int], list[float]]:
    """Return a dialogue's token ids and target weights.

    Answers and the token that ends them weigh 1, their citations `citation_weight`, everything else `elsewhere`.
    """
    start, end = tokenizer.convert_tokens_to_ids([START, END])
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


def draw(tokenizer: PreTrainedTokenizerFast, lesson: Lesson, seed: int, step: int, longest: int) -> Batch:
    """Draw the batch of a step; rows beyond `longest` tokens are drawn again."""
    rng = random.Random(f"{seed}:{step}")
    rows: list[tuple[list[int], list[float]]] = []
    while len(rows) < lesson.rows:
        if rng.random() < lesson.repeats:
            rows.append(_repeat(rng, len(tokenizer)))
            continue
        dialogue = dialogues.draw(rng, facts.TRAINING, lesson.passages, lesson.turns, lesson.unanswerable)
        row = encode(tokenizer, dialogue, citation_weight=3.0, elsewhere=0.1)
        if len(row[0]) <= longest:
            rows.append(row)
    # Lengths in steps of 64: a compiled model then meets few shapes.
    length = -(-max(len(ids) for ids, _ in rows) // 64) * 64
    pad = tokenizer.convert_tokens_to_ids(PAD)
    ids = torch.full((len(rows), length), pad, dtype=torch.long)
    weights = torch.zeros((len(rows), length))
    for place, (row_ids, row_weights) in enumerate(rows):
        ids[place, : len(row_ids)] = torch.tensor(row_ids)
        weights[place, : len(row_weights)] = torch.tensor(row_weights)
    return Batch(ids, weights)


def _repeat(rng: random.Random, vocabulary: int) -> tuple[list[int], list[float]]:
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
