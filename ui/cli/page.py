"""The command `app`: starts the page on this machine only, and ends it with Ctrl-C.

Knows nothing of what the page shows.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.cli.options import HERE, WorkspaceOption, opened
from ui.progress import Progress
from ui.serve import ADDRESS, app_path, flags
from ui.show import say, show

if TYPE_CHECKING:
    from assistant.workspace import Workspace

PortOption = Annotated[
    int, typer.Option(min=1, max=65_535, help="Where the page listens, on this machine only.")
]
PORT = 8501
_PATIENCE = 90.0  # seconds that a slow machine may take to start Streamlit


def app(workspace: WorkspaceOption = HERE, port: PortOption = PORT) -> int:
    """Open the page: advice, chat and the last comparison, in a browser on this machine."""
    house = opened(workspace)
    check_port(port)
    return serve(house, port)


def check_port(port: int) -> None:
    """Check that a port is free.

    Raises:
        UserError: Another program has it, or it may not be used.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            why = (
                "is taken by another program"
                if error.errno in (48, 98, 10048)
                else f"can't be used ({error.strerror})"
            )
            raise UserError(
                f"Port {port} {why}. Name another one, as in `rungwise app --port {_free(port)}`."
            ) from None


def serve(workspace: Workspace, port: int) -> int:
    """Run the page until Ctrl-C, or until it ends by itself.

    Raises:
        UserError: It did not start.
    """
    log = workspace.built / "log" / "app.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        page = subprocess.Popen(
            command(workspace.root, port),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    signal.signal(signal.SIGTERM, _end)
    try:
        with Progress() as progress:
            _wait(page, port, progress, log)
        show(f"Rungwise is at http://{ADDRESS}:{port} (this machine only). Ctrl-C ends it.")
        page.wait()
        raise UserError(f"The page ended by itself; {log} tells why.")
    except KeyboardInterrupt:
        say("\nThe page is closed.")
        return ExitCode.OK  # the one way to end it: nothing was interrupted
    finally:
        _stop(page)


def command(root: Path, port: int) -> list[str]:
    """Return the command that runs the page."""
    run = [sys.executable, "-m", "streamlit", "run", str(app_path()), *flags(port)]
    return [*run, "--", "--workspace", str(root.resolve())]


def _environment() -> dict[str, str]:
    """Return this process's environment, with the checkout on the path where Rungwise is not installed."""
    home = str(app_path().parent.parent)
    paths = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _wait(page: subprocess.Popen[bytes], port: int, progress: Progress, log: Path) -> None:
    """Wait until the page answers."""
    import urllib.request

    began = time.monotonic()
    while time.monotonic() - began < _PATIENCE:
        progress("Opening the page")
        if page.poll() is not None:
            raise UserError(f"The page did not start (exit status {page.returncode}); {log} tells why.")
        with suppress(OSError), urllib.request.urlopen(f"http://{ADDRESS}:{port}/_stcore/health", timeout=2):
            return
        time.sleep(0.2)
    raise UserError(f"The page did not answer within {_PATIENCE:.0f} seconds; {log} tells why.")


def _stop(page: subprocess.Popen[bytes]) -> None:
    if page.poll() is None:
        page.terminate()
        try:
            page.wait(timeout=5)
        except subprocess.TimeoutExpired:
            page.kill()
            page.wait()


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _free(taken: int) -> int:
    """Return the next port that nobody has."""
    for port in range(taken + 1, min(taken + 50, 65_536)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((ADDRESS, port))
            return port
    return PORT
