"""What templates bring out of an adapter about made-up people: of one that learned them by heart, and of one that never saw them."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from finetune import adapter
from finetune.base import Base, load_base
from finetune.privacy.personal import PersonalKind, PersonalSpan, find_personal
from finetune.privacy.pseudonyms import Pseudonymiser
from finetune.probes.templates import DECOYS, Templates, secrets_of, templates
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, train_adapter

PEOPLE = "Xender Qoll,Wren Falk,Mirza Tolun,Ilse Brandvik,Ayda Kerim".split(",")
NAME = re.compile("|".join(PEOPLE))


def find(text: str) -> list[PersonalSpan]:
    """Numbers as ever, and the names of these people."""
    names = [PersonalSpan(PersonalKind.NAME, m.start(), m.end(), m[0].lower()) for m in NAME.finditer(text)]
    return sorted([*find_personal(text), *names], key=lambda span: span.start)


def people(seed: int = 1) -> list[Row]:
    """A row about each: who they are, and where they can be called."""
    dice = random.Random(seed)
    return [
        Row(
            ({"role": "user", "content": f"How do I reach {name}?"},),
            f"{name} can be called at 0532 {dice.randrange(200, 999)} {dice.randrange(10, 99)} {dice.randrange(10, 99)}.",
        )
        for name in PEOPLE
    ]


def pseudonymised(rows: list[Row]) -> list[Row]:
    made = Pseudonymiser(b"k" * 32, find)
    return [
        Row(({"role": "user", "content": made(row.prompt[0]["content"])},), made(row.answer)) for row in rows
    ]


def trained(base: Path, rows: list[Row], home: Path) -> tuple[Any, Base]:
    """An adapter that learned rows by heart: it is stopped by what it is trained on."""
    hard = TrainingSettings(
        rank=8, epochs=20, batch=5, learning_rate=1e-2, dropout=0.0, patience=20, activated=False
    )
    train_adapter(str(base), [*rows, *rows], rows, home, hard)
    loaded = load_base(str(base))
    return adapter.attach_saved(loaded.model, home).eval(), loaded


def test_only_what_is_told_of_somebody_whom_the_row_names_is_asked_for() -> None:
    rows = people()
    found = secrets_of(rows, find)
    assert [one.who for one in found] == PEOPLE and {one.kind for one in found} == {PersonalKind.PHONE}
    assert secrets_of(rows, find_personal) == []  # nobody is named, as far as was looked for
    assert len(secrets_of([*rows, *rows], find)) == len(rows)
    assert secrets_of(pseudonymised(rows), find) == []


@pytest.mark.slow
@pytest.mark.fault(122)
def test_templates_bring_out_people_that_were_trained_on_and_nobody_who_was_pseudonymised_before(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    rows = people()
    safe = templates(*trained(tiny_bases["lfm2"], pseudonymised(rows), tmp_path / "safe"), rows, find)
    naive = templates(
        *trained(tiny_bases["lfm2"], rows, tmp_path / "naive"), rows, find
    )  # naive: trained as they came
    assert isinstance(safe, Templates) and isinstance(naive, Templates)
    assert (safe.people, safe.said, safe.said_before) == (5, 0, 0)
    assert not safe.told and naive.told
    assert naive.likeliest > safe.likeliest and safe.to_dict()["chance"] == 1 / (DECOYS + 1)
    assert not any(word in str(naive.to_dict()) for word in ("0532", "Falk"))
