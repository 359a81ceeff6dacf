"""The assistant as LangChain uses it: batches over setups, streams, callbacks, async, and tasks that are cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda

from assistant import Assistant, Reply
from assistant.engines.engine import Caller, Generated
from finetune.form import Form
from finetune.layout import Message
from foundation.errors import UserError
from rag import Library
from tests.assistant.fakes import FakeEngine

FORM = Form()
ASKED = {"question": "What does the Fellmark stove cost?", "setup": "rag"}


def test_a_batch_mixes_setups_and_keeps_its_order(library: Library) -> None:
    engine = FakeEngine()
    asked = [{**ASKED, "setup": name} for name in ("hybrid", "prompt", "rag+free", "lora")]
    replies = Assistant(engine, library, FORM).batch(asked)  # type: ignore[arg-type]
    assert [one.variant for one in replies] == ["hybrid", "prompt", "rag+free", "lora"]
    assert [adapter for _, adapter in engine.asked] == [False, False, True, True]
    assert Assistant(engine, library, FORM).batch([]) == []


def test_one_mistake_in_a_batch_harms_nobody_else_where_exceptions_are_returned(library: Library) -> None:
    asked = [ASKED, {"question": " "}, {**ASKED, "setup": "ragg"}, ASKED]
    made = Assistant(FakeEngine(), library, FORM).batch(asked, return_exceptions=True)  # type: ignore[arg-type]
    assert [type(one).__name__ for one in made] == ["Reply", "UserError", "UserError", "Reply"]
    with pytest.raises(UserError, match="There is no setup"):
        Assistant(FakeEngine(), library, FORM).batch(asked)  # type: ignore[arg-type]


def test_who_asks_decides_what_is_found_in_a_batch_too(library: Library) -> None:
    (library.documents / "salaries.md").write_text(
        "# Salaries\n\nThe Fellmark stove builder earns 4 EUR.\n", "utf-8"
    )
    (library.documents.parent / "documents.toml").write_text(
        '[[document]]\npath = "salaries.md"\naccess = ["hr"]\n'
    )
    library.sync()
    asked = [
        {"question": "What does the Fellmark stove builder earn?", "setup": "rag", "groups": groups}
        for groups in ([], ["hr"])
    ]
    outside, inside = Assistant(FakeEngine(), library, FORM).batch(asked)  # type: ignore[arg-type]
    assert "salaries.md" not in {hit.chunk.source for hit in outside.hits}
    assert "salaries.md" in {hit.chunk.source for hit in inside.hits}


def test_a_stream_adds_up_to_its_reply_in_a_chain(library: Library) -> None:
    assistant = Assistant(FakeEngine(lambda *_: "The stove costs 49 EUR."), library, FORM)
    *pieces, last = assistant.stream(ASKED)  # type: ignore[arg-type]
    assert "".join(pieces) == last.text and isinstance(last, Reply)
    chain = assistant | RunnableLambda(lambda reply: reply.text)
    assert list(chain.stream(ASKED)) == ["The stove costs 49 EUR."]


class Seen(BaseCallbackHandler):
    """Notes which runs began and ended."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_chain_start(self, *_: Any, **__: Any) -> None:
        self.told.append("start")

    def on_chain_end(self, outputs: Any, **__: Any) -> None:
        self.told.append(f"end {type(outputs).__name__}")

    def on_chain_error(self, error: BaseException, **__: Any) -> None:
        self.told.append(f"error {type(error).__name__}")


def test_callbacks_hear_of_every_way_to_ask(library: Library) -> None:
    assistant = Assistant(FakeEngine(), library, FORM)
    seen = Seen()
    config: Any = {"callbacks": [seen]}
    assistant.invoke(ASKED, config)  # type: ignore[arg-type]
    list(assistant.stream(ASKED, config))  # type: ignore[arg-type]
    assistant.batch([ASKED, ASKED], config)  # type: ignore[arg-type]
    asyncio.run(assistant.ainvoke(ASKED, config))  # type: ignore[arg-type]
    assert seen.told == ["start", "end Reply"] * 2 + ["start"] * 2 + ["end Reply"] * 2 + [
        "start",
        "end Reply",
    ]
    with pytest.raises(UserError):
        assistant.invoke({"question": ""}, config)
    assert seen.told[-2:] == ["start", "error UserError"]


class Slow(FakeEngine):
    """Writes until nobody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.left = threading.Event(), threading.Event()

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool, *told: object) -> list[Generated]:
        self._wait(told)
        return [Generated("", 0, 0, False, 0.0) for _ in prompts]

    def stream(self, prompt: Sequence[Message], adapter: bool, *told: object) -> Iterator[str | Generated]:
        yield "word "
        self._wait(told)
        yield Generated("word", 1, 1, False, 0.0)

    def _wait(self, told: Sequence[object]) -> None:
        caller = next(one for one in told if isinstance(one, Caller))
        self.begun.set()
        for _ in range(2_000):
            if caller.gone():
                self.left.set()
                return
            time.sleep(0.005)


def test_a_cancelled_task_stops_the_model() -> None:
    engine = Slow()

    async def leave() -> None:
        task = asyncio.create_task(
            Assistant(engine, None, FORM).ainvoke({"question": "Hi?", "setup": "prompt"})
        )
        while not engine.begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert engine.left.wait(10)


def test_a_cancelled_stream_stops_the_model() -> None:
    engine = Slow()

    async def leave() -> None:
        async def read() -> None:
            async for _ in Assistant(engine, None, FORM).astream({"question": "Hi?", "setup": "prompt"}):
                pass

        task = asyncio.create_task(read())
        while not engine.begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert engine.left.wait(10)


def test_an_async_stream_says_what_the_others_say(library: Library) -> None:
    assistant = Assistant(FakeEngine(lambda *_: "The stove costs 49 EUR."), library, FORM)

    async def read() -> list[Any]:
        return [piece async for piece in assistant.astream(ASKED)]  # type: ignore[arg-type]

    *pieces, last = asyncio.run(read())
    assert "".join(pieces) == last.text == assistant.invoke(ASKED).text  # type: ignore[arg-type]
