"""The commands `app` and `serve`: start the server, and end it with Ctrl-C; nobody is let in unasked.

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
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import ExitCode, UserError
from ui.access import people
from ui.cli.options import HERE, WorkspaceOption, opened
from ui.progress import Progress
from ui.serve import ADDRESS, app_path
from ui.show import say, show

if TYPE_CHECKING:
    from assistant.workspace import Workspace

PortOption = Annotated[int, typer.Option(min=1, max=65_535, help="The port that is listened on.")]
PORT = 8501
_PATIENCE = 90.0  # seconds that a slow machine may take to start Streamlit


def app(workspace: WorkspaceOption = HERE, port: PortOption = PORT) -> int:
    """Open the page, and the API beside it: on this machine alone, unless rungwise.toml says otherwise."""
    house = opened(workspace)
    address = house.settings.serve.address
    check_address(house, address)
    check_port(port, address)
    return serve(house, port, address)


def serve_(
    workspace: WorkspaceOption = HERE,
    port: PortOption = PORT,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="What is listened on; any but this machine's own needs a login."
        ),
    ] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Serve the page beside the API.")] = True,
) -> int:
    """Serve the API (OpenAI's shapes, MCP) and the page to programs and people, in one process."""
    house = opened(workspace)
    where = address or house.settings.serve.address
    check_address(house, where)
    check_port(port, where)
    return serve(house, port, where, page)


def check_address(house: Workspace, address: str) -> None:
    """Check that nobody comes in unasked.

    Raises:
        UserError: Other machines reach the address, and nobody has to sign in.
    """
    serving = replace(house.settings.serve, address=address)
    if serving.at_home:
        return
    if serving.login == "none":
        raise UserError(
            f'{address} is reached from other machines, and nobody would have to sign in. Write login = "local" below [serve] in '
            "rungwise.toml and let people in with `rungwise users add`, or listen on 127.0.0.1."
        )
    if serving.login == "local" and not people.every(house.root):
        raise UserError(
            "Nobody is let in yet. Add an admin with `rungwise users add NAME --role admin`, then start again."
        )


def check_port(port: int, address: str = ADDRESS) -> None:
    """Check that a port is free.

    Raises:
        UserError: Another program has it, or it may not be used.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except socket.gaierror as error:
        raise UserError(
            f"{address} is no address of this machine ({error.strerror}). Name one, or 0.0.0.0 for all."
        ) from None
    except OSError as error:
        why = (
            "is taken by another program"
            if error.errno in (48, 98, 10048)
            else f"can't be used at {address} ({error.strerror})"
        )
        raise UserError(
            f"Port {port} {why}. Name another one, as in `rungwise app --port {_free(port)}`."
        ) from None


def serve(workspace: Workspace, port: int, address: str = ADDRESS, page: bool = True) -> int:
    """Run the server until Ctrl-C, or until it ends by itself.

    Raises:
        UserError: It did not start, or strict mode misses what the data is kept for.
    """
    from governance.strict import Use, check_strict
    from governance.weights import embedder_text, embedding

    check_strict(workspace, Use.SERVE)
    if name := embedding(workspace):
        say(embedder_text(name))
    log = workspace.built / "log" / "app.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        server = subprocess.Popen(
            command(workspace.root, port, address, page),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    signal.signal(signal.SIGTERM, _end)
    try:
        with Progress() as progress:
            _wait(server, f"http://{_reached(address)}:{port}", progress, log)
        show(_told(workspace, port, address, page))
        server.wait()
        raise UserError(f"The server ended by itself; {log} tells why.")
    except KeyboardInterrupt:
        say("\nThe page is closed." if page else "\nThe server is stopped.")
        return ExitCode.OK  # the one way to end it: nothing was interrupted
    finally:
        _stop(server)


def _told(workspace: Workspace, port: int, address: str, page: bool) -> str:
    at = f"http://{_reached(address)}:{port}"
    serving = replace(workspace.settings.serve, address=address)
    reach = "this machine only" if serving.at_home else f"listening on {address}, sign-in: {serving.login}"
    lines = [f"Rungwise is at {at} ({reach}). Ctrl-C ends it."] if page else []
    return "\n".join(
        [*lines, f"The API is at {at}/v1, MCP at {at}/mcp." + ("" if page else f" ({reach}) Ctrl-C ends it.")]
    )


def _reached(address: str) -> str:
    """Return what this machine reaches an address under."""
    if address in ("0.0.0.0", "::"):
        return ADDRESS
    return f"[{address}]" if ":" in address else address


def command(root: Path, port: int, address: str = ADDRESS, page: bool = True) -> list[str]:
    """Return the command that runs the server."""
    run = [sys.executable, "-m", "ui.server", "--workspace", str(root.resolve())]
    return [*run, "--port", str(port), "--address", address, *([] if page else ["--no-page"])]


def _environment() -> dict[str, str]:
    """Return this process's environment, with the checkout on the path where Rungwise is not installed."""
    home = str(app_path().parent.parent)
    paths = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _wait(server: subprocess.Popen[bytes], at: str, progress: Progress, log: Path) -> None:
    """Wait until the server answers."""
    import urllib.request

    began = time.monotonic()
    while time.monotonic() - began < _PATIENCE:
        progress("Opening the page")
        if server.poll() is not None:
            raise UserError(f"The page did not start (exit status {server.returncode}); {log} tells why.")
        with suppress(OSError), urllib.request.urlopen(f"{at}/health", timeout=2):
            return
        time.sleep(0.1)
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
