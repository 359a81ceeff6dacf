"""What the starter can do, measured on the held-out world, with intervals.

Knows nothing of training: it takes a model and a tokenizer.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from finetune.render import prompt_text
from finetune.starter import dialogues, facts
from finetune.starter.dialogues import Dialogue
from finetune.starter.turns import ABSTAIN, NO_DOCUMENTS, Kind, Style, Turn

_CITATION = re.compile(r"\[(\d)\]")


@dataclass(frozen=True)
class Measure:
    """A share of answers, and the bar it is held against."""

    name: str
    """What is measured."""
    hits: int
    """Answers that hold."""
    n: int
    """Answers in all."""
    bar: float | None
    """What the share should reach (or, for `at_most`, should not exceed); None where no bar is set."""
    at_most: bool = False
    """Whether the bar is an upper one."""

    @property
    def rate(self) -> float:
        """The share of answers that hold."""
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share (Wilson 1927)."""
        if not self.n:
            return (0.0, 1.0)
        z, p, n = 1.959964, self.rate, self.n
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (max(0.0, middle - half), min(1.0, middle + half))

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.bar is None:
            return None
        return self.rate <= self.bar if self.at_most else self.rate >= self.bar


@torch.inference_mode()
def answer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    asked: Sequence[Dialogue],
    longest: int = 96,
    rows: int = 32,
) -> list[str]:
    """Answer the last question of every dialogue, greedily, in batches of similar length."""
    prompts = [prompt_text(tokenizer, one.messages()[:-1]) for one in asked]
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    answers = [""] * len(prompts)
    tokenizer.padding_side = "left"  # a saved tokenizer forgets it, and generation appends on the right
    for first in range(0, len(order), rows):
        places = order[first : first + rows]
        batch = tokenizer(
            [prompts[place] for place in places], return_tensors="pt", padding=True, add_special_tokens=False
        )
        made = model.generate(  # type: ignore[operator]
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=longest,
            do_sample=False,
        )
        for place, ids in zip(places, made[:, batch["input_ids"].shape[1] :], strict=True):
            answers[place] = str(tokenizer.decode(ids, skip_special_tokens=True)).strip()
    return answers


def holds(text: str, turn: Turn) -> bool:
    """Whether an answer holds every value that is asked for."""
    flat = " ".join(text.lower().split())
    return all(" ".join(value.lower().split()) in flat for value in turn.values)


def cites(text: str, turn: Turn) -> bool:
    """Whether an answer cites just the right passages."""
    return sorted({int(mark) for mark in _CITATION.findall(text)}) == sorted(set(turn.cited))


def abstains(text: str) -> bool:
    """Whether an answer says that it can't tell."""
    return ABSTAIN in text or NO_DOCUMENTS in text


def probe(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, n: int = 24) -> dict[str, str]:
    """Return a quick look at what a model in training can do with four held-out passages: hits of `n`, by name."""
    found: dict[str, str] = {}
    model.eval()  # type: ignore[no-untyped-call]
    for kind in (Kind.FACT, Kind.UNANSWERABLE, Kind.FOLLOW_UP):
        rng = random.Random(f"probe {kind}")
        asked = [dialogues.measured(rng, kind) for _ in range(n)]
        pairs = list(
            zip(answer(model, tokenizer, asked, longest=40), (one.turns[-1] for one in asked), strict=True)
        )
        right = sum(holds(text, turn) if turn.values else abstains(text) for text, turn in pairs)
        found[str(kind)] = f"{right}/{n}"
        if kind is Kind.FACT:
            found["cited"] = f"{sum(cites(text, turn) for text, turn in pairs)}/{n}"
    model.train()
    return found


def measure(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    n: int = 300,
    seed: int = 20261121,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Measure]:
    """Measure everything that the model card states, `n` held-out dialogues a kind."""
    rng = random.Random(seed)
    answered: dict[Kind, list[tuple[str, Turn]]] = {}
    for kind in Kind:
        if kind is Kind.TALK:
            continue
        asked = [dialogues.measured(rng, kind) for _ in range(n)]
        answered[kind] = list(
            zip(answer(model, tokenizer, asked), (one.turns[-1] for one in asked), strict=True)
        )
        progress(f"{kind}: {sum(holds(text, turn) for text, turn in answered[kind])} of {n}")
    answerable = [
        pair for kind in (Kind.FACT, Kind.SENTENCE, Kind.NEWEST, Kind.TWO) for pair in answered[kind]
    ]

    def share(
        name: str, kind: Kind, test: Callable[[str, Turn], bool], bar: float | None, at_most: bool = False
    ) -> Measure:
        pairs = answered[kind]
        return Measure(name, sum(test(text, turn) for text, turn in pairs), len(pairs), bar, at_most)

    return [
        share("fact in the answer, 4 passages", Kind.FACT, holds, 0.90),
        share("citation right, 4 passages", Kind.FACT, cites, 0.90),
        share("abstains on unanswerable", Kind.UNANSWERABLE, lambda text, _: abstains(text), 0.85),
        Measure(
            "false abstention",
            sum(abstains(text) for text, _ in answerable),
            len(answerable),
            0.05,
            at_most=True,
        ),
        share("follow-up entity", Kind.FOLLOW_UP, holds, 0.80),
        share(
            "knows without passages", Kind.NO_PASSAGES, lambda text, _: not abstains(text), 0.01, at_most=True
        ),
        share("newest of two dated values", Kind.NEWEST, holds, None),
        share("two facts in one answer", Kind.TWO, holds, None),
        share("rule or sentence found", Kind.SENTENCE, holds, None),
        *forms(model, tokenizer, n, seed),
    ]


def forms(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, n: int, seed: int) -> list[Measure]:
    """Measure how often a simple form that the instructions ask for is kept, in the training world's wordings."""
    rng = random.Random(seed + 1)
    wanted: dict[Style, list[Dialogue]] = {Style.VALUE: [], Style.JSON: [], Style.BULLETS: []}
    while any(len(found) < n for found in wanted.values()):
        drawn = dialogues.draw(rng, facts.HELD_OUT, passages=4, turns=1)
        found = wanted.get(drawn.style)
        if (
            found is not None
            and len(found) < n
            and drawn.turns[-1].values
            and drawn.turns[-1].kind is Kind.FACT
        ):
            found.append(drawn)
    kept: list[Measure] = []
    for style, asked in wanted.items():
        texts = answer(model, tokenizer, asked)
        good = sum(
            _shape(text) == _shape(one.turns[-1].answer) for text, one in zip(texts, asked, strict=True)
        )
        kept.append(Measure(f"form kept: {style.value}", good, len(asked), None))
    return kept


def _shape(text: str) -> str:
    """Return what form a text has: JSON with its keys, a bullet, a sentence with a citation, or a bare value."""
    found = re.fullmatch(r'\{"(\w+)": ".*", "(\w+)": (?:\d|null)\}', text)
    if found:
        return f"json {found.group(1)} {found.group(2)}"
    if text.startswith("- "):
        return "bullet"
    return "sentence" if _CITATION.search(text) else "bare"
