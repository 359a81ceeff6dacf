"""The command `adapters route`: which tasks there are, which adapter answers each, and where a question goes.

Knows nothing of how a task is told.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, JsonOption, WorkspaceOption, opened
from ui.progress import Progress
from ui.show import show, show_json, table

if TYPE_CHECKING:
    from assistant.routing import Teller
    from assistant.workspace import Workspace


def route(
    question: Annotated[
        str | None, typer.Argument(help="A question; without it, only what is set is shown.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> int:
    """Show the tasks, the adapter of each and how surely they are told apart, and where a question goes."""
    house = opened(workspace)
    with Progress() as progress:
        progress("Loading the libraries")
        from assistant.open import open_library
        from assistant.open_routing import open_teller

        with open_library(house) as library:
            teller = open_teller(house, library) if house.settings.adapters.route or question else None
            told = route_dict(house, teller, question)
    show_json(told) if as_json else show(route_text(told))
    return ExitCode.OK if told["usable"] or teller is None else ExitCode.BELOW_TARGET


def route_dict(workspace: Workspace, teller: Teller | None, question: str | None) -> dict[str, Any]:
    """Return how a workspace's questions are routed, as JSON values, as `route.schema.json` says."""
    from assistant.open_routing import otherwise, task_adapters
    from assistant.routing import Router
    from assistant.task_classifier import TaskClassifier
    from finetune.examples import load_examples

    settings, adapters = workspace.settings.adapters, task_adapters(workspace)
    examples = load_examples(workspace.examples) if workspace.examples.is_file() else []
    counts = Counter(one.task for one in examples if one.task)
    serving = workspace.settings.model.adapter or next(reversed(workspace.adapters.served), None)
    why, measured, sent = "", None, None
    if isinstance(teller, TaskClassifier):
        measured = teller.measured
        try:
            teller.check()
        except UserError as error:
            why = str(error)
    if teller is not None and question is not None:
        found = Router(teller, adapters, otherwise(workspace)).route(question)
        named = found.adapter if isinstance(found.adapter, str) else serving if found.adapter else None
        sent = {"question": question, "task": found.task or None, "adapter": named, "why": found.why}
    return {
        "route": settings.route or None,
        "tasks": [
            {"task": task, "adapter": adapters.get(task), "examples": counts[task], "rules": list(settings.signs.get(task, ()))}
            for task in dict.fromkeys([*settings.signs, *sorted(counts), *sorted(adapters)])
        ],
        "otherwise": serving,
        "measured": None if measured is None else vars(measured),
        "usable": teller is not None and not why,
        "why_not": why or None,
        "question": sent,
    }  # fmt: skip


def route_text(told: dict[str, Any]) -> str:
    """Return how questions are routed for a terminal: tasks, how surely they are told apart, and where a question goes."""
    from assistant.task_classifier import Measured

    rows = [
        (one["task"], one["adapter"] or "none yet", f"{one['examples']}", ", ".join(one["rules"]))
        for one in told["tasks"]
    ]
    lines = [table(("task", "adapter", "examples", "rules"), rows) if rows else "There are no tasks yet."]
    rest = told["otherwise"] or "the base alone"
    by = {"rules": "its rules", "classifier": "a classifier of the examples' questions"}.get(told["route"])
    how = f"The task is told by {by}" if by else "Nothing is routed: [adapters] in rungwise.toml has no route"
    lines.append(f"{how}; what belongs to no task is answered by {rest}.")
    if told["why_not"]:
        lines.append(told["why_not"])
    elif told["measured"]:
        lines.append(Measured(**told["measured"]).text)
    if sent := told["question"]:
        task = f"the task {sent['task']}" if sent["task"] else "no task"
        lines.append(
            f"This question is of {task} and goes to {sent['adapter'] or 'the base alone'}: {sent['why']}."
        )
    return "\n\n".join(lines)
