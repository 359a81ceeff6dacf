"""Direct preference optimisation of an adapter (Rafailov et al. 2023, arXiv 2305.18290): pairs in, a verified folder out.

The policy begins as a copy of the adapter, and what it is held to is that adapter, by log-probabilities
that are computed once, before the first step. Pairs come rendered as they are served. Knows nothing of documents, of retrieval
or of who chose.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from finetune import adapter, registry
from finetune.base import Base, load_base
from finetune.layout import Message
from finetune.preference.align_settings import AlignSettings
from finetune.preference.dpo import Cost, Tokens, cost, fit_pairs, log_probs, margins
from finetune.probes.intervals import Interval, Values, mean, share
from finetune.registry import Manifest
from finetune.training import proofs, ranks
from finetune.training.runs import Run
from finetune.training.train import Row, render_rows, rows_hash
from finetune.training.watching import Report, Stop, going
from foundation.errors import UserError

FEWEST = 10
"""Pairs to learn from below which nothing is aligned, as for rows."""


@dataclass(frozen=True)
class Pair:
    """One thing to learn: a prompt exactly as it is served, the answer that was chosen and the one that was not."""

    prompt: tuple[Message, ...]
    """System text, passages and conversation, up to and with the last user turn."""
    chosen: str
    """What the assistant should rather say."""
    rejected: str
    """What it should rather not."""


@dataclass(frozen=True)
class HeldOut:
    """How an adapter tells held-out pairs apart: those that nothing was decided by."""

    pairs: int
    """How many."""
    before: Interval
    """Share of them whose chosen answer was likelier than the rejected one with the adapter that it began as (Wilson, 95 %)."""
    after: Interval
    """The same with the aligned one."""
    won: int
    """Pairs that are told apart rightly now, and were not before."""
    lost: int
    """Pairs that were, and are not now."""
    reward: Interval
    """Share of them whose chosen answer gained more than the rejected one: DPO's reward accuracy (Wilson, 95 %)."""
    margin: Interval
    """Mean of β × that gain, in nats (bootstrap, 95 %)."""
    right: tuple[bool, ...]
    """For each pair, whether it is told apart rightly now; in the order given."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        told = {name: getattr(self, name).to_dict() for name in ("before", "after", "reward", "margin")}
        return {"pairs": self.pairs, "won": self.won, "lost": self.lost, "right": list(self.right), **told}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> HeldOut:
        """Return what `to_dict` told."""
        intervals = {name: Interval(**told[name]) for name in ("before", "after", "reward", "margin")}
        return cls(told["pairs"], won=told["won"], lost=told["lost"], right=tuple(told["right"]), **intervals)


@dataclass(frozen=True)
class Aligned:
    """A finished alignment."""

    manifest: Manifest
    """The adapter's papers."""
    held_out: HeldOut
    """What it does to pairs that nothing was decided by."""


def check_installed() -> None:
    """Check that TRL is there.

    Raises:
        UserError: It is not.
    """
    if any(importlib.util.find_spec(name) is None for name in ("trl", "datasets")):
        raise UserError(
            "Aligning an adapter needs the package trl, which is not installed. Run `pip install 'rungwise[align]'`."
        )


def align_adapter(
    base_name: str,
    source: Path,
    training: Sequence[Pair],
    validation: Sequence[Pair],
    test: Sequence[Pair],
    folder: Path,
    settings: AlignSettings | None = None,
    made_from: Mapping[str, str] | None = None,
    report: Report = lambda line: None,
    runs: Path | None = None,
    stop: Stop = lambda: False,
    expect: Callable[[Cost], None] = lambda cost: None,
    papers: Mapping[str, Any] | None = None,
) -> Aligned:
    """Align a LoRA adapter with preferences and publish the result; one that was killed or stopped goes on where it was.

    Args:
        base_name: The base; it is loaded fresh, so that a base that serves is not touched.
        source: The adapter to begin with; it stays as it is.
        training: Pairs to learn from.
        validation: Pairs that decide when to stop and which epoch is kept.
        test: Pairs that decide nothing, and that the result is measured by.
        folder: Where the new adapter goes.
        settings: How to align.
        made_from: Hashes, by name, of what the pairs were made from, for the manifest.
        report: Called with `step`, `steps`, `loss` and `seconds`, or with `epoch`, `accuracy` and `margin`.
        runs: Where the directories of trainings are kept. None: nothing is kept, and nothing goes on after a kill.
        stop: Asked after each step; once true, the state is saved and it ends.
        expect: Called once with what it will take, before it begins; may raise to prevent it.
        papers: What the manifest says besides.

    Raises:
        UserError: TRL is not installed, several processes were launched, there are too few pairs, one does not fit the base's
            window, the adapter is whole weights or does not belong to this base, it was stopped or broke down, or what was
            written is not what was trained.
    """
    check_installed()
    if ranks.size() > 1:
        raise UserError(
            f"An alignment runs in one process, but {ranks.size()} were launched together. Run `rungwise align` by itself."
        )
    settings = settings or AlignSettings()
    if len(training) < FEWEST or not validation or not test:
        raise UserError(
            f"An alignment needs at least {FEWEST} pairs to learn from, 1 to stop by and 1 to measure by, but there are "
            f"{len(training)}, {len(validation)} and {len(test)}. Collect more votes and edited answers."
        )
    base = load_base(base_name)
    begun = _begins_with(source, base)
    settings = replace(
        settings, learning_rate=settings.rate(float(begun.settings.get("learning_rate") or 1e-4))
    )
    parts = [render_pairs(base, pairs) for pairs in (training, validation, test)]
    model = adapter.attach_saved(base.model, source)
    plan = _plan(base, begun, settings, training, validation)
    with registry.staging(folder) as staged:
        since = time.monotonic()
        references = [log_probs(model, base, part) for part in parts]
        read = (time.monotonic() - since) * (len(training) + len(validation)) / sum(map(len, parts))
        expect(cost(len(training), len(validation), read, settings))
        run = Run.begin(runs or staged / "run", plan)
        with going(run):
            fitted = fit_pairs(
                model, base, parts[0], parts[1], (references[0], references[1]), settings, run, report, stop
            )
            shutil.rmtree(staged / "run", ignore_errors=True)
            adapter.save(model, staged)
            proofs.moved(adapter.weights_of(model), adapter.read_weights(source))
            trained = {name: value.cpu().clone() for name, value in adapter.weights_of(model).items()}
            base = load_base(base_name)  # trl changed how the one in memory computes
            off = proofs.canary_logits(base.model, base)
            model = adapter.attach_saved(base.model, staged).eval()
            _same(adapter.weights_of(model), trained)
            proof = proofs.after(model, base, off, [one.chosen for one in parts[1]], staged)
            held_out = _held_out(references[2], log_probs(model, base, parts[2]), settings.beta)
            told = {"settings": asdict(settings), "curve": fitted.curve, "held_out": held_out.to_dict()}
            manifest = replace(
                begun,
                name=folder.name,
                made_from={**begun.made_from, **(made_from or {})},
                curve=fitted.curve,
                best_epoch=fitted.best_epoch,
                seconds=fitted.seconds,
                versions=dict(plan["versions"]),
                created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                proof=proof.to_dict(),
                test={},
                papers={
                    **begun.papers,
                    **(papers or {}),
                    "follows": begun.name,
                    "alignment": {**plan, **told},
                },
            )
            run.must_go_on()
            published = registry.publish(staged, folder, manifest)
            run.end("done", adapter=folder.name)
            return Aligned(published, held_out)


def render_pairs(base: Base, pairs: Sequence[Pair]) -> list[Tokens]:
    """Render pairs for a base, as rows are.

    Raises:
        UserError: As `finetune.training.train.render_rows`.
    """
    rows = [Row(pair.prompt, text) for pair in pairs for text in (pair.chosen, pair.rejected)]
    made = render_rows(base, rows)
    return [Tokens(*both) for both in zip(made[::2], made[1::2], strict=True)]


def _begins_with(source: Path, base: Base) -> Manifest:
    """Return the papers of the adapter to begin with.

    Raises:
        UserError: It is not whole, not of this base, or whole weights.
    """
    manifest = registry.verify(source, base.name, base.fingerprint)
    if manifest.settings.get("method") == "full":
        raise UserError(
            f"{source}: these are whole weights, and an alignment needs an adapter beside the base. Train one with "
            "`rungwise train --method lora`."
        )
    return manifest


def _plan(
    base: Base, begun: Manifest, settings: AlignSettings, training: Sequence[Pair], validation: Sequence[Pair]
) -> dict[str, Any]:
    """Return what decides how an alignment goes, as JSON values."""
    return {
        "aligned_from": begun.name,
        "adapter_sha256": begun.files[begun.weights],
        "base": base.name,
        "base_fingerprint": base.fingerprint,
        "precision": base.precision.name,
        "rows": len(training),
        "validation_rows": len(validation),
        "pairs_sha256": pairs_hash(training),
        "validation_pairs_sha256": pairs_hash(validation),
        "settings": asdict(settings),
        "versions": {
            name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft", "trl")
        },
    }


def pairs_hash(pairs: Sequence[Pair]) -> str:
    """Return the hash of pairs in their order."""
    return rows_hash([Row(pair.prompt, text) for pair in pairs for text in (pair.chosen, pair.rejected)])


def _held_out(before: Values, after: Values, beta: float) -> HeldOut:
    """Return how held-out pairs are told apart.

    Args:
        before: Log-probabilities with the adapter that it began as, shape (pairs, 2).
        after: Those with the aligned one.
        beta: DPO's β.
    """
    was, now = before[:, 0] > before[:, 1], after[:, 0] > after[:, 1]
    gained, n = margins(before, after, beta), len(before)
    return HeldOut(
        pairs=n,
        before=share(int(was.sum()), n),
        after=share(int(now.sum()), n),
        won=int((now & ~was).sum()),
        lost=int((was & ~now).sum()),
        reward=share(int((gained > 0).sum()), n),
        margin=mean(gained),
        right=tuple(bool(one) for one in now),
    )


def _same(read: Mapping[str, Any], trained: Mapping[str, Any]) -> None:
    """Check that the written adapter is the trained one, to the bit.

    Raises:
        UserError: It is not.
    """
    import torch

    odd = [name for name in trained if name not in read or not torch.equal(read[name].cpu(), trained[name])]
    if odd or read.keys() != trained.keys():
        raise UserError(
            f"What was written is not what was aligned ({', '.join(odd[:3]) or 'other layers'}). The adapter is not used."
        )
