"""What is counted for Prometheus: answers, their times and tokens, requests, and who waits. No name, question or id is a label.

Counting is cheap and never fails what is counted. Knows nothing of how anything is answered.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.service import Service

_SETUPS = frozenset({"prompt", "rag", "lora", "hybrid"})
_OUTCOMES = frozenset({"answered", "abstained", "stopped", "failed", "refused"})
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


@cache
def _counted() -> dict[str, Any]:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

    registry = CollectorRegistry()
    return {
        "registry": registry,
        "answers": Counter(
            "rungwise_answers",
            "Answers by setup and how they ended.",
            ["setup", "outcome"],
            registry=registry,
        ),
        "first": Histogram(
            "rungwise_first_text_seconds",
            "Until the first text.",
            ["setup"],
            buckets=_SECONDS,
            registry=registry,
        ),
        "whole": Histogram(
            "rungwise_answer_seconds",
            "Until the whole answer.",
            ["setup"],
            buckets=_SECONDS,
            registry=registry,
        ),
        "tokens": Counter(
            "rungwise_tokens", "Tokens, read and written.", ["setup", "direction"], registry=registry
        ),
        "requests": Counter(
            "rungwise_requests", "Requests by kind of path and status.", ["path", "status"], registry=registry
        ),
        "waiting": Gauge("rungwise_waiting", "Callers that wait for the model.", registry=registry),
        "running": Gauge("rungwise_jobs", "Jobs that run.", registry=registry),
    }


def answered(
    setup: str,
    outcome: str,
    first_seconds: float | None,
    seconds: float,
    tokens_in: int = 0,
    tokens_out: int = 0,
) -> None:
    """Count one answer.

    Args:
        setup: Which setup; a variant counts as `other`.
        outcome: `answered`, `abstained`, `stopped`, `failed` or `refused`.
        first_seconds: Until the first text; None where there was none.
        seconds: Until its end.
        tokens_in: Tokens of the prompt.
        tokens_out: Tokens of the answer.
    """
    counted = _counted()
    kind = setup if setup in _SETUPS else "other"
    counted["answers"].labels(kind, outcome if outcome in _OUTCOMES else "failed").inc()
    counted["whole"].labels(kind).observe(seconds)
    if first_seconds is not None:
        counted["first"].labels(kind).observe(first_seconds)
    counted["tokens"].labels(kind, "in").inc(tokens_in)
    counted["tokens"].labels(kind, "out").inc(tokens_out)


def requested(path: str, status: int) -> None:
    """Count one request, under the kind of its path."""
    kinds = (
        "/v1/chat/completions",
        "/v1/models",
        "/v1/embeddings",
        "/mcp",
        "/login",
        "/health",
        "/ready",
        "/metrics",
        "/_stcore",
    )
    kind = next((one for one in kinds if path.startswith(one)), "page")
    _counted()["requests"].labels(kind, str(status)).inc()


def exposition(service: Service) -> bytes:
    """Return everything that was counted, as Prometheus reads it."""
    from prometheus_client import generate_latest

    from ui.jobs import office

    counted = _counted()
    counted["waiting"].set(service.waiting())
    counted["running"].set(sum(one.state == "running" for one in office.every(service.workspace())))
    return generate_latest(counted["registry"])
