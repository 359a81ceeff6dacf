"""How well texts are labelled: the base alone, with a LoRA adapter and with every weight trained, on the same new texts.

Run `python benchmarks/classification.py FOLDER`, with SQuAD 2.0's dev file in the folder: the texts are its questions, the label
is the article that they are about. Each way is a workspace of its own without documents; answers can be labels only. What always
giving the commonest label would score stands beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.open import open_engine, train_house
from assistant.prompt import messages
from assistant.workspace import Workspace, create
from foundation.proportion import wilson

WAYS = {
    "LoRA": "learning_rate = 1e-3\nepochs = 6\nactivated = false",
    "LoRA, activated": "learning_rate = 1e-3\nepochs = 6\nactivated = true",
    "every weight": 'method = "full"\nlearning_rate = 1e-3\nepochs = 6',
}


def drawn(folder: Path, labels: int, learned: int, asked: int) -> tuple[list[str], list[Any], list[Any]]:
    """Return labels, and pairs of text and label to learn from and to ask."""
    found = sorted(folder.glob("*dev*.json"))
    if not found:
        sys.exit(f"{folder}: there is no SQuAD 2.0 dev file here.")
    dice = random.Random(7)
    articles = json.loads(found[0].read_text(encoding="utf-8"))["data"]
    chosen = dice.sample(sorted(articles, key=lambda one: str(one["title"])), labels)
    learn, ask = [], []
    for article in chosen:
        texts = sorted({qa["question"].strip() for part in article["paragraphs"] for qa in part["qas"]})
        dice.shuffle(texts)
        name = str(article["title"]).replace("_", " ")
        learn += [(text, name) for text in texts[:learned]]
        ask += [(text, name) for text in texts[learned : learned + asked]]
    return [str(article["title"]).replace("_", " ") for article in chosen], learn, ask


def main() -> None:
    """Train and ask in every way, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=int, default=8)
    parser.add_argument("--learned", type=int, default=40, help="texts of each label to learn from")
    parser.add_argument("--asked", type=int, default=25, help="texts of each label to ask")
    told = parser.parse_args()
    labels, learn, ask = drawn(told.folder, told.labels, told.learned, told.asked)
    print(
        f"{len(labels)} labels, {len(learn)} texts to learn from, {len(ask)} new ones; {1 / len(labels):.0%} have the commonest"
    )
    print("| way | right, with 95 % interval | training |\n|---|---|---|", flush=True)
    for place, (way, settings) in enumerate(WAYS.items()):
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            create(root, demo=False)
            (root / "form.yaml").write_text(json.dumps({"labels": labels}))
            (root / "rungwise.toml").write_text(f"[training]\nbatch = 8\npatience = 6\n{settings}\n")
            rows = [
                {
                    "id": f"t{number}",
                    "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": label}],
                }
                for number, (text, label) in enumerate(learn)
            ]
            (root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            house = Workspace.open(root)
            prompts = [messages(text, (), (), house.form, retrieved=False) for text, _ in ask]
            for on in (False, True) if place == 0 else (True,):
                began = time.perf_counter()
                if on:
                    train_house(house)
                took = time.perf_counter() - began
                answers = open_engine(house).generate(prompts, on)
                right = sum(one.text == label for one, (_, label) in zip(answers, ask, strict=True))
                low, high = wilson(right, len(ask))
                shown = f"{took:.0f} s" if on else ""
                print(
                    f"| {way if on else 'the base alone'} | {right / len(ask):.0%} ({low:.0%}–{high:.0%}) | {shown} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
