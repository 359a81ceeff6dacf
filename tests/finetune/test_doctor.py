"""The doctor: each situation in a set of examples, and the finding it leads to."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from finetune.examples import Example
from finetune.form import EMPTY, Form
from finetune.quality.doctor import Code, Finding, Readiness, Severity, check_examples, render
from tests.finetune.sample import example

HOUSE = Form(opening="Hi!", closing="Bye.", citations=True, abstain="We do not know.")
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "jetty", "knoll"]
WORDS += ["larch", "maple", "north", "ocean"]


def healthy(count: int) -> list[Example]:
    """Return examples that share no question; every tenth is declined, and answers differ in length."""
    rows = []
    for n in range(1, count + 1):
        question = f"Is there {WORDS[n % 15]} {WORDS[n // 15 % 15]} beside the {WORDS[n // 225]} number {n}?"
        if n % 10 == 0:
            rows.append(example(n, question, HOUSE.abstention))
        else:
            answer = f"Hi! It has {n} rooms{' and more to see' * (n % 3)} [1]. Bye."
            rows.append(example(n, question, answer, [f"{n}.md"], [f"{n} rooms"]))
    return rows


def found(rows: Sequence[Example], form: Form = EMPTY) -> list[tuple[Code, Severity, tuple[int, ...]]]:
    return [(item.code, item.severity, item.lines) for item in check_examples(rows, form).items]


def only(rows: Sequence[Example], code: Code, form: Form = EMPTY) -> Finding:
    (item,) = check_examples(rows, form).of(code)
    return item


def test_in_a_healthy_set_nothing_is_found() -> None:
    findings = check_examples(healthy(60), HOUSE)
    assert findings.items == ()
    assert (findings.ok, findings.usable, findings.readiness) == (True, 60, Readiness.FIRST_SIGNAL)
    assert render(findings).endswith("Nothing was found.")


def test_a_copy_is_found_whatever_its_case_and_punctuation() -> None:
    rows = [example(1, "Where is it?", "In the hall."), example(4, "where is it", "in the hall")]
    assert found(rows) == [(Code.DUPLICATE, Severity.WARNING, (1, 4))]


def test_a_copy_under_another_system_turn_is_no_exact_one() -> None:
    rows = [
        example(1, "Where is it?", "Hall.", system="Be dry."),
        example(2, "Where is it?", "Hall.", system="Be warm."),
    ]
    assert found(rows) == [(Code.NEAR_DUPLICATE, Severity.NOTE, (1, 2))]


def test_the_same_question_with_other_facts_is_a_contradiction() -> None:
    rows = [
        example(1, "How long can I return it?", "30 days.", facts=["30 days"], sources=["old.md"]),
        example(2, "How long can I return it?", "14 days.", facts=["14 days"], sources=["new.md"]),
    ]
    item = only(rows, Code.CONTRADICTION)
    assert (item.severity, item.lines, item.ids) == (Severity.ERROR, (1, 2), ("ex-1", "ex-2"))
    assert item.message == '"How long can I return it?": "30 days" in one row, "14 days" in the other'


@pytest.mark.parametrize(
    ("yes", "no"), [("Yes, for 20 EUR.", "No, never."), ("Evet, olur.", "HAYIR, olmaz.")]
)
def test_a_yes_and_a_no_to_the_same_question_are_a_contradiction(yes: str, no: str) -> None:
    item = only([example(1, "Is it open?", yes), example(2, "Is it open?", no)], Code.CONTRADICTION)
    assert item.message == '"Is it open?": yes in one row, no in the other'


def test_a_nearly_same_question_with_another_number_is_a_warning() -> None:
    question = "How long can I return a kettle that I bought"
    rows = [example(1, f"{question}?", "Within 30 days."), example(2, f"{question} here?", "Within 14 days.")]
    assert found(rows)[0] == (Code.CONTRADICTION, Severity.WARNING, (1, 2))


def test_an_answer_that_says_more_is_no_contradiction() -> None:
    rows = [
        example(1, "How long can I return it?", "30 days.", ["a.md"], ["30 days"]),
        example(2, "How long can I return it?", "30 days, in 2 shops.", ["a.md"], ["30 days", "2 shops"]),
    ]
    assert found(rows) == [(Code.NEAR_DUPLICATE, Severity.NOTE, (1, 2))]


def test_declining_in_one_row_and_answering_in_the_other_is_a_contradiction() -> None:
    rows = [
        example(1, "Who is she?", "Hi! Ann [1]. Bye.", ["a.md"], ["Ann"]),
        example(2, "Who is she?", HOUSE.abstention),
    ]
    assert only(rows, Code.CONTRADICTION, HOUSE).message.endswith(
        "declined in one row, answered in the other"
    )


def test_a_broken_form_is_named_with_everything_broken() -> None:
    item = only([example(7, "Who?", "Ann.", ["a.md"], ["Ann"])], Code.FORM, HOUSE)
    assert (item.severity, item.lines) == (Severity.ERROR, (7,))
    assert [part.split(":")[0] for part in item.message.split("; ")] == ["opening", "closing", "citation"]


def test_a_citation_beyond_the_sources_breaks_the_form() -> None:
    item = only([example(1, "Who?", "Hi! Ann [2]. Bye.", ["a.md"], ["Ann"])], Code.FORM, HOUSE)
    assert item.message == "citation: names passage [2], but only 1 was given"


def test_a_fact_that_the_answer_does_not_hold_is_found_as_a_whole_value() -> None:
    rows = [example(1, "How heavy?", "It weighs 25 kg.", ["a.md"], ["5 kg"])]
    assert only(rows, Code.ABSENT_FACT).message == 'the fact "5 kg" is not in the answer'


def test_a_fact_without_a_source_and_a_source_without_a_fact_are_found() -> None:
    rows = [
        example(1, "Who is she?", "Hi! Ann. Bye.", facts=["Ann"]),
        example(2, "Where is he?", HOUSE.abstention, sources=["a.md"]),
    ]
    assert [code for code, _, lines in found(rows, HOUSE) if lines] == [Code.UNSOURCED, Code.DECLINED]


@pytest.mark.parametrize(("declined", "finding"), [(4, True), (5, False), (40, False), (41, True)])
def test_refusals_below_5_and_above_40_percent_are_out_of_balance(declined: int, finding: bool) -> None:
    rows = [row for row in healthy(200) if row.sources][: 100 - declined]
    rows += [
        example(900 + n, f"Is there a {a} {b}?", HOUSE.abstention) for n, (a, b) in enumerate(names(declined))
    ]
    assert bool(check_examples(rows, HOUSE).of(Code.BALANCE)) == finding


def names(count: int) -> list[tuple[str, str]]:
    return [(a, b) for a in WORDS for b in WORDS][:count]


def test_without_a_known_abstention_the_balance_is_not_judged() -> None:
    rows = [example(n, f"{a} {b}?", f"{b} {a}") for n, (a, b) in enumerate(names(30))]
    assert not check_examples(rows, EMPTY).of(Code.BALANCE)
    assert check_examples(rows, EMPTY, standard=["No idea."]).of(Code.BALANCE)


def test_answers_of_one_length_and_answers_far_out_are_noted() -> None:
    rows = [example(n, f"{a} {b}?", "one two three four five") for n, (a, b) in enumerate(names(30))]
    assert only(rows, Code.LENGTHS).message == "eight in ten answers have 5 to 5 words"
    rows[3] = example(3, "Amber delta?", "word " * 30)
    assert [item.lines for item in check_examples(rows, EMPTY).of(Code.LENGTHS)] == [(), (3,)]


def test_what_is_too_long_would_be_cut() -> None:
    rows = [example(1, "a b c", "d e"), example(2, "a x c", "d e f")]
    items = check_examples(rows, EMPTY, max_tokens=5, count=lambda text: len(text.split())).of(Code.TOO_LONG)
    assert [(item.lines, item.message.split(" without")[0]) for item in items] == [((2,), "6 tokens")]
    assert not check_examples(rows, EMPTY, max_tokens=5).of(Code.TOO_LONG)


def test_damage_is_one_finding_for_each_kind_in_a_row() -> None:
    rows = [example(1, "GrÃ¼n oder blÃ¼? a@b.co c@d.co", "password: hunter22")]
    items = check_examples(rows, EMPTY).items
    assert [(item.code, item.severity) for item in items] == [
        (Code.ENCODING, Severity.ERROR),
        (Code.SECRET, Severity.WARNING),
        (Code.PERSONAL, Severity.WARNING),
    ]
    assert items[0].message == 'broken characters "Ã¼", probably "ü" (2 times)'
    assert items[2].message == "an e-mail address, a@b… (2 times)"
    assert "hunter22" not in render(check_examples(rows, EMPTY))


@pytest.mark.parametrize(
    ("count", "readiness"),
    [
        (9, "too few"),
        (10, "few-shot"),
        (49, "few-shot"),
        (50, "first signal"),
        (499, "first signal"),
        (500, "ready"),
    ],
)
def test_readiness_changes_at_10_50_and_500(count: int, readiness: str) -> None:
    findings = check_examples(healthy(count), HOUSE)
    assert (findings.usable, findings.readiness, findings.ok) == (count, readiness, count >= 10)


def test_copies_and_errors_do_not_count_as_usable() -> None:
    rows = [
        *healthy(10),
        example(11, "Who?", "Ann.", ["a.md"]),
        *[example(20 + n, "Why?", HOUSE.abstention) for n in range(5)],
    ]
    findings = check_examples(rows, HOUSE)
    assert (findings.examples, findings.usable, findings.ok) == (16, 11, False)


def test_no_examples_are_too_few() -> None:
    assert check_examples([], HOUSE).readiness is Readiness.TOO_FEW


def test_the_worst_comes_first_and_the_table_counts_what_it_leaves_out() -> None:
    rows = [example(n, f"{a} {b}?", "Ann.", ["a.md"]) for n, (a, b) in enumerate(names(7), start=1)]
    rows.append(example(8, "Call 0532 123 45 67?", HOUSE.abstention))
    table = render(check_examples(rows, HOUSE), most=2).splitlines()
    assert table[0].startswith("8 examples, 1 usable: too few.")
    first_words = [line.split()[0] for line in table[2:]]
    assert first_words == ["severity", "error", "error", "…", "→", "warning", "→"]
    assert "… and 5 more" in table[5]
    assert table[7].split("  ")[-1].strip() == "a phone number, 053…"


def test_findings_are_json() -> None:
    findings = check_examples([example(1, "Where?", "Hall."), example(2, "Where?", "Hall.")], EMPTY)
    value = json.loads(json.dumps(findings.to_dict()))
    assert value["counts"] == {"error": 0, "warning": 1, "note": 0}
    assert (value["examples"], value["usable"], value["readiness"], value["ok"]) == (2, 1, "too few", False)
    assert (value["findings"][0]["code"], value["findings"][0]["lines"]) == ("duplicate", [1, 2])
