"""Clients that leave, many at once, and what stays responsive meanwhile; over real sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
from api_world import SpeakingEngine, asked, running
from fastapi import FastAPI

from tests.waiting import until
from ui.api.asking import DESK, Desk
from ui.api.errors import ApiError

LONG = " ".join(["word"] * 400)


def begin(url: str, **more: object) -> socket.socket:
    """Send a question on a socket of one's own, and read nothing."""
    parts = urlsplit(url)
    body = json.dumps(asked(**more)).encode()  # type: ignore[arg-type]
    talk = socket.create_connection((parts.hostname, parts.port), 5)  # type: ignore[arg-type]
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    talk.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return talk


def heard(talk: socket.socket, what: bytes) -> bytes:
    got = b""
    while what not in got:
        got += talk.recv(4096)
    return got


class Naive(BaseHTTPRequestHandler):
    """Makes the whole answer, whoever is still there, as a handler that never looks at its client does."""

    made = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        for _ in range(60):
            time.sleep(0.005)
            type(self).made += 1
        try:
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        except OSError:
            return

    def log_message(self, *_: object) -> None: ...


@pytest.mark.fault(87)
@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_the_model_at_its_next_token(
    url: str, engine: SpeakingEngine, stream: bool
) -> None:
    engine.answer, engine.pause = LONG, 0.01
    talk = begin(url, stream=stream)
    if stream:
        heard(talk, b"word")
    assert until(lambda: engine.said >= 3)
    talk.close()
    assert until(lambda: engine.ended == 1, 2.0), "the model goes on for nobody"
    assert engine.said < 300
    assert until(lambda: DESK.held == 0 and engine.turns.waiting == 0)
    engine.answer, engine.pause = "It costs 49 EUR [1].", 0.0
    assert httpx.post(f"{url}/v1/chat/completions", json=asked(), timeout=5).status_code == 200


@pytest.mark.fault(87)
def test_naive_server_makes_the_whole_answer_for_a_client_that_left() -> None:
    Naive.made = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Naive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    begin(f"http://127.0.0.1:{server.server_port}").close()
    assert until(lambda: Naive.made == 60)
    server.shutdown()


@pytest.mark.fault(87)
def test_a_client_that_leaves_the_line_is_never_answered(url: str, engine: SpeakingEngine) -> None:
    engine.answer, engine.pause = LONG, 0.01
    first = begin(url, stream=True)
    heard(first, b"word")
    second = begin(url, stream=True)
    assert until(lambda: engine.turns.waiting == 1)
    second.close()
    assert until(lambda: engine.turns.waiting == 0, 2.0)
    first.close()
    assert until(lambda: engine.ended == 1)
    assert len(engine.asked) == 1


@pytest.mark.fault(125)
def test_fifty_clients_stand_in_one_line_and_all_are_answered_while_the_server_stays_awake(
    api: FastAPI, engine: SpeakingEngine
) -> None:
    engine.pause = 0.01
    with running(api) as url, httpx.Client(limits=httpx.Limits(max_connections=60), timeout=60) as client:

        def one(number: int) -> tuple[int, float]:
            began = time.perf_counter()
            told = client.post(f"{url}/v1/chat/completions", json=asked(stream=number % 2 == 0))
            return told.status_code, time.perf_counter() - began

        with ThreadPoolExecutor(50) as pool:
            all_asked = [pool.submit(one, number) for number in range(50)]
            assert until(lambda: engine.turns.waiting > 20)
            began = time.perf_counter()
            assert client.get(f"{url}/v1/models").status_code == 200
            awake = time.perf_counter() - began
            told = [one.result() for one in all_asked]
    assert {status for status, _ in told} == {200}
    assert engine.most_at_once == 1, "one model answers one at a time"
    assert awake < 10.0, "nobody waits for the model to be told which models there are"
    assert DESK.held == 0


@pytest.mark.fault(125)
def test_the_line_is_bounded_in_all_and_for_one_person() -> None:
    desk = Desk(most=3, each=2)
    desk.take("ada"), desk.take("ada")
    with pytest.raises(ApiError, match="2 answers to you are in the making") as told:
        desk.take("ada")
    assert told.value.status == 429 and told.value.headers["Retry-After"] == "2"
    desk.take("bob")
    with pytest.raises(ApiError, match="The line is full"):
        desk.take("cem")
    desk.give("ada")
    desk.take("cem")
    assert desk.held == 3
    naive = Desk(most=10**9, each=10**9)  # a line without an end takes whatever one person asks
    for _ in range(1_000):
        naive.take("ada")
    assert naive.held == 1_000


def test_the_first_piece_is_sent_before_the_last_one_is_made(url: str, engine: SpeakingEngine) -> None:
    engine.answer, engine.pause = LONG, 0.01
    talk = begin(url, stream=True)
    heard(talk, b'"content": "word')
    assert engine.said < 50
    talk.close()


def test_an_error_amid_a_stream_is_told_in_openais_shape_and_not_called_done(
    url: str, engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(*_: object) -> object:
        yield "It "
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(engine, "stream", half)
    told = httpx.post(f"{url}/v1/chat/completions", json=asked(stream=True, model="prompt"), timeout=5)
    lines = told.text.strip().split("\n\n")
    assert told.status_code == 500 or json.loads(lines[-1][6:])["error"]["code"] == "internal_error"
    assert "secret" not in told.text and "[DONE]" not in told.text
