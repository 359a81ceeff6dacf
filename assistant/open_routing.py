"""A workspace's routing, put together: its rules or its classifier, and the adapter of each task.

Knows nothing of how a task is told or of how an adapter answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from assistant.routing import Router, Rules, Teller, unrouted
from assistant.task_classifier import TaskClassifier
from assistant.workspace import Workspace
from finetune.examples import load_examples
from rag import Library


def router_of(workspace: Workspace, library: Library) -> Callable[[], Router]:
    """Return what returns a workspace's router as its examples and adapters are by then; the classifier is fitted once for each.

    It raises UserError: nothing is set to be routed, an adapter that is named is not there, or the classifier is no better than
    chance.
    """

    @lru_cache(maxsize=1)
    def teller(stamp: object) -> Teller:
        made = open_teller(workspace, library)
        if isinstance(made, TaskClassifier):
            made.check()
        return made

    def router() -> Router:
        return Router(teller(_stamp(workspace)), task_adapters(workspace), otherwise(workspace))

    return router


def open_teller(workspace: Workspace, library: Library) -> Teller:
    """Return what tells the tasks of a workspace's questions, good or not.

    Raises:
        UserError: Nothing is set to be routed, or there are too few examples with a task.
    """
    told = workspace.settings.adapters
    if told.route == "rules":
        return Rules(told.signs)
    if told.route == "classifier":
        seed = workspace.settings.training.seed
        return TaskClassifier(load_examples(workspace.examples), library.embedder, told.least, seed)
    return unrouted().teller


def task_adapters(workspace: Workspace) -> dict[str, str]:
    """Return the adapter of each task: the one that the settings name, else the one that it has.

    Raises:
        UserError: The settings name one that is not there.
    """
    named = workspace.settings.adapters.served
    if workspace.settings.model.endpoint:
        return named  # the server knows its own names
    for name in named.values():
        workspace.adapters.folder(name)
    return {**workspace.adapters.by_task(), **named}


def otherwise(workspace: Workspace) -> bool:
    """Return whether an adapter serves, so that it answers what belongs to no task; else the base does."""
    model = workspace.settings.model
    return bool(model.adapter) if model.endpoint else bool(workspace.adapters.served)


def _stamp(workspace: Workspace) -> tuple[int, int]:
    """Return what changes when the examples do."""
    try:
        seen = workspace.examples.stat()
    except OSError:
        return 0, 0
    return seen.st_mtime_ns, seen.st_size
