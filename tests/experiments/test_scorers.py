"""A score is a value and its reason, and looks at the answer alone."""

from __future__ import annotations

from experiments import Failure, Record, score
from experiments.scorers import cited, score_citation, score_facts
from tests.experiments.worlds import FORM, GOLD, OTHER, question


def said(text: str, **changes: object) -> Record:
    return Record(text=text, passages=(OTHER, GOLD), **changes)  # type: ignore[arg-type]


def test_every_required_fact_must_be_there_in_one_of_its_writings() -> None:
    asked = question(facts=(("30 days", "one month"), ("49 EUR",)))
    assert score_facts(asked, said("One month, for €49 [2].")).passed
    half = score_facts(asked, said("One month [2]."))
    assert (half.value, half.passed, half.reason) == (0.5, False, 'does not say "49 EUR"')


def test_a_wrong_value_fails_an_answer_that_also_holds_the_right_one() -> None:
    scored = score_facts(question(must_not=("14 days",)), said("30 days, formerly 14 days."))
    assert (scored.value, scored.reason) == (0.0, 'holds the wrong value "14 days"')


def test_an_answerable_question_that_was_declined_is_lost_for_that_reason() -> None:
    scored = score_facts(question(), said("The documents do not tell.", abstained=True))
    assert (scored.value, scored.reason) == (0.0, "abstained although the documents tell")


def test_an_unanswerable_question_is_right_only_when_declined() -> None:
    asked = question(answerable=False)
    assert score_facts(asked, said("The documents do not tell.", abstained=True)).passed
    wrong = score_facts(asked, said("30 days [2]."))
    assert (wrong.value, wrong.reason) == (0.0, "answered although the documents do not tell")


def test_citations_must_name_a_document_that_tells_and_only_given_passages() -> None:
    right, other, none, unknown = (
        score_citation(question(), said(text))
        for text in ("[2]", "30 days [1].", "30 days.", "30 days [2] [7].")
    )
    assert right is not None and right.passed
    assert other is not None and other.reason == "cites [1], which does not tell"
    assert none is not None and none.reason == "cites nothing"
    assert unknown is not None and unknown.reason == "cites [7], which was not given"


def test_an_unanswerable_question_has_no_citation_to_judge_unless_one_is_invented() -> None:
    asked = question(answerable=False)
    assert score_citation(asked, said("Not in the documents.")) is None
    invented = score_citation(asked, said("See [9]."))
    assert invented is not None and not invented.passed


def test_citation_marks_are_read_alone_and_in_lists() -> None:
    assert cited("a [2] b [1, 3] c [2] [x] [1234]") == [2, 1, 3]


def test_both_needs_facts_and_form_and_tells_what_was_missing() -> None:
    scores = score(question(), said("14 days [2]."), FORM)
    assert not scores.both.passed
    assert scores.both.reason == 'does not say "30 days"; does not end as it must'
    assert score(question(), said("30 days [2]. Yours."), FORM).both.passed


def test_a_reply_that_never_came_fails_every_score_with_the_error_as_its_reason() -> None:
    scores = score(question(), Record(failure=Failure.TIMEOUT, error="took 9 s"), FORM)
    for one in (scores.facts, scores.form, scores.both, scores.abstention, scores.citation):
        assert one is not None and (one.value, one.reason) == (0.0, "no answer (timeout): took 9 s")
