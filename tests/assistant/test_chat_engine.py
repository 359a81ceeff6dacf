"""Chat models as an engine: any of LangChain's, and an endpoint that holds answers to a shape, refuses, is late or breaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from assistant import Assistant, Setup
from assistant.engines.chat_engine import ChatEngine
from assistant.engines.constrain import constraint
from assistant.engines.endpoint import EndpointEngine
from assistant.engines.engine import GREEDY, Caller, CallerGone, Decoding, Refused
from assistant.reply import Question
from finetune.form import Form
from foundation.errors import UserError

ASKED: list[dict[str, Any]] = []
SHAPES = {"known": True}
MEET = threading.Barrier(4, timeout=30)
"""Four questions wait here for each other."""


class Server(BaseHTTPRequestHandler):
    """Does what the question names: filters, is late, breaks; else answers in the shape that is asked for."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ASKED.append(body)
        said = body["messages"][-1]["content"]
        if "late" in said:
            time.sleep(2)
        if "meet" in said:
            MEET.wait()
        if "break" in said:
            return self._send(500, {"error": {"message": "out of memory"}})
        if "forbidden" in said:
            return self._send(400, {"error": {"message": "blocked", "code": "content_filter"}})
        shape = body.get("response_format")
        if body.get("stream") and shape and not SHAPES["known"]:
            return self._send(400, {"error": {"message": "unknown field response_format"}})
        if body.get("stream"):
            return self._stream(body["model"])
        if shape and not SHAPES["known"]:
            return self._send(400, {"error": {"message": "unknown field response_format"}})
        text = f"{body['model']} says {said}"
        if shape:
            text = json.dumps({"label": shape["json_schema"]["schema"]["properties"]["label"]["enum"][0]})
        refusal = "I will not." if "refuse" in said else None
        ended = "length" if "cut" in said else "stop"
        message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
                 "choices": [{"index": 0, "message": message, "finish_reason": ended}],
                 "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}  # fmt: skip
        self._send(200, reply)

    def _stream(self, model: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        piece = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": model,
                 "choices": [{"index": 0, "delta": {"role": "assistant", "content": "streamed"}, "finish_reason": "stop"}]}  # fmt: skip
        self.wfile.write(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())

    def _send(self, code: int, reply: dict[str, Any]) -> None:
        data = json.dumps(reply).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        try:
            self.wfile.write(data)
        except BrokenPipeError:
            """The client was told not to wait so long."""

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    ASKED.clear()
    SHAPES["known"] = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def engine(url: str, seconds: float = 30) -> EndpointEngine:
    return EndpointEngine(url, "base", "house", "RUNGWISE_TEST_KEY", 50, seconds=seconds)


def ask(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_any_chat_model_of_langchain_answers_in_the_setups_with_it() -> None:
    made = ChatEngine(
        FakeListChatModel(responses=["Base."]), FakeListChatModel(responses=["House."]), name="toy"
    )
    assistant = Assistant(made, None, Form())
    assert assistant.answer("Hi?", (), Setup.PROMPT).text == "Base."
    assert assistant.answer("Hi?", (), Setup.LORA).text == "House."
    assert "".join(map(str, list(assistant.stream_reply("Hi?", (), Setup.LORA))[:-1])) == "House."
    assert assistant.fingerprint(Setup.PROMPT) and made.name == "toy"
    with pytest.raises(UserError, match="no model with an adapter"):
        ChatEngine(FakeListChatModel(responses=["Base."])).generate([ask("Hi?")], adapter=True)


def test_one_question_that_fails_harms_no_other_and_tells_what_happened(url: str) -> None:
    texts = ("one", "please break", "forbidden thing", "refuse this", "two")
    made = engine(url).generate([ask(text) for text in texts], adapter=False)
    assert [one.text for one in made] == ["base says one", "", "", "", "base says two"]
    kinds = [type(one.failure).__name__ for one in made]
    assert kinds == ["NoneType", "RuntimeError", "Refused", "Refused", "NoneType"]
    assert "I will not." in str(made[3].failure) and "out of memory" in str(made[1].failure)


def test_an_answer_that_comes_too_late_is_a_timeout(url: str) -> None:
    late = engine(url, seconds=0.3)
    late._connected(late._served(False)).max_retries = 0  # type: ignore[attr-defined]
    (made,) = late.generate([ask("late")], adapter=False)
    assert isinstance(made.failure, TimeoutError) and "longer than 0.3 s" in str(made.failure)


def test_failures_are_results_in_a_comparison_and_sentences_in_a_chat(url: str) -> None:
    assistant = Assistant(engine(url), None, Form())
    cases = [Question(text, (), Setup.PROMPT) for text in ("one", "forbidden thing")]
    first, second = assistant.answer_cases(cases)
    assert first.text == "base says one" and isinstance(second, Refused)  # type: ignore[union-attr]
    with pytest.raises(UserError, match="declined to answer"):
        assistant.answer("forbidden thing", (), Setup.PROMPT)


def test_answers_are_held_to_a_shape_where_the_server_can(url: str) -> None:
    held = Decoding(constraint(Form(labels=("billing", "returns"))))
    made = engine(url).generate([ask("My invoice?")], True, held)[0]
    assert made.text == "billing"
    assert ASKED[-1]["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"] == [
        "billing",
        "returns",
    ]
    *pieces, whole = engine(url).stream(ask("My invoice?"), True, held)
    assert pieces == ["billing"] and whole.text == "billing"  # type: ignore[union-attr]


def test_a_server_that_knows_no_shapes_is_asked_without_one_from_then_on(url: str) -> None:
    SHAPES["known"] = False
    held, asked = Decoding(constraint(Form(labels=("billing", "returns")))), engine(url)
    assert asked.generate([ask("My invoice?")], False, held)[0].text == "base says My invoice?"
    before = len(ASKED)
    asked.generate([ask("Again?")], False, held)
    assert len(ASKED) == before + 1 and "response_format" not in ASKED[-1]


def test_a_held_answer_that_is_cut_off_or_refused_harms_no_other(url: str) -> None:
    held = Decoding(constraint(Form(labels=("billing", "returns"))))
    made = engine(url).generate([ask("one"), ask("cut this"), ask("refuse this")], False, held)
    assert [(one.text, one.finished, type(one.failure).__name__) for one in made] == [
        ("billing", True, "NoneType"),
        ("billing", False, "NoneType"),
        ("", False, "Refused"),
    ]


def test_a_refusal_is_one_too_where_the_server_is_asked_again_without_a_shape(url: str) -> None:
    SHAPES["known"] = False
    held = Decoding(constraint(Form(labels=("billing", "returns"))))
    (made,) = engine(url).generate([ask("refuse this")], False, held)
    assert isinstance(made.failure, Refused)


def test_a_stream_falls_back_too_where_the_server_knows_no_shapes(url: str) -> None:
    SHAPES["known"] = False
    shape = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    held = Decoding(constraint(Form(json_schema=shape)))
    *pieces, whole = engine(url).stream(ask("one"), False, held)
    assert "".join(map(str, pieces)) == whole.text == "streamed"  # type: ignore[union-attr]


def test_a_chain_hears_of_a_failure_and_gets_no_empty_answer(url: str) -> None:
    from assistant import HouseChatModel

    with pytest.raises(Refused):
        HouseChatModel(engine=engine(url)).invoke("forbidden thing")


def test_temperature_and_seed_reach_the_server(url: str) -> None:
    engine(url).generate([ask("one")], False, Decoding(temperature=0.7, seed=11))
    assert (ASKED[-1]["temperature"], ASKED[-1]["seed"]) == (0.7, 11)


def test_questions_are_asked_several_at_a_time(url: str) -> None:
    MEET.reset()
    made = engine(url).generate([ask(f"meet {n}") for n in range(4)], adapter=False)
    assert all(one.failure is None for one in made)  # one after the other, none would ever be answered


def test_a_caller_who_left_is_not_asked_for(url: str) -> None:
    with pytest.raises(CallerGone):
        engine(url).generate([ask("one")], False, GREEDY, Caller("", lambda: True))
    assert ASKED == []
