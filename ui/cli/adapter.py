"""The command `train`: it makes the adapter.

Knows nothing of how rows are built or trained on.
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import clip, say, seconds, show, show_json, show_marked, size, spark, table

if TYPE_CHECKING:
    from assistant.open import Trained
    from assistant.workspace import Workspace
    from finetune.registry import Manifest
    from finetune.training.estimate import Estimate


class _Enough(Exception):
    """Raised where only the estimate was asked for."""


def train(
    only_estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Say what it will take, from two seconds of it, and train nothing."),
    ] = False,
    preview: Annotated[
        int,
        typer.Option(
            metavar="ROW", min=0, help="Show this row as it would be trained on, and train nothing."
        ),
    ] = 0,
    due: Annotated[
        bool,
        typer.Option(
            "--due",
            help="Train only where the adapter that serves learned from what was forgotten; for a timer.",
        ),
    ] = False,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="lora|full",
            help="Train an adapter beside the base, or every weight of a small base; rungwise.toml keeps it.",
        ),
    ] = None,
    activated: Annotated[
        bool | None,
        typer.Option(
            "--activated/--no-activated",
            help="Let the adapter act from the answer's header on only, or everywhere; rungwise.toml keeps it.",
        ),
    ] = None,
    report_to: Annotated[
        list[str] | None,
        typer.Option(
            "--report-to",
            metavar="NAME",
            help="Tell every step to trackio, mlflow or tensorboard as well; nobody is told unless asked.",
        ),
    ] = None,
    task: Annotated[
        str,
        typer.Option(
            "--task",
            metavar="NAME",
            help="Train on the examples of this task alone; the adapter answers it in setups that are +routed.",
        ),
    ] = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Train the adapter on the examples, rendered as live questions are; goes on where it was killed or stopped."""
    house = opened(workspace)
    told_now = {"method": method, "activated": activated}
    house = _told(house, told_now, keep=not (only_estimate or preview))
    if due and not house.adapters.due:
        why = "No training is due: no adapter serves that learned from what was forgotten."
        show_json({"due": False, "reason": why}) if as_json else show(why)
        return ExitCode.OK
    if preview:
        return _previewed(house, preview, as_json)
    told: list[Estimate] = []
    try:
        with Progress() as progress:
            made = trained(house, progress, told if only_estimate else None, report_to or (), task=task)
    except _Enough:
        show_json(told[0].to_dict()) if as_json else show(estimate_text(told[0]))
        return ExitCode.OK
    show_json(trained_dict(made, house)) if as_json else show(trained_text(made, house))
    return ExitCode.OK


def _told(workspace: Workspace, values: dict[str, Any], keep: bool) -> Workspace:
    """Return a workspace with these training settings (None: as it has them), which its rungwise.toml may keep."""
    changed = {
        key: value
        for key, value in values.items()
        if value is not None and getattr(workspace.settings.training, key) != value
    }
    if not changed:
        return workspace
    if keep:
        from assistant.config.settings_file import change_settings
        from assistant.workspace import CONFIG

        change_settings(workspace.root / CONFIG, "training", changed)
        told = ", ".join(f"{key} = {json.dumps(value)}" for key, value in changed.items())
        say(f"{workspace.root / CONFIG} says {told} now.")
    settings = workspace.settings
    return replace(workspace, settings=replace(settings, training=replace(settings.training, **changed)))


def _previewed(workspace: Workspace, number: int, as_json: bool) -> int:
    """Show one training row as the model would see it, what is taught of it marked."""
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.open import house_row
        from finetune.base import load_base
        from finetune.render import render, spelled, terminators

        one = house_row(workspace, number, lambda done, total: progress("Rendering rows", done, total))
        row = one.row
        if row is None:
            raise UserError(
                f"There are {one.rows} training rows. Name one from 1 to {one.rows} with --preview."
            )
        progress("Loading the base")
        base = load_base(workspace.settings.model.base)
        ends = terminators(base.tokenizer, base.model.generation_config.eos_token_id)
        made = render(base.tokenizer, row.prompt, row.answer, ends)
        read, taught = spelled(base.tokenizer, made)
    counts = {
        "row": number,
        "examples": one.examples,
        "tokens": len(made.ids),
        "taught_tokens": len(made.ids) - made.prompt,
    }
    if as_json:
        show_json({**counts, "read": read, "taught": taught})
        return ExitCode.OK
    show_marked([(read, False), (taught, True)], green=True)
    show(
        f"Row {number}, from {one.examples} examples: {len(made.ids)} tokens, the last {len(made.ids) - made.prompt} of them are "
        "taught."
    )
    return ExitCode.OK


def trained(
    workspace: Workspace,
    progress: Progress,
    only: list[Estimate] | None = None,
    trackers: Sequence[str] = (),
    claim: Callable[[float], object] | None = None,
    candidate: str = "",
    task: str = "",
) -> Trained:
    """Train a workspace's adapter, telling how far it is; the first Ctrl-C saves, a second one ends at once.

    Args:
        workspace: Where.
        progress: Told how far it is.
        only: Where there is a list, the estimate is put into it and nothing is trained.
        trackers: What hears of every step besides.
        claim: Told how many seconds it will take before it begins; may raise to prevent it.
        candidate: The adapter's name where it is only a candidate, which does not serve.
        task: The task whose examples alone it learns from; empty: all examples.

    Raises:
        UserError: As `assistant.train_house`, or strict mode misses what the data is kept for.
        _Enough: Only an estimate was wanted.
    """
    progress("Loading the libraries")
    from assistant.open import train_house
    from governance.strict import Use, check_strict

    check_strict(workspace, Use.TRAIN)

    title = "Training the adapter"
    interrupts = Interrupts()

    def expect(estimate: Estimate) -> None:
        if only is not None:
            only.append(estimate)
            raise _Enough
        progress.pause()
        interrupts.listening = True
        say(estimate_text(estimate))
        if claim is not None:
            claim(estimate.seconds)

    losses: list[float] = []
    checked = ""

    def report(line: dict[str, float]) -> None:
        nonlocal checked
        if "steps" in line:
            losses.append(line["loss"])
            told = f"loss {line['loss']:.2f} {spark(losses)}{checked}"
            progress(title, int(line["step"]), int(line["steps"]), told)
        elif "validation_loss" in line:
            checked = f", validation {line['validation_loss']:.2f}"

    def rows(done: int, total: int) -> None:
        progress("Rendering rows", done, total) if done < total else progress(title)

    with interrupts.heard():
        return train_house(workspace, report, rows, interrupts.stop, expect, trackers, candidate, task)


class Interrupts:
    """Turns the first Ctrl-C of a training into a wish to stop, so that its state is saved."""

    listening = False
    """Whether there is something to save; before, Ctrl-C ends at once."""
    _wished = False

    def stop(self) -> bool:
        """Return whether somebody wishes that it stops."""
        return self._wished

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen, as long as the block runs; where Ctrl-C is ignored, as behind `nohup`, or in a thread, nothing changes."""
        before = signal.getsignal(signal.SIGINT)
        if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
            yield
            return
        signal.signal(signal.SIGINT, self._hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _hear(self, *_: Any) -> None:
        if self._wished or not self.listening:
            raise KeyboardInterrupt
        self._wished = True
        say("Stopping after this step; its state is saved. Ctrl-C once more ends at once.")


def estimate_text(estimate: Estimate) -> str:
    """Return what a training will take, in a sentence, below what was chosen for it by rule."""
    taken = (
        f"{estimate.rows} rows, {estimate.steps} steps, {estimate.tokens:,} tokens of which {estimate.taught:,} are taught: at "
        f"most about {seconds(estimate.seconds)}, {size(estimate.memory)} of memory, {size(estimate.disk)} on the disk."
    )
    return "\n".join((*estimate.chosen, taken))


def trained_dict(made: Trained, workspace: Workspace) -> dict[str, object]:
    """Return a training as JSON values, as `train.schema.json` says."""
    rows = made.rows
    return {
        "folder": str(workspace.adapters.home / made.manifest.name),
        "manifest": asdict(made.manifest),
        "found": rows.found,
        "placed": rows.placed,
        "dropped": list(rows.dropped),
        "excluded": list(rows.excluded),
    }


def trained_text(made: Trained, workspace: Workspace) -> str:
    """Return a training for a terminal: rows, curve, where the adapter is."""
    manifest, rows = made.manifest, made.rows
    lines = [
        f"{manifest.rows} rows to learn from, {manifest.validation_rows} to stop by. The search found the "
        f"right passage for {rows.found} examples; for {rows.placed} it was put in."
    ]
    if rows.dropped:
        names = clip(", ".join(rows.dropped), 200)
        lines.append(f"{len(rows.dropped)} examples were left out, as no passage holds their facts: {names}.")
    if rows.excluded:
        names = clip(", ".join(rows.excluded), 200)
        lines.append(
            f"{len(rows.excluded)} examples were left out, as documents.toml keeps their sources for another purpose: {names}."
        )
    lines += ["", curve_text(manifest), ""]
    if manifest.test_text:
        lines += [manifest.test_text, ""]
    lines.append(
        f"Trained in {seconds(manifest.seconds)}; the adapter is in {workspace.adapters.home / manifest.name}."
    )
    if task := manifest.papers.get("task"):
        lines.append(f"It answers the task {task} where a setup is +routed; what serves goes on serving.")
    return "\n".join(lines)


def curve_text(manifest: Manifest) -> str:
    """Return how a training went: an epoch a row, which epoch was kept, and what that says."""
    from finetune.training.trend import trend

    rows = [
        (
            f"{point['epoch']:g}",
            f"{point['loss']:.3f}",
            f"{point['validation_loss']:.3f}",
            "kept" if point["epoch"] == manifest.best_epoch else "",
        )
        for point in manifest.curve
    ]
    return "\n\n".join((table(("epoch", "loss", "validation", ""), rows), trend(manifest.curve)))
