"""The API against its own description: schemathesis makes requests of it, and finds no answer that it does not describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from api_world import SpeakingEngine, furnish
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import sampled_from
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from ui.api.app import make

HELD = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
"""What every answer keeps, whatever was sent."""


@pytest.fixture
def described(house: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    furnish(house, SpeakingEngine(), monkeypatch)
    return make(house)


def tried(app: FastAPI, examples: int) -> tuple[int, set[int], list[str]]:
    """Send what schemathesis makes of the description, right and wrong; return how much, the statuses, what was found."""
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    sent, statuses, found = 0, set(), []
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and operation.method.upper() == "GET":
                continue  # a path is any text

            @settings(
                max_examples=examples,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(
                case=operation.as_strategy(generation_mode=mode), known=sampled_from(["rag", "minilm", ""])
            )
            def sends(case: schemathesis.Case, known: str) -> None:
                nonlocal sent
                sent += 1
                if known and isinstance(case.body, dict) and "model" in case.body:
                    case.body["model"] = known  # else nearly all would end at an unknown model
                response = case.call(headers={"Host": "localhost"})
                statuses.add(response.status_code)
                try:
                    case.validate_response(response, checks=HELD)
                except AssertionError as error:
                    found.append(str(error))
                except FailureGroup as group:
                    found.extend(map(str, group.exceptions))

            sends()
    return sent, statuses, found


@pytest.mark.fault(124, 145)
def test_schemathesis_finds_nothing_worse_than_a_refusal(described: FastAPI) -> None:
    sent, statuses, found = tried(described, 8)
    assert not found, found[0]
    assert sent >= 30
    assert {200, 400, 404} <= statuses <= {200, 400, 404, 405, 413}


@pytest.mark.slow
@pytest.mark.fault(124)
def test_schemathesis_finds_nothing_in_many_more_tries(described: FastAPI) -> None:
    _, _, found = tried(described, 120)
    assert not found, found[0]


@pytest.mark.fault(124, 145)
def test_naive_api_falls_to_the_same_requests() -> None:
    naive = FastAPI(openapi_url="/v1/openapi.json")

    @naive.post("/v1/chat/completions")
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        return {"content": asked["messages"][-1]["content"].upper()}

    with pytest.raises((KeyError, TypeError, AttributeError)):
        tried(naive, 25)
