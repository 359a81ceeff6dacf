"""The engine that runs elsewhere, against a real HTTP server on loopback that speaks OpenAI's protocol."""

from __future__ import annotations

import json
import threading
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
