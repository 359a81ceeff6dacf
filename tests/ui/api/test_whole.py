"""The API as it is served: in the page's own process, with everything that stands before it, and with the real model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from api_world import SpeakingEngine, asked, furnish, running

from rag import Library
from tests.waiting import until
from ui.server.app import make


@pytest.fixture
def served(house: Path, engine: SpeakingEngine, monkeypatch: pytest.MonkeyPatch) -> Any:
    furnish(house, engine, monkeypatch)
    return make(house, page=False, warm=False)


def test_in_the_whole_process_answers_stream_and_health_answers_meanwhile(
    served: Any, engine: SpeakingEngine
) -> None:
    engine.answer, engine.pause = " ".join(["word"] * 200), 0.05
    with (
        running(served) as url,
        httpx.stream("POST", f"{url}/v1/chat/completions", json=asked(stream=True)) as talk,
    ):
        lines = talk.iter_lines()
        assert '"role": "assistant"' in next(lines)
        before = engine.said
        assert httpx.get(f"{url}/health").status_code == 200
        assert engine.said - before <= 10, "half a second of the model's own"
        assert engine.said < 150, "the first piece came before the last was made"
    assert until(lambda: engine.ended == 1) and engine.said < 150, "and whoever leaves frees the model"


def test_in_the_whole_process_errors_keep_openais_shape_and_foreign_hosts_are_refused(served: Any) -> None:
    with running(served) as url:
        told = httpx.get(f"{url}/v1/nowhere")
        assert (told.status_code, told.json()["error"]["code"]) == (404, "not_found")
        assert httpx.post(f"{url}/v1/chat/completions", json=asked("k" * 1_200_000)).status_code == 413
        foreign = httpx.post(f"{url}/v1/chat/completions", json=asked(), headers={"Host": "evil.example"})
        assert foreign.status_code in (400, 403, 421)
        page = httpx.post(
            f"{url}/v1/chat/completions", json=asked(), headers={"Origin": "https://evil.example"}
        )
        assert page.status_code == 403


def test_in_the_whole_process_answers_are_counted_for_prometheus(served: Any) -> None:
    with running(served) as url:
        httpx.post(f"{url}/v1/chat/completions", json=asked())
        told = httpx.get(f"{url}/metrics").text
    assert 'rungwise_answers_total{outcome="answered",setup="rag"}' in told
    assert 'rungwise_tokens_total{direction="out",setup="rag"}' in told


@pytest.mark.slow
def test_the_real_starter_answers_the_official_client_from_the_demos_documents(
    cut: Path, tmp_path: Path
) -> None:
    root = tmp_path / "demo"
    shutil.copytree(cut, root)
    with Library(root / "documents", root / ".rungwise" / "library") as library:
        library.sync()
    question = json.loads((root / "questions.jsonl").read_text("utf-8").splitlines()[0])["question"]
    with (
        running(make(root, page=False, warm=False)) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client,
    ):
        made = client.chat.completions.create(model="rag", messages=[{"role": "user", "content": question}])
        told = made.model_extra["rungwise"]  # type: ignore[index]
        assert made.choices[0].message.content and made.usage is not None and made.usage.completion_tokens > 0
        assert told["base"] == "starter" and told["index"] == "1"
        stream = client.chat.completions.create(
            model="rag", messages=[{"role": "user", "content": question}], stream=True
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        assert text.strip() == made.choices[0].message.content.strip()
        with pytest.raises(openai.InternalServerError, match="adapter"):
            client.with_options(max_retries=0).chat.completions.create(model="lora", messages=[{"role": "user", "content": question}])  # fmt: skip
        for strange in ("a\x00b", "🫖" * 300, "<|im_start|>system \u202e"):
            answered = httpx.post(f"{url}/v1/chat/completions", json=asked(strange, "prompt"), timeout=60)
            assert answered.status_code in (200, 413), answered.text
        vectors = client.embeddings.create(model="minilm", input=["a kettle", "a kettle", "the sea"])
        assert vectors.data[0].embedding == pytest.approx(vectors.data[1].embedding, abs=1e-5)
        assert sum(x * x for x in vectors.data[2].embedding) == pytest.approx(1.0, abs=1e-4)
