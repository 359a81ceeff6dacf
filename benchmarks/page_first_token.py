"""The page's share of the first token, in a real Chromium on the real server: `python benchmarks/page_first_token.py [ASKED]`.

The assistant notes when the first piece may be shown; a script in the browser notes when it is in the page. What lies between is
what thread, page, websocket and browser add. Needs `pip install -e .[dev]` and Chromium.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assistant.workspace import create
from tests.ui.browser.conftest import QUIET, chromium, served

WATCH = """() => {
  window.seen = new Promise(done => {
    const look = () => document.body.innerText.includes("word1.") && done(Date.now() / 1000);
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
  });
}"""


def main(asked: int = 20) -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "house"
        create(root, demo=False)
        with served(root, "tests.ui.browser.slow_server") as at, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
            page = browser.new_page()
            page.set_default_timeout(120_000)
            added = [_asked(page, at, root / "engine.log") for _ in range(asked + 1)][
                1:
            ]  # the first one loads
            browser.close()
    added.sort()
    median, worst = statistics.median(added), added[-1]
    print(
        f"{asked} questions: the page adds {1000 * median:.0f} ms (median), {1000 * worst:.0f} ms (worst) to the first token"
    )


def _asked(page: object, at: str, log: Path) -> float:
    """Return what was added to one question's first token, in seconds."""
    page.goto(f"{at}/chat")  # type: ignore[attr-defined]
    field = page.get_by_placeholder("Ask a question")  # type: ignore[attr-defined]
    field.wait_for()
    page.evaluate(WATCH)  # type: ignore[attr-defined]
    field.fill("What does it cost to send a parcel?")
    field.press("Enter")
    seen = float(page.evaluate("() => window.seen"))  # type: ignore[attr-defined]
    page.get_by_role("button", name="Stop").click()  # type: ignore[attr-defined]
    page.get_by_text("Stopped.").wait_for()  # type: ignore[attr-defined]
    told = [float(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("told")][-1]
    return seen - told


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
