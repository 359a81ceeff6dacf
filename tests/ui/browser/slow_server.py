"""The real server over an engine that writes a word every tenth of a second, for ever; `engine.log` tells of its answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant import Assistant, Setup, Workspace
from assistant.engines.engine import ANYBODY, Caller, Generated
from tests.ui.page_world import TellingEngine, TwoPassages


class Endless(TellingEngine):
    """Never ends by itself."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log = log

    def stream(
        self, prompt: object, adapter: bool, decoding: object = None, caller: Caller = ANYBODY, *_: object
    ) -> Iterator[str | Generated]:
        self.note("began")
        try:
            n = 0
            while not caller.gone():
                time.sleep(0.1)
                n += 1
                yield f"word{n}. "
            yield Generated("", 1, 1, False, 0.1)
        finally:
            self.note("ended")

    def note(self, line: str) -> None:
        with self.log.open("a") as file:
            file.write(f"{line} {time.time()}\n")


class Timed(Assistant):
    """Notes when the first piece of an answer may be shown."""

    def stream_reply(self, *asked: Any, **more: Any) -> Iterator[Any]:
        for place, piece in enumerate(super().stream_reply(*asked, **more)):
            if place == 0:
                self.engine.note("told")  # type: ignore[attr-defined]
            yield piece


def main() -> None:
    """Serve."""
    import assistant.open as opening

    def opened(workspace: Workspace, setup: Setup = Setup.HYBRID) -> Assistant:
        engine = Endless(workspace.root / "engine.log")
        return Timed(engine, TwoPassages(), workspace.form, 2, setup)  # type: ignore[arg-type]

    opening.open_assistant = opened
    from ui.server.__main__ import main as serve

    serve()


if __name__ == "__main__":
    main()
