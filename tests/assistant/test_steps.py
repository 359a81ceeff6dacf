"""The steps between a question and a reply: remember, rewrite, retrieve, ask back or answer, check, repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from assistant import Assistant, Prompting, Reply, Setup, variant
from assistant.engines.engine import Decoding, Generated
from assistant.guard.limits import Limits
from assistant.reply import Question
from assistant.shots import Shots
from finetune.examples import Example
from finetune.form import Form
from finetune.layout import Message
from foundation.errors import UserError
from rag import Library
from tests.assistant.fakes import FakeEngine

FORM = Form(opening="Hello!", closing="Bye.", abstain="Our documents do not say.")
GOOD, BAD = "Hello! It costs 49 EUR. Bye.", "It costs 49 EUR."


@dataclass
class Learns(FakeEngine):
    """Breaks the form at first, and keeps it when it is told what was broken; has room for so many words."""

    second: str = GOOD
    most: int | None = None
    decodings: list[Decoding] = field(default_factory=list)

    def room(self) -> int | None:
        return self.most

    def generate(self, prompts: Sequence[Sequence[Message]], adapter: bool, *told: object) -> list[Generated]:
        self.asked += [(list(prompt), adapter) for prompt in prompts]
        self.decodings += [one for one in told if isinstance(one, Decoding)]
        return [
            Generated(
                self.second if "does not keep the form" in prompt[-1]["content"] else BAD,
                10,
                5,
                True,
                0.5,
                0.2,
            )
            for prompt in prompts
        ]


def talk(*exchanges: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"role": role, "content": text}
        for exchange in exchanges
        for role, text in zip(("user", "assistant"), exchange, strict=True)
    ]


# check and repair


def test_an_answer_that_breaks_the_form_says_so() -> None:
    reply = Assistant(Learns(), None, FORM).answer("What does it cost?", talk(("Hi", "Yes")), Setup.PROMPT)
    assert not reply.form.value and "opening: begins with" in reply.form.reason and not reply.repaired
    assert reply.steps == ("answer", "check")


def test_an_answer_that_breaks_the_form_is_written_once_more_where_that_is_asked_for() -> None:
    engine = Learns()
    reply = Assistant(engine, None, FORM).answer("What does the stove cost?", (), variant("lora+repair"))
    assert (reply.text, reply.form.value, reply.repaired) == (GOOD, True, True)
    assert reply.steps == ("answer", "check", "repair") and reply.variant == "lora+repair"
    once_more, adapter = engine.asked[1]
    assert adapter and [turn["role"] for turn in once_more[-3:]] == ["user", "assistant", "user"]
    assert 'begins with "It costs 49 EUR' in once_more[-1]["content"]
    assert reply.timings["repair"] == 0.5 and reply.timings["total"] == pytest.approx(1.0)
    assert (reply.tokens_in, reply.tokens_out) == (20, 10)


def test_an_answer_is_repaired_once_and_the_first_stays_where_that_does_not_help() -> None:
    engine = Learns(second="Still no.")
    reply = Assistant(engine, None, FORM).answer("What does the stove cost?", (), variant("prompt+repair"))
    assert reply.text == BAD and not reply.repaired and not reply.form.value
    assert len(engine.asked) == 2 and reply.steps[-1] == "repair"


def test_a_stream_that_may_be_repaired_shows_only_what_stays() -> None:
    *pieces, reply = Assistant(Learns(), None, FORM).stream_reply(
        "What does the stove cost?", (), variant("prompt+repair")
    )
    assert pieces == [GOOD] and isinstance(reply, Reply) and reply.repaired


# ask back


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("How much is it?", "Hello! Which one do you mean?"),
        ("Bunun fiyatı ne kadar?", "Hello! Neyi kastettiğinizi anlayamadım"),
    ],
)
def test_a_question_that_points_at_nothing_is_asked_back_with_what_it_may_be_about(
    library: Library, question: str, begins: str
) -> None:
    engine = FakeEngine()
    reply = Assistant(engine, library, FORM).answer(question, (), Setup.RAG)
    assert reply.asked_back and reply.text.startswith(begins) and engine.asked == []
    assert "Prices" in reply.text and reply.form.value and not reply.abstained
    assert reply.steps == ("retrieve", "ask back", "check")


@pytest.mark.parametrize(
    "question",
    [
        "opening hours?",
        "What does the Fellmark stove cost?",
        "Does the stove come with its own bag?",
        "Who are you?",
        "What is the extension of the IT helpdesk?",
        "Is it possible to return tents?",
        "How long does it take to ship?",
    ],
)
def test_a_question_that_can_be_understood_is_answered(library: Library, question: str) -> None:
    assert not Assistant(FakeEngine(), library, FORM).answer(question, (), Setup.RAG).asked_back


def test_with_a_conversation_before_it_a_question_may_point(library: Library) -> None:
    earlier = talk(("What does the Fellmark stove cost?", "It costs 49 EUR."))
    assert (
        not Assistant(FakeEngine(), library, FORM).answer("How heavy is it?", earlier, Setup.RAG).asked_back
    )


@pytest.mark.parametrize(
    "form", [Form(labels=("a", "b")), Form(json_schema={"type": "object"}), Form(pattern="^[a-z]+$")]
)
def test_what_a_machine_reads_is_never_asked_back(library: Library, form: Form) -> None:
    assert not Assistant(FakeEngine(), library, form).answer("How much is it?", (), Setup.RAG).asked_back


def test_a_workspace_may_have_questions_answered_as_they_are(library: Library) -> None:
    assistant = Assistant(FakeEngine(), library, FORM, prompting=Prompting(ask_back=False))
    assert not assistant.answer("How much is it?", (), Setup.RAG).asked_back


# memory


def test_a_conversation_is_kept_within_its_budget_the_newest_whole(library: Library) -> None:
    engine = FakeEngine()
    earlier = talk(("one two three", "four five"), ("six seven", "eight"), ("nine ten", "eleven"))
    assistant = Assistant(engine, library, FORM, prompting=Prompting(memory=7))  # the fake counts words
    reply = assistant.answer("And the warranty of the stove?", earlier, Setup.PROMPT)
    told = [turn["content"] for turn in engine.asked[0][0][1:]]
    assert told == ["six seven", "eight", "nine ten", "eleven", "And the warranty of the stove?"]
    assert reply.forgotten == 2


def test_what_the_model_has_no_room_for_is_left_out_turns_first_then_the_last_passages(
    library: Library,
) -> None:
    engine = Learns()
    assistant = Assistant(engine, library, FORM, k=2)
    earlier = talk(("Tell me about the weather of the last week", "It rained, and rained, and rained"))
    assistant.answer("What does the Fellmark stove cost?", earlier, Setup.RAG)
    whole = sum(len(turn["content"].split()) for turn in engine.asked[0][0])
    engine.most = whole - 1
    reply = assistant.answer("What does the Fellmark stove cost?", earlier, Setup.RAG)
    assert reply.forgotten == 2 and len(reply.hits) == 2
    engine.most = sum(len(turn["content"].split()) for turn in engine.asked[1][0]) - 1
    reply = assistant.answer("What does the Fellmark stove cost?", earlier, Setup.RAG)
    assert reply.forgotten == 2 and len(reply.hits) == 1 and "[2]" not in engine.asked[2][0][-1]["content"]


# what is found, and what the prompt is made of


def test_what_is_looked_up_for_a_question_is_looked_up_once_for_all_its_setups(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    search = library.search

    def counting(query: str, *rest: object) -> object:
        searched.append(query)
        return search(query, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "search", counting)
    engine = FakeEngine()
    cases = [Question(text, (), setup) for text in ("Fellmark stove?", "Arden kettle?") for setup in Setup]
    replies = Assistant(engine, library, FORM).answer_cases(cases)
    assert [(one.setup, bool(one.hits)) for one in replies] == [  # type: ignore[union-attr]
        (case.setup, case.setup.retrieve) for case in cases
    ]
    assert searched == ["Fellmark stove?", "Arden kettle?"]
    assert [adapter for _, adapter in engine.asked] == [False] * 4 + [True] * 4  # together, switched once


def test_a_failure_of_the_model_stands_in_the_place_of_its_reply_and_harms_no_other() -> None:
    class Fails(FakeEngine):
        def generate(
            self, prompts: Sequence[Sequence[Message]], adapter: bool, *_: object
        ) -> list[Generated]:
            late = TimeoutError("took too long")
            return [
                Generated("", 0, 0, False, 1.0, failure=late if "late" in prompt[-1]["content"] else None)
                for prompt in prompts
            ]

    assistant = Assistant(Fails(), None, FORM)
    made = assistant.answer_cases([Question(text, (), Setup.PROMPT) for text in ("one", "late", "two")])
    assert [type(one).__name__ for one in made] == ["Reply", "TimeoutError", "Reply"]
    with pytest.raises(UserError, match="took too long"):
        assistant.answer("late", (), Setup.PROMPT)


def test_examples_stand_between_the_instructions_and_the_conversation_where_a_variant_asks_for_them(
    library: Library,
) -> None:
    rows = [
        Example(
            id=f"e{place}",
            messages=(
                {"role": "user", "content": f"What does the {thing} cost?"},
                {"role": "assistant", "content": f"Hello! The {thing} costs {place} EUR. Bye."},
            ),
            sources=(),
            facts=(),
            line=place,
        )
        for place, thing in enumerate(("lamp", "spoon", "rope"), start=1)
    ]
    made: list[tuple[str, int]] = []

    def shots(asked: Prompting) -> Shots:
        made.append((asked.shots_by, asked.shots))
        return Shots(rows, FORM, asked.shots_by, asked.shots)

    engine = FakeEngine()
    assistant = Assistant(engine, None, FORM, shots=shots)
    assistant.answer("What is the price of the long rope here?", (), variant("prompt+shots=2"))
    prompt = engine.asked[0][0]
    assert [turn["role"] for turn in prompt] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "rope" in prompt[3]["content"] and made == [("nearest", 2)]
    assistant.answer("What is the price of the long rope here?", (), Setup.PROMPT)
    assert len(engine.asked[1][0]) == 2 and made == [("nearest", 2)]
    prints = [
        assistant.fingerprint(variant(name)) for name in ("prompt", "prompt+shots=2", "prompt+shots=2+fixed")
    ]
    assert len(set(prints)) == 3


def test_answers_are_held_to_the_form_s_shape_unless_a_variant_sets_them_free() -> None:
    engine = Learns()
    assistant = Assistant(engine, None, Form(labels=("yes", "no")))
    assistant.answer("Well?", (), Setup.PROMPT)
    assistant.answer("Well?", (), variant("prompt+free"))
    held, free = (one.constraint for one in engine.decodings)
    assert held is not None and held.labels == ("yes", "no") and free is None
    assert assistant.fingerprint(Setup.PROMPT) != assistant.fingerprint(variant("prompt+free"))


def test_what_may_not_be_said_is_part_of_what_answers_depend_on(library: Library) -> None:
    prints = {
        Assistant(FakeEngine(), library, FORM, limits=limits).fingerprint(Setup.PROMPT)
        for limits in (None, Limits(FORM, library, ["Project Heron"]), Limits(FORM, library, (), 200))
    }
    assert len(prints) == 3


def test_a_conversation_that_is_too_long_to_be_rewritten_is_completed_by_rules(library: Library) -> None:
    engine = Learns(most=60)
    earlier = talk(
        *[("What does the Arden kettle cost, and what does it weigh, and who made it?", "19 EUR.")] * 5
    )
    reply = Assistant(engine, library, FORM, k=1).answer("And its weight?", earlier, variant("rag+rewrite"))
    assert len(engine.asked) == 1 and reply.hits and "rewrite" in reply.steps


def test_a_greeting_of_the_assistant_before_the_first_question_is_no_turn(library: Library) -> None:
    greeted = [{"role": "assistant", "content": "Hello, what can I do?"}]
    reply = Assistant(FakeEngine(), library, FORM).answer(
        "What does the Fellmark stove cost?", greeted, Setup.PROMPT
    )
    assert reply.text == "Yes." and reply.forgotten == 1


def test_a_reply_tells_model_adapter_and_index(library: Library) -> None:
    assistant = Assistant(FakeEngine(), library, FORM)
    hybrid = assistant.answer("What does the Fellmark stove cost?", (), Setup.HYBRID)
    assert (hybrid.model, hybrid.adapter, hybrid.index) == ("fake", "house", str(library.generation))
    prompt = assistant.answer("What does the Fellmark stove cost?", (), Setup.PROMPT)
    assert (prompt.adapter, prompt.index) == ("", "")
