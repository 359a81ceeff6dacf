"""Traces of served answers: what is in them, what never is, how long they stay, and that no answer suffers for one."""

from __future__ import annotations

import json
import logging
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant import Workspace, open_assistant
from assistant.config.monitor_settings import MonitorSettings
from assistant.setup import Setup
from assistant.workspace import create
from experiments.opinions.ballots import key_in, keyed_hash
from foundation.errors import UserError
from monitoring import traces
from monitoring.noting import WRITER, Asking, noted
from rag import Library
from tests.monitoring.traced_world import NOW, trace
from tests.rag.rag_fakes import LetterEmbedder
from tests.ui.api.api_world import SpeakingEngine
from ui.service import Service

QUESTION = "What does the Ostra kettle of Zeynep Kaya cost?"
_BUILT: list[Path] = []
SECRET = ("Ostra", "Zeynep", "kettle", "49 EUR", "kettle.md")


@pytest.fixture
def engine() -> SpeakingEngine:
    return SpeakingEngine()


@pytest.fixture
def house(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    engine: SpeakingEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> Workspace:
    """A workspace with one document, a real index over it, and an engine that says what it is told."""

    def library(workspace: Workspace, *rest: Any) -> Library:
        return Library(workspace.documents, workspace.library, workspace.settings.retrieval, LetterEmbedder())

    monkeypatch.setattr("assistant.open.open_library", library)
    monkeypatch.setattr("assistant.open.open_engine", lambda workspace: engine)
    root = tmp_path / "house"
    shutil.copytree(built(tmp_path_factory, library), root)
    return Workspace.open(root)


def built(folders: pytest.TempPathFactory, library: Callable[..., Library]) -> Path:
    """Return the workspace, made once: building its index takes a second."""
    if not _BUILT:
        root = folders.mktemp("monitored") / "house"
        create(root, demo=False)
        (root / "documents" / "kettle.md").write_text(
            "# Ostra kettle\n\nThe Ostra kettle costs 49 EUR.\n", "utf-8"
        )
        with library(Workspace.open(root)) as made:
            made.sync()
        _BUILT.append(root)
    return _BUILT[0]


def served(
    house: Workspace, question: str = QUESTION, setup: Setup = Setup.RAG, who: str = "ada"
) -> Iterator[Any]:
    from assistant.engines.engine import Caller

    service = Service(house.root)
    try:
        yield from service.stream_reply(question, (), setup, None, Caller(who))
    finally:
        service.close()


def kept(house: Workspace) -> list[traces.Trace]:
    WRITER.flush()
    return traces.read(house.traces, date.min, date.max)[0]


def everything(house: Workspace) -> str:
    WRITER.flush()
    return "".join(path.read_text("utf-8") for path in sorted(house.traces.rglob("*")))


@pytest.mark.fault(149)
def test_an_answer_leaves_hashes_ids_and_numbers_and_no_word_of_anybody(house: Workspace) -> None:
    reply = list(served(house))[-1]
    (found,) = kept(house)
    key = key_in(house.votes_key)
    assert found.setup == "rag" and found.ended == "answered" and found.retrieved
    assert found.question == keyed_hash(f"trace question\0{QUESTION}", key)
    assert found.chunks == tuple(hit.chunk.id for hit in reply.hits) and len(found.documents) == len(
        found.chunks
    )
    assert found.scores[0] == pytest.approx(reply.hits[0].dense, abs=1e-4)
    assert (found.tokens_in, found.tokens_out, found.citations) == (10, 5, (1,))
    assert found.adapter == reply.adapter and found.index == reply.index == "1"
    assert found.carried + found.uncarried >= 1 and 0 < (found.first or 0) <= found.seconds
    assert len(found.sketch) == 16 and found.space
    told = everything(house)
    assert not [word for word in (*SECRET, "ada") if word.lower() in told.lower()]


@pytest.mark.fault(149)
def test_a_naive_trace_that_keeps_the_question_is_caught_by_the_same_look(house: Workspace) -> None:
    traces.append(house.traces, trace(NOW, asked=QUESTION))  # naive: the text stands in it
    assert [word for word in SECRET if word.lower() in everything(house).lower()]


def test_words_are_kept_only_where_the_workspace_says_so(house: Workspace) -> None:
    with (house.root / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write("[monitor]\ntext = true\n")
    list(served(house))
    (found,) = kept(house)
    assert found.asked == QUESTION and found.answered == "It costs 49 EUR [1]."


def test_no_trace_is_kept_where_the_workspace_says_so(house: Workspace) -> None:
    with (house.root / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write("[monitor]\ntraces = false\n")
    list(served(house))
    assert not kept(house) and not house.traces.exists()


def test_an_answer_that_fails_leaves_the_kind_of_its_error_and_no_word_of_it(
    house: Workspace, engine: SpeakingEngine
) -> None:
    engine.raises = RuntimeError(f"out of memory at {QUESTION}")
    with pytest.raises(RuntimeError):
        list(served(house))
    (found,) = kept(house)
    assert (found.ended, found.error, found.first) == ("failed", "RuntimeError", None)
    assert "Ostra" not in everything(house)


def test_an_answer_whose_asker_leaves_is_told_as_stopped(house: Workspace) -> None:
    pieces = served(house)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    (found,) = kept(house)
    assert found.ended == "stopped" and not found.error


def test_a_setup_that_does_not_retrieve_leaves_no_sketch(house: Workspace) -> None:
    list(served(house, setup=Setup.PROMPT))
    (found,) = kept(house)
    assert not found.retrieved and not found.sketch and not found.chunks


def test_turns_of_one_conversation_share_its_hash_and_two_askers_do_not(house: Workspace) -> None:
    assistant = open_assistant(house)
    turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Yes."}]
    for conversation, who in (((), "ada"), (turns, "ada"), ((), "berk")):
        begins = "Hello?" if not conversation else QUESTION
        asking = Asking(house, assistant.library, begins, conversation, "rag", who)
        list(noted(assistant.stream_reply(begins, conversation, Setup.RAG), lambda asking=asking: asking))  # type: ignore[misc]
    one, two, other = sorted(kept(house), key=lambda found: (found.who != kept(house)[0].who, found.turn))
    assert one.conversation == two.conversation != other.conversation
    assert two.turn == 2


def test_a_comparison_leaves_no_trace(house: Workspace) -> None:
    open_assistant(house).answer(QUESTION, (), Setup.RAG)
    assert not kept(house)


def test_a_question_is_not_embedded_twice_for_its_trace(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = open_assistant(house)
    assert assistant.library is not None
    list(assistant.stream_reply(QUESTION, (), Setup.RAG))
    monkeypatch.setattr(type(assistant.library.embedder), "embed_query", lambda self, text: 1 / 0)
    assert assistant.library.vector(QUESTION) is not None


@pytest.mark.parametrize("broken", ["folder is a file", "library breaks"])
def test_a_trace_that_cannot_be_written_costs_the_answer_nothing(
    house: Workspace, broken: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken == "folder is a file":
        house.traces.write_text("in the way", "utf-8")
    else:
        monkeypatch.setattr(Library, "vector", lambda self, query: 1 / 0)
    with caplog.at_level(logging.WARNING, "rungwise.traces"):
        reply = list(served(house))[-1]
        WRITER.flush()
    assert reply.text == "It costs 49 EUR [1]."
    assert [one.name for one in caplog.records] == ["rungwise.traces"]
    assert "Ostra" not in caplog.text


def test_a_disk_that_hangs_holds_up_no_answer(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    released = threading.Event()
    monkeypatch.setattr(traces, "append", lambda folder, one: released.wait(10))
    assistant = open_assistant(house)
    asking = Asking(house, assistant.library, QUESTION, (), "rag")
    for _ in range(120):  # more than there is room for
        assert list(noted(assistant.stream_reply(QUESTION, (), Setup.RAG), lambda: asking))
    released.set()
    WRITER.flush()


# how long


def test_days_and_words_go_when_their_time_is_over(tmp_path: Path) -> None:
    settings = MonitorSettings(text=True, keep_days=90, text_days=30)
    for days in (0, 29, 30, 89, 90, 400):
        traces.append(tmp_path, trace(NOW - timedelta(days=days), asked=QUESTION, answered="49 EUR"))
    assert traces.tidy(tmp_path, settings, NOW.date()) == (2, 2)
    left, damaged = traces.read(tmp_path, date.min, date.max)
    assert [bool(one.asked or one.answered) for one in left] == [False, False, True, True] and not damaged
    assert traces.tidy(tmp_path, settings, NOW.date()) == (0, 0)


def test_words_of_earlier_days_go_at_once_where_none_are_to_be_kept_any_more(tmp_path: Path) -> None:
    traces.append(tmp_path, trace(NOW - timedelta(days=1), asked=QUESTION))
    path = tmp_path / f"{(NOW - timedelta(days=1)).date()}.jsonl"
    path.open("a", encoding="utf-8").write('{"when":"torn","asked":"What does the Ostra')
    traces.tidy(tmp_path, MonitorSettings(), NOW.date())
    assert "Ostra" not in path.read_text("utf-8")
    assert len(traces.read(tmp_path, date.min, date.max)[0]) == 1


def test_the_first_trace_of_a_day_removes_what_is_too_old(house: Workspace) -> None:
    old = trace(datetime.now(UTC) - timedelta(days=200))
    traces.append(house.traces, old)
    WRITER._tidied.clear()
    list(served(house))
    assert old.id not in {one.id for one in kept(house)} and len(kept(house)) == 1


def test_forgetting_somebody_erases_the_lines_that_hold_their_words_and_no_others(house: Workspace) -> None:
    from governance.erasure import forget

    traces.append(house.traces, trace(NOW, asked=QUESTION, answered="49 EUR"))
    traces.append(house.traces, trace(NOW, asked="Where is the store?"))
    with Library(house.documents, house.library, house.settings.retrieval, LetterEmbedder()) as library:
        done = forget(house, library, subject="Zeynep Kaya")
    assert not done.remaining
    assert [one.asked for one in kept(house)] == ["Where is the store?"]


# files


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = trace(
        NOW,
        chunks=("a", "b"),
        scores=(0.5, 0.25),
        timings={"retrieve": 0.1},
        sketch=(0.1,) * 16,
        broken=("words",),
    )
    traces.append(tmp_path, one)
    assert traces.read(tmp_path, NOW.date(), NOW.date()) == ([one], 0)


def test_damaged_lines_are_counted_and_what_a_later_version_wrote_is_passed_over(tmp_path: Path) -> None:
    row = {**json.loads(traces.line_of(trace(NOW))), "colour": "red"}
    lines = [
        json.dumps(row),
        '{"when": "2026-',
        '{"id": 1}',
        "[]",
        '{"id":"a","when":"x","setup":"","ended":"","question":""}',
    ]
    (tmp_path / "2026-11-26.jsonl").write_text("\n".join(lines), "utf-8")
    found, damaged = traces.read(tmp_path, NOW.date(), NOW.date())
    assert len(found) == 1 and damaged == 4


def _write_many(folder: Path, name: str) -> None:
    for _ in range(300):
        traces.append(folder, replace(trace(NOW), id=name * 500))


def test_two_processes_do_not_mix_their_lines(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(tmp_path, name)) for name in "ab"]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    found, damaged = traces.read(tmp_path, NOW.date(), NOW.date())
    assert len(found) == 600 and not damaged


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"keep_days": 0}, "keep_days must be 1 to 3650 days, but is 0."),
        ({"text": True, "text_days": 100}, "text_days must be at most keep_days (90), but is 100"),
        ({"text": True, "traces": False}, "text = true needs traces = true"),
    ],
)
def test_settings_that_can_not_hold_are_named(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as told:
        MonitorSettings(**settings)
    assert sentence in str(told.value)


@pytest.mark.fault(149)
@pytest.mark.parametrize(
    "spoilt",
    [{"chunks": 5}, {"scores": ["high"]}, {"seconds": None}, {"seconds": 1e999}, {"tokens_in": "many"}, {"setup": None},
     {"sketch": [1.0]}, {"first": "soon"}, {"seconds": 10**400}, {"when": 7}],
)  # fmt: skip
def test_a_line_that_is_whole_json_and_was_written_over_is_counted_as_damaged(
    tmp_path: Path, spoilt: dict[str, object]
) -> None:
    from datetime import date

    from monitoring.traces import Trace, line_of, read

    whole = line_of(
        Trace("a", "2026-06-15T09:00:00+00:00", "rag", "answered", "q", chunks=("c",), scores=(0.5,))
    )
    naive = {**json.loads(whole), **spoilt}
    (tmp_path / "2026-06-15.jsonl").write_text(whole + json.dumps(naive) + "\n", "utf-8")
    assert json.loads(json.dumps(naive))  # naive: what can be read as JSON is a trace
    found, damaged = read(tmp_path, date(2026, 6, 1), date(2026, 6, 30))
    assert (len(found), damaged) == (1, 1)
