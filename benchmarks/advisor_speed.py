"""How long the advisor takes: its import, a recommendation with flips, and the whole command from cold.

Run `python benchmarks/advisor_speed.py`; each line is a median of runs taken in turn with `python -c pass`, which is what
every Python command costs anyway. Fails (exit code 1) where a bar of the project is missed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ANSWERS = ROOT / "examples" / "tarn-and-timber" / "answers.yaml"
RUNS = 15
# An installed package is compiled once; where that is forbidden, every run would compile it anew.
SURROUNDINGS = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(*command: str) -> float:
    """Return the wall time of one fresh interpreter."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd=ROOT, env=SURROUNDINGS)
    return time.perf_counter() - began


def above_nothing(*command: str) -> tuple[float, float]:
    """Return the median seconds that a command takes above `python -c pass`, and the ratio of the two."""
    pairs = [(seconds("-c", "pass"), seconds(*command)) for _ in range(RUNS)]
    bare, whole = (statistics.median(column) for column in zip(*pairs, strict=True))
    return whole - bare, whole / bare


def recommendation() -> float:
    """Return the median seconds of a recommendation with flips, over the demo's answers and over none."""
    sys.path.insert(0, str(ROOT))
    from advisor import Answers, load_answers, recommend

    spent = []
    for answers in (load_answers(ANSWERS), Answers()):
        recommend(answers)  # reads the data, once a process
        for _ in range(RUNS):
            began = time.perf_counter()
            recommend(answers)
            spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main() -> int:
    """Measure, print, and say whether every bar is met."""
    imported, times = above_nothing("-c", "import advisor")
    command, more = above_nothing("-m", "ui.cli", "advise", str(ANSWERS), "--json")
    advised = recommendation()
    rows = (
        ("import advisor", imported, 0.150, f"{times:.1f} x python -c pass"),
        ("recommend, flips included", advised, 0.050, ""),
        ("rungwise advise answers.yaml --json, cold", command, 0.300, f"{more:.1f} x python -c pass"),
    )
    for name, took, bar, ratio in rows:
        print(
            f"{name:44} {1000 * took:7.1f} ms   bar {1000 * bar:4.0f} ms   {'met' if took <= bar else 'MISSED'}   {ratio}"
        )
    return int(any(took > bar for _, took, bar, _ in rows))


if __name__ == "__main__":
    sys.exit(main())
