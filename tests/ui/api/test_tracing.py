"""Traces of answers: what is in them by OpenTelemetry's conventions, and that no word of anybody's is."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from api_world import SpeakingEngine, asked
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from foundation.errors import UserError
from tests.waiting import until
from ui import tracing

GEN_AI_CHAT = {
    "gen_ai.operation.name",
    "gen_ai.output.type",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.model",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
}
GEN_AI_RETRIEVAL = {"gen_ai.data_source.id", "gen_ai.operation.name", "gen_ai.provider.name"}
"""Names of OpenTelemetry's conventions; those of content (`gen_ai.input.messages`, `gen_ai.output.messages`) are not among them."""


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider.get_tracer("test"))
    yield exporter
    tracing.use(None)


@pytest.fixture
def client(api: FastAPI) -> TestClient:
    return TestClient(api, base_url="http://localhost")


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


@pytest.mark.fault(149)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_a_span_by_the_conventions_with_its_retrieval_below_it(
    client: TestClient, spans: InMemorySpanExporter, stream: bool
) -> None:
    client.post("/v1/chat/completions", json=asked(stream=stream))
    made = by_name(spans)
    chat, retrieval = made["chat rag"], made["retrieval library"]
    told = dict(chat.attributes or {})
    assert told["gen_ai.operation.name"] == "chat"
    assert (told["gen_ai.request.model"], told["gen_ai.response.model"]) == ("rag", "speaking")
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (10, 5)
    assert told["gen_ai.response.finish_reasons"] == ("stop",)
    assert told["server.address"] and "error.type" not in told
    assert retrieval.parent is not None and retrieval.parent.span_id == chat.context.span_id
    assert (retrieval.attributes or {})["gen_ai.operation.name"] == "retrieval"
    pinned = [
        {name for name in one.attributes or {} if name.startswith("gen_ai.")} for one in (chat, retrieval)
    ]
    assert pinned == [GEN_AI_CHAT, GEN_AI_RETRIEVAL]
    assert chat.start_time <= retrieval.start_time <= retrieval.end_time <= chat.end_time  # type: ignore[operator]


@pytest.mark.fault(149)
def test_no_word_of_question_passage_or_answer_is_in_a_trace_even_of_an_error(
    client: TestClient, spans: InMemorySpanExporter, engine: SpeakingEngine
) -> None:
    engine.answer = "Zanzibar costs 49 EUR [1]."
    client.post("/v1/chat/completions", json=asked("What does the secret Xylophone kettle cost?"))
    for error in (UserError("Xylophone can't be read."), ValueError("Xylophone Zanzibar")):
        engine.raises = error
        client.post("/v1/chat/completions", json=asked("And the Xylophone?"))
    assert len(spans.get_finished_spans()) >= 3
    told = json.dumps([json.loads(span.to_json()) for span in spans.get_finished_spans()])
    for word in ("Xylophone", "Zanzibar", "Ostra", " EUR", "kettle.md"):
        assert word not in told, word
    assert {"UserError", "ValueError"} <= {
        str((span.attributes or {}).get("error.type")) for span in spans.get_finished_spans()
    }


@pytest.mark.fault(149)
def test_naive_span_with_its_messages_tells_what_was_asked() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.raises(ValueError), provider.get_tracer("naive").start_as_current_span("chat"):
        raise ValueError("Xylophone")  # recorded with its sentence, by default
    assert "Xylophone" in exporter.get_finished_spans()[0].to_json()


def test_a_clients_own_trace_goes_on_in_the_answers_span(
    client: TestClient, spans: InMemorySpanExporter
) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client.post("/v1/chat/completions", json=asked(), headers={"traceparent": parent})
    client.post(
        "/v1/chat/completions", json=asked(), headers={"traceparent": "nonsense\u00e9".encode("latin-1")}
    )
    first, *_ = [span for span in spans.get_finished_spans() if span.name == "chat rag"]
    assert f"{first.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert first.parent is not None and f"{first.parent.span_id:016x}" == "b7ad6b7169203331"


def test_a_model_elsewhere_is_named_by_its_host_and_port() -> None:
    told = tracing._asked("rag", "http://user:secret@models.example:8000/v1")  # type: ignore[arg-type]
    assert (told["server.address"], told["server.port"]) == ("models.example", 8000)
    assert "secret" not in str(told)


def test_without_an_exporters_address_nothing_is_traced_and_opentelemetry_is_not_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in tracing._ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    code = (
        "import sys; from ui import tracing; assert not tracing.on();"
        "assert list(tracing.traced(iter(['a']), 'rag', lambda: None)) == ['a'];"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_environment_turns_traces_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert tracing.on()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not tracing.on()


def test_a_named_collector_gets_the_spans_over_otlp_and_no_word_with_them(
    client: TestClient, engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    tracing.use(None)
    try:
        client.post("/v1/chat/completions", json=asked())
        assert until(lambda: b"retrieval library" in b"".join(got))
    finally:
        monkeypatch.undo()
        tracing.use(None)
        collector.shutdown()
    told = b"".join(got)
    assert b"gen_ai.usage.input_tokens" in told and b"service.name" in told and b"rungwise" in told
    assert b"Ostra" not in told and b"49 EUR" not in told
