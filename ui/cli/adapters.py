"""The commands `adapters …`: what was trained, what serves, what serves instead, and what an adapter forgot and remembers.

Knows nothing of how an adapter is trained or loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode, UserError, did_you_mean, one_of
from ui.cli import routing
from ui.cli.adapter import curve_text
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import seconds, show, show_json, table

if TYPE_CHECKING:
    from finetune.lineage import Lineage
    from finetune.registry import Manifest

NameArgument = Annotated[str, typer.Argument(help="An adapter, as `rungwise adapters list` names it.")]

app = typer.Typer(
    no_args_is_help=True,
    help="The adapters of a workspace: list, show, verify, judge, export, use, rollback, remove, route.",
)


@app.command("list")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Show every adapter of the workspace, and which one serves."""
    lineage = opened(workspace).adapters
    rows = [_row(lineage, name) for name in lineage.names()]
    if as_json:
        show_json({"adapters": rows})
    elif not rows:
        show("There is no adapter yet. `rungwise train` makes one.")
    else:
        told = [
            (row["name"], "serves" if row["serves"] else "tainted" if row["tainted"] else "", row["task"] or "", row["base"],
             f"{row['rows']}", f"{row['validation_loss']:.3f}")
            for row in rows
        ]  # fmt: skip
        show(table(("adapter", "", "task", "base", "rows", "validation"), told))
    return ExitCode.OK


@app.command("show")
def show_(name: NameArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> int:
    """Show what an adapter was made from and how its training went."""
    from finetune.registry import decided

    lineage = opened(workspace).adapters
    manifest, told = lineage.manifest(name), decided(lineage.home / name)
    if as_json:
        show_json({**manifest.to_dict(), "decided": told or None})
    else:
        show(manifest_text(manifest))
        if told:
            show(f"\nDecided: {told.get('ruling')}. {told.get('reason')}")
    return ExitCode.OK


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="An adapter; without it, the one that serves.")] = None,
    workspace: WorkspaceOption = HERE,
) -> int:
    """Check an adapter: every file by its hash, its base by its fingerprint, and that it still answers as it did."""
    house = opened(workspace)
    lineage = house.adapters
    folder = lineage.home / name if name else lineage.serving
    if name:
        lineage.manifest(name)
    with Progress() as progress:
        progress("Loading the base")
        from finetune import registry
        from finetune.adapter import attach_saved
        from finetune.base import load_base
        from finetune.training import proofs

        base = load_base(house.settings.model.base)
        manifest = registry.verify(folder, base.name, base.fingerprint)
        canary = manifest.proof.get("canary", ())
        if canary and not proofs.agrees(attach_saved(base.model, folder).eval(), base, canary):
            raise UserError(
                f"{folder}: the files are those that were trained, but the adapter answers otherwise than it did then. Its "
                "versions of torch, transformers and peft are in `rungwise adapters show`; train it again with these."
            )
    answers = " and answers as it did then" if canary else ""
    files = len(manifest.files)
    show(f"{folder.name} is as it was trained ({files} files){answers}. It belongs to the base {base.name}.")
    return ExitCode.OK


@app.command()
def judge(
    name: Annotated[str | None, typer.Argument(help="An adapter; without it, the one that serves.")] = None,
    canaries: Annotated[
        bool,
        typer.Option(
            "--canaries",
            help="Also train a second adapter the same way with planted secrets, measure what it gives away, and throw it away.",
        ),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Measure what an adapter made the base forget, and what it tells of the rows that it was trained on."""
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the base")
        from assistant.judge import judge_house

        found = judge_house(house, name, canaries, progress)
    show_json(found.to_dict()) if as_json else show(judged_text(found.to_dict()))
    return ExitCode.BELOW_TARGET if found.forgetting.verdict == "regressed" else ExitCode.OK


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="A folder to write, not there yet.")],
    name: Annotated[
        str | None, typer.Option("--name", help="An adapter; without it, the one that serves.")
    ] = None,
    shape: Annotated[
        str,
        typer.Option(
            "--as",
            help="peft: PEFT's folder; merged: whole weights; gguf: these, and the way to a GGUF file.",
        ),
    ] = "peft",
    workspace: WorkspaceOption = HERE,
) -> int:
    """Write an adapter for other tools (PEFT, vLLM, transformers, llama.cpp, Ollama), with a model card."""
    house = opened(workspace)
    lineage = house.adapters
    if name:
        lineage.manifest(name)
    with Progress() as progress:
        progress("Loading the base")
        from assistant.judge import judged
        from finetune.base import load_base
        from finetune.export import Shape
        from finetune.export import export as write

        if shape not in list(Shape):
            raise UserError(
                f'"{shape}" is no shape to export.{did_you_mean(shape, Shape)} Choose {one_of(Shape)}.'
            )
        folder = lineage.home / name if name else lineage.serving
        # merged weights are written anew, and rounding them twice would make another model of them
        base = load_base(house.settings.model.base, exactly=Shape(shape) is not Shape.PEFT)
        write(folder, base, Shape(shape), out, judged(house, folder.name))
    show(f"{folder.name} was written to {out} as {shape}; README.md there is its model card.")
    return ExitCode.OK


@app.command()
def use(
    name: NameArgument,
    task: Annotated[
        str, typer.Option("--task", help="Have it answer this task only, in setups that are +routed.")
    ] = "",
    workspace: WorkspaceOption = HERE,
) -> int:
    """Have an adapter serve from now on, or answer a task."""
    if task:
        opened(workspace).adapters.use_for(task, name)
        show(f"{name} answers the task {task} now, where a setup is +routed.")
        return ExitCode.OK
    opened(workspace).adapters.use(name)
    show(f"{name} serves now; a page that is open takes it with its next question.")
    return ExitCode.OK


@app.command()
def rollback(workspace: WorkspaceOption = HERE) -> int:
    """Have the adapter serve again that served before."""
    show(f"{opened(workspace).adapters.rollback()} serves again.")
    return ExitCode.OK


@app.command()
def remove(name: NameArgument, workspace: WorkspaceOption = HERE) -> int:
    """Remove an adapter that does not serve."""
    house = opened(workspace)
    house.adapters.remove(name)
    (house.judged / f"{name}.json").unlink(missing_ok=True)
    show(f"{name} was removed.")
    return ExitCode.OK


app.command("route")(routing.route)


def _row(lineage: Lineage, name: str) -> dict[str, Any]:
    """Return an adapter in a line, as JSON values."""
    from finetune.registry import TAINTED

    manifest = lineage.manifest(name)
    return {
        "name": name,
        "serves": lineage.serving.name == name,
        "task": next((task for task, one in lineage.by_task().items() if one == name), None),
        "tainted": (lineage.home / name / TAINTED).is_file(),
        "base": manifest.base,
        "rows": manifest.rows,
        "validation_loss": min(point["validation_loss"] for point in manifest.curve),
        "created": manifest.created,
    }


def _proof_text(manifest: Manifest) -> str:
    told = manifest.proof
    if not told:
        return "Proof: none; it was trained before there were any"
    return (
        f"Proof: {told['moved']} layers moved, the base is untouched, written as trained; {told['stopped']} of {told['asked']} "
        "answers ended by themselves"
    )


def judged_text(told: dict[str, Any]) -> str:
    """Return what was measured of an adapter for a terminal: a table of numbers, then what they say."""
    from finetune.probes.judge import between, sentences

    kinds = {
        "talk": "small talk",
        "instruction": "instructions",
        "reading": "reading",
    }
    forgetting, again, apart = told["forgetting"], told["continuation"], told["membership"]
    rows = [("forgotten, nats a token", "all", between(forgetting["change"], form="+.2f"))]
    rows += [
        ("", kinds.get(kind, kind), between(change, form="+.2f"))
        for kind, change in forgetting["kinds"].items()
    ]
    if again:
        rows.append(
            ("said again, %", f"{again['found']} of {again['rows']}", between(again["share"], 100, ".0f"))
        )
    rows.append(("told apart, AUC", f"{apart['members']} rows", between(apart["auc"])))
    rows.append(("told at 1 % false alarms, %", "", between(apart["tpr"], 100, ".0f")))
    if people := told["templates"]:
        rows.append(
            (
                "said to templates, %",
                f"{people['said']} of {people['people']}",
                between(people["share"], 100, ".0f"),
            )
        )
    rows += [
        (
            "exposure, bits",
            f"{one['times']}x, {one['canaries']} secrets",
            between(one["exposure"], form=".1f"),
        )
        for one in (told["canaries"] or {"by_times": []})["by_times"]
    ]
    measured = table(("measured", "of", "with 95 % interval"), rows)
    return "\n".join([f"{told['adapter']}, on the base {told['base']}", "", measured, "", *sentences(told)])


def manifest_text(manifest: Manifest) -> str:
    """Return an adapter's papers for a terminal."""
    settings = ", ".join(f"{name} {value}" for name, value in manifest.settings.items())
    return "\n".join(
        [
            f"{manifest.name}, made {manifest.created} in {seconds(manifest.seconds)}",
            f"Base: {manifest.base} ({manifest.base_fingerprint[:12]})",
            f"Rows: {manifest.rows} to learn from, {manifest.validation_rows} to stop by ({manifest.rows_sha256[:12]})",
            f"Settings: {settings}",
            _proof_text(manifest),
            f"Papers: {manifest.papers_text or 'none; it was trained before there were any'}",
            f"Made with: {', '.join(f'{name} {value}' for name, value in manifest.versions.items())}",
            "",
            curve_text(manifest),
        ]
    )
