"""A workspace's training settings searched over, on the very rows that its adapter is trained on.

Changes nothing that serves. Knows nothing of how a search goes or of how it is shown.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant import open as opening
from assistant.workspace import Workspace
from finetune.training import sweep as searching
from finetune.training.sweep import MOST, Listener
from finetune.training.swept import Sweep


def sweep_house(
    workspace: Workspace,
    budget: float,
    most: int = MOST,
    listener: Listener | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sweep:
    """Search rank, rate and epochs for a workspace; a search of the very same plan goes on where it was.

    Args:
        workspace: Where the examples are.
        budget: Seconds for all trials of this plan.
        most: Settings to try at most.
        listener: Who is told how it goes.
        progress: Called while rows are rendered.

    Raises:
        UserError: There are no examples or no index, the model runs at an endpoint, or as `finetune.training.sweep.sweep`.
    """
    searching.check_installed()  # said before rows are rendered
    opening.check_trainable(workspace)
    rows = opening.house_rows(workspace, progress)
    settings = workspace.settings
    return searching.sweep(
        settings.model.base,
        rows.training.rows,
        rows.validation.rows,
        workspace.sweeps,
        settings.training,
        budget,
        most,
        listener,
    )
