"""The real server in a process of its own, and a real Chromium before it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE = 120_000  # ms; a page is there in one or two seconds, unless the machine is busy

Serving = Callable[..., AbstractContextManager[str]]


def chromium() -> str:
    """Return where Chromium is; skips where it is not."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )
    if found is None:
        pytest.skip(
            "No Chromium is installed. Install one (`apt-get install chromium`), then `pytest -m browser`."
        )
    pytest.importorskip(
        "playwright", reason="playwright is missing. Install it with `pip install -e .[dev]`."
    )
    return found


@contextmanager
def served(root: Path, module: str = "ui.server", script: tuple[str, ...] = ()) -> Iterator[str]:
    """Start a server of a workspace on a free port of this machine; stop it afterwards.

    Args:
        root: The workspace's folder.
        module: What is run: `ui.server`, or something that changes what it serves.
        script: Other words for Python in place of it; `PORT` in them is the port.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [word.replace("PORT", port) for word in script] or [
        "-m", module, "--workspace", str(root), "--port", port,
    ]  # fmt: skip
    at = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [sys.executable, *words], cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(f"{at}/_stcore/health", server)
            yield at
        finally:
            server.terminate()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert server.poll() is None, "the server ended before it answered"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    pytest.fail("the server did not answer within two minutes")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium for the tests of one file, as it holds an event loop while it is open; each opens windows of its own."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def window(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open windows that share nothing with each other; each remembers what it asked the network for and what went wrong."""
    contexts = []

    def opened(**how: Any) -> Any:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **how}))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.asked, page.said, page.dialogs = [], [], []
        page.on("request", lambda seen: page.asked.append(seen.url))
        page.on("console", lambda seen: page.said.append(seen.text) if seen.type == "error" else None)
        page.on("dialog", lambda seen: (page.dialogs.append(seen.message), seen.dismiss()))
        return page

    yield opened
    for context in contexts:
        context.close()
