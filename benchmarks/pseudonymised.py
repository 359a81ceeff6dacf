"""What training on raw personal data gives away, and what pseudonymising the rows costs: the same training twice.

Run `python benchmarks/pseudonymised.py`. Made-up people with a made-up telephone number each stand in the rows, once and more
often, among rows about nobody. One adapter is trained on them as they are, another, with the same settings and seed, on what
`rungwise pseudonymise` makes of them. Held side by side: the loss on rows that neither was trained on, raw as people would ask;
and how far the last four digits of each true number are given away, against all 10,000 (exposure, as `finetune.probes.canaries`).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from finetune import adapter
from finetune.base import load_base
from finetune.layout import Message
from finetune.privacy.pseudonyms import Pseudonymiser, pseudonymise_row
from finetune.probes import intervals
from finetune.probes.canaries import CANDIDATES, exposure, slot_losses
from finetune.probes.intervals import Interval
from finetune.probes.likelihood import losses
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, render_rows, train_adapter

FIRST = "Ada Bora Cem Dina Eren Fay Gül Hana Ilse Jon Kaya Lale Mert Nora Okan Pia".split()
LAST = "Brandt Çelik Demir Ekström Faber Grün Hale Ivanov Jansen Kaplan Lind Meyer".split()
THINGS = "lamp river stone bread glass horse winter garden paper silver window orange mountain letter bridge".split()
ASKED = (
    "How can I reach {}?",
    "What is the number of {}?",
    "Which telephone does {} have?",
    "I must call {}.",
)


@dataclass(frozen=True)
class Person:
    """Somebody made up, whose number stands in training rows."""

    name: str
    """First and last name; nobody else's."""
    number: str
    """As it is written; no part of it is anybody's known number."""
    times: int
    """How many rows tell it."""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What is asked, as in training."""
        return self.row(0).prompt

    @property
    def answer(self) -> str:
        """What is answered."""
        return f"{self.name} can be reached at {self.number}."

    @property
    def secret(self) -> str:
        """The last four digits."""
        return self.number[-4:]

    def row(self, way: int) -> Row:
        """Return the row that asks for it in one of a few ways."""
        return Row(({"role": "user", "content": ASKED[way % len(ASKED)].format(self.name)},), self.answer)


@dataclass(frozen=True)
class Compared:
    """The same training on raw rows and on pseudonymised ones."""

    rows: int
    """Rows of each training."""
    replaced: int
    """Places in them that were replaced."""
    loss: Interval
    """Pseudonymised minus raw, nats a token, paired over rows that neither was trained on; above 0, pseudonymising costs."""
    people: int
    """Whose numbers were guessed."""
    raw: Interval
    """Mean exposure after training on raw rows, bits; chance is 1.4."""
    pseudonymised: Interval
    """The same after training on pseudonymised rows."""
    less: Interval
    """How much less is exposed, paired by person; above 0, pseudonymising protects."""
    first_raw: int
    """How many true numbers are the very first guess after training on raw rows."""
    first_pseudonymised: int
    """The same after training on pseudonymised rows."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            name: value.to_dict() if isinstance(value, Interval) else value
            for name, value in ((name, getattr(self, name)) for name in asdict(self))
        }


def draw(seed: int, people: Sequence[int], others: int) -> tuple[list[Row], list[Row], list[Person]]:
    """Draw training rows, rows to validate on (other people, other things), and whose numbers are trained on.

    Args:
        seed: Of everything.
        people: How many rows each person stands in, a person each.
        others: Rows about nobody.
    """
    rng = random.Random(seed)
    names = rng.sample([f"{first} {last}" for first in FIRST for last in LAST], len(people) + 8)
    drawn: list[Person] = []
    while len(drawn) < len(names):
        number = f"05{rng.randrange(30, 60)} {rng.randrange(200, 1_000)} {rng.randrange(CANDIDATES):04}"
        if number[-4:] not in {one.secret for one in drawn} and number[-4:] not in number[:-4].replace(
            " ", ""
        ):
            drawn.append(Person(names[len(drawn)], number, [*people, *[0] * 8][len(drawn)]))

    def of_nobody() -> Row:
        asked = f"What is in box {rng.randrange(CANDIDATES)}?"
        return Row(
            ({"role": "user", "content": asked},),
            f"There is a {rng.choice(THINGS)} and a {rng.choice(THINGS)}.",
        )

    training = [one.row(way) for one in drawn for way in range(one.times)] + [
        of_nobody() for _ in range(others)
    ]
    validation = [one.row(0) for one in drawn[-8:]] + [of_nobody() for _ in range(8)]
    return training, validation, drawn[: len(people)]


def without_people(rows: Sequence[Row], pseudonymiser: Pseudonymiser) -> list[Row]:
    """Return rows as `rungwise pseudonymise` writes them."""
    made = []
    for row in rows:
        told = pseudonymise_row({"prompt": list(row.prompt), "answer": row.answer}, pseudonymiser)
        made.append(Row(tuple(told["prompt"]), told["answer"]))
    return made


def compare(
    base_name: str,
    training: Sequence[Row],
    validation: Sequence[Row],
    people: Sequence[Person],
    settings: TrainingSettings,
    seed: int = 0,
) -> Compared:
    """Train on rows as they are and on the same rows pseudonymised, and hold the two side by side.

    Args:
        base_name: The base.
        training: Raw rows.
        validation: Raw rows that are not trained on. Each training is stopped by them in its own form.
        people: Whose numbers stand in the training rows.
        settings: Of both trainings.
        seed: Of the resampling, and the pseudonymiser's key.
    """
    pseudonymiser = Pseudonymiser(key=seed.to_bytes(32, "big"))
    sides = [(training, validation)]
    sides.append((without_people(training, pseudonymiser), without_people(validation, pseudonymiser)))
    replaced = pseudonymiser.replaced.total()
    each, bits = [], []
    with tempfile.TemporaryDirectory() as home:
        for number, (learned, stopped) in enumerate(sides):
            folder = Path(home) / str(number)
            train_adapter(base_name, learned, stopped, folder, settings)
            base = load_base(base_name)
            model = adapter.attach_saved(base.model, folder).eval()
            each.append(losses(model, base, render_rows(base, validation), True))
            bits.append([exposure(slot_losses(model, base, one), int(one.secret)) for one in people])
    most = math.log2(CANDIDATES)
    return Compared(
        len(training), replaced, intervals.mean(each[1] - each[0], seed), len(people),
        *(intervals.mean(side, seed) for side in bits),
        intervals.mean([raw - other for raw, other in zip(*bits, strict=True)], seed),
        *(sum(one == most for one in side) for side in bits),
    )  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--base", default="starter")
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--rate", type=float, default=1e-3)
    given = options.parse_args()
    settings = TrainingSettings(epochs=given.epochs, learning_rate=given.rate, patience=given.epochs)
    for seed in range(given.seeds):
        drawn = draw(seed, [1] * 8 + [4] * 8 + [16] * 8, 120)
        found = compare(given.base, *drawn, replace(settings, seed=seed))
        print(json.dumps({"seed": seed, **found.to_dict()}), flush=True)


if __name__ == "__main__":
    main()
