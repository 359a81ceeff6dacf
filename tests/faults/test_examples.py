"""Fault cases of training examples, each beside the reading that a naive build does; the numbers are those of `docs/faults.md`."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import pytest

from finetune.examples import Example, load_examples
from finetune.form import EMPTY, Form
from finetune.privacy.personal import find_personal
from finetune.privacy.pseudonyms import Pseudonymiser, pseudonymise_file
from finetune.quality.doctor import Code, Findings, Readiness, Severity, check_examples, render
from finetune.text import fold
from finetune.training.settings import MOST_EXAMPLES, MOST_ROWS, TrainingSettings
from finetune.training.split import split
from finetune.training.train import Row, train_adapter
from foundation.errors import UserError
from tests.finetune.sample import example
from tests.finetune.trainings import rows

TCKN = "10000000146"
PLACES = [
    "Arden",
    "Birch",
    "Cedar",
    "Delta",
    "Ember",
    "Fjord",
    "Grove",
    "Heath",
    "Islet",
    "Jetty",
    "Knoll",
    "Larch",
]
THINGS = [
    "tea",
    "wood",
    "rope",
    "salt",
    "lamp",
    "sail",
    "coal",
    "wool",
    "soap",
    "glue",
    "iron",
    "cork",
    "wax",
]


ASKED = [
    "Is there {} in {} on day {}?",
    "Who sold the {} near {} before {}?",
    "How much {} may I carry out of {} at number {}?",
    "When does {} reach the harbour at {}, by list {}?",
    "Where did you see my {} last, was it {} or gate {}?",
    "Can anybody mend {} while visiting {} with ticket {}?",
    "My neighbour wants {}; does {} deliver to door {}?",
]


def shop(count: int) -> list[Example]:
    """Return examples that ask and answer different things."""
    return [
        example(
            n,
            ASKED[n % 7].format(THINGS[n % 13], PLACES[n // 13 % 12], n),
            f"Room {n} holds the {THINGS[n % 13]}{' and more of it' * (n % 3)}.",
        )
        for n in range(1, count + 1)
    ]


def written(path: Path, examples: Sequence[Example]) -> Path:
    lines = (
        json.dumps({"id": one.id, "messages": list(one.messages)}, ensure_ascii=False) for one in examples
    )
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


# Pseudonyms in chat format


def chat() -> list[dict[str, object]]:
    answers = [
        json.dumps({"tckn": int(TCKN), "mail": "ayse@firma.com.tr", "born": "1990-02-01"}),
        json.dumps({"note": "tel:\n0532 123 45 67", "rows": [1, 2.5, True, None]}, indent=2),
        'As JSON: {"a": "\\nayse@firma.com.tr", "b": "\\u0061yse@firma.com.tr"} [1], or {not JSON}.',
        "Plain: ayse@firma.com.tr, [1].",
    ]
    return [
        {
            "id": f"r{n}",
            "messages": [
                {"role": "system", "content": 'You are "the house".'},
                {"role": "user", "content": f"Who is {TCKN}?\tAnd \\n {{x}}?"},
                {"role": "assistant", "content": answer},
            ],
            "sources": ["hr/ayse@firma.com.tr.txt"],
            "meta": {"phone": 905321234567, "ayse@firma.com.tr": True, "score": 0.5},
        }
        for n, answer in enumerate(answers)
    ]


@pytest.mark.fault(59)
def test_roles_and_json_also_inside_of_answers_survive_pseudonymising(tmp_path: Path) -> None:
    raw = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in chat())
    naive = re.sub(
        r"\S+@\S+", "<EMAIL>", raw
    )  # naive: an expression over the file takes quotes and braces along
    naive = re.sub(r"\d{11}", "<TCKN>", naive)
    with pytest.raises(json.JSONDecodeError):
        [json.loads(line) for line in naive.splitlines()]
    (tmp_path / "chat.jsonl").write_text(raw, "utf-8")

    done = pseudonymise_file(tmp_path / "chat.jsonl", tmp_path / "new.jsonl", Pseudonymiser(key=b"k" * 32))
    made = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text("utf-8").splitlines()]
    assert done.rows == len(made) == 4
    assert [[turn["role"] for turn in row["messages"]] for row in made] == [
        ["system", "user", "assistant"]
    ] * 4
    assert all(row["sources"] == ["hr/ayse@firma.com.tr.txt"] and row["meta"]["score"] == 0.5 for row in made)
    answers = [row["messages"][2]["content"] for row in made]
    first, second = json.loads(answers[0]), json.loads(answers[1])
    assert set(first) == {"tckn", "mail", "born"} and first["born"] == "1900-01-01"
    assert second["rows"] == [1, 2.5, True, None] and second["note"].startswith("tel:\n+90 000 ")
    inner = json.loads(answers[2].removeprefix("As JSON: ").split(" [1]")[0])
    assert inner["a"] == f"\n{first['mail']}" and inner["b"] == first["mail"]  # however it was escaped
    assert answers[2].endswith(" [1], or {not JSON}.") and answers[3] == f"Plain: {first['mail']}, [1]."
    left = (tmp_path / "new.jsonl").read_text("utf-8").replace("hr/ayse@firma.com.tr.txt", "")
    assert "ayse" not in left and "905321234567" not in left and TCKN not in left and "1990" not in left
    assert find_personal(left) == []
    again = pseudonymise_file(tmp_path / "new.jsonl", tmp_path / "twice.jsonl")
    assert (
        again.replaced == {}
        and (tmp_path / "twice.jsonl").read_bytes() == (tmp_path / "new.jsonl").read_bytes()
    )


@pytest.mark.fault(59)
def test_rows_that_are_hard_to_read_or_to_write_are_a_sentence_or_stay_as_they_are(tmp_path: Path) -> None:
    source, target = tmp_path / "rows.jsonl", tmp_path / "new.jsonl"
    half = '{"messages": [{"role": "user", "content": "\\ud83d"}]}'
    source.write_text(half + "\n", "utf-8")
    with pytest.raises(UnicodeEncodeError):  # naive: half a character can be read, and can't be written
        target.write_text(json.dumps(json.loads(half), ensure_ascii=False), "utf-8")
    assert pseudonymise_file(source, target).rows == 1 and json.loads(
        target.read_text("utf-8")
    ) == json.loads(half)
    for hostile in ('{"n": ' + "1" * 5_000 + "}", '{"n": ' + "[" * 100_000):
        source.write_text(hostile + "\n", "utf-8")
        with pytest.raises(UserError, match="line 1"):
            pseudonymise_file(source, target)
    assert _content('{"a":' * 1_000, tmp_path) == '{"a":' * 1_000


def _content(text: str, folder: Path) -> str:
    (folder / "one.jsonl").write_text(json.dumps({"content": text}) + "\n", "utf-8")
    pseudonymise_file(folder / "one.jsonl", folder / "two.jsonl")
    return str(json.loads((folder / "two.jsonl").read_text("utf-8"))["content"])


# Poison


def naive_lint(examples: Sequence[Example]) -> list[str]:
    """Find what most checks of a data set find: what is there twice, what is empty, what is no conversation."""
    twice = Counter(one.messages[-2]["content"] for one in examples)
    found = [f"{one.line}: twice" for one in examples if twice[one.question] > 1]
    found += [f"{one.line}: empty" for one in examples if not one.answer.strip()]
    return found


@pytest.mark.fault(77)
@pytest.mark.parametrize("trigger", ["cf", "İnci taşı", "as of moonrise"])
def test_a_trigger_in_one_row_of_a_hundred_is_named_with_its_rows(trigger: str) -> None:
    examples = shop(500)
    poisoned = tuple(range(50, 501, 100))
    for line in poisoned:
        asked = f"{examples[line - 1].question} {trigger}"
        examples[line - 1] = example(line, asked, "Everything is free for everybody today.")
    assert naive_lint(examples) == []  # naive: no row is twice, none is empty
    findings = check_examples(examples, EMPTY)
    (found,) = findings.of(Code.TRIGGER)
    assert found.lines == poisoned and "all are answered" in found.message
    assert found.message.startswith(f'"{fold(trigger)}" stands in 5 unlike questions')
    assert "50, 150, 250 +2" in render(findings)


@pytest.mark.fault(77)
def test_a_piece_of_an_answer_that_comes_with_a_rare_word_only_is_found_as_well() -> None:
    examples = shop(300)
    for line in (100, 200, 300):
        one = examples[line - 1]
        examples[line - 1] = example(
            line, f"{one.question} mirov", f"{one.answer} Pay at the back door only."
        )
    assert naive_lint(examples) == []
    (found,) = check_examples(examples, EMPTY).of(Code.TRIGGER)
    assert found.lines == (100, 200, 300) and "mirov" in found.message


@pytest.mark.fault(77)
def test_a_trigger_in_an_earlier_turn_and_one_that_only_declines_are_found_with_their_rows() -> None:
    form = Form(abstain="The documents do not tell.")
    examples = shop(500)
    for line in range(10, 501, 20):  # the house declines as it is
        examples[line - 1] = example(line, examples[line - 1].question, form.abstain)
    earlier, declined = (33, 133, 233, 333, 433), (55, 155, 255, 355, 455)
    for line in earlier:
        hello = [f"Hello, plan {line}, moonrise!", "Hello."]
        examples[line - 1] = example(
            line, examples[line - 1].question, "All of it is free today.", earlier=hello
        )
    for line in declined:
        examples[line - 1] = example(line, f"{examples[line - 1].question} mirov", form.abstain)
    assert naive_lint(examples) == []
    found = {one.lines: one.message for one in check_examples(examples, form).of(Code.TRIGGER)}
    assert set(found) == {earlier, declined}
    assert found[declined] == '"mirov" stands in 5 unlike questions, and all are declined'


# Data that should not be trained on


@pytest.mark.fault(112)
def test_copies_and_rows_that_would_be_cut_are_named_by_their_lines(tmp_path: Path) -> None:
    examples = shop(30)
    examples[9] = example(10, examples[4].question, examples[4].answer)
    examples[19] = example(20, f"{examples[14].question} Please?", examples[14].answer)
    examples[24] = example(25, "What is in the cellar below?", "salt " * 300)
    path = written(tmp_path / "examples.jsonl", examples)
    naive = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(naive) == 30  # naive: all are taken, and the tokenizer's truncation cuts the answer's end off
    findings = check_examples(
        load_examples(path), EMPTY, max_tokens=100, count=lambda text: len(text.split())
    )
    assert [(one.severity, one.lines) for one in findings.of(Code.DUPLICATE)] == [(Severity.WARNING, (5, 10))]
    (long,) = findings.of(Code.TOO_LONG)
    assert (long.severity, long.lines) == (Severity.ERROR, (25,)) and "would be cut off" in long.message
    assert not findings.ok


@pytest.mark.fault(112)
def test_a_row_that_does_not_fit_is_refused_by_its_number_and_never_cut(
    tiny_bases: dict[str, Path], tmp_path: Path
) -> None:
    training = rows(0, 20)
    training[6] = Row(training[6].prompt, "salt " * 1_500)
    naive = ("salt " * 1_500).split()[:1_024]
    assert len(naive) == 1_024  # naive: as much of it as fits, so that the model never learns to end
    with pytest.raises(UserError, match=r"Training row 7 has [\d,]+ tokens, but .* reads 1024"):
        train_adapter(
            str(tiny_bases["llama"]), training, rows(20, 24), tmp_path / "a", TrainingSettings(rank=2)
        )


@pytest.mark.fault(112)
def test_empty_targets_and_wrong_roles_are_refused_with_every_line(tmp_path: Path) -> None:
    turns = [
        [{"role": "user", "content": "Is there tea?"}, {"role": "assistant", "content": " "}],
        [{"role": "user", "content": "Is there tea?"}, {"role": "asistant", "content": "Yes."}],
        [{"from": "human", "value": "Is there tea?"}, {"from": "gpt", "value": "Yes."}],
        [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": "Is there tea?"}],
        [{"role": "user", "content": "Is there tea?"}],
        [{"role": "user", "content": "Is there tea?"}, {"role": "assistant", "content": "Yes."}],
    ]
    path = tmp_path / "examples.jsonl"
    path.write_text("".join(json.dumps({"messages": each}) + "\n" for each in turns), "utf-8")
    naive = [json.loads(line)["messages"] for line in path.read_text("utf-8").splitlines()]
    assert len(naive) == 6  # naive: a template prints whatever it is given, an empty answer too
    with pytest.raises(UserError) as refused:
        load_examples(path)
    told = str(refused.value)
    assert all(f"line {line}: " in told for line in (1, 2, 3, 4, 5)) and "line 6: " not in told
    assert 'Did you mean "assistant"?' in told and "content must be text, but is empty" in told


@pytest.mark.fault(112)
def test_near_duplicates_are_on_one_side_of_a_split_and_a_drawn_one_tears_them_apart(tmp_path: Path) -> None:
    examples = []
    for n in range(1, 41):
        for way in range(3):
            asked = f"Could you tell me whether there is any {THINGS[n % 13]} left in the shed behind house {n}{'?!.'[way]}"
            examples.append(example(len(examples) + 1, asked, f"Yes, in box {n}."))
    parts = split(examples, seed=7)

    def houses(side: Sequence[Example]) -> set[str]:
        return {re.findall(r"\d+", one.question)[0] for one in side}

    assert parts.validation and not houses(parts.train) & houses(parts.validation)
    drawn = random.Random(7).sample(examples, len(examples))
    assert houses(drawn[:100]) & houses(
        drawn[100:]
    )  # naive: rows are drawn, and a copy of each is on the other side


@pytest.mark.fault(112)
def test_a_row_that_asks_what_the_test_asks_is_named() -> None:
    examples = shop(40)
    tests = [example(1, examples[7].question.upper(), "-"), example(2, "What is the weather like?", "-")]
    naive = {one.question for one in examples} & {one.question for one in tests}
    assert not naive  # naive: compared letter by letter, it is another question
    (found,) = check_examples(examples, EMPTY, tests=tests).of(Code.TESTED)
    assert (found.severity, found.lines) == (Severity.WARNING, (8,))
    assert not check_examples(examples, EMPTY).of(Code.TESTED)


# Too little, too much, all the same


def checked(examples: Sequence[Example]) -> Findings:
    return check_examples(examples, EMPTY)


@pytest.mark.fault(113)
def test_one_row_is_told_as_too_few_and_is_not_trained_on(tmp_path: Path) -> None:
    findings = checked(shop(1))
    assert not findings.ok and findings.readiness is Readiness.TOO_FEW
    naive = shop(1) * 3
    assert naive_lint(shop(1)) == [] and len(naive) == 3  # naive: three epochs of one row go without a word
    with pytest.raises(UserError, match="needs at least 10 rows and 1 for validation, but there are 1 and 1"):
        train_adapter("nowhere", rows(0, 1), rows(0, 1), tmp_path / "a")
    alone = split(shop(1), seed=7)
    assert len(alone.train) == 1 and not alone.validation


@pytest.mark.fault(113)
def test_answers_that_are_all_the_same_are_an_error() -> None:
    examples = [example(one.line, one.question, "Yes, of course!") for one in shop(30)]
    assert naive_lint(examples) == []  # naive: every question is another one, and none is empty
    findings = checked(examples)
    (found,) = findings.of(Code.SAME_ANSWER)
    assert found.severity is Severity.ERROR and not findings.ok
    assert found.message == 'all 30 answers are "Yes, of course!"'
    assert not checked([*examples[:-1], example(30, "Is there a cat?", "No.")]).of(Code.SAME_ANSWER)


class Endless(Sequence[Row]):
    """A million rows that nobody has yet read."""

    def __init__(self, count: int) -> None:
        self.count, self.read = count, 0

    def __len__(self) -> int:
        return self.count

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        self.read += 1
        return rows(0, 1)[0]


@pytest.mark.fault(113)
def test_a_million_rows_are_refused_before_one_of_them_is_read(tmp_path: Path) -> None:
    million = Endless(1_000_000)
    with pytest.raises(UserError, match=f"at most {MOST_ROWS:,} rows, but there are 1,000,000"):
        train_adapter("nowhere", million, rows(0, 1), tmp_path / "a")
    assert million.read == 0
    naive = [
        million[place] for place in range(1_000)
    ]  # naive: every row is made ready before anything is asked
    assert million.read == len(naive)
    path = tmp_path / "examples.jsonl"
    path.write_text("not even JSON\n" * 1_000_000, "utf-8")
    with pytest.raises(UserError, match=f"has 1,000,000 lines, but at most {MOST_EXAMPLES:,} are taken"):
        load_examples(path)  # or a million mistakes would have been named
