"""What HTTP adds to an answer's first text: the served API beside the assistant alone, in one process and one run.

Run `python benchmarks/api_first_token.py WORKSPACE` with a workspace that has an index. Both sides stream the same question in
the setup `rag` from the same loaded model. The clock runs from the question to the first text that a reader sees: on one side in
the assistant's own iterator, on the other in a client that reads server-sent events over loopback, through everything that stands
before the API when `rungwise serve` runs it. Each question is asked once without a clock, so that its prompt is not read by one
side for the other; then both sides take turns at being first. Client and server share one interpreter, which costs the HTTP side
more than two would cost it. What is added does not grow with the model.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import httpx
import uvicorn

from assistant.engines.engine import Caller
from assistant.setup import Setup
from experiments import load_questions
from ui.server.app import make
from ui.service import service


@contextmanager
def serving(root: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = make(root, page=False, warm=False)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def alone(root: Path, question: str) -> float:
    """Return the seconds to the first text in the assistant's own iterator, in a thread of its own as every served answer is."""
    began, first = time.perf_counter(), [0.0]

    def run() -> None:
        for piece in service(root).stream_reply(question, (), Setup.RAG, None, Caller("benchmark")):
            if isinstance(piece, str) and piece.strip() and not first[0]:
                first[0] = time.perf_counter() - began

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return first[0]


def over_http(client: httpx.Client, url: str, question: str) -> float:
    """Return the seconds to the first text in a client."""
    body = {"model": "rag", "stream": True, "messages": [{"role": "user", "content": question}]}
    began, first = time.perf_counter(), 0.0
    with client.stream("POST", f"{url}/v1/chat/completions", json=body) as told:
        told.raise_for_status()
        for line in told.iter_lines():
            if line.startswith("data: {") and not first:
                choices = json.loads(line[6:])["choices"]
                if choices and (choices[0]["delta"].get("content") or "").strip():
                    first = time.perf_counter() - began
    return first


def main() -> None:
    """Ask by turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path, help="a workspace with an index")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    root = chosen.workspace.resolve()
    questions = [one.question for one in load_questions(root / "questions.jsonl")][: chosen.questions]
    pairs: list[tuple[float, float]] = []
    with serving(root) as url, httpx.Client(timeout=120) as client:
        over_http(client, url, questions[0])
        for place, question in enumerate(questions):
            alone(root, question)
            for turn in range(chosen.repeats):
                if (place + turn) % 2:
                    bare = alone(root, question)
                    served = over_http(client, url, question)
                else:
                    served = over_http(client, url, question)
                    bare = alone(root, question)
                if bare and served:
                    pairs.append((bare, served))
    low, high = (sorted(1000 * pair[side] for pair in pairs) for side in (0, 1))
    added = sorted(1000 * (served - bare) for bare, served in pairs)
    print(f"{len(pairs)} pairs over {len(questions)} questions, in milliseconds to the first text")
    print("| | median | 95th of 100 |\n|---|---|---|")
    for name, values in (("the assistant alone", low), ("over HTTP", high), ("added, pair by pair", added)):
        print(f"| {name} | {statistics.median(values):.1f} | {values[int(len(values) * 0.95)]:.1f} |")
    ratio = statistics.median(served / bare for bare, served in pairs)
    print(f"The median of the ratios is {ratio:.2f}; the target is at most 100 ms added.")


if __name__ == "__main__":
    main()
