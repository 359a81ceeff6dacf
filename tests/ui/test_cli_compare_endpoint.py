"""compare over a real HTTP endpoint: the same numbers however many questions are asked at once, and however busy it is."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import assistant.open as opening
from assistant.engines.endpoint import EndpointEngine
from tests.ui.cli_fakes import ReadingEngine

Run = Callable[..., Any]


class Endpoint(ThreadingHTTPServer):
    """Reads the passages as `ReadingEngine` does, one in three times wrongly; answers come back out of turn."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals: tuple[int, ...] = ()
        """Status codes that every question gets before its answer, one after the other."""
        self.tries: dict[str, int] = {}
        self.now = self.most = 0
        self.guard = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = hashlib.sha256(json.dumps([body["model"], body["messages"]]).encode()).hexdigest()
        with self.server.guard:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
            tried = self.server.tries[key] = self.server.tries.get(key, 0) + 1
        time.sleep(int(key[:2], 16) / 256 * 0.02)
        if tried <= len(self.server.refusals):
            self._send(self.server.refusals[tried - 1], {"error": {"message": "busy"}})
        else:
            text = ReadingEngine(Path)._answer(body["messages"])
            text = "The documents do not say." if int(key[2:4], 16) % 3 == 0 else text
            self._send(200, {
                "id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
            })  # fmt: skip
        with self.server.guard:
            self.server.now -= 1

    def _send(self, status: int, told: dict[str, Any]) -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.shutdown()


@pytest.fixture
def asked(
    house: Path, rungwise: Run, endpoint: Endpoint, fakes: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Return what compares over the endpoint with given settings: all numbers but times."""
    assert rungwise("sync", "-w", house).code == 0
    rows = [
        {"id": f"m-{n}", "part": "test", "kind": "single", "question": f"What does the Ostra kettle cost{'?' * (n + 2)}",
         "facts": [["49 EUR"]], "answerable": True, "gold": ["kettle.md"]}
        for n in range(22)
    ]  # fmt: skip
    with (house / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)

    def compare(at_once: int, retries: int = 2, refusals: tuple[int, ...] = ()) -> dict[str, Any]:
        endpoint.refusals, endpoint.tries, endpoint.most = refusals, {}, 0
        engine = EndpointEngine(endpoint.url, "base", "house", "NONE", 50, at_once, retries=retries)
        monkeypatch.setattr(opening, "open_engine", lambda _: engine)
        shutil.rmtree(house / ".rungwise" / "runs", ignore_errors=True)  # else nothing is asked twice
        done = rungwise("compare", "-w", house, "--setups", "prompt,rag", "--json")
        assert done.code in (0, 4), done.err
        return timeless(json.loads(done.out))

    return compare


def timeless(told: Any) -> Any:
    """Return a comparison without what hangs on the clock: seconds, names of runs, and what is made of them."""
    clocked = (
        "seconds",
        "second",
        "latency",
        "run",
        "created",
        "when",
        "cost",
        "timings",
        "worth",
        "p50",
        "p95",
    )
    if isinstance(told, dict):
        return {key: timeless(one) for key, one in told.items() if not any(word in key for word in clocked)}
    return [timeless(one) for one in told] if isinstance(told, list) else told


@pytest.mark.slow
def test_one_question_at_a_time_eight_at_once_and_a_busy_endpoint_come_to_the_same_numbers_and_a_naive_asking_does_not(
    asked: Callable[..., dict[str, Any]], endpoint: Endpoint
) -> None:
    one = asked(1)
    assert endpoint.most == 1
    rates = {row["setup"]: row["facts"]["passed"] for row in one["standings"]}
    assert 0 == rates["prompt"] < rates["rag"] < 24, "some are won and some are lost"
    assert asked(8) == one and endpoint.most > 1
    assert asked(8, refusals=(429, 503)) == one and set(endpoint.tries.values()) == {3}
    naive = asked(8, retries=0, refusals=(429, 503))
    assert naive != one and all(row["errors"] == row["n"] for row in naive["standings"])
