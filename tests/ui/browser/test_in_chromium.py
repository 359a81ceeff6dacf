"""The real app in a real Chromium: every page by the menu, one question asked, nothing fetched from elsewhere."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.serve import app_path, flags

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

REPOSITORY = Path(__file__).resolve().parents[3]
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE = 120_000  # ms; a page is there in one or two seconds, unless the machine is busy


def chromium() -> str:
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


@pytest.fixture
def address(house: Path) -> Iterator[str]:
    """Start the app on a free port of this machine; stop it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", str(app_path()), *flags(port), "--", "--workspace", str(house),
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as app:
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", app)
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()


def _wait(url: str, app: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert app.poll() is None, "the app ended before it answered"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    pytest.fail("the app did not answer within two minutes")


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_opens_by_the_menu_fits_its_width_and_fetches_nothing_from_elsewhere(
    address: str, width: int
) -> None:
    executable = chromium()
    from playwright.sync_api import sync_playwright

    elsewhere: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=QUIET)
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.on(
            "request",
            lambda seen: (
                None if seen.url.startswith((address, "data:", "blob:")) else elsewhere.append(seen.url)
            ),
        )
        page.goto(address)
        page.get_by_role("heading", name="Prompt, retrieve, fine-tune, or both?").wait_for()
        menu = page.locator(".st-key-menu" if width < 700 else "header")
        for name, heading in {
            "Advise": "Which rung does this need?",
            "Compare": "Which setup wins?",
            "Training": "How does it learn?",
            "Chat": "Ask Tea",
        }.items():
            menu.get_by_role("link", name=name).first.click()
            page.get_by_role("heading", name=heading).wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name} is wider than the screen"
            )
        page.get_by_text("You are talking to an AI model").wait_for()
        field = page.get_by_placeholder("Ask a question")
        field.fill("What does the Ostra kettle cost?")
        field.press("Enter")
        page.get_by_text("Why this answer").wait_for()
        assert page.get_by_test_id("stException").count() == 0
        browser.close()
    assert not elsewhere, "the page is served from this machine alone"
