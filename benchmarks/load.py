"""A bounded load on the served API, on loopback: requests a second, p50 and p95, and errors when something goes wrong.

Run `python benchmarks/load.py WORKSPACE [--clients 8] [--seconds 15]` with a workspace that has an index; a copy of it is used.
The model is a small server of this script's own that answers after a fixed time, so that what is measured is everything around a
model. Each scenario runs the same closed loop of clients, each of which asks, reads the whole answer and asks again:

- the model's server by itself: what a user would call without Rungwise, and what the ratios are taken over;
- one replica; two replicas;
- two replicas, of which one is killed in the middle: clients turn to the other one, as behind a balancer, and retry once;
- one replica whose disk takes nothing more (no file may grow);
- one replica whose model is ten times slower for every fifth question.

Two cores run clients, replicas and the model's server together, so that the rates are those of a crowded machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

ROOT = Path(__file__).parents[1]
ANSWER = "The warranty of the stove is two years [1]."
THINKS = 0.05  # seconds that the model's server takes for an answer


class Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that always says the same, after a while."""

    slow = False
    asked = 0
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Model.asked += 1
        time.sleep(THINKS * (10 if Model.slow and Model.asked % 5 == 0 else 1))
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ANSWER}}
        told = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice],
                "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}}  # fmt: skip
        if body.get("stream"):
            piece = {"index": 0, "delta": {"role": "assistant", "content": ANSWER}, "finish_reason": None}
            last = {"index": 0, "delta": {}, "finish_reason": "stop"}
            text = "".join(
                f"data: {json.dumps({**told, 'object': 'chat.completion.chunk', 'choices': [one]})}\n\n"
                for one in (piece, last)
            )
            self._say((text + "data: [DONE]\n\n").encode(), "text/event-stream")
        else:
            self._say(json.dumps(told).encode(), "application/json")

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """Says nothing of callers that were killed."""

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Seen:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    retried: int = 0
    lasted: float = 0.0

    def line(self, name: str, over: Seen | None = None) -> str:
        """Return a row of the table."""
        took = sorted(self.seconds) or [float("nan")]
        rate = len(self.seconds) / self.lasted
        ratio = f"{rate / (len(over.seconds) / over.lasted):.2f}" if over else "1"
        p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
        return f"| {name} | {rate:.1f} | {ratio} | {1000 * p50:.0f} | {1000 * p95:.0f} | {self.retried} | {self.errors} |"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def replica(root: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server of its own process."""
    port = free_port()
    command = [sys.executable, "-m", "ui.server", "--workspace", str(root), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield url, process
    finally:
        process.kill()
        process.wait()


def ask(client: httpx.Client, url: str, question: str) -> None:
    body = {"model": "rag", "messages": [{"role": "user", "content": question}]}
    told = client.post(f"{url}/v1/chat/completions", json=body)
    told.raise_for_status()
    if not told.json()["choices"][0]["message"]["content"]:
        raise ValueError("no answer")


def load(urls: Sequence[str], clients: int, seconds: float, questions: Sequence[str]) -> Seen:
    """Ask from so many clients for so long; a client whose replica fails asks the next one once."""
    seen, lock, until = Seen(), threading.Lock(), time.monotonic() + seconds

    def one(number: int) -> None:
        with httpx.Client(timeout=30) as client:
            at = number
            while time.monotonic() < until:
                began, tries = time.perf_counter(), 0
                while True:
                    try:
                        ask(client, urls[at % len(urls)], questions[at % len(questions)])
                        with lock:
                            seen.seconds.append(time.perf_counter() - began)
                        break
                    except (httpx.HTTPError, ValueError):
                        tries += 1
                        with lock:
                            if tries == 1 and len(urls) > 1:
                                seen.retried += 1
                            else:
                                seen.errors += 1
                        if tries > 1 or len(urls) == 1:
                            break
                        at += 1
                at += clients if len(urls) == 1 else 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.lasted = time.monotonic() - began
    return seen


def main() -> None:
    """Run every scenario and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path, help="a workspace with an index")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15.0)
    chosen = parser.parse_args()
    model = Quiet(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{model.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        shutil.copytree(chosen.workspace, root)
        settings = root / "rungwise.toml"
        kept = [
            line
            for line in settings.read_text("utf-8").splitlines()
            if not line.strip().startswith(("base =", "endpoint ="))
        ]
        at = kept.index("[model]") + 1 if "[model]" in kept else len(kept)
        head = [] if "[model]" in kept else ["[model]"]
        kept[at:at] = [*head, f'endpoint = "{endpoint}/v1"', 'base = "m"']
        settings.write_text("\n".join(kept) + "\n", "utf-8")
        os.environ["RUNGWISE_SERVE__QUESTIONS_PER_MINUTE"] = "0"
        told = [
            json.loads(line)["question"]
            for line in (root / "questions.jsonl").read_text("utf-8").splitlines()
            if line
        ]
        run(root, endpoint, chosen.clients, chosen.seconds, told)


def run(root: Path, endpoint: str, clients: int, seconds: float, questions: Sequence[str]) -> None:
    """Run the scenarios over a workspace that names the model's server."""
    print(
        f"{clients} clients, {seconds:g} s each, {os.cpu_count()} cores, the model takes {1000 * THINKS:g} ms\n"
    )
    print(
        "| scenario | answers/s | ratio | p50 ms | p95 ms | asked elsewhere | errors |\n|---|---|---|---|---|---|---|"
    )
    bare = load([endpoint], clients, seconds, questions)
    print(bare.line("the model's server by itself"), flush=True)
    with replica(root) as (first, _), replica(root) as (second, process):
        for url in (first, second):
            load([url], 1, 3, questions)  # warm
        print(load([first], clients, seconds, questions).line("one replica", bare), flush=True)
        print(load([first, second], clients, seconds, questions).line("two replicas", bare), flush=True)
        killer = threading.Timer(seconds / 2, lambda: process.send_signal(signal.SIGKILL))
        killer.start()
        print(
            load([first, second], clients, seconds, questions).line("two, one killed half-way", bare),
            flush=True,
        )
        Model.slow = True
        print(
            load([first], clients, seconds, questions).line("one, every fifth answer ten times slower", bare),
            flush=True,
        )
        Model.slow = False
    with replica(root) as (url, process):
        load([url], 1, 3, questions)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))  # no file of it may grow from now on
        print(load([url], clients, seconds, questions).line("one, whose disk has filled", bare), flush=True)


if __name__ == "__main__":
    main()
