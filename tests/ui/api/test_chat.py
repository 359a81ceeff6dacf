"""`/v1/chat/completions` as OpenAI's own client, LangChain and curl use it, over a real server."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import httpx
import openai
import pytest
from api_world import SpeakingEngine, asked
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from ui.api.chat import LONGEST_QUESTION

QUESTION = [{"role": "user", "content": "What does the Ostra kettle cost?"}]


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def post(url: str, **body: object) -> httpx.Response:
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=20)


@pytest.mark.fault(144)
def test_the_official_client_gets_an_answer_with_the_passage_it_stands_in(client: openai.OpenAI) -> None:
    made = client.chat.completions.create(model="rag", messages=QUESTION)  # type: ignore[arg-type]
    assert made.choices[0].message.content == "It costs 49 EUR [1]."
    assert made.choices[0].finish_reason == "stop"
    assert made.model == "rag"
    assert made.usage is not None and made.usage.total_tokens == 15
    told = made.model_extra["rungwise"]  # type: ignore[index]
    (cited,) = told["citations"]
    assert (cited["number"], cited["source"]) == (1, "kettle.md")
    span = cited["spans"][0]
    assert cited["quote"] == cited["text"][span["start"] : span["end"]] == "The Ostra kettle costs 49 EUR."
    assert told["setup"] == "rag" and told["index"] == "1" and not told["abstained"] and told["ignored"] == []
    assert told["timings"]["total"] >= 0


def test_the_official_client_streams_the_same_answer_with_its_usage_and_its_citations(
    client: openai.OpenAI,
) -> None:
    stream = client.chat.completions.create(
        model="hybrid",
        messages=QUESTION,  # type: ignore[arg-type]
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.strip() == "It costs 49 EUR [1]."
    assert len([chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]) > 2
    assert (
        chunks[-1].choices == [] and chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 5
    )
    last = chunks[-2]
    assert last.choices[0].finish_reason == "stop"
    assert last.model_extra["rungwise"]["citations"][0]["source"] == "kettle.md"  # type: ignore[index]
    assert last.model_extra["rungwise"]["adapter"] == "house-1"  # type: ignore[index]
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_the_async_client_streams(url: str) -> None:
    async def text() -> str:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none") as client:
            stream = await client.chat.completions.create(model="rag", messages=QUESTION, stream=True)  # type: ignore[call-overload]
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(text()).strip() == "It costs 49 EUR [1]."


def test_langchains_chat_model_answers_and_streams(url: str, engine: SpeakingEngine) -> None:
    model = ChatOpenAI(base_url=f"{url}/v1", api_key="none", model="rag", temperature=0)  # type: ignore[arg-type]
    talk = [SystemMessage("You are a pirate."), HumanMessage("What does the Ostra kettle cost?")]
    assert model.invoke(talk).content == "It costs 49 EUR [1]."
    assert "".join(str(chunk.content) for chunk in model.stream(talk)).strip() == "It costs 49 EUR [1]."
    assert not any("pirate" in str(turn["content"]) for prompt in engine.asked for turn in prompt)


@pytest.mark.fault(144)
def test_plain_curl_gets_an_answer_and_a_stream_that_ends_with_done(url: str) -> None:
    def curl(**more: object) -> str:
        words = [
            "curl",
            "-sN",
            f"{url}/v1/chat/completions",
            "-H",
            "Content-Type: application/json",
            "-d",
            "@-",
        ]
        told = subprocess.run(
            words, input=json.dumps(asked(**more)), capture_output=True, text=True, timeout=20
        )  # type: ignore[arg-type]
        return told.stdout

    assert json.loads(curl())["choices"][0]["message"]["content"] == "It costs 49 EUR [1]."
    lines = curl(stream=True).strip().split("\n\n")
    assert lines[-1] == "data: [DONE]"
    assert all(line.startswith("data: ") for line in lines)
    assert json.loads(lines[0][6:])["choices"][0]["delta"]["role"] == "assistant"


def test_a_system_message_is_passed_over_and_said_to_be(url: str, engine: SpeakingEngine) -> None:
    made = post(url, model="rag", messages=[{"role": "system", "content": "Answer in rhyme."}, *QUESTION], temperature=1.5, seed=3, wobble=1)  # fmt: skip
    ignored = made.json()["rungwise"]["ignored"]
    assert "messages[0] (system): the house's own instructions stand" in ignored
    assert {one.split(":")[0] for one in ignored[1:] + ignored[:1]} >= {"temperature", "seed", "wobble"}
    assert not any("rhyme" in str(turn["content"]) for turn in engine.asked[0])


def test_earlier_turns_reach_the_assistant_and_what_was_asked_first_counts(
    url: str, engine: SpeakingEngine
) -> None:
    talk = [*QUESTION, {"role": "assistant", "content": "49 EUR."}, {"role": "user", "content": [{"type": "text", "text": "And its colour?"}]}]  # fmt: skip
    assert post(url, model="rag", messages=talk).status_code == 200
    said = [str(turn["content"]) for turn in engine.asked[0]]
    assert any("49 EUR." in one for one in said) and "And its colour?" in said[-1]


@pytest.mark.parametrize("name", ["rag+shots", "prompt+shots=5+fixed", "hybrid+repair"])
def test_a_variant_is_a_model_too(url: str, name: str) -> None:
    made = post(url, model=name, messages=QUESTION)
    assert (made.status_code, made.json()["rungwise"]["setup"]) == (200, name)


@pytest.mark.fault(145)
@pytest.mark.parametrize(
    "name", ["gpt-4o", "rag+wings", "prompt+shots=²", "rag+shots=99", "../rag", "x" * 200, "Rag"]
)
def test_an_unknown_model_is_404_and_the_sentence_says_where_all_stand(url: str, name: str) -> None:
    told = post(url, model=name, messages=QUESTION)
    assert told.status_code == 404
    error = told.json()["error"]
    assert (error["code"], error["param"], error["type"]) == (
        "model_not_found",
        "model",
        "invalid_request_error",
    )
    assert error["message"].endswith("/v1/models lists them.")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"stop": ["EUR"]}, "stop"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"temperature": 9}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "  "}]}, "messages[0].content"),
        ({"messages": [*QUESTION, {"role": "assistant", "content": "x"}]}, "messages[1].role"),
        ({"messages": [*QUESTION, {"role": "system", "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}, *QUESTION]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": "hello"}, "messages"),
    ],
)  # fmt: skip
def test_what_the_house_does_not_do_is_refused_by_the_parameters_name(
    url: str, more: dict[str, object], param: str, engine: SpeakingEngine
) -> None:
    told = post(url, **{**asked(), **more})
    assert told.status_code == 400, told.text
    assert told.json()["error"]["param"] == param
    assert told.json()["error"]["type"] == "invalid_request_error"
    assert engine.asked == []


@pytest.mark.fault(144)
def test_the_official_client_raises_its_own_errors(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no setup") as raised:
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)  # type: ignore[arg-type]
    assert raised.value.code == "model_not_found"

    def naive(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"detail": "There is no setup."})  # as FastAPI says it

    other = openai.OpenAI(
        base_url="http://naive/v1",
        api_key="none",
        max_retries=0,
        http_client=httpx.Client(transport=httpx.MockTransport(naive)),
    )
    with pytest.raises(openai.NotFoundError) as fallen:
        other.chat.completions.create(model="gpt-4o", messages=QUESTION)  # type: ignore[arg-type]
    assert fallen.value.code is None, "naive: a program can't tell what was wrong"
    with pytest.raises(openai.BadRequestError, match="one answer is made to a question"):
        client.chat.completions.create(model="rag", messages=QUESTION, n=3)  # type: ignore[arg-type]


def test_the_longest_question_that_is_taken_is_the_assistants_own(url: str, engine: SpeakingEngine) -> None:
    from assistant.assistant import _LONGEST_QUESTION

    assert LONGEST_QUESTION == _LONGEST_QUESTION
    assert post(url, **asked("k" * LONGEST_QUESTION)).status_code == 200
    told = post(url, **asked("k" * (LONGEST_QUESTION + 1)))
    assert (told.status_code, told.json()["error"]["code"]) == (413, "context_length_exceeded")
    assert "4,001 letters" in told.json()["error"]["message"]


def test_an_answer_that_was_cut_off_says_length(url: str, engine: SpeakingEngine) -> None:
    engine.finished = False
    assert post(url, **asked()).json()["choices"][0]["finish_reason"] == "length"


def test_a_model_that_can_not_be_used_is_503_and_no_path_of_this_machine_is_told(
    url: str, engine: SpeakingEngine, house: Path
) -> None:
    from foundation.errors import UserError

    engine.raises = UserError(f"{house.resolve()}/base: there is no model here. Name another one.")
    for stream in (False, True):
        told = post(url, **asked(stream=stream))
        assert told.status_code == 503
        assert (
            told.json()["error"]["message"] == "the workspace/base: there is no model here. Name another one."
        )
    engine.raises = None
    assert post(url, **asked()).status_code == 200, "the next question tries again"


def test_a_prompt_without_room_for_an_answer_is_413(url: str, engine: SpeakingEngine) -> None:
    from assistant.engines.engine import NoRoom

    engine.raises = NoRoom("The prompt has 900 tokens, but there is room for 800.")
    assert post(url, **asked()).status_code == 413


@pytest.mark.fault(90)
def test_an_error_of_ours_is_500_with_an_id_that_the_log_knows_and_nothing_else(
    url: str, engine: SpeakingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.raises = ZeroDivisionError("secret detail in /etc/house")
    told = post(url, **asked())
    assert told.status_code == 500
    sentence = told.json()["error"]["message"]
    assert "secret" not in told.text and "Traceback" not in told.text and "ZeroDivision" not in told.text
    name = sentence.rstrip(".").split()[-1]
    assert any(name in record.getMessage() and record.exc_info for record in caplog.records)


def test_an_index_that_is_not_there_is_503_for_the_setups_that_need_one(house: Path, url: str) -> None:
    import shutil

    from ui.service import service

    service(house).served().assistant.library.close()  # type: ignore[union-attr]
    shutil.rmtree(house / ".rungwise" / "library")
    assert post(url, **asked(model="prompt")).status_code == 200
    told = post(url, **asked(model="rag"))
    assert (told.status_code, told.json()["error"]["code"]) == (503, "not_ready")
    assert "rungwise sync" in told.json()["error"]["message"]
    assert str(house) not in told.text
