"""A score is a value and its reason, and looks at the answer alone."""

from __future__ import annotations

from experiments import Failure, Kind, Record, score
from experiments.scorers import cited, score_abstention, score_citation, score_facts, score_form
from finetune.form import Form
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


def test_a_question_that_does_not_say_enough_is_right_only_when_it_was_asked_back() -> None:
    asked = question(answerable=False, kind=Kind.UNDERSPECIFIED)
    right = score_facts(asked, said("Which store do you mean?", asked_back=True))
    assert (right.value, right.reason) == (1.0, "asked back, and the question does not say enough")
    for record, did in (
        (said("At 9:00 [2]."), "answered"),
        (said("The documents do not tell.", abstained=True), "declined"),
    ):
        scored = score(asked, record, FORM)
        assert not scored.facts.passed
        assert not scored.abstention.passed
        assert scored.facts.reason.startswith(f"{did}, but the question does not say enough")


def test_asking_back_where_it_was_not_needed_is_no_answer_and_no_declining() -> None:
    back = said("Which goods?", asked_back=True)
    assert score_abstention(question(), back).reason == "asked back although the question says enough"
    assert score_facts(question(), back).reason == 'does not say "30 days"'
    assert not score_facts(question(answerable=False), back).passed


def test_what_a_question_asks_of_the_shape_is_checked_beside_the_form_of_the_house() -> None:
    short = question(form=Form(max_words=4))
    assert score_form(short, said("30 days [2]. Yours."), FORM).passed
    long = score_form(short, said("It is all of 30 days."), FORM)
    assert long.reason == "does not end as it must; words: has 6 words where 4 are allowed"
    assert score_form(short, said("30 days."), FORM).reason == "does not end as it must"


def test_a_label_or_json_is_a_whole_answer_and_held_against_its_own_form_alone() -> None:
    asked = question(form=Form(json_schema={"type": "object", "required": ["days"]}))
    assert score_form(asked, said('{"days": 30}'), FORM).passed
    broken = score_form(asked, said("30 days. Yours."), FORM)
    assert broken.reason.startswith("schema: is not JSON")
    labelled = question(form=Form(labels=("yes", "no")))
    assert score_form(labelled, said("yes"), FORM).passed


def test_scores_are_the_same_however_often_they_are_asked_for_and_change_nothing() -> None:
    asked, record = question(), said("14 days [2].")
    before = (repr(asked), repr(record))
    assert score(asked, record, FORM) == score(asked, record, FORM)
    assert (repr(asked), repr(record)) == before
