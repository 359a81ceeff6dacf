"""Answers files: what is read, and which sentence tells a user what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor import Answers, load_answers
from advisor.questionnaire import question, written
from advisor.vocabulary import Citations, Knowledge, Summaries
from foundation.errors import UserError


@pytest.fixture
def write(tmp_path: Path):  # type: ignore[no-untyped-def]  # a factory
    def write(text: str) -> Path:
        path = tmp_path / "answers.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _complaint(path: Path) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_answers(path)
    return str(caught.value).removeprefix(f"{path}: ").splitlines()


def test_words_yes_and_no_and_numbers_with_units_are_read(write) -> None:  # type: ignore[no-untyped-def]
    answers = load_answers(
        write(
            "knowledge: private\ncitations: no\nsummaries: 'no'\ndeletable: yes\naccess_differs: false\n"
            "examples: 320\nknowledge_tokens: 40k tokens\nlatency_ms: 1.5 s\ntarget_pass_rate: 80 %\n"
            "release_days: 6 weeks\nwindow_tokens: 32_768\n"
        )
    )

    assert answers == Answers(
        knowledge=Knowledge.PRIVATE,
        citations=Citations.NO,
        summaries=Summaries.NO,
        deletable=True,
        access_differs=False,
        examples=320,
        knowledge_tokens=40_000,
        latency_ms=1_500,
        target_pass_rate=80,
        release_days=42,
        window_tokens=32_768,
    )


@pytest.mark.parametrize("blank", ["tone:", "tone: null", "tone: ~", "tone: unknown", 'tone: "don\'t know"'])
def test_an_answer_may_be_left_open(write, blank: str) -> None:  # type: ignore[no-untyped-def]
    assert load_answers(write(f"{blank}\nexamples: 3\n")) == Answers(examples=3)


def test_an_unknown_key_is_refused_with_the_nearest_one(write) -> None:  # type: ignore[no-untyped-def]
    assert _complaint(write("knowledge: private\n\nexample: 320\n")) == [
        "the answers file has 1 mistake:",
        '  line 3: "example" is not a question of the questionnaire. Did you mean "examples"?',
    ]


def test_an_unknown_word_is_refused_with_the_nearest_one(write) -> None:  # type: ignore[no-untyped-def]
    assert _complaint(write("change_rate: montly\n"))[1] == (
        '  line 1: change_rate must be never, yearly, quarterly, monthly, weekly or daily, but is "montly".'
        ' Did you mean "monthly"?'
    )


@pytest.mark.fault(132)
def test_all_mistakes_are_named_at_once_each_with_its_line(write) -> None:  # type: ignore[no-untyped-def]
    text = (
        "# a comment\nknowlege: private\nexamples: 12.5\ntone: loud\n\ndeletable: maybe\nexamples: 40\n"
        "target_pass_rate: 0.8\nlatency_ms: fast\nretrieval_recall: 140\nwindow_tokens: 32 pages\n"
        "tasks: [narrow, few]\n"
    )
    assert _complaint(write(text)) == [
        "the answers file has 10 mistakes:",
        '  line 2: "knowlege" is not a question of the questionnaire. Did you mean "knowledge"?',
        "  line 3: examples must be a whole number of examples, but is 12.5.",
        '  line 4: tone must be none, guide or ours, but is "loud".',
        '  line 6: deletable must be yes or no, but is "maybe".',
        '  line 7: "examples" is answered twice, first in line 3. Keep one of them.',
        "  line 8: target_pass_rate is in percent: write 80 for 80 %, or 0.8 % where that is meant.",
        '  line 9: latency_ms must be a number of ms, but is "fast".',
        "  line 10: retrieval_recall must be between 0 and 100 %, but is 140.",
        "  line 11: window_tokens is counted in tokens (may be written token, tokens, belirteç, k, k tokens, M, M tokens),"
        ' not in "pages".',
        "  line 12: tasks takes one answer, but has a list.",
    ]


def test_failure_shares_beyond_the_whole_are_refused(write) -> None:  # type: ignore[no-untyped-def]
    complaint = _complaint(write("failures_facts: 70\nfailures_form: 40\n"))

    assert complaint[1].startswith("  line 2: failures_facts, failures_form,")
    assert complaint[1].endswith("may sum to 100 %, but sum to 110 %.")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_says_how_to_begin(write, text: str) -> None:  # type: ignore[no-untyped-def]
    assert _complaint(write(text)) == [
        "the answers file is empty. Write at least one answer, as in `knowledge: private`, "
        "or run `rungwise advise` to be asked."
    ]


@pytest.mark.parametrize(
    "text, seen", [("- knowledge\n- tone\n", "a list"), ("just words\n", "a single value")]
)
def test_a_file_that_is_no_mapping_is_refused(write, text: str, seen: str) -> None:  # type: ignore[no-untyped-def]
    assert _complaint(write(text)) == [
        f"the answers file must hold `question: answer` lines, but holds {seen}."
    ]


@pytest.mark.fault(132)
def test_broken_yaml_is_refused_with_line_and_column(write) -> None:  # type: ignore[no-untyped-def]
    complaint = _complaint(write('knowledge: private\ntone: "ours\nexamples: 3\n'))

    assert complaint[0] == "the answers file has 1 mistake:"
    assert complaint[1].startswith("  line 4, column 1: not YAML (")


@pytest.mark.parametrize(
    "text", ["knowledge: *nowhere\n", "? [a, b]\n: c\n", "!!python/object:os.system x: 1\n"]
)
def test_strange_yaml_is_refused_and_runs_nothing(write, text: str) -> None:  # type: ignore[no-untyped-def]
    assert _complaint(write(text))


def test_two_documents_in_one_file_are_refused(write) -> None:  # type: ignore[no-untyped-def]
    assert "not YAML" in _complaint(write("tone: ours\n---\ntone: none\n"))[1]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml: the answers file is missing"):
        load_answers(tmp_path / "nowhere.yaml")


def test_plain_values_from_a_form_are_held_to_the_same_sentences() -> None:
    with pytest.raises(UserError) as caught:
        Answers.from_mapping({"tone": "loud", "exampels": 3, "deletable": 5})

    assert str(caught.value).splitlines() == [
        'tone must be none, guide or ours, but is "loud".',
        '"exampels" is not a question of the questionnaire. Did you mean "examples"?',
        'deletable must be yes or no, but is "5".',
    ]


def test_answers_made_in_code_are_checked_where_they_are_born() -> None:
    with pytest.raises(UserError, match=r"retrieval_recall must be between 0 and 100 %, but is -3"):
        Answers(retrieval_recall=-3)
    with pytest.raises(UserError, match=r"tone must be a Tone, but is 'ours'"):
        Answers(tone="ours")  # type: ignore[arg-type]


def test_answers_survive_being_written_and_read_again() -> None:
    filled = {"knowledge": "private", "deletable": True, "examples": 320, "target_pass_rate": 81.5}

    assert Answers.from_mapping(Answers.from_mapping(filled).to_mapping()).to_mapping() == filled


def test_the_demo_questionnaire_is_read_and_leads_to_hybrid() -> None:
    from advisor import Rung, recommend

    path = Path(__file__).parents[2] / "examples" / "tarn-and-timber" / "answers.yaml"
    advice = recommend(load_answers(path))

    assert advice.rung is Rung.HYBRID
    assert not advice.ignored and not advice.gates


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("prompt_pass_rate: '%22'", 22), ("prompt_pass_rate: 22,5 %", 22.5), ("prompt_pass_rate: 0.4 %", 0.4),
        ("knowledge_tokens: 1.200.000", 1_200_000), ("knowledge_tokens: 1,200,000", 1_200_000), ("knowledge_tokens: 40K", 40_000),
        ("requests_per_month: 1e6", 1_000_000), ("prompt_pass_rate: 33.333", 33.333),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_of_both_languages_write_them(
    write: Callable[[str], Path], text: str, value: float
) -> None:
    assert load_answers(write(text + "\n")).get(text.split(":")[0]) == value


def test_a_number_that_english_and_turkish_read_differently_is_asked_for_again(
    write: Callable[[str], Path],
) -> None:
    with pytest.raises(UserError, match=r"400\.000 can be read in two ways\. Write 400000 or 400\.0\."):
        load_answers(write("knowledge_tokens: 400.000\n"))


def test_what_is_written_of_a_small_share_or_of_three_decimals_is_read_back() -> None:
    for name, value in (("prompt_pass_rate", 0.4), ("token_price", 12.125), ("prompt_pass_rate", 12.125)):
        assert question(name).parse(written(name, value)) == value


def test_lists_in_lists_without_end_are_a_sentence(write: Callable[[str], Path]) -> None:
    with pytest.raises(UserError, match="must hold `question: answer` lines"):
        load_answers(write("[" * 5_000))


def test_an_option_in_another_case_or_in_the_words_of_the_page_is_suggested(
    write: Callable[[str], Path],
) -> None:
    for said in ("MONTHLY", "Every month", "her ay"):
        with pytest.raises(UserError, match='Did you mean "monthly"'):
            load_answers(write(f"change_rate: {said}\n"))
