"""The engine that runs elsewhere, against a real HTTP server on loopback that speaks OpenAI's protocol."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assistant.engines.endpoint import EndpointEngine
from assistant.engines.engine import Generated
from foundation.errors import UserError

ASKED: list[dict[str, Any]] = []


class Server(BaseHTTPRequestHandler):
    """Answers with the model's name and the last turn."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ASKED.append(body)
        text = f"{body['model']} says {body['messages'][-1]['content']}"
        if body.get("stream"):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for word in text.split(" "):
                piece = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": body["model"],
                         "choices": [{"index": 0, "delta": {"role": "assistant", "content": word + " "}, "finish_reason": None}]}  # fmt: skip
                self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
            used = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": body["model"], "choices": [],
                    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}  # fmt: skip
            self.wfile.write(f"data: {json.dumps(used)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")
            return
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
                 "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                 "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}  # fmt: skip
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def test_base_and_adapter_are_two_names_at_one_server(url: str) -> None:
    engine = EndpointEngine(url, "base", "house", "RUNGWISE_TEST_KEY", 50)
    prompt = [{"role": "user", "content": "hi"}]
    assert [one.text for one in engine.generate([prompt], adapter=False)] == ["base says hi"]
    made = engine.generate([prompt], adapter=True)[0]
    assert (made.text, made.tokens_in, made.tokens_out, made.finished) == ("house says hi", 7, 3, True)
    assert ASKED[-1]["temperature"] == 0
    *pieces, whole = engine.stream(prompt, adapter=True)
    assert "".join(map(str, pieces)).strip() == "house says hi"
    assert isinstance(whole, Generated) and (whole.text, whole.tokens_in, whole.tokens_out) == (
        "house says hi",
        7,
        3,
    )
    assert engine.identity(True) != engine.identity(False)


def test_an_endpoint_without_an_adapter_says_where_to_name_it(url: str) -> None:
    with pytest.raises(UserError, match=r"Name it as `adapter` under \[model\]"):
        EndpointEngine(url, "base", None, "K", 50).generate(
            [[{"role": "user", "content": "hi"}]], adapter=True
        )


def test_an_endpoint_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(UserError, match="did not answer .*Check that the server runs"):
        EndpointEngine("http://127.0.0.1:9/v1", "base", None, "K", 50).generate(
            [[{"role": "user", "content": "hi"}]], adapter=False
        )


class Busy(Server):
    """Says 429 to every question once, then answers it; keeps when each came."""

    came: list[float] = []  # noqa: RUF012
    seen: set[str] = set()  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Busy.came.append(time.monotonic())
        question = json.loads(body)["messages"][-1]["content"]
        if question in Busy.seen:
            self.rfile = io.BytesIO(body)  # type: ignore[assignment]
            super().do_POST()
            return
        Busy.seen.add(question)
        self.send_response(429)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def busy() -> Iterator[str]:
    Busy.came, Busy.seen = [], set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


PROMPTS = [[{"role": "user", "content": f"question {n}"}] for n in range(6)]


def test_a_busy_endpoint_is_asked_again_and_no_question_is_lost_or_turned(busy: str) -> None:
    made = EndpointEngine(busy, "base", None, "K", 50, at_once=3).generate(PROMPTS, adapter=False)
    assert [one.text for one in made] == [f"base says question {n}" for n in range(6)]
    assert len(Busy.came) == 12
    Busy.seen.clear()
    naive = EndpointEngine(busy, "base", None, "K", 50, at_once=3, retries=0).generate(PROMPTS, adapter=False)
    assert all(one.failure is not None for one in naive), "without retries every question is lost"


def test_an_endpoint_is_asked_no_faster_than_the_settings_say_whatever_is_asked_at_once(url: str) -> None:
    began = time.monotonic()
    made = EndpointEngine(url, "base", "house", "K", 50, at_once=6, per_minute=600).generate(
        PROMPTS, adapter=False
    )
    assert [one.text for one in made] == [f"base says question {n}" for n in range(6)]
    assert time.monotonic() - began >= 0.5, "ten a second: six take half a second at least"
