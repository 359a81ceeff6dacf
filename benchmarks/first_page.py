"""How long it takes until the first page is there, beside the smallest page that Streamlit can serve, in the same run.

Run `python benchmarks/first_page.py FOLDER` with a workspace, on a machine that has done so before (its files are in memory).
Each round starts the server anew, waits for it to answer, and opens the first page in Chromium until its last part is drawn;
then the same page once more. What one would use instead is `streamlit run` of a page of one line.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROUNDS = 5
LAST = "text=/The next step|THE NEXT STEP/i"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    said = parser.parse_args()
    from playwright.sync_api import sync_playwright

    rows: dict[str, list[tuple[float, float, float]]] = {"rungwise": [], "one line of Streamlit": []}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as play:
        line = Path(scratch) / "line.py"
        line.write_text("import streamlit as st\nst.title('The next step')\n", "utf-8")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for number in range(said.rounds + 1):
            port = str(free())
            ours = ["-m", "ui.server", "--workspace", str(said.workspace), "--port", port]
            quiet = [
                "--server.headless=true",
                "--browser.gatherUsageStats=false",
                "--server.address=127.0.0.1",
            ]
            theirs = ["-m", "streamlit", "run", str(line), f"--server.port={port}", *quiet]
            for name, words in (("rungwise", ours), ("one line of Streamlit", theirs)):
                seen = one_round(browser, words, port)
                if number:  # the first one warms the machine up
                    rows[name].append(seen)
    print(
        f"{'':24}{'server answers':>16}{'first page after':>18}{'in all':>9}{'once more':>11}   (median of {said.rounds}, s)"
    )
    for name, seen in rows.items():
        answers, page, again = (statistics.median(column) for column in zip(*seen, strict=True))
        print(
            f"{name:24}{answers:16.2f}{page:18.2f}{statistics.median(a + b for a, b, _ in seen):9.2f}{again:11.2f}"
        )
    print(f"slowest: {max(a + b for a, b, _ in rows['rungwise']):.2f} s in all")


def one_round(browser: Any, words: Sequence[str], port: str) -> tuple[float, float, float]:
    """Return the seconds until the server answers, from then until the first page is drawn, and of the page once more."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            while not answers(f"http://127.0.0.1:{port}/_stcore/health"):
                time.sleep(0.01)
            up = time.perf_counter()
            drawn = opened(browser, port)
            return up - began, drawn, opened(browser, port)
        finally:
            server.terminate()


def opened(browser: Any, port: str) -> float:
    """Return the seconds until the first page is drawn in a new window."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator(LAST).first.wait_for(timeout=60_000)
    took = time.perf_counter() - began
    context.close()
    return took


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
