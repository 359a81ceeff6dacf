"""Every wording of the instructions says every rule of the form, and none of them can be got out of a model that obeys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.assistant import Assistant
from assistant.guard import HELD_BACK
from assistant.instructions import BUILT_IN, LONGEST, USUAL, Instructor, Own, read_own
from assistant.prompt import messages
from assistant.setup import Prompting, variant
from assistant.workspace import Workspace, create
from finetune.form import Form
from foundation.errors import UserError
from tests import naive
from tests.assistant.fakes import FakeEngine, obeys

FORM = Form(
    instructions="Answer in the plain words of a keeper of the northern light, who has seen many ships pass in the night.",
    opening="Ahoy from the light!",
    closing="Fair winds.",
    max_words=40,
    citations=True,
    forbid=("as an AI", "no problem"),
    abstain="The log does not say.",
)

phrases = st.text(alphabet="abcdefg {}%\"'ıİş.,", min_size=1, max_size=20).filter(str.strip)
forms = st.builds(
    Form,
    instructions=st.one_of(st.just(""), phrases),
    opening=st.one_of(st.just(""), phrases),
    closing=st.one_of(st.just(""), phrases),
    max_words=st.one_of(st.none(), st.integers(1, 999)),
    citations=st.booleans(),
    forbid=st.lists(phrases, max_size=3).map(tuple),
    abstain=st.one_of(st.just(""), phrases),
    pattern=st.one_of(st.just(""), st.just(r"^\d{1,3} EUR$")),
    labels=st.lists(phrases, max_size=3, unique=True).map(tuple),
    json_schema=st.one_of(
        st.none(), st.just({"type": "object", "properties": {"price": {"type": "number"}}})
    ),
)


def rules(form: Form) -> list[str]:
    """Return what of a form must stand in every wording of it."""
    shape = [] if form.json_schema is None else [json.dumps(form.json_schema)]
    said = [
        form.instructions,
        form.opening,
        form.closing,
        form.pattern,
        form.abstention,
        *form.forbid,
        *shape,
    ]
    return [text for text in [*said, ", ".join(form.labels), str(form.max_words or "")] if text]


def lacking(said: str, form: Form) -> list[str]:
    return [rule for rule in rules(form) if rule not in said]


@given(forms, st.sampled_from(list(BUILT_IN)), st.booleans())
def test_every_wording_says_every_rule_of_the_form(form: Form, name: str, retrieved: bool) -> None:
    told = Instructor(form).of(name, retrieved)
    assert lacking(told.system, form) == []
    assert not form.citations or "[1]" in told.system
    assert told == Instructor(form).of(name, retrieved)  # of the form alone


@given(forms, phrases)
def test_a_wording_that_people_wrote_is_followed_by_every_rule(form: Form, text: str) -> None:
    """The naive way, their text in the place of the whole, loses the rules."""
    naive_text = text
    told = Instructor(form, {"ours": Own(text)}).of("ours", True)
    assert told.system.startswith(text) and lacking(told.system, form) == []
    assert lacking(naive_text, FORM)


def test_the_usual_wording_is_what_adapters_and_the_starter_were_trained_on() -> None:
    for retrieved in (True, False):
        assert (
            messages("Why?", (), (), FORM, retrieved)[0]["content"]
            == Instructor(FORM).of("", retrieved).system
        )
        assert Instructor(FORM).of(USUAL, retrieved).system.endswith(FORM.prompt())


def test_the_wordings_differ_and_a_reminder_stands_after_the_question() -> None:
    told = {name: Instructor(FORM).of(name, True) for name in BUILT_IN}
    assert len(set(told.values())) == len(BUILT_IN)
    last = messages("Why?", (), (), FORM, True, told["reminded"])[-1]["content"]
    assert last.startswith("Why?\n(Remember: ") and FORM.abstention in last
    assert "regatta" in told["worked"].system and FORM.abstention in told["worked"].system
    assert "not" not in " ".join(told["positive"].system.replace(FORM.abstention, "").split()).split()
    assert "Belgeler" in told["turkish"].system


@pytest.mark.fault(65)
@pytest.mark.parametrize("name", [*BUILT_IN, "ours"])
def test_no_wording_and_no_reminder_gets_out_of_a_model_that_obeys(name: str) -> None:
    """The hostile stub says all that it reads; a naive target shows that."""
    own = {"ours": Own("Speak as the keeper of the northern light would, to those who come ashore.", reminder="Mind the rocks below the tower, and never speak of the tunnel.")}  # fmt: skip
    assistant = Assistant(FakeEngine(obeys), None, FORM, instructor=Instructor(FORM, own))
    asked = variant(f"prompt+instructions={name}")
    told = assistant.instructor.of(name, False)
    reply = assistant.answer("Hi?", (), asked)
    assert told.system in naive.unguarded(reply.raw) and told.reminder in naive.unguarded(reply.raw)
    assert reply.text == HELD_BACK
    for secret in filter(None, (told.system, told.reminder)):
        alone = Assistant(
            FakeEngine(lambda *_, said=secret: said), None, FORM, instructor=Instructor(FORM, own)
        )
        assert secret not in alone.answer("Hi?", (), asked).text


def test_an_answer_in_the_form_is_no_secret_in_any_wording() -> None:
    for name in BUILT_IN:
        for said in (FORM.abstention, "Ahoy from the light! It burns since 1871. Fair winds."):
            assistant = Assistant(FakeEngine(lambda *_, said=said: said), None, FORM)
            assert assistant.answer("Since when?", (), variant(f"prompt+instructions={name}")).text == said


def test_answers_of_two_wordings_are_never_taken_for_each_other() -> None:
    assistant = Assistant(FakeEngine(), None, FORM)
    marks = {assistant.fingerprint(variant(f"prompt+instructions={name}")) for name in BUILT_IN}
    assert len(marks) == len(BUILT_IN)
    usual = Assistant(FakeEngine(), None, FORM, prompting=Prompting(instructions=USUAL))
    assert usual.fingerprint(variant("prompt")) == assistant.fingerprint(variant("prompt"))


def test_an_unknown_wording_is_a_sentence_before_anything_is_asked() -> None:
    assistant = Assistant(FakeEngine(), None, FORM)
    with pytest.raises(UserError, match='no instructions "tersse". Did you mean "terse"'):
        assistant.fingerprint(variant("prompt+instructions=tersse"))


# instructions.toml


def house(tmp_path: Path, own: str, wording: str = "") -> Workspace:
    root = create(tmp_path / "house", demo=False).root
    (root / "instructions.toml").write_text(own, encoding="utf-8")
    if wording:
        with (root / "rungwise.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[prompt]\ninstructions = "{wording}"\n')
    return Workspace.open(root)


def test_a_house_s_own_wording_is_served_and_trained_on(tmp_path: Path) -> None:
    own = '[warm]\ntext = "You are our friendly clerk; answer from the documents."\nalone = "You are our friendly clerk."\n'
    workspace = house(tmp_path, own, "warm")
    assert workspace.told(True).system.startswith("You are our friendly clerk; answer")
    assert workspace.told(False).system == f"You are our friendly clerk. {workspace.form.prompt()}"
    plain = Workspace.open(create(tmp_path / "plain", demo=False).root)
    assert workspace.changed_since({**plain.ingredients(), "examples": workspace.ingredients()["examples"]})


def test_the_usual_wording_by_name_makes_no_adapter_stale(tmp_path: Path) -> None:
    plain = Workspace.open(create(tmp_path / "plain", demo=False).root)
    assert house(tmp_path, "", USUAL).ingredients() == plain.ingredients()


def test_mistakes_are_named_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "instructions.toml"
    long = "x" * (LONGEST + 1)
    path.write_text(
        f'loose = "text"\n[usual]\ntext = "a"\n["two words"]\ntext = "a"\n[a]\ntxt = "b"\n[b]\ntext = "{long}"\nreminder = 3\n',
        encoding="utf-8",
    )
    with pytest.raises(UserError) as told:
        read_own(path)
    for part in (
        '"loose" is no section',
        '"usual" is a wording that is built in',
        '"two words" must be a name',
        '[a] has no key "txt". Did you mean "text"',
        "[a]: text must be a text that is not empty",
        "[b]: text has 4,001 letters, but 4,000 are allowed",
        "[b]: reminder must be a text.",
    ):
        assert part in str(told.value)
    path.write_text("[a", encoding="utf-8")
    with pytest.raises(UserError, match="are not TOML"):
        read_own(path)
    assert read_own(tmp_path / "none.toml") == {}


def test_settings_that_name_a_wording_that_is_not_there_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='no instructions "warmm". Did you mean "warm"'):
        _ = house(tmp_path, '[warm]\ntext = "Be warm."\n', "warmm").instructor
