"""How fast a comparison is measured, beside four sequential loops of transformers' `pipeline("text-generation")` in the same run.

Run `python benchmarks/comparison.py FOLDER` with a workspace that has an index and an adapter, as `rungwise demo FOLDER --no-app`
makes one. Ours is `experiments.measure` over the workspace's assistant, everything in it: looking up, the prompts, the guard, the
scores and every answer kept on the disk. Theirs is what one would write by hand: for each setup a loop that looks a question's
passages up in the very same library and hands the very same messages to a pipeline, greedily, with the same limit of tokens; the
adapter is put on by PEFT, which finds by itself where an activated one begins to act. Models are loaded and warm before the clock
runs, and both sides answer in turns, some dozens of questions at a time, so that a busy machine slows both. Asking back and the
gate are off, as a loop has neither: a model answers every question. Answers are compared one by one, as the models wrote them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# on a busy machine, threads that spin while they wait for each other bring both sides to a halt

from assistant.assistant import Assistant
from assistant.open import open_assistant
from assistant.reply import Reply
from assistant.setup import Setup
from assistant.workspace import Workspace
from experiments import Meter, load_questions, measure
from experiments.questions import Question
from finetune.base import load_base
from finetune.layout import Message

SETUPS = tuple(Setup)
AT_ONCE = 64
"""Questions that one side answers before it is the other's turn."""


Seconds = NDArray[np.float64]
"""Of the clock, and of the processor: where other programs want it too, the second tells more."""


class Clock:
    """Both clocks, from now on."""

    def __init__(self) -> None:
        self._began = np.array([time.perf_counter(), time.process_time()])

    def seconds(self) -> Seconds:
        return np.array([time.perf_counter(), time.process_time()]) - self._began


class Overheard:
    """The assistant, with what its model wrote noted by the way."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.raw: dict[tuple[str, str], Reply] = {}

    def answer_cases(self, cases: Sequence[Any]) -> list[Reply | Exception]:
        replies = self.assistant.answer_cases(cases)
        for case, reply in zip(cases, replies, strict=True):
            if isinstance(reply, Exception):
                raise reply
            self.raw[case.question, str(case.setup)] = reply
        return replies


class Loops:
    """Four sequential loops, on a base of their own and the same base with the adapter on."""

    def __init__(self, workspace: Workspace, assistant: Assistant) -> None:
        from peft import PeftModel
        from transformers import pipeline

        name, self.assistant = workspace.settings.model.base, assistant
        self.told = {
            "max_new_tokens": workspace.settings.model.max_new_tokens,
            "do_sample": False,
            "return_full_text": False,
        }
        bare, other = load_base(name), load_base(name)
        tuned = PeftModel.from_pretrained(other.model, str(workspace.adapter)).eval()
        self.pipes = {
            on: pipeline("text-generation", model=model, tokenizer=bare.tokenizer)  # type: ignore[call-overload]
            for on, model in ((False, bare.model), (True, tuned))
        }
        self.looking_up = 0.0

    def ask(self, question: Question, setup: Setup) -> str:
        began = time.perf_counter()
        hits = self.assistant.hits(question.question, question.turns, setup)
        self.looking_up += time.perf_counter() - began
        messages: list[Message] = self.assistant.messages(question.question, question.turns, hits, setup)
        return str(self.pipes[setup.adapter](messages, **self.told)[0]["generated_text"]).strip()


def opened(folder: Path) -> tuple[Workspace, Assistant]:
    """Return a workspace and its assistant, which asks a model every question."""
    workspace = Workspace.open(folder)
    assistant = open_assistant(workspace)
    assistant.gate, assistant.prompting = None, replace(assistant.prompting, ask_back=False)
    return workspace, assistant


def ours(asker: Overheard, questions: Sequence[Question], workspace: Workspace) -> Seconds:
    """Measure questions in all setups, and return what it took."""
    with tempfile.TemporaryDirectory() as folder:
        meter = Meter(
            asker=asker,
            form=workspace.form,
            folder=Path(folder),
            fingerprint=asker.assistant.fingerprint,
            batch_size=workspace.settings.model.batch,
        )
        began = Clock()
        results = measure(questions, SETUPS, meter)
        seconds = began.seconds()
    if any(result.record.failure for result in results):
        sys.exit("Some questions could not be asked: " + str([one.record.error for one in results][:3]))
    return seconds


def main() -> None:
    """Ask in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a workspace with an index and an adapter")
    parser.add_argument("--questions", type=int, default=120)
    chosen = parser.parse_args()
    workspace, assistant = opened(chosen.folder)
    questions = load_questions(workspace.questions)[: chosen.questions]
    asker, loops = Overheard(assistant), Loops(workspace, assistant)
    ours(asker, load_questions(workspace.questions)[-1:], workspace)
    for setup in SETUPS:
        loops.ask(questions[-1], setup)
    loops.looking_up, spent = 0.0, np.zeros(2)
    by_setup = {setup: np.zeros(2) for setup in SETUPS}
    same = dict.fromkeys(SETUPS, 0)
    different: list[tuple[str, str, str]] = []
    for first in range(0, len(questions), AT_ONCE):
        part = questions[first : first + AT_ONCE]
        spent += ours(asker, part, workspace)
        for setup in SETUPS:
            began = Clock()
            texts = [loops.ask(question, setup) for question in part]
            by_setup[setup] += began.seconds()
            for question, text in zip(part, texts, strict=True):
                mine = asker.raw[question.question, str(setup)].raw.strip()
                same[setup] += mine == text
                if mine != text:
                    different.append((f"{setup}: {question.question}", mine, text))
        theirs = np.sum(list(by_setup.values()), axis=0)
        print(
            f"{first + len(part)} of {len(questions)}: ours {spent[0]:.0f} s, loops {theirs[0]:.0f} s",
            flush=True,
        )
    print("| setup | loop | of the processor | answers that are the same |\n|---|---|---|---|")
    for setup in SETUPS:
        clock, used = by_setup[setup]
        print(f"| {setup} | {clock:.1f} s | {used:.1f} s | {same[setup]} of {len(questions)} |")
    every = len(SETUPS) * len(questions)
    print(f"| looking up in them | {loops.looking_up:.1f} s | | |")
    print(f"| all loops | {theirs[0]:.1f} s | {theirs[1]:.1f} s | {sum(same.values())} of {every} |")
    print(f"| ours, all setups at once | {spent[0]:.1f} s | {spent[1]:.1f} s | |")
    faster, less = theirs / spent
    print(f"{faster:.2f}× as fast by the clock, {less:.2f}× by the processor's seconds.")
    for asked, mine, text in different[:6]:
        print(f"- {asked}\n  ours:  {mine}\n  loops: {text}")


if __name__ == "__main__":
    main()
