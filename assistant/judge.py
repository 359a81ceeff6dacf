"""A workspace's adapter judged on the rows that it was trained on.

Keeps the numbers beside the adapters, and no text. Knows nothing of how any is shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import open as opening
from assistant.personal import finder
from assistant.workspace import Workspace
from finetune import adapter, registry
from finetune.base import load_base
from finetune.probes.forgetting import Forgetting, costs, probe
from finetune.probes.judge import Judged, Progress, judge, plant
from finetune.training.train import rows_hash
from foundation.errors import UserError
from foundation.files import write_json_atomic

if TYPE_CHECKING:
    from peft import PeftModel

    from finetune.base import Base


def judge_house(
    workspace: Workspace,
    name: str | None = None,
    canaries: bool = False,
    progress: Progress = lambda title, done, total: None,
) -> Judged:
    """Measure what an adapter forgot and what it tells of its rows, and keep the numbers.

    Args:
        workspace: Where the adapter and its examples are.
        name: The adapter; without it, the one that serves.
        canaries: Whether to train a second one with planted secrets too; it is thrown away.
        progress: Told how far it is.

    Raises:
        UserError: There is no such adapter, it is not whole, or its rows are no longer those of the workspace.
    """
    lineage, find = workspace.adapters, finder(workspace)
    if name is not None:
        lineage.manifest(name)
    folder = lineage.serving if name is None else lineage.home / name
    registry.read(folder)  # said before anything heavy is loaded
    base = load_base(workspace.settings.model.base)
    manifest = registry.verify(folder, base.name, base.fingerprint)
    task = str(manifest.papers.get("task", ""))
    rows = opening.house_rows(workspace, lambda done, total: progress("Rendering rows", done, total), task)
    training, validation = rows.training.rows, rows.validation.rows
    if rows_hash(training) != manifest.rows_sha256:
        raise UserError(
            f"{folder}: it was trained on other rows than this workspace makes now, because examples, documents, form or "
            "settings changed, so what it remembers of them can't be measured. Run `rungwise train`, and judge what that makes."
        )
    planted = plant(base.name, manifest, training, validation, progress) if canaries else None
    model = adapter.attach_saved(base.model, folder).eval()
    found = judge(model, base, manifest, training, validation, planted, find, progress)
    path = _path(workspace, folder.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json_atomic(path, found.to_dict())
    return found


def forgets(
    workspace: Workspace,
    name: str,
    than: str = "",
    progress: Progress = lambda title, done, total: None,
) -> Forgetting:
    """Measure what an adapter forgot, against the base alone or another adapter on it.

    Args:
        workspace: Where the adapters are.
        name: The adapter.
        than: The adapter that it is held against; empty: the base alone.
        progress: Told how far it is.

    Raises:
        UserError: There is no such adapter, or it is not whole.
    """

    def attached(one: str) -> tuple[PeftModel, Base]:
        base = load_base(workspace.settings.model.base)  # anew: an adapter stays on the layers
        folder = workspace.adapters.home / one
        registry.verify(folder, base.name, base.fingerprint)
        return adapter.attach_saved(base.model, folder).eval(), base

    before = costs(*attached(than)) if than else None
    model, base = attached(name)
    return probe(
        model,
        base,
        progress=lambda done, total: progress("Asking general questions", done, total),
        before=before,
    )


def judged(workspace: Workspace, name: str) -> dict[str, Any] | None:
    """Return what was measured of an adapter, as `Judged.to_dict`; None where it was not judged or the file can't be read."""
    try:
        told = json.loads(_path(workspace, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _path(workspace: Workspace, name: str) -> Path:
    return workspace.judged / f"{name}.json"
