"""What is measured of a library, on lookups that are written down."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finders import WrittenLibrary, lookup
from worlds import question

from experiments.finding.retrieval import Search, look_up, mean, ranking, retrieval_report
from experiments.questions import Kind, Question, Turn
from experiments.shown.retrieval_text import retrieval_dict, retrieval_text
from foundation.errors import UserError
from rag.retrieval.answerability import SHIPPED
from rag.types import LibrarySettings

SETTINGS = LibrarySettings()
# by meaning: a, b, c; by words: c, b (a shares none); joined: b
BOTH = lookup(a=(0.9, 0.0), b=(0.8, 4.0), c=(0.1, 5.0))


def asked(name: str, gold: str, **changes: object) -> Question:
    return question(name, gold=(gold,), question=name, **changes)


def test_each_search_ranks_by_its_own_score_and_keywords_leave_out_what_shares_no_word() -> None:
    assert ranking(BOTH, Search.DENSE, SETTINGS) == ["a.md", "b.md", "c.md"]
    assert ranking(BOTH, Search.KEYWORD, SETTINGS) == ["c.md", "b.md"]
    assert ranking(BOTH, Search.FUSED, SETTINGS)[0] == "b.md"
    assert ranking(BOTH, Search.FUSED, LibrarySettings(alpha=1.0)) == ["a.md", "b.md", "c.md"]


def test_figures_are_the_means_over_questions() -> None:
    library = WrittenLibrary({"one": BOTH, "two": BOTH})
    found = look_up([asked("one", "a.md"), asked("two", "c.md")], library)
    report = retrieval_report(found, SETTINGS, SHIPPED, "test", library.sources())
    dense, keyword, fused = report.figures
    assert [row.search for row in report.figures] == [Search.DENSE, Search.KEYWORD, Search.FUSED]
    assert (dense.n, dense.recall_1.mean, dense.recall_4.mean) == (2, 0.5, 1.0)
    assert dense.mrr.mean == pytest.approx((1 + 1 / 3) / 2)
    assert dense.ndcg_10.mean == pytest.approx((1 + 1 / math.log2(4)) / 2)
    assert (keyword.recall_10.mean, keyword.mrr.mean) == (0.5, 0.5)
    assert fused.recall_1.mean == 0.0
    assert [gain.over for gain in report.gains] == [Search.DENSE, Search.KEYWORD]
    assert report.gains[0].ndcg_10.mean == pytest.approx(fused.ndcg_10.mean - dense.ndcg_10.mean)
    for row in report.figures:
        for interval in (row.recall_1, row.recall_4, row.recall_10, row.mrr, row.ndcg_10):
            assert 0.0 <= interval.low <= interval.mean <= interval.high <= 1.0


def test_a_reranker_is_measured_as_a_search_of_its_own_against_all_of_its_parts() -> None:
    reread = replace(BOTH, reranked={"a-0": 0.9, "c-0": 0.5})
    assert ranking(reread, Search.RERANKED, SETTINGS) == ["a.md", "c.md", "b.md"]
    assert ranking(reread, Search.FUSED, SETTINGS) == ranking(BOTH, Search.FUSED, SETTINGS)
    library = WrittenLibrary({"one": reread, "two": reread})
    found = look_up([asked("one", "a.md"), asked("two", "a.md")], library)
    report = retrieval_report(found, SETTINGS, SHIPPED, "test", library.sources())
    assert report.figures[-1].search is Search.RERANKED and report.figures[-1].mrr.mean == 1.0
    assert [gain.over for gain in report.gains] == [Search.DENSE, Search.KEYWORD, Search.FUSED]
    assert report.gains[-1].ndcg_10.mean > 0
    assert "Reranked is what live questions get" in retrieval_text(report)


def test_unanswerable_questions_are_left_out_and_that_is_said() -> None:
    library = WrittenLibrary({"one": BOTH, "two": BOTH})
    found = look_up([asked("one", "a.md"), question("two", answerable=False, question="two")], library)
    report = retrieval_report(found, SETTINGS, SHIPPED, "test", library.sources())
    assert (report.questions, report.left_out) == (1, 1)
    assert "1 unanswerable question is left out of these figures" in retrieval_text(report)
    assert report.answerability is not None
    assert (report.answerability.answerable, report.answerability.unanswerable) == (1, 1)
    assert report.gains == ()


def test_kinds_get_figures_of_their_own() -> None:
    library = WrittenLibrary({"one": BOTH, "two": BOTH, "three": BOTH})
    questions = [asked("one", "a.md"), asked("two", "c.md", kind=Kind.OUTDATED), asked("three", "b.md")]
    report = retrieval_report(look_up(questions, library), SETTINGS, SHIPPED, "dev", library.sources())
    assert [(row.kind, row.n) for row in report.figures if row.search is Search.FUSED] == [
        ("all", 3), ("single", 2), ("outdated", 1)
    ]  # fmt: skip


def test_one_question_alone_proves_nothing() -> None:
    assert (mean([0.5]).low, mean([0.5]).high) == (0.0, 1.0)
    assert mean([1.0] * 5).low < 0.7


def test_a_follow_up_is_searched_as_a_live_one_is() -> None:
    turns = (Turn("user", "What is the Fellmark stove?"), Turn("assistant", "A stove."))
    library = WrittenLibrary({})
    look_up([asked("How much is it?", "a.md", kind=Kind.FOLLOW_UP, conversation=turns)], library)
    assert library.asked == ["Fellmark stove How much is it?"]


def test_documents_that_the_library_does_not_have_are_named() -> None:
    library = WrittenLibrary({"one": BOTH})
    report = retrieval_report(
        look_up([asked("one", "gone.md")], library), SETTINGS, SHIPPED, "test", library.sources()
    )
    assert report.missing == ("gone.md",)
    assert "are not in the index and can't be found: gone.md" in retrieval_text(report)


def test_a_document_s_name_is_compared_in_one_unicode_form() -> None:
    library = WrittenLibrary({"one": lookup(ş=(0.9, 0.0))})
    report = retrieval_report(
        look_up([asked("one", "s\u0327.md")], library), SETTINGS, SHIPPED, "test", library.sources()
    )
    assert report.missing == ()
    assert report.figures[0].recall_1.mean == 1.0


def test_questions_that_can_not_be_answered_alone_are_refused() -> None:
    found = look_up([question("one", answerable=False)], WrittenLibrary({}))
    with pytest.raises(UserError, match='None of the 1 questions of the part "dev" can be answered'):
        retrieval_report(found, SETTINGS, SHIPPED, "dev", [])


def test_progress_is_told_before_each_question() -> None:
    told: list[tuple[int, int]] = []
    look_up([asked("one", "a.md"), asked("two", "a.md")], WrittenLibrary({}), lambda *at: told.append(at))
    assert told == [(0, 2), (1, 2)]


def test_the_same_questions_give_the_same_report_and_plain_json() -> None:
    library = WrittenLibrary({"one": BOTH, "two": BOTH})
    found = look_up([asked("one", "a.md"), asked("two", "c.md")], library)
    first, second = (
        retrieval_dict(retrieval_report(found, SETTINGS, SHIPPED, "test", library.sources()))
        for _ in range(2)
    )
    assert first == second
    assert first["figures"][0]["search"] == "dense"


def test_the_tables_fit_a_terminal() -> None:
    library = WrittenLibrary({str(n): BOTH for n in range(30)})
    questions = [asked(str(n), "abc"[n % 3] + ".md", kind=(Kind.SINGLE, Kind.TWO)[n % 2]) for n in range(30)]
    text = retrieval_text(
        retrieval_report(look_up(questions, library), SETTINGS, SHIPPED, "test", library.sources())
    )
    assert max(map(len, text.splitlines())) <= 100
    assert "Answerability can't be measured" in text
