"""A run that is killed outright loses nothing that was answered, beside a loop that loses everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
N = 40
SETUPS = ("prompt", "rag", "lora", "hybrid")

ASKING = """
import os, sys, time
from pathlib import Path
from experiments import Meter, measure
from tests.experiments.worlds import FORM, World, questions

folder, pause = Path(sys.argv[1]), float(sys.argv[2])

class Counting(World):
    def answer_cases(self, cases):
        replies = super().answer_cases(cases)
        with (folder / "asked.txt").open("a") as file:  # told when the answers are handed over
            file.writelines(f"{case.question}|{case.setup}\\n" for case in cases)
        return replies

world = Counting(index=True, adapter=True)
meter = Meter(world, FORM, folder, world.fingerprint, batch_size=2, progress=lambda seen: time.sleep(pause))
found = measure(questions(ASKED), SETUPS, meter)
print(len(found), sum(one.scores.both.passed for one in found))
"""

NAIVE = """
import json, sys, time
from pathlib import Path
from tests.experiments.worlds import World, questions

folder, pause = Path(sys.argv[1]), float(sys.argv[2])
world, answers = World(index=True, adapter=True), []
for setup in SETUPS:
    for one in questions(ASKED):
        (reply,) = world.answer_batch([(one.question, ())], setup)
        with (folder / "asked.txt").open("a") as file:
            file.write(f"{one.question}|{setup}\\n")
        answers.append(reply.text)
        time.sleep(pause / 4)
(folder / "answers.json").write_text(json.dumps(answers))
"""


def started(code: str, folder: Path, pause: float) -> subprocess.Popen[str]:
    known = f"ASKED, SETUPS = {N}, {list(SETUPS)}\n"
    return subprocess.Popen(
        [sys.executable, "-c", known + code, str(folder), str(pause)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_in_the_middle(code: str, folder: Path) -> int:
    """Kill a run once some of its answers are there; return how many were."""
    process = started(code, folder, 0.05)
    asked = folder / "asked.txt"
    deadline = time.monotonic() + 120
    while not asked.exists() or len(asked.read_text().splitlines()) < 24:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return len(asked.read_text().splitlines())


def test_a_run_killed_outright_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    before = killed_in_the_middle(ASKING, tmp_path)
    assert before < N * len(SETUPS)
    out, _ = started(ASKING, tmp_path, 0.0).communicate()
    whole = tmp_path / "whole"
    whole.mkdir()
    expected, _ = started(ASKING, whole, 0.0).communicate()
    assert out == expected
    asked = Counter((tmp_path / "asked.txt").read_text().splitlines())
    assert len(asked) == N * len(SETUPS)
    # Only the chunk in which it was killed, 2 questions in 4 setups, can have been answered and not yet kept.
    assert sum(asked.values()) - len(asked) in (0, 8)


def test_the_naive_loop_that_writes_at_the_end_asks_everything_again(tmp_path: Path) -> None:
    before = killed_in_the_middle(NAIVE, tmp_path)
    assert not (tmp_path / "answers.json").exists()
    started(NAIVE, tmp_path, 0.0).communicate()
    asked = (tmp_path / "asked.txt").read_text().splitlines()
    assert len(asked) == before + N * len(SETUPS)
