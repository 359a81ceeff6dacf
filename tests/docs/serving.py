"""A workspace served on a free port, in a thread of this process: API, MCP, health and metrics, without the page."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path


def serve(root: Path) -> tuple[str, Callable[[], None]]:
    """Serve a workspace; return its address once it is ready, and what ends it."""
    import uvicorn

    from ui.server.app import make

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(make(root, False, "127.0.0.1"), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(300):
        if server.started:
            break
        time.sleep(0.1)
    assert server.started, "the server did not start within half a minute"

    def stop() -> None:
        server.should_exit = True
        thread.join(30)

    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        with (
            contextlib.suppress(urllib.error.HTTPError),
            urllib.request.urlopen(f"{address}/ready", timeout=10),
        ):
            return address, stop
        time.sleep(0.1)
    raise AssertionError("the server was not ready within a minute")
