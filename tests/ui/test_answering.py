"""An answer in a thread of the process: watched, left, come back to, stopped; one answer whatever the page does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant import Setup
from assistant.engines.engine import ANYBODY, Caller, Generated
from finetune.layout import Message
from tests.ui.page_world import TellingEngine, TwoPassages, serve
from tests.waiting import until
from ui.conversations import answering
from ui.conversations.answering import Answering
from ui.service import Service


class SlowEngine(TellingEngine):
    """Writes a word whenever it is let, and notices between two words that nobody waits any more."""

    def __init__(self, words: int = 1_000_000, pause: float = 0.01) -> None:
        super().__init__()
        self.words, self.pause, self.wrote, self.freed = words, pause, 0, threading.Event()

    def stream(
        self,
        prompt: Sequence[Message],
        adapter: bool,
        decoding: object = None,
        caller: Caller = ANYBODY,
        *_: object,
    ) -> Iterator[str | Generated]:
        self.asked.append(list(prompt))
        try:
            while self.wrote < self.words and not caller.gone():
                time.sleep(self.pause)
                self.wrote += 1
                yield f"word{self.wrote} "
            yield Generated("All of it.", 10, self.wrote, True, 0.1)
        finally:
            self.freed.set()


class InTheScript:
    """A page that answers while it is drawn, as Streamlit's own examples do: what is drawn anew, is asked anew."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def drawn(self) -> None:
        pieces = self.service.stream_reply("What?", (), Setup.PROMPT, None, ANYBODY)
        next(pieces)  # the visitor reloads while it streams


def making(service: Service, *setups: Setup, **more: object) -> Answering:
    made = Answering(service, "What does the kettle cost?", (), setups or (Setup.PROMPT,), None, "me", **more)  # type: ignore[arg-type]
    made.begin()
    return made


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, house: Path) -> Service:
    return Service(house)


@pytest.mark.fault(89)
def test_who_leaves_and_comes_back_finds_the_same_answer(
    monkeypatch: pytest.MonkeyPatch, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    engine = SlowEngine(words=30)
    serve(monkeypatch, engine)
    caplog.set_level(logging.INFO, "rungwise.chat")
    counted: list[object] = []
    monkeypatch.setattr("ui.server.metrics.answered", lambda *told: counted.append(told))
    made = making(service)
    assert made.watch(0, 5.0) and made.text
    for _ in range(5):  # five reloads: each watches the answer that there is
        made.watch(len(made.text), 0.02)
    assert until(lambda: made.over) and made.text == "All of it."
    assert len(engine.asked) == 1 and len(counted) == 1
    assert [one.name for one in caplog.records].count("rungwise.chat") == 1
    assert "kettle" not in caplog.text, "no word of the question"


@pytest.mark.fault(89)
def test_a_page_that_answers_while_it_is_drawn_asks_again_at_every_reload(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    engine = SlowEngine(words=30)
    serve(monkeypatch, engine)
    page = InTheScript(service)
    page.drawn()
    page.drawn()
    assert len(engine.asked) == 2


@pytest.mark.fault(86)
def test_stop_is_told_at_once_and_frees_the_model_within_two_seconds(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    engine = SlowEngine()
    serve(monkeypatch, engine)
    made = making(service)
    assert until(lambda: made.text)
    made.stop()
    assert made.over and made.stopped and not made.replies
    assert engine.freed.wait(2.0), "the model would write a million words"
    kept = made.text
    time.sleep(0.05)
    assert made.text == kept != "", "what was shown stays, and nothing comes after"


@pytest.mark.fault(87)
def test_an_answer_that_nobody_watches_is_stopped_and_one_that_is_watched_is_not(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 0.5)
    engine = SlowEngine()
    serve(monkeypatch, engine)
    made = making(service)
    for _ in range(14):
        made.watch(1_000_000, 0.05)  # somebody is there, longer than patience lasts
    assert not made.over and not engine.freed.is_set()
    assert engine.freed.wait(2.0), "the tab was closed"
    assert until(lambda: made.over) and made.stopped and made.text


@pytest.mark.fault(87)
def test_without_a_look_at_who_watches_the_model_goes_on_for_nobody(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    class Careless(Answering):
        def _gone(self) -> bool:
            return False

    monkeypatch.setattr(answering, "PATIENCE", 0.05)
    engine = SlowEngine(words=60)
    serve(monkeypatch, engine)
    made = Careless(service, "What?", (), [Setup.PROMPT], None, "me")
    made.begin()
    assert until(lambda: made.over) and engine.wrote == 60


def test_a_mistake_of_the_asker_is_its_sentence_and_one_of_ours_an_id(
    monkeypatch: pytest.MonkeyPatch, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    serve(monkeypatch, TellingEngine(raises=RuntimeError("secret")), TwoPassages(built=False))
    ours, theirs = making(service), making(service, Setup.RAG)
    assert until(lambda: ours.over and theirs.over)
    assert len(ours.mishap) == 6 and ours.mishap in caplog.text and not ours.failure and not ours.stopped
    assert "`rungwise sync`" in theirs.failure and not theirs.mishap


def test_of_two_answers_nothing_is_told_before_both_are_there(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    serve(monkeypatch, SlowEngine(words=5))
    seen: list[int] = []
    made = making(service, Setup.PROMPT, Setup.RAG, ended=lambda one: seen.append(len(one.replies)))
    assert until(lambda: made.over)
    assert seen == [2] and len(made.marks) == 2 and not made.stopped


def test_the_first_piece_reaches_who_watches_within_a_tenth_of_a_second(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    serve(monkeypatch, SlowEngine(words=3, pause=0.3))
    service.served()
    began = time.perf_counter()
    made = making(service)
    while not made.text:
        made.watch(0, 0.2)
    waited = time.perf_counter() - began
    assert made.first is not None and waited - made.first < 0.1
