"""The command `align`: the adapter that serves learns from what people preferred, and the result is held against it.

Knows nothing of how anything is aligned, asked or decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode
from ui.cli.adapter import Interrupts
from ui.cli.measure import assistant_of
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import clip, say, seconds, show, show_json, spark

if TYPE_CHECKING:
    from finetune.preference.dpo import Cost
    from finetune.preference.preference_checks import Checked
    from ui.aligning import Outcome, Ready


class _Enough(Exception):
    """Raised where only the estimate was asked for."""


def align(
    check: Annotated[
        bool, typer.Option("--check", help="Look the preferences over, and align nothing.")
    ] = False,
    only_estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Say what it will take, from reading the pairs once, and align nothing."
        ),
    ] = False,
    use: Annotated[
        bool,
        typer.Option(
            "--use", help="Let the aligned adapter serve where the gate says that it is surely better."
        ),
    ] = False,
    beta: Annotated[
        float | None,
        typer.Option(
            help="How strongly it is held to the adapter that it begins as; 0.1 where it is left out."
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Highest learning rate; a tenth of the adapter's own where it is left out."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="At most so many passes over the pairs.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Align the adapter that serves with votes and edited answers (DPO), and hold the result against it."""
    house = opened(workspace)
    told: list[Cost] = []
    with Progress() as progress:
        progress("Loading the libraries")
        from finetune.preference.preference_checks import checked_text
        from governance.strict import Use, check_strict
        from ui.aligning import align_house, checked, ready, settings_of

        settings = settings_of(beta, learning_rate, epochs)
        found = checked(house, progress)
        if check:
            progress.pause()
            show_json(_dict(found, state="checked")) if as_json else show(checked_text(found))
            return ExitCode.OK if found.ok else ExitCode.BELOW_TARGET
        check_strict(house, Use.TRAIN)
        seen = ready(house, found, settings, progress)
        interrupts = Interrupts()
        report = _Report(progress)

        def expect(cost: Cost) -> None:
            told.append(cost)
            if only_estimate:
                raise _Enough
            progress.pause()
            interrupts.listening = True
            say(cost.text)

        try:
            with interrupts.heard():
                done = align_house(
                    house, assistant_of(house), seen, settings, progress, report, interrupts.stop, expect
                )
        except _Enough:
            progress.pause()
            cost = told[0]
            estimate = {"pairs": cost.pairs, "steps": cost.steps, "seconds": round(cost.seconds, 1)}
            show_json(_dict(found, seen, state="estimated", estimate=estimate)) if as_json else show(
                cost.text
            )
            return ExitCode.OK
        switched = use and done.gated is not None and done.gated.ruling.value == "switch"
        if switched:
            house.adapters.use(done.aligned.manifest.name)
    if as_json:
        show_json(outcome_dict(found, done, switched))
    else:
        show(outcome_text(found, done, switched))
    better = done.gated is None or done.gated.ruling.value == "switch"
    return ExitCode.OK if better else ExitCode.BELOW_TARGET


class _Report:
    """Tells how far an alignment is."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._losses, self._held = progress, list[float](), ""

    def __call__(self, line: dict[str, float]) -> None:
        if "steps" in line:
            self._losses.append(line["loss"])
            told = f"loss {line['loss']:.3f} {spark(self._losses)}{self._held}"
            self._progress("Aligning the adapter", int(line["step"]), int(line["steps"]), told)
        elif "accuracy" in line:
            self._held = f", held-out pairs told apart {100 * line['accuracy']:.0f} %"


def _dict(found: Checked, seen: Ready | None = None, **told: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "estimate": None,
        "candidate": None,
        "curve": [],
        "best_epoch": None,
        "seconds": None,
        "held_out": None,
        "setup": "",
        "gate": None,
        "length_bias": None,
        "switched": False,
        "use": "",
    }
    parts = [len(part.pairs) for part in seen.parts] if seen else [0, 0, 0]
    return {
        "check": found.to_dict(),
        "source": seen.source if seen else "",
        "parts": dict(zip(("learn", "stop", "measure"), parts, strict=True)),
        "dropped": list(seen.dropped) if seen else [],
        "excluded": list(seen.excluded) if seen else [],
        **empty,
        **told,
    }


def outcome_dict(found: Checked, done: Outcome, switched: bool) -> dict[str, Any]:
    """Return an alignment as JSON values, as `align.schema.json` says."""
    manifest = done.aligned.manifest
    return _dict(
        found,
        done.ready,
        state="done",
        candidate=manifest.name,
        curve=manifest.curve,
        best_epoch=manifest.best_epoch,
        seconds=manifest.seconds,
        held_out=done.aligned.held_out.to_dict(),
        setup=done.setup,
        gate=done.gated.to_dict() if done.gated else None,
        length_bias=done.bias.to_dict(),
        switched=switched,
        use="" if switched else _command(manifest.name),
    )


def outcome_text(found: Checked, done: Outcome, switched: bool) -> str:
    """Return an alignment for a terminal: what it learned from, what held-out pairs say, what the gate says, and lengths."""
    manifest, held, seen = done.aligned.manifest, done.aligned.held_out, done.ready
    learn, hold, measured = (len(part.pairs) for part in seen.parts)
    lines = [
        f"{found.pairs} preferences, {len(found.usable)} usable: {learn} pairs to learn from, {hold} to stop by, {measured} to "
        "measure by."
    ]
    for names, why in (
        (seen.dropped, "cite documents that are not found any more"),
        (seen.excluded, "rest on documents of another purpose"),
    ):
        if names:
            lines.append(f"{len(names)} were left out, as they {why}: {clip(', '.join(names), 200)}.")
    lines += [
        f"Aligned {seen.source} in {seconds(manifest.seconds)}; epoch {manifest.best_epoch:g} was kept. The candidate is "
        f"{manifest.name}.",
        "",
        f"Of {held.pairs} held-out pairs the chosen answer was likelier in {_percent(held.before)} before and is in "
        f"{_percent(held.after)} now ({held.won} won, {held.lost} lost). It gained on the rejected one in "
        f"{_percent(held.reward)}.",
        done.bias.text,
    ]
    if done.gated is None:
        lines.append(
            "There are no test questions, so nobody knows whether its answers are better. Write questions.jsonl."
        )
    else:
        lines.append(f"{done.gated.ruling.value.capitalize()}: {done.gated.reason}")
    name = manifest.name
    lines.append(
        f"{name} serves now."
        if switched
        else f"{seen.source} goes on serving. To use the other: {_command(name)}"
    )
    return "\n".join(lines)


def _command(name: str) -> str:
    return f"rungwise adapters use {name}"


def _percent(interval: Any) -> str:
    return f"{100 * interval.value:.0f} % ({100 * interval.low:.0f}–{100 * interval.high:.0f})"
