"""Answers held against their passages: what carries a sentence, and which sentences nothing carries."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.attribution.claims import CITED, claims
from rag.attribution.support import Lack, Support, Verdict, spans_of, support


class Passage(NamedTuple):
    label: str
    text: str


PRICES = Passage("Prices", "The Fellmark stove costs 49 EUR. The Arden kettle costs 19 EUR.")
RETURNS = Passage(
    "Returns > Deadlines",
    "Tents can be returned within 30 days, but not if they were used. Fuel cannot be returned.",
)
TURKISH = Passage("Fiyatlar", "Uludağ çadırının fiyatı 1.299,00 TL'dir. Gaz tüpü kargoyla gönderilmez.")
SHOWN = (PRICES, RETURNS, TURKISH)


def one(text: str, shown: tuple[Passage, ...] = SHOWN) -> Support:
    (found,) = (each for each in support(text, shown) if each.verdict is not Verdict.NO_CLAIM)
    return found


def marked(found: Support, shown: tuple[Passage, ...] = SHOWN) -> list[str]:
    return [shown[each.passage - 1].text[each.start : each.end] for each in found.evidence]


@pytest.mark.parametrize(
    ("text", "carried_by"),
    [
        ("The stove costs 49 EUR [1].", "The Fellmark stove costs 49 EUR."),
        ("The Arden kettle costs €19.00 [1].", "The Arden kettle costs 19 EUR."),
        ("19 EUR [1]", "The Arden kettle costs 19 EUR."),
        ("You can return tents within thirty days [2].", "Tents can be returned within 30 days, but not if they were used."),
        ("Fuel can't be returned [2].", "Fuel cannot be returned."),
        ("Uludağ çadırı 1,299.00 TL [3].", "Uludağ çadırının fiyatı 1.299,00 TL'dir."),
        ("ULUDAĞ ÇADIRININ FİYATI 1299 TL [3]", "Uludağ çadırının fiyatı 1.299,00 TL'dir."),
        ("Gaz tüpü kargoyla gönderilmez [3].", "Gaz tüpü kargoyla gönderilmez."),
    ],
)  # fmt: skip
def test_what_a_passage_says_is_supported_by_the_sentence_that_says_it(text: str, carried_by: str) -> None:
    found = one(text)
    assert found.verdict is Verdict.SUPPORTED, found
    assert marked(found) == [carried_by]


def naive(text: str) -> Verdict:
    """The target that must fail: what cites a passage that was given is supported."""
    return Verdict.SUPPORTED if CITED.search(text) else Verdict.UNSUPPORTED


ATTACKS = [
    ("The stove costs 59 EUR [1].", Lack.FIGURE),
    ("The stove costs 49 USD [1].", Lack.FIGURE),
    ("The stove costs 19 EUR [1].", Lack.FIGURE),  # the kettle does
    ("The Lindvale stove costs 49 EUR [1].", Lack.NAME),
    ("The stove is dishwasher safe and foldable [1].", Lack.WORDS),
    ("The stove costs 49 EUR [2].", Lack.WORDS),
    ("Tents can be returned within 31 days [2].", Lack.FIGURE),
    ("Tents cannot be returned within 30 days [2].", Lack.NEGATION),
    ("Fuel can be returned [2].", Lack.NEGATION),
    ("Uludağ çadırının fiyatı 1.399,00 TL'dir [3].", Lack.FIGURE),
    ("Uludağ çadırının fiyatı 1.299,00 TL değildir [3].", Lack.NEGATION),
    ("Gaz tüpü kargoyla gönderilir ve 3 gün sürer [3].", Lack.FIGURE),
    ("29 EUR [1]", Lack.FIGURE),
    ("FS-200 [1]", Lack.FIGURE),
]


@pytest.mark.parametrize(("text", "lack"), ATTACKS)
def test_a_false_sentence_with_a_right_looking_citation_is_marked(text: str, lack: Lack) -> None:
    found = one(text)
    assert found.verdict is Verdict.UNSUPPORTED, found
    assert found.lack in (lack, Lack.FIGURE if lack is Lack.WORDS else lack)
    assert naive(text) is Verdict.SUPPORTED  # and so the naive way lets it through


def test_the_missing_figure_is_named_and_so_is_the_passage_that_would_have_carried_it() -> None:
    assert "59" in one("The stove costs 59 EUR [1].").missing
    assert one("The stove costs 49 EUR [2].").elsewhere == 1


def test_without_a_citation_the_best_passage_is_found() -> None:
    found = one("The Arden kettle costs 19 EUR.")
    assert (found.cited, [each.passage for each in found.evidence]) == ((), [1])
    assert found.verdict is Verdict.SUPPORTED


def test_a_sentence_may_rest_on_two_passages_and_each_gives_its_piece() -> None:
    found = one("The stove costs 49 EUR [1] and tents can be returned within 30 days [2].")
    assert found.verdict is Verdict.SUPPORTED
    assert marked(found) == [
        "The Fellmark stove costs 49 EUR.",
        "Tents can be returned within 30 days, but not if they were used.",
    ]


def test_a_sentence_may_rest_on_two_neighbouring_sentences() -> None:
    shown = (
        Passage("Stoves", "Read this first. The Fellmark stove burns gas. It weighs 2.4 kg. Clean it often."),
    )
    found = one("The Fellmark stove burns gas and weighs 2.4 kg [1].", shown)
    assert found.verdict is Verdict.SUPPORTED
    assert marked(found, shown) == ["The Fellmark stove burns gas. It weighs 2.4 kg."]


def test_what_stands_in_the_title_needs_not_stand_in_the_sentence() -> None:
    shown = (Passage("Fellmark stove > Weight", "It weighs 2.4 kg."),)
    assert one("The Fellmark stove weighs 2.4 kg [1].", shown).verdict is Verdict.SUPPORTED


def test_a_row_of_a_table_carries_its_own_value_only() -> None:
    shown = (Passage("Price list", "item: Stove; price: 49 EUR\nitem: Kettle; price: 19 EUR"),)
    assert marked(one("The kettle's price is 19 EUR [1].", shown), shown) == ["item: Kettle; price: 19 EUR"]
    assert one("The kettle's price is 49 EUR [1].", shown).verdict is Verdict.UNSUPPORTED


def test_the_question_chooses_between_places_that_hold_a_bare_value() -> None:
    shown = (Passage("Hours", "The café opens at 09:00. The shop opens at 09:00."),)
    (found,) = support("09:00 [1]", shown, "When does the shop open?")
    assert marked(found, shown) == ["The shop opens at 09:00."]


def test_values_of_json_are_held_against_the_passages_that_it_names() -> None:
    answer = '{"product": "Fellmark stove", "price": 59, "sources": [1]}'
    found = {answer[each.start : each.end]: each.verdict for each in support(answer, SHOWN)}
    assert found == {"Fellmark stove": "supported", "59": "unsupported", "1": "no claim"}


@pytest.mark.parametrize(("value", "carried"), [("M", True), ("L", False), ("7", True), ("8", False)])
def test_a_value_of_one_letter_or_figure_must_stand_there_alone(value: str, carried: bool) -> None:
    shown = (Passage("Sizes", "Mallory jackets come in size M only. There are 7 left."),)
    assert (one(f"{value} [1]", shown).verdict is Verdict.SUPPORTED) is carried


def test_a_citation_of_a_passage_that_was_not_given_counts_as_none() -> None:
    found = one("The stove costs 59 EUR [9].")
    assert found.cited == () and found.verdict is Verdict.UNSUPPORTED


def test_where_nothing_was_retrieved_no_claim_is_supported() -> None:
    found = support("Hello! The stove costs 49 EUR [1].", ())
    assert [each.verdict for each in found] == [Verdict.NO_CLAIM, Verdict.UNSUPPORTED]
    assert found[1].lack is Lack.PASSAGES and found[1].evidence == ()


def test_a_paraphrase_in_other_words_is_called_unsupported_which_is_the_known_limit() -> None:
    assert one("Camping shelters may go back to us for a month [2].").verdict is Verdict.UNSUPPORTED


def test_only_what_carries_a_supported_sentence_is_marked() -> None:
    found = support("The stove costs 49 EUR [1]. The kettle costs 59 EUR [1].", SHOWN)
    assert spans_of(found, 1) == ((0, 32),) and spans_of(found, 2) == ()


WORDS = st.lists(
    st.sampled_from("stove kettle costs 49 19 EUR not tent Arden returns [1] [2] [9] . , - \n".split(" ")),
    max_size=25,
)


@given(WORDS.map(" ".join), st.lists(WORDS.map(" ".join), max_size=3))
def test_whatever_is_asked_pieces_lie_inside_their_passages_and_scores_between_0_and_1(
    answer: str, texts: list[str]
) -> None:
    shown = [Passage("T", text) for text in texts]
    found = support(answer, shown)
    assert found == support(answer, shown)
    assert len(found) == len(claims(answer))
    for each in found:
        assert 0.0 <= each.score <= 1.0 + 1e-9 and all(1 <= number <= len(shown) for number in each.cited)
        assert (each.lack is None) is (each.verdict is not Verdict.UNSUPPORTED)
        for piece in each.evidence:
            assert 0 <= piece.start < piece.end <= len(shown[piece.passage - 1].text)


@given(st.sampled_from(SHOWN), st.data())
def test_a_sentence_taken_over_word_for_word_is_supported(passage: Passage, data: st.DataObject) -> None:
    from rag.sentences import sentence_spans

    start, end = data.draw(st.sampled_from(sentence_spans(passage.text)))
    number = SHOWN.index(passage) + 1
    found = one(f"{passage.text[start:end].rstrip('.')} [{number}].")
    assert found.verdict is Verdict.SUPPORTED and (start, end) == (
        found.evidence[0].start,
        found.evidence[0].end,
    )
