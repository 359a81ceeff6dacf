"""The gate before the model, and the support that every reply carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant, Reply, Setup, Workspace
from assistant.config.settings import RowSettings
from assistant.follow_up import complete
from assistant.gate import AbstainedBy, Gate
from assistant.rows import build_rows
from assistant.setup import Prompting
from assistant.workspace import create
from finetune.examples import Example
from finetune.form import Form
from finetune.layout import Message
from foundation.errors import UserError
from foundation.files import write_text_atomic
from rag import Library, Viewer
from rag.attribution.support import Lack, Verdict
from rag.retrieval.answerability import SHIPPED, Fit, write_fit
from tests.assistant.fakes import FakeEngine

FORM = Form(opening="Hello!", closing="Bye.", citations=True, abstain="Our documents do not say.")
STOVE = "What does the Fellmark stove cost?"
STRANGER = "Who painted quixotic zebras yesterday?"


def at(threshold: float) -> Gate:
    fit = replace(SHIPPED, threshold=threshold, recipe="as now")
    return Gate(lambda: fit)


def house(
    library: Library, gate: Gate | None, form: Form = FORM, answer: str = "Hello! 49 EUR [1]. Bye."
) -> Assistant:
    return Assistant(FakeEngine(lambda *_: answer), library, form, gate=gate)


def score(library: Library, question: str) -> float:
    judged = at(0.5).judge(library, question)
    assert judged is not None
    return judged.score


@pytest.fixture
def between(library: Library) -> Gate:
    """A gate that lets the stove through and stops the stranger."""
    low, high = score(library, STRANGER), score(library, STOVE)
    assert low < high
    return at((low + high) / 2)


@pytest.mark.parametrize("setup", [Setup.RAG, Setup.HYBRID])
def test_below_the_threshold_the_house_abstains_and_no_model_is_asked(
    library: Library, between: Gate, setup: Setup
) -> None:
    assistant = house(library, between)
    reply = assistant.answer(STRANGER, (), setup)
    assert reply.text == "Hello! Our documents do not say. Bye."
    assert reply.abstained and reply.abstained_by is AbstainedBy.RETRIEVAL
    assert reply.answerability is not None and reply.answerability.low
    assert (reply.tokens_in, reply.tokens_out, reply.citations) == (0, 0, ())
    assert assistant.engine.asked == []  # type: ignore[attr-defined]
    assert not reply.unsupported


def test_above_it_the_model_answers_and_the_score_is_told(library: Library, between: Gate) -> None:
    reply = house(library, between).answer(STOVE, (), Setup.RAG)
    assert "49 EUR" in reply.text and reply.abstained_by is None
    assert reply.answerability is not None and not reply.answerability.low


def test_in_a_batch_each_question_keeps_its_own_answer(library: Library, between: Gate) -> None:
    assistant = house(library, between)
    replies = assistant.answer_batch([(STRANGER, ()), (STOVE, ()), (STRANGER, ())], Setup.RAG)
    assert [one.abstained_by for one in replies] == [AbstainedBy.RETRIEVAL, None, AbstainedBy.RETRIEVAL]
    assert "49 EUR" in replies[1].text
    assert len(assistant.engine.asked) == 1  # type: ignore[attr-defined]


def test_a_batch_of_declined_questions_asks_the_engine_nothing(library: Library, between: Gate) -> None:
    assistant = house(library, between)
    assert len(assistant.answer_batch([(STRANGER, ())] * 2, Setup.RAG)) == 2
    assert assistant.engine.asked == []  # type: ignore[attr-defined]


def test_a_stream_ends_with_the_same_reply(library: Library, between: Gate) -> None:
    *pieces, reply = house(library, between).stream_reply(STRANGER, (), Setup.RAG)
    assert isinstance(reply, Reply) and reply.abstained_by is AbstainedBy.RETRIEVAL
    assert "".join(map(str, pieces)) == reply.text


@pytest.mark.parametrize("setup", [Setup.PROMPT, Setup.LORA])
def test_a_setup_that_does_not_retrieve_is_never_gated(library: Library, setup: Setup) -> None:
    reply = house(library, at(1.1)).answer(STRANGER, (), setup)
    assert "49 EUR" in reply.text and reply.answerability is None and reply.support == ()


def test_without_a_fit_nothing_changes_not_even_the_fingerprint(library: Library) -> None:
    plain, gated = house(library, None), house(library, Gate(lambda: None))
    one, other = (each.answer(STRANGER, (), Setup.RAG) for each in (plain, gated))
    assert (one.text, one.abstained_by, one.answerability) == (other.text, None, None)
    assert {s: plain.fingerprint(s) for s in Setup} == {s: gated.fingerprint(s) for s in Setup}


def test_the_fingerprint_of_setups_that_retrieve_hangs_on_the_fit(library: Library) -> None:
    plain, one, other = (house(library, gate) for gate in (None, at(0.2), at(0.3)))
    marks = [{setup: each.fingerprint(setup) for setup in Setup} for each in (plain, one, other)]
    for setup in Setup:
        assert len({mark[setup] for mark in marks}) == (3 if setup.retrieve else 1)


def test_a_follow_up_is_judged_by_what_is_searched(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    lookup = Library.lookup
    monkeypatch.setattr(
        Library, "lookup", lambda self, query, viewer=None: asked.append(query) or lookup(self, query, viewer)
    )
    earlier = [{"role": "user", "content": STOVE}, {"role": "assistant", "content": "49 EUR."}]
    reply = house(library, at(0.0)).answer("And its weight?", earlier, Setup.RAG)
    assert (
        asked == [complete("And its weight?", earlier)] != ["And its weight?"]
        and reply.answerability is not None
    )


def test_a_reader_is_judged_by_what_this_reader_may_see(library: Library) -> None:
    write_text_atomic(
        library.documents.parent / "documents.toml", '[[document]]\npath = "prices.md"\naccess = ["sales"]\n'
    )
    library.sync()
    gate = at(0.5)
    told = [gate.judge(library, STOVE, Viewer(groups)) for groups in (frozenset({"sales"}), frozenset())]
    assert told[0] is not None and told[1] is not None and told[0].score > told[1].score


def test_the_base_completes_a_follow_up_where_the_settings_say_so_and_the_adapter_does_not(
    library: Library,
) -> None:
    earlier = [{"role": "user", "content": STOVE}, {"role": "assistant", "content": "49 EUR."}]
    engine = FakeEngine(
        lambda told, adapter: (
            "What is the weight of the Fellmark stove?" if "Rewrite" in told[0]["content"] else "Yes [1]."
        )
    )
    assistant = Assistant(engine, library, FORM, prompting=Prompting(rewrite=True))
    assistant.answer("And its weight?", earlier, Setup.HYBRID)
    assert [adapter for _, adapter in engine.asked] == [False, True]
    assistant.answer(STOVE, earlier, Setup.HYBRID)
    assert len(engine.asked) == 3  # a question that stands alone is not rewritten


def test_a_machine_read_shape_is_never_broken_by_the_abstention(library: Library) -> None:
    schema = {"type": "object", "required": ["price"], "properties": {"price": {"type": ["integer", "null"]}}}
    loose = house(library, at(1.1), Form(json_schema=schema), '{"price": 49}')
    assert loose.answer(STRANGER, (), Setup.RAG).text == '{"price": 49}', "it has no abstention in its shape"
    kept = house(library, at(1.1), Form(json_schema=schema, abstain='{"price": null}'), '{"price": 49}')
    reply = kept.answer(STRANGER, (), Setup.RAG)
    assert reply.text == '{"price": null}' and reply.abstained_by is AbstainedBy.RETRIEVAL


def test_what_the_model_declines_is_told_apart(library: Library) -> None:
    reply = house(library, None, answer="Hello! Our documents do not say. Bye.").answer(STOVE, (), Setup.RAG)
    assert reply.abstained_by is AbstainedBy.MODEL and not reply.unsupported


def test_training_rows_are_the_same_with_a_fit_as_without(library: Library) -> None:
    examples = [
        Example(
            "e1", ({"role": "user", "content": STOVE}, {"role": "assistant", "content": "It costs 49 EUR [1]."}),
            ("prices.md",), ("49 EUR",), 1,
        )
    ]  # fmt: skip
    rows = build_rows(examples, library, FORM, 2, RowSettings(0.0, 0.0))
    library.settings = replace(library.settings, abstain=True)
    assert build_rows(examples, library, FORM, 2, RowSettings(0.0, 0.0)) == rows and rows.rows


# what settings and files do


def test_only_the_setting_and_a_fit_for_this_library_shut_the_gate(tmp_path: Path) -> None:
    from assistant.open import open_assistant

    root = create(tmp_path / "house", demo=False).root
    assert open_assistant(Workspace.open(root)).gate is None, "off by default"
    text = (root / "rungwise.toml").read_text("utf-8")
    (root / "rungwise.toml").write_text(text.replace("k = 4", "k = 4\nabstain = true"), "utf-8")
    workspace = Workspace.open(root)
    gate = open_assistant(workspace).gate
    assert gate is not None and gate.fitted() is None
    workspace.built.mkdir()
    fit = Fit(0.0, SHIPPED.weights, 0.4, 0.05, 9, 9, "made with something else")
    write_fit(workspace.answerability, fit)
    assert gate.fitted() is None, "a fit for other chunks or vectors is not used"
    write_fit(workspace.answerability, replace(fit, recipe=open_assistant(workspace).library.recipe))  # type: ignore[union-attr]
    assert gate.fitted() is not None
    workspace.answerability.write_text("{", "utf-8")
    with pytest.raises(UserError, match="tune-retrieval"):
        gate.fitted()


# support in a reply


def says(text: str) -> FakeEngine:
    def say(prompt: Sequence[Message], adapter: bool) -> str:
        return text

    return FakeEngine(say)


def test_a_wrong_number_with_a_right_citation_is_marked(library: Library) -> None:
    reply = Assistant(says("Hello! The Fellmark stove costs 59 EUR [1]. Bye."), library, FORM).answer(
        STOVE, (), Setup.RAG
    )
    assert [one.number for one in reply.citations] == [1], (
        "the naive way, cited = supported, sees nothing wrong"
    )
    (lost,) = reply.unsupported
    assert reply.text[lost.start : lost.end] == "The Fellmark stove costs 59 EUR [1]."
    assert (lost.lack, lost.missing) == (Lack.FIGURE, ("59",)) and reply.citations[0].spans == ()


def test_a_right_number_is_carried_and_its_place_in_the_passage_is_told(library: Library) -> None:
    reply = Assistant(says("Hello! The Fellmark stove costs 49 EUR [1]. Bye."), library, FORM).answer(
        STOVE, (), Setup.RAG
    )
    (cited,) = reply.citations
    assert [cited.text[start:end] for start, end in cited.spans] == ["The Fellmark stove costs 49 EUR."]
    assert [one.verdict for one in reply.support] == [Verdict.NO_CLAIM, Verdict.SUPPORTED, Verdict.NO_CLAIM]


@pytest.mark.parametrize("mark", ["[9]", "[1, 9]", "[9,1]", "[0]"])
def test_a_citation_of_a_passage_that_was_not_given_is_taken_out_and_told(
    library: Library, mark: str
) -> None:
    reply = Assistant(says(f"The Fellmark stove costs 49 EUR {mark}."), library, FORM).answer(
        STOVE, (), Setup.RAG
    )
    assert "9" not in reply.text.replace("49", "") and "[0]" not in reply.text
    assert any("was not given" in one for one in reply.removed)
    assert [one.number for one in reply.citations] == ([1] if "1" in mark else [])
    assert not reply.unsupported, "what it says stands in the first passage, cited or not"


@pytest.fixture
def closed(library: Library) -> Library:
    """A library in which an asker without groups finds nothing."""
    write_text_atomic(
        library.documents.parent / "documents.toml", '[[document]]\npath = "*"\naccess = ["staff"]\n'
    )
    library.sync()
    return library


def test_where_nothing_was_retrieved_the_house_declines_and_no_model_is_asked(closed: Library) -> None:
    engine = says("The stove costs 49 EUR [1].")
    reply = Assistant(engine, closed, FORM).answer(STOVE, (), Setup.RAG)
    assert reply.hits == () and reply.citations == () and engine.asked == []
    assert reply.abstained and reply.text == "Hello! Our documents do not say. Bye."


def test_where_nothing_was_retrieved_and_a_shape_leaves_no_room_to_decline_the_answer_is_unsupported(
    closed: Library,
) -> None:
    form = Form(pattern=r"^The stove costs .*\.$")
    reply = Assistant(says("The stove costs 49 EUR [1]."), closed, form).answer(STOVE, (), Setup.RAG)
    assert reply.citations == () and "[1]" not in reply.text
    assert [one.lack for one in reply.unsupported] == [Lack.PASSAGES]


def test_words_that_the_schema_prescribes_are_no_claims(library: Library) -> None:
    schema = {"type": "object", "properties": {"status": {"enum": ["answered", "open"]}}}
    form = Form(json_schema=schema, abstain='{"status": "open"}')
    reply = Assistant(says('{"status": "answered", "price": "49 EUR"}'), library, form).answer(
        STOVE, (), Setup.RAG
    )
    assert [one.verdict for one in reply.support] == [Verdict.NO_CLAIM, Verdict.SUPPORTED]
