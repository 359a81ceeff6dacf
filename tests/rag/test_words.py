"""Keywords in two languages, and the index over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.indexing.lexical import KeywordIndex
from rag.words import VERSION, is_turkish, lower, question_words, text_words


def matches(question: str, text: str) -> bool:
    return bool(set(question_words(question)) & set(text_words(text)))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("returning stoves", "A stove can be returned."),
        ("iade süresi", "Ürünlerin iade süreleri bu sayfada."),
        ("iade suresi", "İade süresi bir aydır."),
        ("İSTANBUL mağazası", "istanbul mağazamız her gün açık."),
        ("ışık", "IŞIK ürünleri için bu sayfa."),
        ("Fellmark", "Fellmark'ın fiyatı bu kadar."),
        ("FS-200", "Order the fs-200 today."),
        ("200", "Order the FS-200 today."),
        ("3.5 kg", "It weighs 3.5 kg."),
    ],
)
def test_a_question_meets_its_text_across_endings_case_and_missing_dots(question: str, text: str) -> None:
    assert matches(question, text)


def test_small_words_do_not_make_a_match_unless_there_is_nothing_else() -> None:
    assert not matches("what is the price", "This is what the shop does.")
    assert question_words("who are we?") != []


def test_lower_case_keeps_the_length_so_that_spans_hold() -> None:
    assert lower("İSTANBUL") == "istanbul"
    assert len("İSTANBUL".lower()) == 9


def test_a_text_is_told_by_its_small_words_not_by_a_name() -> None:
    assert is_turkish("Bu ürün için iade süresi ne kadar?")
    assert is_turkish("Şömine fiyatları değişti")
    assert not is_turkish("The Işık lodge is open to all who are with us.")


TEXTS = ["a stove costs 49 EUR", "a kettle costs 19 EUR", "", "stove stove stove"]


@pytest.fixture
def index(tmp_path: Path) -> KeywordIndex:
    return KeywordIndex.build(["a", "b", "c", "d"], TEXTS, tmp_path / "index")


def test_a_rare_word_outweighs_a_common_one_and_an_empty_text_has_no_score(index: KeywordIndex) -> None:
    scores = index.scores("kettle EUR")
    assert index.top(scores, 4).tolist() == [1, 0]
    assert scores[2] == 0


def test_an_index_that_is_opened_gives_the_scores_of_the_one_that_was_built(
    index: KeywordIndex, tmp_path: Path
) -> None:
    reopened = KeywordIndex.open(tmp_path / "index")
    assert np.array_equal(reopened.scores("stove 49"), index.scores("stove 49"))
    assert reopened.ids == ["a", "b", "c", "d"]


def test_unknown_words_score_nothing(index: KeywordIndex) -> None:
    assert not index.scores("xylophone").any()
    assert index.top(index.scores("xylophone"), 3).size == 0


def test_ties_at_the_end_of_the_list_are_cut_by_place(tmp_path: Path) -> None:
    index = KeywordIndex.build(list("dcba"), ["same word"] * 4, tmp_path / "index")
    assert index.top(index.scores("same"), 2).tolist() == [0, 1]


def test_an_index_over_no_words_at_all_answers_with_zeros(tmp_path: Path) -> None:
    KeywordIndex.build(["a"], ["..."], tmp_path / "index")
    assert KeywordIndex.open(tmp_path / "index").scores("stove").tolist() == [0.0]


def test_an_index_built_after_another_is_the_same_and_reads_only_the_new_texts(
    index: KeywordIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("rag.indexing.lexical.text_words", lambda text: read.append(text) or text_words(text))
    texts = [*TEXTS, "a new lamp"]
    after = KeywordIndex.build(list("abcde"), texts, tmp_path / "after", before=tmp_path / "index")
    assert read == ["a new lamp"]
    anew = KeywordIndex.build(list("abcde"), texts, tmp_path / "anew")
    for question in ("kettle EUR", "stove", "lamp"):
        assert np.array_equal(after.scores(question), anew.scores(question))


def test_words_that_were_found_in_another_way_are_not_used(
    index: KeywordIndex, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("rag.indexing.lexical.VERSION", 99)
    KeywordIndex.build(["a"], TEXTS[:1], tmp_path / "newer")
    read: list[str] = []
    monkeypatch.setattr("rag.indexing.lexical.VERSION", 1)
    monkeypatch.setattr("rag.indexing.lexical.text_words", lambda text: read.append(text) or text_words(text))
    KeywordIndex.build(["a"], TEXTS[:1], tmp_path / "again", before=tmp_path / "newer")
    assert read == TEXTS[:1]


def test_whoever_changes_the_words_of_a_text_also_changes_their_version() -> None:
    text = "The FS-200's stoves cost 1.299,50 EUR. İade süresi Ankara'da 30 gündür; şömineler, kapaklar ve IŞIK için değil."
    found = f"{VERSION}: {' '.join(text_words(text))} | {' '.join(text_words('Running shoes, v2.1/beta; cities'))}"
    assert found == (
        "1: fs-200 fs 200 stoves cost 1.299 1 299 50 eur ia sures ankar 30 g somine kapak isik | run shoe v2.1/beta v2 1 beta citi"
    )
