"""How users who queue for one model are served: failures, order, waiting, memory, and what those who leave give back.

Run `python benchmarks/queued_users.py FOLDER` with a workspace that has an index and an adapter. So many threads, one for each
user, ask questions one after the other, in all four setups by turns. What one would use instead is a plain lock around the model:
it serves the last round. A turn is unfair when it goes to somebody who had one while another user waited before that one and
still waits. Every round asks the same, as what is kept of prompts (256 MiB at most) fills up with new ones: memory that grows
after the first rounds is lost. Then every other user leaves the line, and one leaves in the middle of an answer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# on a busy machine, threads that spin while they wait for each other bring both sides to a halt

import psutil

from assistant.assistant import Assistant
from assistant.engines.engine import ANYBODY, Caller, CallerGone
from assistant.engines.local import LocalEngine
from assistant.setup import Setup
from benchmarks.comparison import opened
from experiments import load_questions
from experiments.questions import Question

SETUPS = tuple(Setup)


@dataclass(frozen=True)
class Served:
    """One turn at the model."""

    who: str
    """Whose it was."""
    came: float
    """When they joined the line."""
    began: float
    """When it was theirs."""
    ended: float
    """When they gave it back."""


class Watched:
    """A line at a model that notes who was served when."""

    def __init__(self, line: object) -> None:
        self._line = line
        self.served: list[Served] = []

    @property
    def waiting(self) -> int:
        return int(self._line.waiting)  # type: ignore[attr-defined]

    @contextmanager
    def turn(self, caller: Caller = ANYBODY) -> Iterator[None]:
        came = time.perf_counter()
        with self._line.turn(caller):  # type: ignore[attr-defined]
            began = time.perf_counter()
            try:
                yield
            finally:
                self.served.append(Served(caller.who, came, began, time.perf_counter()))


class PlainLock:
    """What one would use instead."""

    waiting = 0

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, caller: Caller = ANYBODY) -> Iterator[None]:
        with self._lock:
            yield


def unfair(served: list[Served]) -> int:
    """Return how many turns went to somebody who had one while another one waited before it and still waited."""
    found = 0
    last: dict[str, Served] = {}
    for one in sorted(served, key=lambda turn: turn.began):
        before = last.get(one.who)
        if before is not None:
            found += any(
                other.who != one.who and other.came < before.began and other.began > one.began
                for other in served
            )
        last[one.who] = one
    return found


def ask_all(assistant: Assistant, users: int, each: int, questions: list[Question]) -> list[str]:
    """Let all users ask, each so many questions one after the other; return what failed."""
    failed: list[str] = []
    ready = threading.Barrier(users)

    def user(number: int) -> None:
        ready.wait()
        for turn in range(each):
            place = number * each + turn
            question, setup = questions[place % len(questions)], SETUPS[place % len(SETUPS)]
            try:
                reply = assistant.answer(
                    question.question, question.turns, setup, caller=Caller(f"user {number}")
                )
                if not reply.raw:
                    failed.append(f"user {number}: an empty answer")
            except Exception as error:
                failed.append(f"user {number}: {type(error).__name__}: {error}")

    threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def leave(assistant: Assistant, engine: LocalEngine, users: int, questions: list[Question]) -> str:
    """Let all users wait behind somebody, every other one leave the line, and the rest be served."""
    gone = [threading.Event() for _ in range(users)]
    came_to: dict[int, str] = {}

    def user(number: int) -> None:
        caller = Caller(f"user {number}", gone[number].is_set)
        try:
            assistant.answer(questions[number % len(questions)].question, (), Setup.RAG, caller=caller)
            came_to[number] = "answered"
        except CallerGone:
            came_to[number] = "left"
        except Exception as error:
            came_to[number] = f"{type(error).__name__}: {error}"

    def wait_for(waiting: int) -> float:
        began = time.perf_counter()
        while engine.waiting != waiting and time.perf_counter() < began + 60:
            time.sleep(0.002)
        return time.perf_counter() - began

    threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
    with engine._turns.turn(Caller("somebody")):
        for thread in threads:
            thread.start()
        wait_for(users)
        for each in gone[::2]:
            each.set()
        freed = wait_for(users // 2)
    for thread in threads:
        thread.join()
    counts = {kind: list(came_to.values()).count(kind) for kind in sorted(set(came_to.values()))}
    return f"{counts}; they are out of the line after {freed:.2f} s, and {engine.waiting} wait at the end"


def stopped(assistant: Assistant, question: Question) -> float:
    """Return the seconds from leaving in the middle of an answer to the model being free for the next caller."""
    gone = threading.Event()
    pieces = assistant.stream_reply(question.question, (), Setup.RAG, caller=Caller("leaves", gone.is_set))
    next(pieces)
    began = time.perf_counter()
    pieces.close()  # type: ignore[attr-defined]
    assert isinstance(assistant.engine, LocalEngine)
    with assistant.engine._turns.turn(Caller("next")):
        return time.perf_counter() - began


def table(name: str, served: list[Served], seconds: float, failed: list[str]) -> None:
    """Print how a line was served."""
    waits = sorted(turn.began - turn.came for turn in served)
    cells = [
        name, str(len(served)), str(len(failed)), str(unfair(served)), f"{statistics.median(waits):.1f} s",
        f"{waits[-1]:.1f} s", f"{waits[-1] / max(1e-9, statistics.median(waits)):.2f}", f"{len(served) / seconds:.1f}",
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Serve all users, round after round, then let some leave."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a workspace with an index and an adapter")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--each", type=int, default=3, help="questions a user and round")
    parser.add_argument("--rounds", type=int, default=4)
    chosen = parser.parse_args()
    workspace, assistant = opened(chosen.folder)
    engine, questions = assistant.engine, load_questions(workspace.questions)
    assert isinstance(engine, LocalEngine)
    for setup in SETUPS:  # loads everything
        assistant.answer(questions[0].question, (), setup)
    process, memory, line = psutil.Process(), [], engine._turns
    print(
        "| round | answers | failures | unfair turns | median wait | longest wait | longest / median | answers/s |"
        "\n|---|---|---|---|---|---|---|---|"
    )
    for turn in range(chosen.rounds + 1):
        plain = turn == chosen.rounds
        watched = Watched(PlainLock() if plain else line)
        engine._turns = watched  # type: ignore[assignment]
        began = time.perf_counter()
        failed = ask_all(assistant, chosen.users, chosen.each, questions)
        table("a plain lock" if plain else f"{turn + 1}", watched.served, time.perf_counter() - began, failed)
        if not plain:
            memory.append(process.memory_info().rss / 2**20)
        for told in failed[:3]:
            print(told)
    engine._turns = line
    print("Memory after each round, MiB: " + ", ".join(f"{one:.0f}" for one in memory))
    print("Every other one leaves: " + leave(assistant, engine, chosen.users, questions))
    print(
        f"Left in the middle of an answer: the model is free after {stopped(assistant, questions[0]):.2f} s"
    )


if __name__ == "__main__":
    main()
