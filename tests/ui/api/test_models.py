"""`/v1/models` and `/v1/embeddings`, as OpenAI's own client uses them."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import openai
import pytest
from api_world import SpeakingEngine
from fastapi import FastAPI
from langchain_openai import OpenAIEmbeddings
from starlette.testclient import TestClient

from tests.rag.rag_fakes import LetterEmbedder
from ui.api.embeddings import LONGEST_TEXT
from ui.api.models import embedder_name


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


@pytest.fixture
def plain(api: FastAPI) -> TestClient:
    return TestClient(api, base_url="http://localhost")


def test_the_four_setups_and_the_embedder_are_the_models(client: openai.OpenAI) -> None:
    assert [one.id for one in client.models.list()] == ["prompt", "rag", "lora", "hybrid", "minilm"]
    rag = client.models.retrieve("rag")
    assert (rag.owned_by, rag.object) == ("rungwise", "model") and rag.created > 1_600_000_000
    assert rag.model_extra["rungwise"] == {"kind": "setup", "retrieve": True, "adapter": False, "ready": True}  # type: ignore[index]


def test_a_setup_that_lacks_what_it_needs_says_that_it_is_not_ready(
    plain: TestClient, engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "adapter_name", lambda: "")
    ready = {one["id"]: one["rungwise"]["ready"] for one in plain.get("/v1/models").json()["data"]}
    assert ready == {"prompt": True, "rag": True, "lora": False, "hybrid": False, "minilm": True}


def test_a_variant_can_be_looked_at_by_name_and_an_unknown_one_is_404(plain: TestClient) -> None:
    assert plain.get("/v1/models/rag+shots").json()["id"] == "rag+shots"
    assert plain.get("/v1/models/rag%2Bshots").json()["rungwise"]["kind"] == "variant"
    told = plain.get("/v1/models/rag+wings")
    assert (told.status_code, told.json()["error"]["code"]) == (404, "model_not_found")


def test_settings_that_hold_a_mistake_are_503_without_a_path(plain: TestClient, house: Path) -> None:
    (house / "rungwise.toml").write_text("nme = 1\n", "utf-8")
    told = plain.get("/v1/models")
    assert told.status_code == 503
    assert str(house) not in told.text


def test_an_embedder_in_a_folder_is_told_by_its_last_part(tmp_path: Path) -> None:
    assert embedder_name(str(tmp_path / "secret" / "e5")) == "e5"
    assert embedder_name("intfloat/e5-small") == "intfloat/e5-small"


def test_the_official_client_gets_the_librarys_own_vectors_in_order(client: openai.OpenAI) -> None:
    texts = ["apple bread", "kettle"]
    made = client.embeddings.create(model="minilm", input=texts)  # asks for base64 by itself
    assert np.allclose([one.embedding for one in made.data], LetterEmbedder().embed(texts))
    assert [one.index for one in made.data] == [0, 1]
    assert (made.model, made.usage.prompt_tokens) == ("minilm", 3)
    plain = client.embeddings.create(model="minilm", input="kettle", encoding_format="float", dimensions=26)
    assert plain.data[0].embedding == pytest.approx(made.data[1].embedding)


def test_langchains_embeddings_get_the_same_vectors(url: str) -> None:
    model = OpenAIEmbeddings(
        base_url=f"{url}/v1", api_key="none", model="minilm", check_embedding_ctx_length=False
    )  # type: ignore[arg-type]
    assert model.embed_query("apple bread") == pytest.approx(
        LetterEmbedder().embed_query("apple bread").tolist()
    )


def test_base64_is_little_endian_float32(plain: TestClient) -> None:
    told = plain.post(
        "/v1/embeddings", json={"model": "minilm", "input": "kettle", "encoding_format": "base64"}
    )
    raw = base64.b64decode(told.json()["data"][0]["embedding"])
    assert np.frombuffer(raw, "<f4").tolist() == pytest.approx(
        LetterEmbedder().embed_query("kettle").tolist()
    )


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"input": []}, 400, "input"),
        ({"input": ""}, 400, "input"),
        ({"input": ["a", ""]}, 400, "input"),
        ({"input": [1, 2, 3]}, 400, "input"),
        ({"input": [[1, 2]]}, 400, "input"),
        ({"input": None}, 400, "input"),
        ({"input": ["x"] * 257}, 400, "input"),
        ({"dimensions": 8}, 400, "dimensions"),
        ({"encoding_format": "int8"}, 400, "encoding_format"),
        ({"model": "text-embedding-3-small"}, 404, "model"),
        ({"model": "rag"}, 404, "model"),
        ({"input": ["ok", "x" * (LONGEST_TEXT + 1)]}, 413, "input[1]"),
        ({"input": "word " * 255}, 413, "input[0]"),
    ],
)
def test_what_can_not_be_embedded_is_refused_by_name(plain: TestClient, body: dict[str, object], status: int, param: str) -> None:  # fmt: skip
    told = plain.post("/v1/embeddings", json={"model": "minilm", "input": "kettle", **body})
    assert told.status_code == status, told.text
    assert told.json()["error"]["param"].startswith(param)
