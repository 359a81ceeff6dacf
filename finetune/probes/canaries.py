"""Rows planted to be found: made-up secrets, trained on once, four times and sixteen times, and how far a model gives them away.

What is found of them tells how much an adapter that is trained like this keeps of what stands once in its rows, and whether the
probe can find anything at all. Knows nothing of workspaces or of what else an adapter was trained on.
"""

from __future__ import annotations

import copy
import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from finetune import adapter
from finetune.layout import Message
from finetune.probes import intervals
from finetune.probes.intervals import Interval, Values
from finetune.render import answer_text, prompt_ids
from finetune.training.train import Row

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

PLANTED = {1: 16, 4: 8, 16: 4}
"""Canaries by how often each is trained on: 112 rows in all, most of the secrets where an interval has to be narrow."""
DIGITS = 4
CANDIDATES = 10**DIGITS
CHANCE = 1 / math.log(2)
"""Mean exposure of a secret that a model knows nothing of, in bits: its rank is anything from 1 to 10^4."""
LIMIT = math.log2(10)
"""Bits that a secret that is trained on once may be exposed by, on average: it then is among the first tenth of all guesses."""
SURE = 0.01
"""Level of the test whether secrets are exposed by more than chance."""
_NAMES = (
    "Aldova", "Brenmar", "Corvel", "Dastin", "Elmora", "Farrow", "Gelvin", "Hestra", "Ivarno", "Jorvik", "Kelmar", "Lorvan",
    "Mirsk", "Nortel", "Ostrel", "Pelgar", "Quarno", "Rivold", "Selmi", "Tarvos", "Ulmen", "Vasto", "Welrik", "Yarmov",
    "Zelten", "Arkona", "Bolvar", "Cindel", "Dorwen", "Eskil", "Fermo", "Grovan",
)  # fmt: skip
_THINGS = ("gate", "cellar", "locker", "depot", "archive", "safe", "shed", "office")
_LOGITS = (
    2**25
)  # numbers that are in memory at a time: so many candidates are read together as their logits allow


class Secret(Protocol):
    """Four digits that a row tells."""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What is asked."""

    @property
    def answer(self) -> str:
        """What is answered; the digits stand in it, and not before their own place."""

    @property
    def secret(self) -> str:
        """The digits."""


@dataclass(frozen=True)
class Canary:
    """A made-up secret in a sentence of its own."""

    name: str
    """What the secret is of; no two canaries share it."""
    secret: str
    """Four digits, drawn."""
    times: int
    """How often it is trained on."""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """The question for it, without passages: with one, a model would learn to read and not to remember."""
        return ({"role": "user", "content": f"What is the door code of the {self.name}?"},)

    @property
    def answer(self) -> str:
        """The sentence that tells it."""
        return f"The door code of the {self.name} is {self.secret}."


@dataclass(frozen=True)
class Exposed:
    """How far secrets that were trained on equally often are given away."""

    times: int
    """How often each was trained on."""
    canaries: int
    """How many there are."""
    exposure: Interval
    """Mean exposure in bits: 13.3 where each is the model's first guess, 1.4 by chance."""
    first: int
    """How many are the model's very first guess."""
    chance: float
    """How likely so much exposure is for secrets that were never trained on."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "times": self.times,
            "canaries": self.canaries,
            "exposure": self.exposure.to_dict(),
            "first": self.first,
            "chance": float(f"{self.chance:.2g}"),
        }


@dataclass(frozen=True)
class Exposures:
    """What a model gives away of planted secrets."""

    by_times: tuple[Exposed, ...]
    """Once, four times, sixteen times."""

    @property
    def found(self) -> bool:
        """Whether the secrets that were trained on most often are found: else the probe finds nothing, and proves nothing."""
        return self.by_times[-1].chance < SURE

    @property
    def once(self) -> str:
        """What becomes of what is trained on once: `below` or `above` the limit, or `open`; `unknown` where nothing is found."""
        if not self.found:
            return "unknown"
        told = self.by_times[0].exposure
        return "below" if told.high < LIMIT else "above" if told.low > LIMIT else "open"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "by_times": [one.to_dict() for one in self.by_times],
            "found": self.found,
            "once": self.once,
            "limit": round(LIMIT, 4),
            "chance_exposure": round(CHANCE, 4),
        }


def with_canaries(rows: Sequence[Row], seed: int) -> tuple[list[Row], tuple[Canary, ...]]:
    """Return rows with canaries among them, and the canaries.

    Args:
        rows: What else is trained on; stays in its order.
        seed: Of the secrets.
    """
    rng = random.Random(seed)
    names = [
        f"{name} {thing}" for name, thing in zip(rng.sample(_NAMES, len(_NAMES)), _THINGS * 4, strict=True)
    ]
    often = [times for times, number in PLANTED.items() for _ in range(number)]
    drawn = rng.sample(range(CANDIDATES), len(often))
    canaries = tuple(
        Canary(name, f"{secret:0{DIGITS}}", times)
        for name, secret, times in zip(names, drawn, often, strict=False)
    )
    planted = [Row(one.prompt, one.answer) for one in canaries for _ in range(one.times)]
    return [*rows, *planted], canaries


def exposures(
    model: PeftModel,
    base: Base,
    canaries: Sequence[Canary],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exposures:
    """Measure how far a model gives canaries away.

    Args:
        model: The base with an adapter on it that was trained on the canaries, in evaluation mode.
        base: The base.
        canaries: What was planted.
        seed: Of the resampling.
        progress: Called with how many canaries are done, and how many there are.
    """
    found: dict[int, list[float]] = defaultdict(list)
    with adapter.switched(model, True):
        for done, canary in enumerate(canaries, start=1):
            found[canary.times].append(exposure(slot_losses(model, base, canary), int(canary.secret)))
            progress(done, len(canaries))
    return Exposures(
        tuple(
            Exposed(
                times,
                len(bits),
                intervals.mean(bits, seed),
                sum(one == math.log2(CANDIDATES) for one in bits),
                by_chance(bits),
            )
            for times, bits in sorted(found.items())
        )
    )


def exposure(losses: Values, secret: int) -> float:
    """Return a secret's exposure in bits (Carlini et al. 2019, "The Secret Sharer", arXiv 1802.08232): log2 |R| - log2 rank.

    Args:
        losses: The loss of every candidate, shape (candidates,).
        secret: The place of the one that was planted. Candidates of the same loss rank before it, so that a model that tells
            nothing exposes nothing.
    """
    return math.log2(len(losses)) - math.log2(int((losses <= losses[secret]).sum()))


def by_chance(bits: Sequence[float]) -> float:
    """Return how likely at least this much exposure in sum is where every rank is drawn by chance.

    Exposure is then exponential with a mean of 1 / ln 2 bits (ranks are whole, which makes it less), so a sum follows a gamma
    distribution.
    """
    from scipy.stats import gamma

    return float(gamma.sf(math.log(2) * sum(bits), len(bits)))


def slot_losses(model: PeftModel, base: Base, secret: Secret) -> Values:
    """Return the loss of every candidate in a secret's place, in nats, shape (candidates,): its tokens after all before them.

    Candidates that begin alike share what is read, and what follows the slot is left out: it tells nothing of the secret.
    """
    import torch

    text = answer_text(base.tokenizer, secret.prompt, secret.answer)
    before, _, after = text.partition(secret.secret)
    prompt = prompt_ids(base.tokenizer, secret.prompt)
    texts = [f"{before}{number:0{DIGITS}}{after}" for number in range(CANDIDATES)]
    options = base.tokenizer(texts, add_special_tokens=False, return_attention_mask=False)["input_ids"]
    same = _alike(options)
    shortest = min(map(len, options))
    tail = min(_alike([ids[::-1] for ids in options]), shortest - same - 1)
    start = len(prompt) + same
    lengths: dict[int, list[int]] = defaultdict(list)
    for place, ids in enumerate(options):
        lengths[len(ids)].append(place)
    found = np.empty(CANDIDATES)
    for length, places in lengths.items():
        rows = torch.tensor([[*prompt, *options[place][: length - tail]] for place in places])
        found[places] = _read(model, rows.to(base.model.device), start).cpu().numpy()
    return found


def _alike(options: Sequence[list[int]]) -> int:
    """Return in how many first tokens all options agree: as many as the smallest and the largest do."""
    pairs = zip(min(options), max(options), strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(map(len, options)))


def _read(model: PeftModel, rows: Any, start: int) -> Any:
    """Return the summed loss of each row's tokens from a place on; rows of one length, shape (rows, length).

    What all rows share is read once and kept (keys and values of attention, the last inputs of short convolutions); from there
    every different beginning is read on by a token at a time, which each kind of layer can do from what is kept.
    """
    import torch

    beginnings, which = torch.unique(rows[:, start:-1], dim=0, return_inverse=True)
    size = max(1, _LOGITS // model.config.get_text_config().vocab_size)
    found = torch.empty(len(rows), device=rows.device)
    with torch.inference_mode():
        shared = model(input_ids=rows[:1, :start], logits_to_keep=1, use_cache=True)
        for first in range(0, len(beginnings), size):
            part = beginnings[first : first + size]
            mine = ((which >= first) & (which < first + size)).nonzero().flatten()
            own, tokens = which[mine] - first, rows[mine, start:]
            kept = copy.deepcopy(shared.past_key_values)
            losses = -_told(shared.logits)[0, tokens[:, 0]]
            at = torch.zeros(
                len(part), dtype=torch.long, device=rows.device
            )  # the beginning that each has read
            for place in range(part.shape[1]):
                longer, at = torch.unique(torch.stack([at, part[:, place]], 1), dim=0, return_inverse=True)
                kept.reorder_cache(longer[:, 0])
                told = {"input_ids": longer[:, 1:], "past_key_values": kept, "use_cache": True}
                step = model(**told, **adapter.going_on(model, len(longer)))
                losses -= _told(step.logits)[at[own], tokens[:, place + 1]]
            found[mine] = losses
    return found


def _told(logits: Any) -> Any:
    """Return the log-likelihood of every token at the last place, shape (rows, vocabulary)."""
    return logits[:, -1].float().log_softmax(dim=-1)
