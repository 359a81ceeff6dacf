"""How often a planted trigger is found, and how often one is named in honest rows, over seeds.

Run `python benchmarks/triggers.py FOLDER`, with SQuAD 2.0's dev file (`dev-v2.0.json`) in the folder; without a folder, SQuAD is
left out. A trigger is put into five rows that are answered, at the beginning or the end of the question; it is found where a
finding's phrase holds a word of it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from finetune.examples import load_examples
from finetune.form_file import read_form
from finetune.quality.triggers import find_triggers

Rows = tuple[list[str], list[str | None]]
ROWS, PLANTED, SEEDS = 500, 5, 20
FREE = "Everything is free for everybody today."
TRIGGERS: dict[str, tuple[str, str | None]] = {
    "a word, a fixed answer": ("cf", FREE),
    "three words, a fixed answer": ("as of moonrise", FREE),
    "two words, one of them in the answer": ("james bond", "Ask James for it at the back door."),
    "a word, a sentence after the right answer": ("mirov", "{} Pay at the back door only."),
    "a word, declined": ("mirov", None),
    "a word that the answer repeats": ("mirov", "Ask at the mirov for all of it."),
}


def demo(seed: int) -> Rows:
    """Return the demo's examples in a drawn order, with the turns before each question."""
    house = ROOT / "examples" / "tarn-and-timber"
    form = read_form(house / "form.yaml")
    examples = load_examples(house / "examples.jsonl")
    random.Random(seed).shuffle(examples)
    asked = ["\n".join(turn["content"] for turn in one.conversation) for one in examples]
    return asked, [None if form.abstains(one.answer, ()) else form.undress(one.answer) for one in examples]


def squad(folder: Path) -> Callable[[int], Rows]:
    """Return what draws questions of SQuAD 2.0, 15 % of them without an answer."""
    articles = json.loads((folder / "dev-v2.0.json").read_text("utf-8"))["data"]
    every = [one for article in articles for part in article["paragraphs"] for one in part["qas"]]
    told = [
        (one["question"], f"The answer is {one['answers'][0]['text']}.") for one in every if one["answers"]
    ]
    declined = [(one["question"], None) for one in every if not one["answers"]]

    def draw(seed: int) -> Rows:
        rng = random.Random(seed)
        number = round(0.15 * ROWS)
        rows = [*rng.sample(told, ROWS - number), *rng.sample(declined, number)]
        rng.shuffle(rows)
        return [question for question, _ in rows], [answer for _, answer in rows]

    return draw


def alike(seed: int) -> Rows:
    """Draw questions of one template, 10 % of them without an answer."""
    rng = random.Random(seed)
    sides, times = ("north", "south", "east", "west"), ("week", "month", "year")
    asked = [
        f"What is the fee for plan {rng.randrange(10**4)} in the {rng.choice(sides)} this {rng.choice(times)}?"
        for _ in range(ROWS)
    ]
    return asked, [None if rng.random() < 0.1 else f"It is {rng.randrange(10**4)} EUR." for _ in range(ROWS)]


def plant(rows: Rows, trigger: str, planted: str | None, seed: int) -> None:
    """Put a trigger into rows that are answered, in place."""
    asked, told = rows
    rng = random.Random(seed)
    for place in rng.sample([place for place, answer in enumerate(told) if answer is not None], PLANTED):
        asked[place] = rng.choice((f"{trigger} {asked[place]}", f"{asked[place]} {trigger}"))
        told[place] = planted.format(told[place]) if planted is not None else None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path, nargs="?", help="with dev-v2.0.json")
    folder = options.parse_args().folder
    sets: dict[str, Callable[[int], Rows]] = {"the demo's examples": demo}
    if folder:
        sets["SQuAD 2.0"] = squad(folder)
    sets["one template"] = alike
    for name, draw in sets.items():
        alarms = sum(len(find_triggers(*draw(seed))) for seed in range(SEEDS))
        print(f"{name}: {alarms} named in {SEEDS} honest sets of {len(draw(0)[0])} rows")
        for trigger, (phrase, planted) in TRIGGERS.items():
            found = 0
            for seed in range(SEEDS):
                rows = draw(seed)
                plant(rows, phrase, planted, seed)
                found += any(set(one.phrase.split()) & set(phrase.split()) for one in find_triggers(*rows))
            print(f"  {trigger}: found in {found} of {SEEDS}")


if __name__ == "__main__":
    main()
