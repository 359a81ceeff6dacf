"""Whether memory returns when browser sessions come and go: fifty at once, a thousand in all, opened, drawn and dropped.

Run `python benchmarks/sessions.py FOLDER` with a workspace that has an index. Each session is a browser of its own, with a cookie
of its own: it opens the websocket as the page's script does, has the page drawn whole, and leaves without a word. Streamlit keeps
the last 128 of those who left, in case they come back, so memory grows through the first rounds: what counts is that it stays
after them. What one would do without thinking, beside it in the same run, is a page that keeps what is a visitor's in
`st.cache_resource`.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
AT_ONCE, IN_ALL = 50, 1_000
KEPT = 128
"""Sessions that Streamlit keeps of those who left."""
NAIVE = """
import secrets, streamlit as st
@st.cache_resource
def visitors():
    return {}
state = visitors()
state[secrets.token_hex()] = secrets.token_bytes(300_000)
st.title("A page that never forgets a visitor")
"""


@dataclass(frozen=True)
class Round:
    """Sessions that were open at the same time."""

    seconds: tuple[float, ...]
    """Of each, until its page was drawn."""
    memory: float
    """MB that the server holds after all of them have left."""


@contextmanager
def serving(words: Sequence[str]) -> Iterator[tuple[int, psutil.Process]]:
    """Start a server; give its port and its process.

    Args:
        words: What Python is told to run; `PORT` in them is the port.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, *(word.replace("PORT", str(port)) for word in words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            seen = psutil.Process(server.pid)
            wait_until(f"http://127.0.0.1:{port}/_stcore/health", seen)
            yield port, seen
        finally:
            server.terminate()


def ours(workspace: Path) -> list[str]:
    """Return what serves a workspace."""
    return ["-m", "ui.server", "--workspace", str(workspace), "--port", "PORT"]


def naive(scratch: Path) -> list[str]:
    """Write a page that keeps every visitor's state, and return what serves it."""
    page = scratch / "naive.py"
    page.write_text(NAIVE, "utf-8")
    quiet = ["--server.headless=true", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
    return ["-m", "streamlit", "run", str(page), "--server.port=PORT", *quiet]


async def visit(port: int, page: str, all_drawn: asyncio.Barrier) -> float:
    """Open a session, have the page drawn, leave when everybody's is; return the seconds until it was drawn.

    Raises:
        RuntimeError: The page was not drawn whole.
    """
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    began = time.perf_counter()
    async with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        additional_headers={"cookie": f"rungwise_visitor={secrets.token_urlsafe(24)}"},
        max_size=None,
        open_timeout=120,
    ) as line:
        asked = BackMsg()
        asked.rerun_script.page_name = page
        await line.send(asked.SerializeToString())
        deltas = 0
        while True:
            told = ForwardMsg.FromString(await asyncio.wait_for(line.recv(), 300))  # type: ignore[arg-type]
            kind = told.WhichOneof("type")
            deltas += kind == "delta"
            if told.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(f"the page {page!r} failed: {told.delta.new_element.exception.message}")
            if kind == "page_not_found" or told.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError(f"the page {page!r} was not drawn: {kind}")
            if kind == "script_finished" and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                break
        if not deltas:
            raise RuntimeError(f"the page {page!r} drew nothing")
        drawn = time.perf_counter() - began
        await all_drawn.wait()  # that many are open at once
        line.transport.abort()  # as a laptop that is shut
    return drawn


async def _together(port: int, page: str, number: int) -> tuple[float, ...]:
    all_drawn = asyncio.Barrier(number)
    return tuple(await asyncio.gather(*(visit(port, page, all_drawn) for _ in range(number))))


def rounds(port: int, server: psutil.Process, page: str, number: int, at_once: int) -> list[Round]:
    """Open and drop sessions, so many at once, round after round."""
    found = []
    for _ in range(number):
        seconds = asyncio.run(_together(port, page, at_once))
        time.sleep(0.5)  # the server notices that they are gone
        found.append(Round(seconds, server.memory_info().rss / 2**20))
    return found


def growth(found: Sequence[Round], at_once: int) -> float:
    """Return the MB that a thousand further sessions would add, after as many as are kept anyway.

    The slope between the middles of two halves, so that one round that happens to be high or low says little.
    """
    later = [one.memory for one in found[-(-2 * KEPT // at_once) :]]
    half = len(later) // 2
    if half < 1:
        raise ValueError(f"{len(found)} rounds of {at_once} are too few to tell growth from filling up.")
    rise = statistics.median(later[-half:]) - statistics.median(later[:half])
    return rise / (len(later) - half) / at_once * 1_000


def wait_until(url: str, server: psutil.Process) -> None:
    """Wait until an address answers well.

    Raises:
        RuntimeError: The server ended, or took too long.
    """
    for _ in range(600):
        if not server.is_running() or server.status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError("the server ended before it answered")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer well within two minutes")


def main() -> None:
    """Serve and drop a thousand sessions here and there, and print what memory did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--in-all", type=int, default=IN_ALL)
    parser.add_argument("--page", default="chat", help="the page that every session opens")
    said = parser.parse_args()
    number = max(1, said.in_all // said.at_once)
    with tempfile.TemporaryDirectory() as scratch:
        for name, words, page in (
            ("rungwise", ours(said.workspace), said.page),
            ("a page that never forgets", naive(Path(scratch)), ""),
        ):
            with serving(words) as (port, server):
                if page:
                    wait_until(f"http://127.0.0.1:{port}/ready", server)  # the model is loaded
                rounds(port, server, page, 1, 1)  # everything is imported by the first
                before = server.memory_info().rss / 2**20
                print(
                    f"{name}: memory before {before:.0f} MB, in MB after each {said.at_once} sessions",
                    flush=True,
                )
                found = []
                for _ in range(number):
                    found += rounds(port, server, page, 1, said.at_once)
                    print(f" {found[-1].memory:.0f}", end="", flush=True)
            waits = sorted(one for each in found for one in each.seconds)
            print(
                f"\n  drawn after {statistics.median(waits):.2f} s in the middle, {waits[-1]:.2f} s at most"
            )
            print(f"  {growth(found, said.at_once):+.0f} MB for a thousand more", flush=True)


if __name__ == "__main__":
    main()
