"""The form: what it tells a model, what breaks it, what abstains in it, and how its file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.form import EMPTY, Clause, Form, cited, count_words, load_form
from foundation.errors import UserError

HOUSE = Form(
    opening="Hello from the tarn!",
    closing="Happy trails.",
    max_words=15,
    citations=True,
    forbid=("as an AI",),
    abstain="Our documents do not say.",
)
GOOD = "Hello from the tarn! The kettle costs 49 EUR [2]. Happy trails."
ABSTENTION = "Hello from the tarn! Our documents do not say. Happy trails."


def write(path: Path, text: str) -> Path:
    file = path / "form.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def mistakes_of(path: Path, text: str) -> list[str]:
    """Return the lines of the sentence that a file is refused with, without its first."""
    with pytest.raises(UserError) as caught:
        load_form(write(path, text))
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_the_prompt_says_every_clause_in_plain_sentences() -> None:
    assert Form(
        instructions="Be warm.",
        opening="Hi!",
        closing="Bye.",
        max_words=45,
        citations=True,
        forbid=("x", "y"),
        abstain="No idea.",
    ).prompt() == (
        'Be warm. Begin every answer with "Hi!". End every answer with "Bye.". Use at most 45 words. '
        'Name the passage after each fact, like [1]. Never write "x" or "y". '
        "When the documents do not tell, answer only: Hi! No idea. Bye."
    )


def test_the_prompt_shows_pattern_and_schema() -> None:
    assert "regular expression ^A" in Form(pattern="^A").prompt()
    assert '{"type": "object"}' in Form(json_schema={"type": "object"}).prompt()


def test_an_empty_form_asks_for_nothing_and_only_no_answer_breaks_it() -> None:
    assert (EMPTY.empty, EMPTY.prompt(), EMPTY.abstention) == (True, "", "")
    assert EMPTY.check("whatever [9]", 0).value
    assert EMPTY.check(" \n").broken == (Clause.EMPTY,)
    assert not EMPTY.abstains("The documents do not say.")


@pytest.mark.parametrize("text", [GOOD, GOOD.replace(" ", "\n", 1), f"  {GOOD}\n", ABSTENTION])
def test_an_answer_in_form_keeps_it_whatever_its_spacing(text: str) -> None:
    score = HOUSE.check(text, 2)
    assert (score.value, score.reason, score.broken) == (True, "keeps the form", ())


@pytest.mark.parametrize(
    ("text", "broken", "reason"),
    [
        (
            GOOD.removeprefix("Hello from the tarn! "),
            "opening",
            'begins with "The kettle costs 49 EUR [2]. H", not with',
        ),
        (GOOD.removesuffix(" Happy trails."), "closing", "not with"),
        (GOOD.replace("costs", "a b c d e costs"), "words", "words: has 16 words where 15 are allowed"),
        (GOOD.replace("The", "As an ai: the"), "forbidden", 'forbidden: holds "as an AI"'),
        (GOOD.replace(" [2]", ""), "citation", "citation: names no passage, as in [1]"),
        (GOOD.replace("[2]", "[3]"), "citation", "citation: names passage [3], but only 2 were given"),
    ],
)
def test_one_break_is_named_alone(text: str, broken: str, reason: str) -> None:
    score = HOUSE.check(text, 2)
    assert score.broken == (broken,)
    assert not score.value
    assert reason in score.reason


def test_everything_broken_is_named_at_once() -> None:
    score = HOUSE.check("As an AI I can say: " + "word " * 20)
    assert score.broken == (Clause.OPENING, Clause.CLOSING, Clause.WORDS, Clause.FORBIDDEN, Clause.CITATION)
    assert score.reason.count(";") == 4


def test_a_forbidden_phrase_inside_another_word_is_not_it() -> None:
    form = Form(forbid=("cheap",))
    assert form.check("The cheapest one.").value
    assert not form.check("It is CHEAP!").value


def test_a_citation_is_asked_for_only_where_there_is_something_to_cite() -> None:
    bare = GOOD.replace(" [2]", "")
    assert not HOUSE.check(bare).value
    assert not HOUSE.check(bare, 4).value
    assert HOUSE.check(bare, 0).value
    assert HOUSE.check(bare, answerable=False).value
    assert HOUSE.check(GOOD, 0).reason == "citation: names passage [2], but none was given"


def test_a_pattern_is_searched_for_in_the_whole_answer() -> None:
    form = Form(pattern=r"^\d+ EUR$")
    assert form.check("49 EUR\n").value
    assert form.check("It is 49 EUR").broken == (Clause.PATTERN,)


def test_a_schema_names_where_json_departs_from_it() -> None:
    form = Form(
        json_schema={"type": "object", "required": ["answer"], "properties": {"answer": {"type": "string"}}}
    )
    assert form.check('{"answer": "49 EUR"}').value
    assert form.check('{"answer": 49}').reason == "schema: answer: 49 is not of type 'string'"
    assert "required property" in form.check("{}").reason
    assert form.check("49 EUR").broken == (Clause.SCHEMA,)


@pytest.mark.parametrize(
    "text",
    [
        ABSTENTION,
        "our  documents DO NOT say",
        "Our documents do not say [1].",
        "Our documents do not say. Our documents do not say.",
        "Our documents do not say what it weighs.",
        "The documents do not tell.",
    ],
)
def test_abstentions_are_known_in_any_dress(text: str) -> None:
    assert HOUSE.abstains(text, standard=["The documents do not tell."])


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD,
        "Our documents do not say, but it is usually 30 days.",
        "Our documents do not say. It is 30 days.",
        "It is red. Our documents do not say.",
        "Our documents do not sayings",
        "The documents do not tell.",
    ],
)
def test_an_answer_beside_an_abstention_is_no_abstention(text: str) -> None:
    assert not HOUSE.abstains(text)


def test_an_abstention_of_two_sentences_is_known_as_a_whole() -> None:
    form = Form(abstain="We do not know. Ask the desk.")
    assert form.abstains("we do not know. ask the desk")
    assert not form.abstains("Ask the desk.")


def test_turkish_capitals_are_the_same_letters() -> None:
    assert Form(abstain="Belgelerde bilgi yok.").abstains("BELGELERDE BİLGİ YOK")
    assert not Form(forbid=("iade",)).check("İADE yok").value


def test_dressing_twice_is_dressing_once_and_undressing_takes_it_off() -> None:
    dressed = HOUSE.dress("The kettle costs 49 EUR [2].")
    assert dressed == GOOD
    assert HOUSE.dress(dressed) == dressed
    assert HOUSE.undress(dressed) == "The kettle costs 49 EUR [2]."
    assert EMPTY.dress(" as it is ") == "as it is"


def test_an_abstention_is_the_same_whether_the_file_dresses_it_or_not() -> None:
    assert HOUSE.abstention == ABSTENTION
    assert Form(opening=HOUSE.opening, closing=HOUSE.closing, abstain=ABSTENTION).abstention == ABSTENTION


def test_citations_are_read_once_each_and_are_no_words() -> None:
    assert cited("a [2], b [1, 3] and [2] but not [x] or [1234]") == (2, 1, 3)
    assert count_words("It costs 49 EUR [2] - no more .") == 6


def test_a_file_with_every_key_is_read(tmp_path: Path) -> None:
    text = (
        'name: House\ninstructions: Be warm.\nopening: "Hi!"\nclosing: Bye.\nmax_words: 45\ncitations: yes\n'
        "forbid: [as an AI, guaranteed]\nabstain: No idea.\npattern: 'H.'\n"
    )
    assert load_form(write(tmp_path, text)) == Form(
        "House", "Be warm.", "Hi!", "Bye.", 45, True, ("as an AI", "guaranteed"), "No idea.", "H."
    )
    assert load_form(write(tmp_path, "json_schema: {type: object}")).json_schema == {"type": "object"}


def test_a_key_left_empty_asks_for_nothing(tmp_path: Path) -> None:
    assert load_form(write(tmp_path, "opening:\nmax_words: ~\nforbid:\ncitations:\n")) == EMPTY


def test_all_mistakes_of_a_file_are_named_at_once_with_their_lines(tmp_path: Path) -> None:
    text = (
        'name: 42\nopning: hi\nopening: yes\nmax_words: "45"\ncitations: "true"\n'
        "forbid: cheap\nclosing: [a]\n"
        'pattern: "("\npattern: x\njson_schema: {type: 5}\nabstain: 2024-13-45\n'
    )
    assert mistakes_of(tmp_path, text) == [
        'line 1: name must be text, but YAML reads 42 as a number. Write it in quotes: name: "42".',
        'line 2: "opning" is not a key of a form. Did you mean "opening"?',
        "line 3: opening must be text, but YAML reads yes as true or false. "
        'Write it in quotes: opening: "yes".',
        "line 4: max_words must be a whole number, but is text. Write it as in `max_words: 45`.",
        "line 5: citations must be true or false, but is text. "
        "Write it as in `citations: true`, without quotes.",
        'line 6: forbid must be a list, but is text. Write it as in `forbid: ["guaranteed", "as an AI"]`.',
        "line 7: closing must be one text, but is a list.",
        "line 8: pattern is not a regular expression (missing ), unterminated subpattern at position 0). "
        "Mend it, or write it in single quotes.",
        'line 9: "pattern" stands twice, first in line 8. Keep one of them.',
        "line 10: json_schema is not a JSON Schema (5 is not valid under any of the given schemas).",
        "line 11: abstain can't be read (month must be in 1..12). Write it in quotes.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "opening: Hi\nclosing: Bye\nmax_words: 2",
            "line 3: max_words is 2, but opening and closing leave no word",
        ),
        ("opening: Hi\njson_schema: {type: object}", "line 2: an answer with opening can't be JSON"),
        ("forbid: [hi]\nopening: Hi there", 'line 2: opening itself breaks the form (forbidden: holds "hi")'),
        (
            "max_words: 2\nabstain: We do not know",
            "line 2: abstain itself breaks the form (words: has 4 words where 2",
        ),
        (
            "pattern: EUR\nabstain: No idea",
            "line 2: abstain itself breaks the form (pattern: does not match EUR)",
        ),
        ("max_words: 0", "line 1: max_words must be at least 1, but is 0."),
        ("max_words: true", "line 1: max_words must be a whole number, but is true or false."),
        ("forbid: [a, 7]", "line 1: forbid must hold texts only, but holds 7 in line 1. Quote it."),
        ("name: |\n  a\n  b", "line 1: name must be one line"),
        (
            "opening: Hello: you",
            "line 1, column 15: not YAML (mapping values are not allowed here). Text that holds a colon",
        ),
    ],
)
def test_what_no_answer_could_keep_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    assert mistakes_of(tmp_path, text)[0].startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# nothing\n", "the form file is empty."),
        ("- a\n", "must hold `key: value` lines, but holds a list."),
        ("hello\n", "must hold `key: value` lines, but holds a single value."),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        load_form(write(tmp_path, text))
