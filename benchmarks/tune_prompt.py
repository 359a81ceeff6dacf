"""What a search for a better prompting costs and finds on the demo, beside the whole grid.

Run `python benchmarks/tune_prompt.py [--setup rag] [--workspace DIR] [--grid]`. The search of `rungwise tune-prompt` is made in a
copy of the demo (or in DIR, whose kept answers are used). Told are the answers it asked, how many the whole grid takes, and the
winner's advantage on the dev questions beside that on the test questions. With `--grid` every prompting answers every dev
question afterwards, and it is told who is the best of all and where the search's winner stands.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant.assistant import Assistant
from assistant.open import open_assistant
from assistant.setup import Setup
from assistant.workspace import Workspace, create
from experiments import load_questions, measure
from experiments.shown.prompting_text import prompting_text
from ui.measuring import meter
from ui.tuning_prompt import Wanted, space_of, tune_house


def tell(title: str, done: int, total: int) -> None:
    """Say on stderr how far it is."""
    print(f"\r{title}: {done} of {total}   ", end="", file=sys.stderr, flush=True)


def whole_grid(house: Workspace, assistant: Assistant, setup: Setup, winner: str) -> str:
    """Ask every prompting every dev question; say who is the best, and where the search's winner stands."""
    space = space_of(house, assistant, setup)
    dev = load_questions(house.questions, "dev")
    results = measure(dev, [space.present, *space.others], meter(house, assistant, tell))
    passed = {
        name: sum(row.scores.both.passed for row in results if row.setup == name)
        for name in {row.setup for row in results}
    }
    best = max(passed, key=lambda name: passed[name])
    found = passed.get(winner)
    stands = "was an exchange of single examples" if found is None else f"passed {found}"
    leads = f"the best of all, {best}, passed {passed[best]} of {len(dev)}"
    return f"whole grid: {len(results)} answers; {leads}; the search's {stands}"


def main() -> None:
    """Search, and print what that cost and found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--setup", default="rag", choices=[one.value for one in Setup])
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--grid", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = (
            Workspace.open(chosen.workspace) if chosen.workspace else create(Path(folder) / "demo", demo=True)
        )
        assistant = open_assistant(house)
        if assistant.library is not None and not assistant.library.status().built:
            assistant.library.sync()
        setup, began = Setup(chosen.setup), time.perf_counter()
        tuned = tune_house(house, assistant, Wanted(setup), tell)
        print(f"\n{prompting_text(tuned)}\n")
        found, held = tuned.found, tuned.held_out
        took = time.perf_counter() - began
        share = f"{found.answers} of {found.grid} ({found.answers / found.grid:.0%})"
        print(f"answers: {share}, {tuned.asked} asked anew, {took:.0f} s")
        proved = f"{100 * held.difference.mean:+.1f}" if held else "not asked"
        print(f"dev: {100 * found.advantage:+.1f} points; held out: {proved}")
        if chosen.grid:
            print(whole_grid(house, assistant, setup, found.winner.setup))


if __name__ == "__main__":
    main()
