"""What no client should send: never an error of ours, always a sentence in OpenAI's shape."""

from __future__ import annotations

import json

import httpx
import pytest
from api_world import SpeakingEngine, asked
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.api.entrance import LARGEST

JSON = {"Content-Type": "application/json"}
BODIES = {
    "nothing": b"",
    "half an object": b'{"model": "rag", "messages": [',
    "not JSON": b"hello",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "broken UTF-8": b'{"model": "rag\xff"}',
    "nested 100,000 deep": b"[" * 100_000,
    "an object nested 20,000 deep": b'{"a":' * 20_000,
    "a number of 10,000 digits": b'{"model": "rag", "n": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"model": "rag", "temperature": NaN, "messages": [{"role": "user", "content": "x"}]}',
    "infinity": b'{"model": "rag", "temperature": 1e999, "messages": [{"role": "user", "content": "x"}]}',
    "half a surrogate pair": b'{"model": "rag", "messages": [{"role": "user", "content": "\\ud800 kettle"}]}',
    "half a pair as a name": b'{"model": "rag", "\\ud800": 1, "input": "\\ud800", "messages": [{"role": "user", "content": "x"}]}',
    "half a pair as the model": b'{"model": "\\ud800", "messages": [{"role": "user", "content": "x"}]}',
    "half a pair as a role": b'{"model": "rag", "messages": [{"role": "\\ud800", "content": "x"}]}',
    "10,000 messages": json.dumps(
        {"model": "rag", "messages": [{"role": "user", "content": "x"}] * 10_000}
    ).encode(),
    "10,000 wrong messages": json.dumps({"model": "rag", "messages": [5] * 10_000}).encode(),
    "no model": b'{"messages": [{"role": "user", "content": "x"}]}',
    "wrong types": b'{"model": 5, "messages": {"role": "user"}, "stream": "maybe", "n": "two", "temperature": []}',
}


@pytest.fixture
def client(api: FastAPI) -> TestClient:
    return TestClient(api, raise_server_exceptions=True, base_url="http://localhost")


@pytest.mark.fault(124, 145)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_does_not_fit_is_a_400_in_openais_shape(
    client: TestClient, path: str, body: bytes, engine: SpeakingEngine
) -> None:
    told = client.post(path, content=body, headers=JSON)
    assert told.status_code == 400, told.text
    assert set(told.json()["error"]) == {"message", "type", "param", "code"}
    assert len(told.content) < 3_000
    assert engine.asked == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_on_a_foreign_page_can_send_is_no_question(
    client: TestClient, kind: str, engine: SpeakingEngine
) -> None:
    told = client.post("/v1/chat/completions", content=json.dumps(asked()), headers={"Content-Type": kind})
    assert told.status_code == 400
    assert engine.asked == []


@pytest.mark.parametrize(
    "text",
    ["\x00", "a\x00b kettle", "‮kettle", "k̈" * 500, "🫖" * 100, "\x1b[31mkettle", "{{7*7}}", "' OR 1=1"],
)
def test_strange_letters_in_a_question_are_answered_or_refused(client: TestClient, text: str) -> None:
    told = client.post("/v1/chat/completions", json=asked(text))
    assert told.status_code in (200, 400), told.text


def test_unknown_fields_with_strange_names_are_told_back_short_and_clean(client: TestClient) -> None:
    more = {"w" * 5_000: 1, "‮\x1b[31m": 2, **{f"field{number}": number for number in range(500)}}
    told = client.post("/v1/chat/completions", json={**asked(), **more})
    assert told.status_code == 200
    ignored = told.json()["rungwise"]["ignored"]
    assert len(ignored) == 20 and max(map(len, ignored)) < 100


@pytest.mark.fault(124)
def test_a_question_of_a_megabyte_is_413_and_the_model_never_sees_it(
    url: str, engine: SpeakingEngine
) -> None:
    for size in (900_000, 1_100_000, 6_000_000, 20_000_000):
        try:
            told = httpx.post(f"{url}/v1/chat/completions", json=asked("k" * size), timeout=20)
        except httpx.TransportError:
            assert size > 8 * 2**20, "up to eight megabytes whoever sends them is told why"
            continue
        assert told.status_code == 413
        assert told.json()["error"]["code"] in ("context_length_exceeded", "request_too_large")
    assert engine.asked == []


@pytest.mark.fault(124)
def test_naive_server_takes_a_question_of_a_megabyte_to_its_model() -> None:
    seen: list[int] = []

    async def answer(request: Request) -> JSONResponse:
        seen.append(len((await request.json())["messages"][0]["content"]))
        return JSONResponse({})

    naive = TestClient(Starlette(routes=[Route("/v1/chat/completions", answer, methods=["POST"])]))
    assert naive.post("/v1/chat/completions", json=asked("k" * 1_100_000)).status_code == 200
    assert seen == [1_100_000]


@pytest.mark.fault(124)
def test_a_body_that_does_not_say_how_long_it_is_is_bounded_too(url: str, engine: SpeakingEngine) -> None:
    told = httpx.post(
        f"{url}/v1/chat/completions", content=(b"x" * 65_536 for _ in range(40)), headers=JSON, timeout=20
    )
    assert LARGEST < 40 * 65_536
    assert told.status_code == 413


def test_a_conversation_that_is_too_long_is_413(client: TestClient) -> None:
    talk = [{"role": role, "content": "w" * 3_900} for _ in range(10) for role in ("user", "assistant")]
    told = client.post(
        "/v1/chat/completions", json={"model": "rag", "messages": [*talk, {"role": "user", "content": "x"}]}
    )
    assert (told.status_code, told.json()["error"]["param"]) == (413, "messages")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/models", 405),
        ("GET", "/v1/", 404),
        ("GET", "/v1/files", 404),
        ("POST", "/v1/completions", 404),
        ("GET", "/v1/models/", 404),
        ("GET", "/v1/models/%00", 404),
        ("GET", "/v1/models/..%2f..%2fetc", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
    ],
)
def test_other_paths_and_methods_are_refused_in_openais_shape(
    client: TestClient, method: str, path: str, status: int
) -> None:
    told = client.request(method, path)
    assert told.status_code == status, told.text
    assert told.json()["error"]["type"] == "invalid_request_error"
    if status == 405:
        assert told.headers["allow"]
