"""A trace of every answer, as OpenTelemetry's conventions for generative AI name things; off unless an exporter is named.

It is on where `OTEL_EXPORTER_OTLP_ENDPOINT` is set and the extra `otel` is installed; nothing of OpenTelemetry is imported
before. Of what was asked, found and answered nothing is told but numbers: content is never in a trace, by no switch.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from assistant import Reply
    from assistant.setup import AnySetup

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NANO = 1_000_000_000
_making = threading.Lock()
_made: list[Tracer | None] = []


def on() -> bool:
    """Whether traces are wanted: an exporter's address is in the environment."""
    return (
        any(os.environ.get(name) for name in _ENDPOINTS)
        and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"
    )


def use(tracer: Tracer | None) -> None:
    """Trace with this from now on; None: as the environment says."""
    with _making:
        _made[:] = [] if tracer is None else [tracer]


def joined(headers: Mapping[str, str]) -> None:
    """Let the answer that is begun next in this context be a part of its client's trace, by the header `traceparent`."""
    if _tracer() is None or "traceparent" not in headers:
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context.attach(TraceContextTextMapPropagator().extract({"traceparent": headers["traceparent"]}))


def traced(
    pieces: Iterator[str | Reply], setup: AnySetup, endpoint: Callable[[], str | None]
) -> Iterator[str | Reply]:
    """Yield an answer as it comes, and trace it where that is wanted.

    Args:
        pieces: What may be shown, then the whole reply.
        setup: How it is answered.
        endpoint: Tells the URL of what runs the model; None: it runs here.
    """
    tracer = _tracer()
    if tracer is None:
        yield from pieces
        return
    began, first = time.time_ns(), 0
    span = tracer.start_span(f"chat {setup}", start_time=began, attributes=_asked(setup, endpoint()))
    whole = False
    try:
        for piece in pieces:
            first = first or time.time_ns()
            if not isinstance(piece, str):
                _answered(tracer, span, piece, began, first)
                span.end()  # before it is told: whoever has the answer finds its trace
                whole = True
            yield piece
    except BaseException as error:
        if not whole:
            _failed(span, error)
        raise
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        if not whole:
            span.end()


def _asked(setup: AnySetup, endpoint: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "rungwise",
        "gen_ai.request.model": str(setup),
        "gen_ai.output.type": "text",
    }
    url = urlsplit(endpoint) if endpoint else None
    told["server.address"] = (url.hostname if url else None) or socket.gethostname()
    if url and url.port:
        told["server.port"] = url.port
    return told


def _answered(tracer: Tracer, span: Span, reply: Reply, began: int, first: int) -> None:
    span.set_attributes(
        {
            "gen_ai.response.model": Path(reply.model).name or reply.model,
            "gen_ai.response.finish_reasons": ["stop" if reply.finished else "length"],
            "gen_ai.response.time_to_first_chunk": (first - began) / _NANO,
            "gen_ai.usage.input_tokens": reply.tokens_in,
            "gen_ai.usage.output_tokens": reply.tokens_out,
            "rungwise.adapter": reply.adapter,
            "rungwise.index": reply.index,
            "rungwise.abstained": reply.abstained,
            "rungwise.citations": len(reply.citations),
            "rungwise.wait": reply.timings.get("wait", 0.0),
        }
    )
    if "retrieve" not in reply.timings:
        return
    from opentelemetry.trace import set_span_in_context

    start = began + int(reply.timings.get("rewrite", 0.0) * _NANO)
    told: dict[str, str | int] = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.provider.name": "rungwise",
        "gen_ai.data_source.id": "library",
        "rungwise.hits": len(reply.hits),
    }
    child = tracer.start_span(
        "retrieval library", set_span_in_context(span), attributes=told, start_time=start
    )
    child.end(start + int(reply.timings["retrieve"] * _NANO))


def _failed(span: Span, error: BaseException) -> None:
    """Tell what kind of error ended an answer; its sentence may repeat what was asked, and stays out."""
    from opentelemetry.trace import StatusCode

    gone = isinstance(error, GeneratorExit) or type(error).__name__ == "CallerGone"
    span.set_attribute("error.type", "cancelled" if gone else type(error).__qualname__)
    if not gone:
        span.set_status(StatusCode.ERROR)


def _tracer() -> Tracer | None:
    """Return what traces; None where nothing is to be."""
    if not _made:
        with _making:
            if not _made:
                _made.append(_exporting() if on() else None)
    return _made[0]


def _exporting() -> Tracer | None:
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").startswith("grpc"):
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[assignment]
                OTLPSpanExporter,
            )
    except ImportError:
        logging.getLogger("rungwise").warning(
            "traces are asked for, but OpenTelemetry is not installed: pip install 'rungwise[otel]'"
        )
        return None
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "rungwise"}
    # a provider of its own: what other libraries trace, and with what content, is not sent along
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("rungwise")
