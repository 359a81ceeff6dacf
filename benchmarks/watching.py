"""What the server spends while somebody watches a running job: `python benchmarks/watching.py [SECONDS]`, in a real Chromium.

The page looks at the job once a second. Streamlit's own setting collects garbage after every look, and walks all objects of
torch, transformers and Chroma that a served answer has loaded: both servers here have loaded them. Ours collects once a
minute. Needs `pip install -e .[dev]` and Chromium.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assistant import Workspace
from assistant.workspace import create
from benchmarks.sessions import serving
from tests.ui.browser.conftest import QUIET, chromium
from ui.access.permissions import LOCAL
from ui.jobs import office

LOADED = """
import sys
import chromadb, sentence_transformers, streamlit, torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer
from ui import serve
from ui.server.__main__ import main
serve._SERVER["runner.postScriptGC"] = {theirs}
sys.argv[1:] = ["--workspace", {root!r}, "--port", "PORT"]
main()
"""
JOB = """
import time
from ui.progress import Progress
with Progress() as progress:
    for at in range(6000):
        progress('Embedding', at, 6000)
        time.sleep(1)
"""


def main(seconds: float = 60.0) -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = create(Path(folder) / "house", demo=False).root
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        office.COMMAND = (sys.executable, "-P", "-c")
        house = Workspace.open(root)
        job = office.begin(house, "destroy", [JOB], LOCAL)
        try:
            spent = {theirs: _spent(browser, root, theirs, seconds) for theirs in (True, False)}
        finally:
            office.stop(house, job.id)
            browser.close()
    theirs, own = spent[True], spent[False]
    print(f"collected after every look: {100 * theirs:.0f} % of a core; once a minute: {100 * own:.0f} %")
    print(f"{theirs / own:.1f} times as much")


def _spent(browser: object, root: Path, theirs: bool, seconds: float) -> float:
    """Return which share of a core the server takes while one page watches."""
    with serving(["-c", LOADED.format(theirs=theirs, root=str(root))]) as (port, server):
        page = browser.new_page()  # type: ignore[attr-defined]
        page.goto(f"http://127.0.0.1:{port}/govern")
        page.get_by_role("button", name="Stop").wait_for(timeout=120_000)
        time.sleep(3)
        began, before = time.monotonic(), sum(server.cpu_times()[:2])
        time.sleep(seconds)
        share = (sum(server.cpu_times()[:2]) - before) / (time.monotonic() - began)
        page.close()
    return share


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
