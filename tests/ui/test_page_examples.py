"""The page Examples, held by a list of behaviours; drawn headlessly, with what its jobs would leave put in their place."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from advisor import Language
from assistant import Workspace
from finetune.examples import load_examples
from foundation.errors import UserError
from tests.ui.cli_fakes import add_example
from tests.ui.page_world import HOSTILE, button, opened, told
from ui import examples
from ui.access.permissions import Person, Role
from ui.drawing.example_add import checked_name

PHONE = "0532 123 45 67"


class Ended:
    """A job that has ended well, with what it gave back."""

    def __init__(self, kind: str, result: Any, running: bool = False) -> None:
        from ui.jobs.job import State

        self.kind, self.result, self.running = kind, result, running
        self.state = State.RUNNING if running else State.DONE
        self.id, self.began, self.ended, self.code = "0" * 16, time.time() + 1, time.time() + 2, 0
        self.said: tuple[str, ...] = ()
        self.title, self.done, self.total, self.note, self.left, self.why, self.who = (
            "",
            0,
            0,
            "",
            None,
            "",
            "ada",
        )


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Ended]:
    """The newest job of each kind, as the page finds them; what is begun is under `begun`."""
    known: dict[str, Any] = {"begun": []}
    monkeypatch.setattr("ui.jobs.office.newest", lambda house, kind: known.get(kind))
    monkeypatch.setattr(
        "ui.jobs.office.begin",
        lambda house, kind, words, person, what="": known["begun"].append((kind, list(words))),
    )
    return known


@pytest.fixture
def faulty(house: Path) -> Path:
    """The workspace with broken letters, a copy, and somebody's telephone number among its examples."""
    asked = {"role": "user", "content": "How do I reach the buyer?"}
    add_example(
        house,
        {
            "id": "phone",
            "messages": [asked, {"role": "assistant", "content": f"Call {PHONE}."}],
            "facts": [PHONE],
        },
    )
    who = {"role": "user", "content": "Who makes the spoons?"}
    add_example(
        house,
        {"id": "copy", "messages": [who, {"role": "assistant", "content": "The documents do not say."}]},
    )
    add_example(
        house,
        {
            "id": "broken",
            "messages": [
                {"role": "user", "content": "Ne kadar?"},
                {"role": "assistant", "content": "Ã‡ay yok."},
            ],
        },
    )
    return house


def checked(root: Path) -> dict[str, Any]:
    """Return what `rungwise check --json` prints."""
    from finetune.quality.doctor import check_examples

    house = Workspace.open(root)
    return {**check_examples(load_examples(house.examples), house.form).to_dict(), "names": False}


def part(app: AppTest, name: str) -> AppTest:
    return app.segmented_control(key="examples-part-7").set_value(name).run()


def sign_in(monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    monkeypatch.setattr("ui.who.person", lambda: Person("ada", role))


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    return app.file_uploader[0].set_value([(name, data, "text/plain")]).run()


# rows


def test_rows_are_shown_a_page_at_a_time_with_counts(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = opened(monkeypatch, house, "examples")
    assert "12 examples" in told(app) and "12 name no document" in told(app)
    assert "1 to 10 of 12" in told(app) and "Asked: Who makes the spoons?" in told(app)
    app.number_input(key="page-examples").set_value(2).run()
    assert "Asked: Who makes the bags?" in told(app) and "spoons" not in told(app)
    app.text_input(key="examples-filter").set_value("sieves").run()
    assert told(app).count("Asked:") == 1


def test_without_examples_the_page_says_what_to_do_and_only_adding_is_offered(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "examples.jsonl").unlink()
    app = opened(monkeypatch, house, "examples")
    assert "There are no examples yet" in app.info[0].value and app.file_uploader
    assert not app.exception


def test_a_file_with_mistakes_is_a_sentence_that_names_them_all(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    (house / "examples.jsonl").write_text('{"messages": []}\n{"mesages": 1}\n')
    app = opened(monkeypatch, house, "examples")
    sentence = app.error[0].value.replace("\\", "")
    assert "line 1" in sentence and "line 2" in sentence and not app.exception


def test_hostile_rows_stay_words(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    asked, answered = {"role": "user", "content": HOSTILE}, {"role": "assistant", "content": HOSTILE}
    rows = [{"id": HOSTILE, "messages": [asked, answered], "sources": [HOSTILE], "facts": [HOSTILE]}]
    (house / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    app = opened(monkeypatch, house, "examples")
    for page in (app, part(app, "split")):
        drawn = [one.value for one in (*page.markdown, *page.caption, *page.info)]
        assert not any("evil.example" in one or "<script" in one for one in drawn) and not page.exception


@pytest.mark.fault(94)
def test_examples_saved_as_csv_hold_no_formula(house: Path) -> None:
    from ui.drawing.example import table

    asked, answered = (
        {"role": "user", "content": '=HYPERLINK("http://evil")'},
        {"role": "assistant", "content": "@SUM(A1)"},
    )
    add_example(house, {"id": "-1+1", "messages": [asked, answered]})
    text = table(load_examples(house / "examples.jsonl")).removeprefix("\ufeff")
    assert "\"'=HYPERLINK" in text and "\"'@SUM" in text and '"\'-1+1"' in text


# roles


@pytest.mark.fault(99)
def test_a_viewer_is_told_which_role_it_takes_and_sees_no_row(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    sign_in(monkeypatch, Role.VIEWER)
    app = opened(monkeypatch, house, "examples")
    assert "takes the role editor" in app.error[0].value and "spoons" not in told(app)
    sign_in(monkeypatch, Role.EDITOR)
    assert "spoons" in told(app.run())


# findings, mending


def test_a_check_is_begun_as_a_job_and_what_it_found_is_shown_with_its_rows(
    monkeypatch: pytest.MonkeyPatch, faulty: Path, jobs: dict[str, Any]
) -> None:
    app = part(opened(monkeypatch, faulty, "examples"), "findings")
    button(app, "check")
    assert jobs["begun"] == [("check", ["check", "--json"])]
    jobs["check"] = Ended("check", checked(faulty))
    app = app.run()
    assert "broken characters" in told(app) and "personal data" in told(app) and "duplicate" in told(app)
    assert "Asked: Who makes the spoons?\nAnswered: The documents do not say." in [
        one.value for one in app.text
    ]
    app.multiselect(key="findings-code").set_value(["duplicate"]).run()
    assert "is there twice with the same answer" in told(app) and "a phone number" not in told(app)


def test_findings_of_other_examples_than_there_are_now_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, faulty: Path, jobs: dict[str, Any]
) -> None:
    jobs["check"] = Ended("check", checked(faulty))
    jobs["check"].began -= 1000
    app = part(opened(monkeypatch, faulty, "examples"), "findings")
    assert "have changed since the last check" in app.info[0].value and "twice" not in told(app)


def test_mending_shows_every_row_before_and_after_and_is_written_only_when_taken_over(
    monkeypatch: pytest.MonkeyPatch, faulty: Path, jobs: dict[str, Any]
) -> None:
    before = (faulty / "examples.jsonl").read_bytes()
    jobs["check"] = Ended("check", checked(faulty))
    app = button(part(opened(monkeypatch, faulty, "examples"), "mend"), "mend")
    assert (
        "Ã‡ay yok." in told(app)
        and "assistant: Çay yok." in told(app)
        and ":orange-badge[left out]" in told(app)
    )
    assert (faulty / "examples.jsonl").read_bytes() == before, "nothing is written by looking"
    app = button(app, "take-mended")
    rows = load_examples(faulty / "examples.jsonl")
    assert "there are" in app.success[0].value and len(rows) < 15 and "copy" not in {one.id for one in rows}
    button(app, "take-back")
    assert (faulty / "examples.jsonl").read_bytes() == before


def test_a_draft_of_other_examples_is_not_taken_over(faulty: Path) -> None:
    house = Workspace.open(faulty)
    found = examples.findings_of(checked(faulty))
    assert found is not None
    examples.mend(house, found)
    add_example(
        faulty,
        {"id": "late", "messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]},
    )
    with pytest.raises(UserError, match="have changed since"):
        examples.take_over(house, examples.MENDED)
    assert "late" in {one.id for one in load_examples(house.examples)}


# personal data


def test_surrogates_are_shown_row_by_row_and_counted_by_kind(
    monkeypatch: pytest.MonkeyPatch, faulty: Path, jobs: dict[str, Any]
) -> None:
    from finetune.privacy.pseudonyms import pseudonymise_file

    house = Workspace.open(faulty)
    app = button(part(opened(monkeypatch, faulty, "examples"), "private"), "pseudonymise")
    kind, words = jobs["begun"][0]
    assert kind == "pseudonymise" and words[:3] == ["pseudonymise", "--json", "--out"]
    done = pseudonymise_file(house.examples, Path(words[3]))
    jobs["pseudonymise"] = Ended("pseudonymise", {**done.to_dict(), "names": False})
    app = app.run()
    assert "Replaced: 2 × phone number." in told(app) and "pseudonymised, not anonymous" in told(app)
    assert PHONE not in "".join(one.value for one in (*app.markdown, *app.caption, *app.info)), (
        "values stand in rows only"
    )
    assert told(app).count("+90 000") == 2
    button(app, "take-pseudonymised")
    assert PHONE not in house.examples.read_text() and "+90 000" in house.examples.read_text()


# what is taught, the split


def test_what_is_taught_is_lit_and_the_rest_is_plain(
    monkeypatch: pytest.MonkeyPatch, house: Path, jobs: dict[str, Any]
) -> None:
    app = part(opened(monkeypatch, house, "examples"), "mask")
    app.number_input(key="mask-row").set_value(3).run()
    button(app, "mask")
    assert jobs["begun"] == [("preview", ["train", "--preview", "3", "--json"])]
    read, taught = f"<|user|>\n{HOSTILE}", "The documents do not say.<|end|>"
    jobs["preview"] = Ended(
        "preview",
        {"row": 3, "examples": 24, "tokens": 40, "taught_tokens": 7, "read": read, "taught": taught},
    )
    app = app.run()
    assert "Row 3, from 24 examples: 40 tokens, the last 7 of them are taught." in told(app)
    texts = [one.value for one in app.text]
    assert texts[texts.index(read) + 1] == taught and not app.exception, (
        "two pieces, neither of them Markdown"
    )


def test_the_split_tells_sizes_and_documents(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    add_example(
        house,
        {"id": "k", "messages": [{"role": "user", "content": "Price?"}, {"role": "assistant", "content": "49 EUR [1]."}],
         "sources": ["kettle.md"]},
    )  # fmt: skip
    app = part(opened(monkeypatch, house, "examples"), "split")
    shown = app.table[0].value
    assert list(shown["part"]) == ["to train on", "to stop by", "to test by"]
    assert sum(map(int, shown["examples"])) == 13 and "No document is in two parts." in told(app)
    assert "groups were kept together" in told(app)


# adding

TRL = b'{"prompt": "Who sells tea?", "completion": "The documents do not say."}\n'


def test_conversations_of_another_tool_are_shown_before_they_are_added(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    app = upload(part(opened(monkeypatch, house, "examples"), "add"), "old/trl.jsonl", TRL + TRL)
    assert "2 conversations were read." in told(app) and "user: Who sells tea?" in told(app)
    assert len(load_examples(house / "examples.jsonl")) == 12
    app = button(app, "examples-add")
    rows = load_examples(house / "examples.jsonl")
    assert len(rows) == 13 and rows[-1].origin.startswith("trl.jsonl, line 1, prompt and completion")
    assert "1 conversations were added; 1 were there already." in app.success[0].value.replace("\\", "")


def test_a_table_is_read_by_its_columns(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    app = part(opened(monkeypatch, house, "examples"), "add")
    app.text_input(key="column-question").set_value("frage")
    app.text_input(key="column-answer").set_value("antwort")
    app = upload(app, "faq.csv", b"frage;antwort\nWer?;Ich.\n")
    assert "1 conversations were read." in told(app)


@pytest.mark.fault(9, 11)
@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("../../examples.jsonl", TRL, "dot"),
        ("/etc/x.jsonl", TRL, "top of a disk"),
        ("x.exe", TRL, "not taken over"),
        ("x.jsonl", b"\x89PNG\r\n\x1a\n" + bytes(90), "content is"),
        ("x.csv", b"PK\x03\x04" + bytes(90), "archive"),
        ("x.json", b"<!doctype html><p>", "content is .html"),
        ("x.jsonl", b"[" * 100_000, "brackets|JSON"),
        ("x.jsonl", b'{"prompt": 1' + b"0" * 10_000 + b"}", "number|JSON"),
        ("x.jsonl", b'{"a": 1}\n', "no shape"),
        ("x.tsv", b"a\tb\n1\t2\n", "no column"),
    ],
)
def test_what_is_no_file_of_conversations_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, house: Path, name: str, data: bytes, why: str
) -> None:
    import re

    before = (house / "examples.jsonl").read_bytes()
    app = upload(part(opened(monkeypatch, house, "examples"), "add"), name, data)
    sentence = app.error[0].value.replace("\\", "")
    assert re.search(why, sentence) and "not your mistake" not in sentence and "/tmp" not in sentence, (
        sentence
    )
    assert not app.exception and "examples-add" not in [one.key for one in app.button]
    assert (house / "examples.jsonl").read_bytes() == before


def test_a_large_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(UserError, match="at most 1 MB"):
        checked_name("x.jsonl", b"a" * 1_000_001, 1.0)


# the language


def test_the_page_is_told_in_turkish(
    monkeypatch: pytest.MonkeyPatch, faulty: Path, jobs: dict[str, Any]
) -> None:
    jobs["check"] = Ended("check", checked(faulty))
    monkeypatch.setattr("ui.language.language", lambda: Language.TR)
    app = opened(monkeypatch, faulty, "examples")
    assert app.title[0].value == "Ne öğretiliyor?" and "15 örnek" in told(app)
    assert "bozuk karakterler" in told(part(app, "findings"))
    for name in ("mend", "mask", "private", "split", "add"):
        assert not part(app, name).exception


def test_every_code_and_readiness_has_words_in_both_languages() -> None:
    from finetune.quality.findings import Code, Readiness, Severity
    from ui.documents import Holds, Standing
    from ui.uploads import Fate
    from ui.words import word

    names = [f"examples.code.{one}" for one in Code] + [f"examples.readiness.{one}" for one in Readiness]
    names += [f"examples.severity.{one}" for one in Severity] + [
        f"documents.standing.{one}" for one in Standing
    ]
    names += [f"documents.fate.{one}" for one in Fate] + [
        f"documents.holds.{one}" for one in Holds if one is not Holds.NOW
    ]
    for name in names:
        assert word(name, Language.EN) and word(name, Language.TR)
