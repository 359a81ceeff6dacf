"""A climb mends what is cheap first, and ends with what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments import (
    Cause,
    Meter,
    Target,
    Want,
    climb,
    climb_text,
    schema,
)
from tests.experiments.climbs import DEV, SHOTS, TEST, go, need, path, ways
from tests.experiments.worlds import FORM, Answer, World


def test_a_climb_is_published_with_the_same_shapes_as_a_comparison() -> None:
    climbs, comparisons = schema("climb"), schema("comparison")
    shared = set(climbs["$defs"]) & set(comparisons["$defs"])
    assert {"standing", "difference", "effect", "cause", "todo"} <= shared
    for name in shared:
        assert climbs["$defs"][name] == comparisons["$defs"][name], name


# Each step is said to be met, missed or open


def test_a_step_tells_whether_the_target_is_met_missed_or_neither(tmp_path: Path) -> None:
    report = go(World(facts_missing=True), tmp_path)
    assert [step.target for step in report.steps] == [Target.MISSED, Target.MET]
    assert report.steps[0].decision.startswith("prompt provably misses the target of 80%: ")
    close = go(World(skill=0.9), tmp_path / "close", target=0.8, setups=("prompt",))
    assert close.steps[0].target is Target.OPEN
    assert close.steps[0].decision.startswith("prompt does not surely meet the target of 80%: ")


def test_where_nothing_was_lost_and_the_target_is_not_shown_only_questions_are_missing(
    tmp_path: Path,
) -> None:
    world = World(skill=1.0)
    meter = Meter[str](asker=world, form=FORM, folder=tmp_path, fingerprint=world.fingerprint)
    report = climb(DEV[:10], TEST[:10], ways(world), meter, target=0.8)
    assert (path(report), report.chosen, report.met) == (["prompt"], "prompt", False)
    assert "Nothing was lost, so only more questions can show it." in report.reason
    assert [one.what for one in report.missing] == [Want.QUESTIONS]
    assert 5 < (need(report, Want.QUESTIONS).many or 0) < 60
    assert not world.made


# Examples in the prompt


def test_examples_in_the_prompt_are_enough_where_they_show_the_form(tmp_path: Path) -> None:
    world = World(form_missing=True, shots_help=True)
    report = go(world, tmp_path, setups=SHOTS)
    assert (path(report), report.chosen, report.met) == (["prompt", "prompt+shots"], "prompt+shots", True)
    assert not world.made
    assert report.evidence["setups"]["prompt"]["variant"] == "prompt+shots"


def test_an_adapter_is_trained_where_examples_in_the_prompt_are_not_enough(tmp_path: Path) -> None:
    world = World(form_missing=True)
    report = go(world, tmp_path, setups=SHOTS)
    assert (path(report), report.chosen, report.met) == (["prompt", "prompt+shots", "lora"], "lora", True)
    # What was shown to be worse is not asked the test questions too, and still counts as tried.
    assert [row.setup for row in report.verdict.standings] == ["prompt", "lora"]
    assert report.evidence["setups"]["prompt"]["tried"] == ["prompt", "prompt+shots"]


def test_examples_are_shown_beside_passages_where_both_are_missing(tmp_path: Path) -> None:
    world = World(facts_missing=True, form_missing=True, shots_help=True)
    report = go(world, tmp_path, setups=SHOTS)
    assert (path(report), report.chosen) == (["prompt", "rag", "rag+shots"], "rag+shots")
    assert world.made == ["index"]


def test_examples_in_the_prompt_are_not_tried_where_facts_are_what_is_missing(tmp_path: Path) -> None:
    report = go(World(facts_missing=True), tmp_path, setups=SHOTS)
    assert path(report) == ["prompt", "rag"]


# A search that does not find


def test_a_search_that_misses_is_tuned_once_and_measured_again(tmp_path: Path) -> None:
    world = World(facts_missing=True, retrieval_works=False, tuning_helps=True)
    report = go(world, tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt", "rag", "rag tuned"], "rag", True)
    untuned, tuned = report.steps[1:]
    assert untuned.causes[Cause.RETRIEVAL_MISS] > 50
    assert "tune it first" in untuned.decision
    assert tuned.before == untuned.after
    assert tuned.change is not None and tuned.change.difference is not None
    assert (tuned.change.setup, tuned.change.difference.low > 0.5) == ("rag", True)
    assert world.made == ["index", "tuning"]
    assert "Tuned retrieval." in climb_text(report) or "tuning" in climb_text(report)


def test_a_search_that_no_tuning_helps_ends_the_climb_without_being_measured_twice(tmp_path: Path) -> None:
    world = World(facts_missing=True, retrieval_works=False)
    report = go(world, tmp_path)
    assert (path(report), report.met) == (["prompt", "rag"], False)
    assert "Tuning found no better way to join the searches." in report.reason
    assert "mend retrieval first" in report.reason
    assert world.made == ["index", "tuning"]
    assert len(world.asked) == len(set(world.asked))
    assert need(report, Want.RETRIEVAL).many == sum(
        loss.cause is Cause.RETRIEVAL_MISS and loss.setup == "rag" for loss in report.losses
    )


def test_a_tuned_search_and_a_missing_form_lead_to_both(tmp_path: Path) -> None:
    world = World(facts_missing=True, form_missing=True, retrieval_works=False, tuning_helps=True)
    report = go(world, tmp_path)
    assert (path(report), report.chosen) == (["prompt", "rag", "rag tuned", "hybrid"], "hybrid")


# Documents that do not tell


def test_documents_without_the_facts_end_the_climb_with_the_questions_that_lack_them(tmp_path: Path) -> None:
    world = World(facts_missing=True, absent=0.6, chance=0.0)
    report = go(world, tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt", "rag"], "rag", False)
    assert "No document tells what" in report.reason
    wanted = need(report, Want.DOCUMENTS)
    held = {one.id for one in TEST if world.evidence(one)}
    assert wanted.many == len(wanted.questions) == 120 - len(held)
    assert not set(wanted.questions) & held
    assert world.made == ["index"]


def test_a_few_facts_that_no_document_tells_do_not_keep_the_climb_from_its_target(tmp_path: Path) -> None:
    report = go(World(facts_missing=True, form_missing=True, absent=0.05), tmp_path)
    assert (path(report), report.chosen) == (["prompt", "rag", "hybrid"], "hybrid")


def test_known_gaps_in_the_documents_are_not_climbed_at_all(tmp_path: Path) -> None:
    world = World(facts_missing=True, absent=1.0, chance=0.0, index=True)  # indexed by an earlier sync
    report = go(world, tmp_path)
    assert (path(report), report.chosen) == (["prompt"], "prompt")
    assert need(report, Want.DOCUMENTS).many == 120
    assert not world.made


# Data that can't be trained on


def test_nothing_is_trained_on_data_with_blocking_findings(tmp_path: Path) -> None:
    world = World(form_missing=True, blocking="Mend line 3 of examples.jsonl: it contradicts line 1.")
    report = go(world, tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt"], "prompt", False)
    assert "But nothing was trained: Mend line 3 of examples.jsonl" in report.reason
    assert report.missing[0].what is Want.EXAMPLES
    assert report.missing[0].why == world.blocking
    assert world.made == ["index"]


def test_a_form_that_an_adapter_did_not_learn_asks_for_examples(tmp_path: Path) -> None:
    report = go(World(form_missing=True, adapter_helps=False), tmp_path)
    assert (path(report), report.met) == (["prompt", "lora"], False)
    assert report.chosen == "prompt"  # the adapter was not better, so the simplest stays
    assert "check the examples and add more of them" in report.reason
    assert need(report, Want.EXAMPLES).questions


def test_without_anything_to_train_on_examples_are_what_is_missing(tmp_path: Path) -> None:
    report = go(World(form_missing=True), tmp_path, train=None)
    assert path(report) == ["prompt"]
    assert "Write or import examples." in need(report, Want.EXAMPLES).why


def test_without_documents_documents_are_what_is_missing(tmp_path: Path) -> None:
    report = go(World(facts_missing=True, chance=0.0), tmp_path, sync=None)
    assert path(report) == ["prompt"]
    assert need(report, Want.DOCUMENTS).many == 120


# What else can be missing


def test_a_base_that_reads_past_its_passages_even_when_trained_is_what_is_missing(tmp_path: Path) -> None:
    report = go(World(facts_missing=True, skill=0.6), tmp_path)
    assert (path(report), report.met) == (["prompt", "rag", "hybrid"], False)
    assert "Take a better base" in need(report, Want.BASE).why


def test_where_nothing_passes_at_all_more_questions_are_not_what_is_missing(tmp_path: Path) -> None:
    report = go(World(form_missing=True, adapter_helps=False, chance=0.0), tmp_path)
    assert (report.chosen, report.met) == (None, False)
    assert "No setup passed a single question" in report.reason
    assert [one.what for one in report.missing] == [Want.EXAMPLES]


def test_answers_that_break_off_ask_for_more_room(tmp_path: Path) -> None:
    report = go(World(cut_off=0.5), tmp_path)
    assert not report.met
    assert "max_new_tokens" in need(report, Want.LENGTH).why


def test_answers_that_never_come_end_the_climb_at_once(tmp_path: Path) -> None:
    class Broken(World):
        def answer_batch(
            self, asked: list[tuple[str, Sequence[Mapping[str, str]]]], setup: str
        ) -> list[Answer]:
            raise OSError("no such host")

    world = Broken(facts_missing=True)
    report = go(world, tmp_path)
    assert (path(report), report.chosen, report.met) == (["prompt"], "prompt", False)
    assert "To 60 of 60 questions no answer came: mend that first." in report.reason
    assert need(report, Want.ANSWERS).many == 120
    assert not world.made
