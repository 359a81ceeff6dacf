"""What switching between the base and the adapter costs: the same answers in turns, and one setup after the other.

Run `python benchmarks/switching.py FOLDER` with a workspace that has an index and an adapter. Each question is answered by itself
in `prompt` and in `lora`; the in-turns side switches before every answer, the other once in all. Both sides are timed in turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from assistant.open import open_assistant
from assistant.setup import Setup
from assistant.workspace import Workspace
from experiments import load_questions

PAIR = (Setup.PROMPT, Setup.LORA)


def main() -> None:
    """Answer both ways by turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a workspace with an index and an adapter")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    workspace = Workspace.open(chosen.folder)
    assistant = open_assistant(workspace)
    asked = [one.question for one in load_questions(workspace.questions)[: chosen.questions]]
    in_turns = [(text, setup) for text in asked for setup in PAIR]
    one_by_one = sorted(in_turns, key=lambda row: PAIR.index(row[1]))
    for text, setup in in_turns[:4]:
        assistant.answer(text, (), setup)
    ratios = []
    for _ in range(chosen.rounds):
        seconds = []
        for rows in (in_turns, one_by_one):
            began = time.perf_counter()
            for text, setup in rows:
                assistant.answer(text, (), setup)
            seconds.append(time.perf_counter() - began)
        ratios.append(seconds[0] / seconds[1])
        print(f"in turns {seconds[0]:.2f} s, one after the other {seconds[1]:.2f} s", file=sys.stderr)
    low, high = min(ratios), max(ratios)
    print(
        f"{len(in_turns)} answers, {len(in_turns) - 1} switches or 1: "
        f"{statistics.median(ratios):.2f} times ({low:.2f} to {high:.2f})"
    )


if __name__ == "__main__":
    main()
