"""The demo workspace keeps what its README and the file formats promise.

Reads files only: no model, no index, no network.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.examples.conftest import Demo, Unit

MARK = re.compile(r" \[(\d)\]")


def turns(row: dict[str, Any]) -> str:
    """Return everything that was said up to and with a question."""
    return " ".join([turn["content"] for turn in row.get("conversation", [])] + [row["question"]])


def shape(example: dict[str, Any]) -> str:
    """Name the kind of an example, which its line does not carry."""
    if not example["sources"]:
        return "unanswerable"
    if len(example["messages"]) > 2:
        return "follow-up"
    return "two" if len(example["facts"]) > 1 else "single"


def asked_units(demo: Demo, question: dict[str, Any]) -> set[Unit]:
    """Return the units that hold the facts of a question."""
    found = [demo.stating(question["gold"], variants, turns(question)) for variants in question["facts"]]
    return {unit for unit in found if unit}


def taught_units(demo: Demo, example: dict[str, Any]) -> set[Unit]:
    """Return the units that hold the facts of an example: each fact with its own sentence of the answer."""
    answer = example["messages"][-1]["content"]
    found = set()
    for fact in example["facts"]:
        said = next(part for part in re.split(r"(?<=\]\.) ", answer) if fact in part)
        unit = demo.stating(example["sources"], [fact], said)
        if unit:
            found.add(unit)
    return found


def share(count: int, total: int) -> float:
    """Return a share in percent."""
    return 100 * count / total


def test_documents_have_every_format_and_enough_facts(demo: Demo) -> None:
    formats = Counter(PurePosixPath(name).suffix for name in demo.documents)
    assert len(demo.documents) >= 27
    least = {".pdf": 2, ".docx": 2, ".html": 2, ".csv": 2, ".txt": 3, ".md": 10}
    assert {suffix: formats[suffix] >= number for suffix, number in least.items()} == dict.fromkeys(
        least, True
    )
    facts = {unit for row in demo.questions for unit in asked_units(demo, row)}
    facts |= {unit for row in demo.examples for unit in taught_units(demo, row)}
    assert len(facts) >= 320


def test_no_sentence_of_a_document_is_longer_than_25_words(demo: Demo) -> None:
    units = [unit for units in (*demo.documents.values(), *demo.updates.values()) for unit in units]
    assert [unit.text for unit in units if len(unit.text.split()) > 25] == []


def test_one_document_is_turkish_and_keeps_its_letters(demo: Demo) -> None:
    text = " ".join(unit.text for unit in demo.documents["tr/iade-politikasi.md"])
    assert set("ğşıİ") <= set(text)


def test_questions_come_in_every_kind_and_in_two_parts(demo: Demo) -> None:
    kinds = Counter(row["kind"] for row in demo.questions)
    parts = Counter(row["part"] for row in demo.questions)
    total = len(demo.questions)
    assert total >= 130 and parts["dev"] >= 50 and parts["test"] >= 80 and sum(parts.values()) == total
    wanted = {"single": 55, "two": 10, "follow-up": 12, "unanswerable": 15, "outdated": 6}
    assert set(kinds) == set(wanted)
    assert {
        kind: abs(share(kinds[kind], total) - percent) <= 5 for kind, percent in wanted.items()
    } == dict.fromkeys(wanted, True)
    assert {(row["part"], row["kind"]) for row in demo.questions} == {
        (part, kind) for part in parts for kind in kinds
    }


def test_questions_have_the_fields_that_their_kind_needs(demo: Demo) -> None:
    for row in demo.questions:
        kind = row["kind"]
        assert row["answerable"] == (kind != "unanswerable"), row["id"]
        assert bool(row["facts"]) == bool(row["gold"]) == row["answerable"], row["id"]
        assert (len(row["facts"]) == 2) == (kind == "two"), row["id"]
        assert [turn["role"] for turn in row.get("conversation", [])] == ["user", "assistant"] * (
            kind == "follow-up"
        )
        assert bool(row.get("must_not")) == (kind == "outdated"), row["id"]
        assert row["id"].startswith(row["part"][0] + "-"), row["id"]


@pytest.mark.parametrize("name", ["questions", "examples"])
def test_no_identity_and_no_question_occurs_twice(demo: Demo, name: str) -> None:
    rows = getattr(demo, name)
    asked = [
        turns(row) if "question" in row else " ".join(m["content"] for m in row["messages"][:-1])
        for row in rows
    ]
    for values in ([row["id"] for row in rows], [demo.normal(text) for text in asked]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_no_example_repeats_the_wording_of_a_question(demo: Demo) -> None:
    asked = {demo.normal(turns(row)) for row in demo.questions}
    assert [
        row["id"]
        for row in demo.examples
        if demo.normal(" ".join(m["content"] for m in row["messages"][:-1])) in asked
    ] == []


def test_every_required_fact_is_stated_by_a_gold_document(demo: Demo) -> None:
    for row in demo.questions:
        assert set(row["gold"]) <= set(demo.documents), row["id"]
        for variants in row["facts"]:
            assert demo.stating(row["gold"], variants, turns(row)), (row["id"], variants)


def test_values_are_too_specific_to_be_in_an_answer_by_accident(demo: Demo) -> None:
    variants = [variant for row in demo.questions for facts in row["facts"] for variant in facts]
    assert [variant for variant in variants if re.fullmatch(r"\d{0,2}|.", variant)] == []


def test_a_stale_value_is_in_the_documents_and_never_accepted(demo: Demo) -> None:
    everything = " ".join(demo.text("documents", name) for name in demo.documents)
    for row in demo.questions:
        accepted = {demo.normal(variant) for facts in row["facts"] for variant in facts}
        for stale in row.get("must_not", []):
            assert demo.normal(stale) in everything, row["id"]
            assert not any(demo.normal(stale) in variant for variant in accepted), row["id"]


def test_a_question_that_names_an_old_value_asks_where_both_values_stand(demo: Demo) -> None:
    for row in demo.questions:
        if row["kind"] == "outdated":
            newest = asked_units(demo, row)
            assert all("since" in demo.normal(unit.text) for unit in newest), row["id"]


def test_examples_are_many_and_mostly_single_facts(demo: Demo) -> None:
    kinds = Counter(shape(row) for row in demo.examples)
    total = len(demo.examples)
    assert total >= 320
    wanted = {"single": 70, "two": 8, "follow-up": 8, "unanswerable": 14}
    assert {
        kind: abs(share(kinds[kind], total) - percent) <= 4 for kind, percent in wanted.items()
    } == dict.fromkeys(wanted, True)


def test_facts_of_an_example_are_in_its_source_and_in_its_answer(demo: Demo) -> None:
    for row in demo.examples:
        answer = row["messages"][-1]["content"]
        assert set(row["sources"]) <= set(demo.documents), row["id"]
        for fact in row["facts"]:
            assert fact in answer, row["id"]
            assert demo.stating(row["sources"], [fact], answer), (row["id"], fact)


def test_answers_of_examples_keep_the_form(demo: Demo) -> None:
    form = demo.form
    forbidden = re.findall(r'^  - "(.*)"$', (demo.root / "form.yaml").read_text(encoding="utf-8"), flags=re.M)
    assert len(forbidden) >= 3
    for row in demo.examples:
        answer = row["messages"][-1]["content"]
        assert answer.startswith(form["opening"] + " ") and answer.endswith(" " + form["closing"]), row["id"]
        assert len(answer.split()) <= form["max_words"], row["id"]
        assert not any(phrase.casefold() in answer.casefold() for phrase in forbidden), row["id"]
        assert sorted({int(mark) for mark in MARK.findall(answer)}) == list(
            range(1, len(row["sources"]) + 1)
        ), row["id"]
        assert (answer == form["abstain"]) == (not row["sources"]), row["id"]


def test_a_citation_stands_before_the_period_of_its_sentence(demo: Demo) -> None:
    for row in demo.examples:
        answer = row["messages"][-1]["content"]
        assert len(MARK.findall(answer)) == len(re.findall(r" \[\d\]\. ", answer)), row["id"]


def test_answers_of_examples_stay_close_to_the_words_of_their_source(demo: Demo) -> None:
    for row in demo.examples:
        if row["sources"]:
            said = demo.words(MARK.sub("", row["messages"][-1]["content"])) - demo.words(
                "Hello from the tarn! Happy trails."
            )
            source = demo.words(
                " ".join(unit.about for name in row["sources"] for unit in demo.documents[name])
            )
            assert share(len(said & source), len(said)) >= 60, row["id"]


def test_no_example_teaches_a_fact_that_a_question_asks(demo: Demo) -> None:
    asked = {unit: row["id"] for row in demo.questions for unit in asked_units(demo, row)}
    taught = {unit: row["id"] for row in demo.examples for unit in taught_units(demo, row)}
    assert [(asked[unit], taught[unit], unit.about) for unit in asked.keys() & taught.keys()] == []


def test_no_earlier_turn_of_an_example_gives_away_what_a_question_asks(demo: Demo) -> None:
    asked = {unit for row in demo.questions for unit in asked_units(demo, row)}
    given_away = []
    for row in demo.examples:
        for turn in row["messages"][1:-1:2]:
            said = demo.words(turn["content"])
            given_away += [
                (row["id"], unit.about)
                for unit in asked
                if demo.holds(turn["content"], unit.text.rstrip(".")) or demo.words(unit.about) <= said
            ]
    assert given_away == []


def test_updates_are_five_newer_versions_of_documents(demo: Demo) -> None:
    assert len(demo.updates) == 5
    assert set(demo.updates) <= set(demo.documents)


def test_every_update_changes_a_fact_that_is_asked(demo: Demo) -> None:
    for name in demo.updates:
        changed = []
        for row in demo.questions:
            units = {unit for unit in asked_units(demo, row) if unit.source == name}
            changed += [row["id"] for unit in units if unit not in demo.updates[name]]
        assert changed, name


def test_no_example_teaches_a_fact_that_an_update_changes(demo: Demo) -> None:
    for row in demo.examples:
        for unit in taught_units(demo, row):
            if unit.source in demo.updates:
                assert unit in demo.updates[unit.source], (row["id"], unit.about)


def test_readme_names_the_answers_from_before_and_after_the_update(demo: Demo) -> None:
    table = re.findall(
        r"^\| ([dt]-\d+) \|.*\| (.+) \| (.+) \| `(.+)` \|$",
        (demo.root / "README.md").read_text(encoding="utf-8"),
        re.M,
    )
    questions = {row["id"]: row for row in demo.questions}
    assert {source for *_, source in table} == set(demo.updates)
    for identity, before, after, source in table:
        assert any(before in variants for variants in questions[identity]["facts"]), identity
        assert not any(after in variants for variants in questions[identity]["facts"]), identity
        assert demo.normal(after) in demo.text("updates", source), identity
