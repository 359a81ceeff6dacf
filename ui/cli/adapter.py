"""The command `train`: it makes the adapter.

Knows nothing of how rows are built or trained on.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from foundation.errors import ExitCode
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import clip, seconds, show, show_json, table

if TYPE_CHECKING:
    from assistant.open import Trained
    from assistant.workspace import Workspace
    from finetune.registry import Manifest


def train(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Train the adapter on the examples, rendered as live questions are, with the index's own passages."""
    house = opened(workspace)
    with Progress() as progress:
        made = trained(house, progress)
    show_json(trained_dict(made, house)) if as_json else show(trained_text(made, house))
    return ExitCode.OK


def trained(workspace: Workspace, progress: Progress) -> Trained:
    """Train a workspace's adapter, telling how far it is.

    Raises:
        UserError: As `assistant.train_house`.
    """
    progress("Loading the libraries")
    from assistant.open import train_house

    title = "Training the adapter"

    def report(line: dict[str, float]) -> None:
        if "steps" in line:
            progress(title, int(line["step"]), int(line["steps"]))

    def rows(done: int, total: int) -> None:
        progress("Rendering rows", done, total) if done < total else progress(title)

    return train_house(workspace, report, rows)


def trained_dict(made: Trained, workspace: Workspace) -> dict[str, object]:
    """Return a training as JSON values, as `train.schema.json` says."""
    rows = made.rows
    return {
        "folder": str(workspace.adapter),
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
    lines.append(f"Trained in {seconds(manifest.seconds)}; the adapter is in {workspace.adapter}.")
    return "\n".join(lines)


def curve_text(manifest: Manifest) -> str:
    """Return how a training went, an epoch a row, and which epoch was kept."""
    rows = [
        (
            f"{point['epoch']:g}",
            f"{point['loss']:.3f}",
            f"{point['validation_loss']:.3f}",
            "kept" if point["epoch"] == manifest.best_epoch else "",
        )
        for point in manifest.curve
    ]
    return table(("epoch", "loss", "validation", ""), rows)
