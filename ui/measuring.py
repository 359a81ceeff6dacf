"""What asks a workspace's questions of its assistant, and what has to be there before.

Comparing is in `ui.comparing`, climbing in `ui.climbing`. Knows nothing of how anything is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.assistant import Assistant
from assistant.engines.local import LocalEngine
from assistant.setup import AnySetup
from assistant.workspace import Workspace
from experiments import Meter, Progress
from finetune import registry
from foundation.errors import UserError

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


def meter(workspace: Workspace, assistant: Assistant, tell: Tell) -> Meter[AnySetup]:
    """Return what asks a workspace's questions; every comparison and climb keeps its answers in one place."""

    def progress(seen: Progress) -> None:
        kept = f" ({seen.reused} kept from before)" if seen.reused else ""
        tell(f"Asking {', '.join(seen.setups)}{kept}", seen.done, seen.total)

    return Meter(
        asker=assistant,
        form=workspace.form,
        folder=workspace.runs / "replies",
        fingerprint=assistant.fingerprint,
        batch_size=workspace.settings.model.batch,
        ask_failures_again=True,
        progress=progress,
    )


def check_ready(assistant: Assistant, setups: Sequence[AnySetup]) -> None:
    """Check that every setup has what it needs.

    Raises:
        UserError: There is no index, or no adapter that fits the base.
    """
    library = assistant.library
    for setup in setups:
        if setup.retrieve and (library is None or not library.status().built):
            raise UserError(
                f'The setup "{setup}" needs an index, and there is none. Run `rungwise sync`, or leave it '
                "out with --setups."
            )
    for setup in setups:
        assistant.fingerprint(setup)


def adapter_is_stale(workspace: Workspace, assistant: Assistant) -> bool:
    """Whether the adapter must be trained, for the first time or again.

    Documents may change without it: they are not in the weights.
    """
    try:
        manifest = registry.read(workspace.adapter)
        if isinstance(assistant.engine, LocalEngine):
            base = assistant.engine.base
            registry.verify(workspace.adapter, base.name, base.fingerprint)
    except UserError:
        return True
    return bool(workspace.changes(manifest.made_from))
