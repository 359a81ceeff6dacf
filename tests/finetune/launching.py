"""Run by `accelerate launch`, as `rungwise train` is there: forty rows on a tiny base, shared; killed where it is asked.

    python launching.py BASE HOME '{"settings": {…}, "name": "a", "rows": 40, "kill": [1, 12]}'

The first process prints one line of JSON: the losses of its steps and the manifest's curve.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune.training import fit, ranks, watching
from tests.finetune.trainings import SETTINGS, rows, train


def kill_at(place: int, step: int) -> None:
    """Have one process killed as it begins a step, and a state saved after each step before."""
    watch = fit.watch
    pytest.MonkeyPatch().setattr(watching, "SAVE_EVERY", 0.0)

    def deadly(*told: Any) -> Any:
        made = watch(*told)

        def begins(self: Any, args: Any, state: Any, control: Any, **rest: Any) -> None:
            if (ranks.place(), state.global_step) == (place, step):
                os.kill(os.getpid(), signal.SIGKILL)

        type(made).on_step_begin = begins
        return made

    pytest.MonkeyPatch().setattr(fit, "watch", deadly)


def lead(base: Path, home: Path, told: dict[str, Any]) -> int:
    """Train as the first process."""
    losses: list[float] = []

    def report(line: dict[str, float]) -> None:
        if "steps" in line:
            losses.append(line["loss"])

    settings = replace(SETTINGS, **told["settings"])
    more = {"report": report, "training": rows(0, told.get("rows", 40))}
    made = train(base, home, told["name"], settings=settings, **more)
    print(json.dumps({"losses": losses, "curve": made.curve}))
    return 0


def shared(base: Path, home: Path, told: dict[str, Any]) -> int:
    """Train as one of several processes, as `ui.cli.main` would."""
    from ui.cli.launched import launched
    from ui.cli.running import run
    from ui.quiet import settle

    settle()
    if told.get("kill"):
        kill_at(*told["kill"])
    app: Any = lambda **_: lead(base, home, told)
    return launched(["train"], lambda: run(app, []))


if __name__ == "__main__":
    sys.exit(shared(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])))
