"""What an adapter tells about the rows that it was trained on: said again word for word, or told apart from others.

Two attacks by somebody who has the model: give it the first half of a trained answer and see whether the rest follows, and tell
by the losses which rows were trained on. Knows nothing of workspaces, or of rows planted to be found, which stand in
`finetune.probes.canaries`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from finetune import adapter
from finetune.probes import intervals
from finetune.probes.intervals import Interval, Values
from finetune.probes.likelihood import losses
from finetune.render import Rendered

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base

RUN = 10
"""Tokens in a row, said as they were trained, from which on a row counts as said again. Carlini et al. 2023 (arXiv 2202.07646)
ask for 50, but half of a house's answer has fewer."""
TOLD = 8
"""Tokens in a row that stand in the prompt or in another answer are told by these. No word of the demo's answers has more on the
starter, so one word never tells; with four, a single shared word hid what was said again. Measured: docs/measured.md."""
FALSE_ALARMS = 0.01
"""Share of rows that were not trained on which may be taken for trained ones (Carlini et al. 2022, arXiv 2112.03570)."""
_MOST = 250  # rows of each side whose losses are compared
_ASKED = 50  # rows of each side that are continued
_SAMPLED = 4  # continuations of each that are drawn, beside the greedy one


@dataclass(frozen=True)
class Continuation:
    """Whether the first half of an answer brings back the rest."""

    rows: int
    """Trained rows that were continued."""
    found: int
    """Of these, how many were said again: `RUN` tokens or more."""
    share: Interval
    """How many of all trained rows that makes."""
    longest: int
    """The longest run, in tokens."""
    others: int
    """Rows that were not trained on, continued the same way."""
    found_others: int
    """Of these, how many were said again: what prompt and form tell without any memory."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "rows": self.rows,
            "found": self.found,
            "share": self.share.to_dict(),
            "longest": self.longest,
            "others": self.others,
            "found_others": self.found_others,
            "run": RUN,
        }


@dataclass(frozen=True)
class Membership:
    """How well losses tell trained rows from others."""

    members: int
    """Trained rows."""
    others: int
    """Rows of the same kind that were not trained on."""
    auc: Interval
    """Chance that a trained row gained more by the adapter than another row; 0.5 is a coin."""
    tpr: Interval
    """Share of trained rows that are told where at most `FALSE_ALARMS` of the others are taken for trained ones."""

    @property
    def told(self) -> bool:
        """Whether trained rows are surely told better than by a coin."""
        return self.auc.low > 0.5

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "members": self.members,
            "others": self.others,
            "auc": self.auc.to_dict(),
            "tpr": self.tpr.to_dict(),
            "false_alarms": FALSE_ALARMS,
            "told": self.told,
        }


# ---------------------------------------------------------------- said again


def continuation(
    model: PeftModel,
    base: Base,
    training: Sequence[Rendered],
    others: Sequence[Rendered],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Continuation:
    """Give the adapter the first half of answers, and look how much of the rest it says, greedily or in one of four draws.

    What a model can say without memory does not count: tokens that stand in the prompt, where the passages are, or in an answer
    of rows that were not trained on, where the house's form is, `TOLD` or more in a row.

    Args:
        model: The base with the adapter on it, in evaluation mode.
        base: The base.
        training: Rows that it was trained on.
        others: Rows of the same kind that it was not trained on.
        seed: Of the rows and the draws.
        progress: Called with how many rows are done, and how many there are.

    Raises:
        ValueError: No row's second half has `RUN` tokens.
    """
    form = [row.ids[row.prompt :] for row in others]
    asked = [_drawn(rows, _ASKED, seed, _long_enough) for rows in (training, others)]
    if not asked[0]:
        raise ValueError(f"No answer has a second half of {RUN} tokens.")
    total = sum(map(len, asked))
    runs: list[list[int]] = []
    for rows in asked:
        runs.append([])
        for row in rows:
            known = [row.ids[: row.prompt], *(answer for answer in form if answer != row.ids[row.prompt :])]
            rest = row.ids[_half(row) :]
            told = told_by(rest, known)
            runs[-1].append(max(verbatim(rest, said, told) for said in _continued(model, base, row, seed)))
            progress(sum(map(len, runs)), total)
    found, found_others = ([run >= RUN for run in side].count(True) for side in runs)
    return Continuation(
        len(runs[0]), found, intervals.share(found, len(runs[0])), max(runs[0]), len(runs[1]), found_others
    )


def _half(row: Rendered) -> int:
    return row.prompt + (len(row.ids) - row.prompt) // 2


def _long_enough(row: Rendered) -> bool:
    return len(row.ids) - _half(row) >= RUN


def _continued(model: PeftModel, base: Base, row: Rendered, seed: int) -> list[list[int]]:
    """Return what follows the first half of a row's answer: the greedy continuation, and the drawn ones."""
    import torch

    start = _half(row)
    ids = torch.tensor([row.ids[:start]], device=base.model.device)
    plain: dict[str, Any] = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "max_new_tokens": len(row.ids) - start,
        "pad_token_id": base.tokenizer.pad_token_id,
    }
    with torch.inference_mode(), torch.random.fork_rng(), adapter.switched(model, True):
        torch.manual_seed(seed)
        greedy = model.generate(**plain, do_sample=False, temperature=None, top_p=None, top_k=None)
        # as rows of their own: PEFT tells where an activated adapter begins to act once a row, not once a draw
        rows = {name: plain[name].expand(_SAMPLED, -1) for name in ("input_ids", "attention_mask")}
        drawn = model.generate(**{**plain, **rows}, do_sample=True, temperature=1.0, top_p=1.0, top_k=0)
    return [*greedy[:, start:].tolist(), *drawn[:, start:].tolist()]


def told_by(rest: Sequence[int], known: Iterable[Sequence[int]]) -> list[bool]:
    """Return for each token whether it is one of `TOLD` in a row that stand in a known text too."""
    grams = {tuple(text[place : place + TOLD]) for text in known for place in range(len(text) - TOLD + 1)}
    told = [False] * len(rest)
    for place in range(len(rest) - TOLD + 1):
        if tuple(rest[place : place + TOLD]) in grams:
            told[place : place + TOLD] = [True] * TOLD
    return told


def verbatim(rest: Sequence[int], said: Sequence[int], told: Sequence[bool]) -> int:
    """Return the length of the longest run of tokens that was said as it stands in `rest`, with none that is `told`."""
    longest = 0
    before = [0] * (len(said) + 1)
    for token, known in zip(rest, told, strict=True):
        now = [0] * (len(said) + 1)
        if not known:
            for place, other in enumerate(said, start=1):
                if token == other:
                    now[place] = before[place - 1] + 1
        longest, before = max(longest, *now), now
    return longest


# ---------------------------------------------------------------- told apart


def membership(
    model: PeftModel,
    base: Base,
    training: Sequence[Rendered],
    others: Sequence[Rendered],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Membership:
    """Try to tell trained rows from others by what the adapter gained on each: the base's loss minus the adapter's.

    The base is the reference that says how hard a row is by itself (Carlini et al. 2022, arXiv 2112.03570; a reference model as
    in Mireshghallah et al. 2022, arXiv 2203.03929): without it, easy rows are taken for trained ones.

    Args:
        model: The base with the adapter on it, in evaluation mode.
        base: The base.
        training: Rows that it was trained on; a drawn 250 where there are more.
        others: Rows of the same kind that it was not trained on.
        seed: Of the drawing and the resampling.
        progress: Called with how many rows are done, and how many there are.
    """
    sides = [_drawn(rows, _MOST, seed) for rows in (training, others)]
    every = [row for rows in sides for row in rows]
    gained = losses(model, base, every, False) - losses(model, base, every, True, progress)
    return told_apart(gained[: len(sides[0])], gained[len(sides[0]) :], seed)


def told_apart(members: Values, others: Values, seed: int = 0) -> Membership:
    """Return how well scores tell members from others, with intervals by resampling both sides.

    Args:
        members: A score for each member, higher for "trained on"; shape (members,).
        others: The same for the others; shape (others,).
        seed: Of the resampling.

    Raises:
        ValueError: One side is empty.
    """
    if not len(members) or not len(others):
        raise ValueError(
            f"Both sides need a row, but there are {len(members)} members and {len(others)} others."
        )
    rng = np.random.default_rng(seed)
    n, m = len(members), len(others)
    times = rng.multinomial(n, np.full(n, 1 / n), intervals.RESAMPLES).astype(np.float64)
    other_times = rng.multinomial(m, np.full(m, 1 / m), intervals.RESAMPLES).astype(np.float64)
    wins = _wins(members, others)
    areas = np.einsum("rn,rn->r", times, other_times @ wins.T) / (n * m)
    shares = np.array(
        [
            float(times[place] @ (members > _threshold(np.repeat(others, other_times[place].astype(int)))))
            / n
            for place in range(intervals.RESAMPLES)
        ]
    )
    return Membership(n, m, _interval(auc(members, others), areas, min(n, m)),
                      _interval(tpr(members, others), shares, n))  # fmt: skip


def auc(members: Values, others: Values) -> float:
    """Return the area under the ROC curve: the share of pairs whose member scores higher, ties counted half."""
    return float(_wins(members, others).mean())


def tpr(members: Values, others: Values) -> float:
    """Return the share of members above the threshold that at most `FALSE_ALARMS` of the others pass; ties do not pass."""
    return float((members > _threshold(others)).mean())


def _wins(members: Values, others: Values) -> Values:
    """Return 1, ½ or 0 for every pair, shape (members, others)."""
    return np.asarray((members[:, None] > others) + 0.5 * (members[:, None] == others), dtype=np.float64)


def _threshold(others: Values) -> float:
    """Return the score that so many of the others may pass, rounded down: none at all where there are fewer than 100."""
    may_pass = int(FALSE_ALARMS * len(others))
    return float(np.partition(others, len(others) - 1 - may_pass)[len(others) - 1 - may_pass])


def _interval(value: float, resampled: Values, n: int) -> Interval:
    """Return the percentile interval; where no resample differs, it is opened by what `n` rows without a miss allow."""
    low, high = intervals.ends(resampled)
    if low == high and value in (0.0, 1.0):
        missed = intervals.share(0, n).high
        low, high = (0.0, missed) if value == 0.0 else (1.0 - missed, 1.0)
    return Interval(value, low, high)


def _drawn(
    rows: Sequence[Rendered], most: int, seed: int, fit: Callable[[Rendered], bool] = lambda row: True
) -> list[Rendered]:
    """Return the rows that fit, or so many of them by chance, in their order."""
    usable = [row for row in rows if fit(row)]
    if len(usable) <= most:
        return usable
    places = np.random.default_rng(seed).choice(len(usable), most, replace=False)
    return [usable[place] for place in sorted(places)]
