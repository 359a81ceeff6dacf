"""Classification: a form with labels, from rows to answers that can be nothing else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.engines.constrain import constraint
from assistant.engines.engine import Decoding
from assistant.engines.local import LocalEngine
from assistant.open import house_rows, open_engine, train_house
from assistant.prompt import messages
from assistant.workspace import Workspace, create
from experiments import Record
from experiments.questions import load_questions
from experiments.scorers import score_citation
from finetune.base import load_base
from finetune.examples import load_examples
from finetune.form import Clause, Form, load_form
from finetune.quality.doctor import Code, check_examples
from finetune.render import label_tokens
from foundation.errors import UserError

WORDS = {
    "billing": "invoice refund charge payment receipt".split(),
    "delivery": "parcel courier late address box".split(),
    "returns": "back exchange size unopened label".split(),
}
LABELS = tuple(WORDS)


def texts(count: int, first: int = 0) -> list[tuple[str, str]]:
    """Return texts whose label one word tells."""
    made = []
    for number in range(first, first + count):
        label = LABELS[number % 3]
        word = WORDS[label][number // 3 % 5]
        made.append((f"Case {number}: the {word} of order {number * 7 % 97} is wrong.", label))
    return made


@pytest.fixture
def house(tmp_path: Path, tiny_bases: dict[str, Path]) -> Workspace:
    """Return a workspace that classifies, without documents."""
    create(tmp_path, demo=False)
    (tmp_path / "form.yaml").write_text(f"labels: [{', '.join(LABELS)}]\n")
    (tmp_path / "rungwise.toml").write_text(f'[model]\nbase = "{tiny_bases["lfm2"]}"\n')
    rows = [
        {
            "id": f"t{place}",
            "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": label}],
        }
        for place, (text, label) in enumerate(texts(90))
    ]
    (tmp_path / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Workspace.open(tmp_path)


def test_without_documents_every_row_is_a_text_and_its_label(house: Workspace) -> None:
    rows = house_rows(house).training.rows
    assert {row.answer for row in rows} == set(LABELS)
    assert all("Documents:" not in turn["content"] for row in rows for turn in row.prompt)
    assert (
        "Answer with one of these labels and nothing else: billing, delivery, returns."
        in rows[0].prompt[0]["content"]
    )


def test_a_base_that_knows_nothing_still_answers_with_a_label_and_unbound_it_never_does(
    house: Workspace,
) -> None:
    engine = open_engine(house)
    asked = [[{"role": "user", "content": text}] for text, _ in texts(9)]
    held = Decoding(constraint(house.form))
    bound = engine.generate(asked, False, held)  # type: ignore[arg-type]
    assert {one.text for one in bound} <= set(LABELS) and all(one.finished for one in bound)
    free = LocalEngine(house.settings.model.base, lambda: house.adapter, 8)
    assert not {one.text for one in free.generate(asked, adapter=False)} & set(LABELS)  # type: ignore[arg-type]
    *pieces, whole = engine.stream(asked[0], False, held)  # type: ignore[arg-type]
    assert "".join(map(str, pieces)).strip() in LABELS and whole.finished  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_starter_learns_to_label_texts_that_it_has_not_seen(house: Workspace, method: str) -> None:
    (house.root / "rungwise.toml").write_text(
        f'[training]\nmethod = "{method}"\nlearning_rate = 1e-3\nepochs = 6\nbatch = 8\npatience = 6\n'
    )
    house = Workspace.open(house.root)
    train_house(house)
    new = texts(30, first=300)
    asked = [messages(text, (), (), house.form, retrieved=False) for text, _ in new]
    held = Decoding(constraint(house.form))
    right = {
        on: sum(
            one.text == label
            for one, (_, label) in zip(open_engine(house).generate(asked, on, held), new, strict=True)
        )
        for on in (False, True)
    }
    most = Counter(label for _, label in new).most_common(1)[0][1]
    assert right[True] >= 1.5 * max(most, right[False]), (
        f"{right} of 30; the commonest label alone has {most}"
    )


def test_labels_that_begin_alike_are_all_reachable_and_nothing_between_them(
    tiny_bases: dict[str, Path],
) -> None:
    tokenizer = load_base(str(tiny_bases["lfm2"])).tokenizer
    labels = ["not open", "not open yet", "open"]
    allowed, longest = label_tokens(tokenizer, labels, [2])
    ends: list[str] = []

    def walk(ids: tuple[int, ...]) -> None:
        if ids not in allowed:
            ends.append(str(tokenizer.decode(list(ids[:-1]))).strip())
            assert len(ids) <= longest and ids[-1] == 2
            return
        for token in allowed[ids]:
            walk((*ids, token))

    walk(())
    assert sorted(ends) == sorted(labels)


def test_a_form_of_labels_judges_and_is_judged(tmp_path: Path) -> None:
    form = Form(labels=LABELS)
    assert form.check("billing").value and form.check(" billing\n").value
    assert form.check("Billing, I think").broken == (Clause.LABEL,)
    for text, seen in (
        ("labels: [one]", "two or more different labels, but holds one"),
        ("labels: [a, a]", "two or more different labels"),
        ("labels: [a, b]\nopening: Hello.", "leaves no room for opening"),
        ("labels: [a b c, d]\nmax_words: 2", '"a b c" itself breaks the form'),
    ):
        (tmp_path / "form.yaml").write_text(text)
        with pytest.raises(UserError, match=seen):
            load_form(tmp_path / "form.yaml")


def test_the_check_names_labels_with_too_few_rows_and_two_labels_for_one_text(house: Workspace) -> None:
    examples = load_examples(house.examples)
    assert check_examples(examples, house.form).items == ()
    found = check_examples(examples, Form(labels=(*LABELS, "other"))).items
    assert [one.code for one in found] == [Code.LABELS] and "0 of 90 rows" in found[0].message
    lines = house.examples.read_text().splitlines()
    twice = json.loads(lines[0]) | {"id": "again"}
    twice["messages"] = [twice["messages"][0], {"role": "assistant", "content": "returns"}]
    house.examples.write_text("\n".join([*lines, json.dumps(twice)]) + "\n")
    (odd,) = check_examples(load_examples(house.examples), house.form).items
    assert odd.code is Code.CONTRADICTION and '"billing" in one row, "returns" in the other' in odd.message


def test_a_question_for_a_label_needs_no_document_and_is_not_judged_by_citations(tmp_path: Path) -> None:
    row = {
        "id": "q",
        "part": "test",
        "kind": "label",
        "question": "Where is my parcel?",
        "facts": [["delivery"]],
        "answerable": True,
    }
    (tmp_path / "questions.jsonl").write_text(json.dumps(row) + "\n")
    (question,) = load_questions(tmp_path / "questions.jsonl")
    assert score_citation(question, Record(text="delivery")) is None
