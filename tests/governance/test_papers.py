"""The papers: what they state is so, in both languages, with the file it comes from; what isn't known is not made up."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import governance
from advisor import Language
from assistant.personal import DocumentsLooked
from assistant.workspace import Workspace
from finetune import registry
from finetune.privacy.personal import PersonalKind
from governance.datasets import NAMES
from governance.erasure import forget
from governance.papers.paper import Paper, Section, Statement, Table, Word
from governance.papers.processing import processing_record
from governance.papers.risk import risk_file
from governance.papers.state import Surroundings, state_of
from governance.papers.text import markdown
from governance.papers.words import LAWS, WORDS
from governance.papers.write import write_papers
from governance.requests import Kind, open_request
from rag import Library
from tests.governance.test_erasure import NAME
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
AROUND = Surroundings({"admin": 1, "viewer": 3}, 2, 7, True, "A machine answers.", ("page Chat",))
MANIFEST = {
    "name": "a", "base": "starter", "base_fingerprint": "f", "rows": 4, "validation_rows": 1, "rows_sha256": "", "made_from": {},
    "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {}, "created": NOW.isoformat(),
    "papers": {"purpose": "support", "retention_days": 90},
}  # fmt: skip
JUDGED = {
    "forgetting": {"verdict": "held"}, "membership": {"auc": {"value": 0.612, "low": 0.5, "high": 0.71}},
    "continuation": {"found": 3, "rows": 40}, "canaries": {"once": "below"},
}  # fmt: skip


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no document read: a process of its own would be started for it."""
    nothing = DocumentsLooked(3, 0, False, ())
    monkeypatch.setattr("governance.papers.state.look_at_documents", lambda workspace, progress: nothing)


@pytest.fixture
def papers(house: Workspace, library: Library, unread: None) -> Callable[..., tuple[Paper, Paper]]:
    def made(around: Surroundings = AROUND) -> tuple[Paper, Paper]:
        state = state_of(Workspace.open(house.root), library, around, NOW)
        return processing_record(state), risk_file(state, Language.EN)

    return made


def said(paper: Paper) -> dict[str, Statement]:
    return {one.key: one for section in paper.sections for one in section.statements}


def tables(paper: Paper) -> dict[str, Table]:
    return {one.key: one for section in paper.sections for one in section.tables}


def test_of_an_empty_house_what_is_not_known_is_not_stated_and_nothing_is_made_up(
    house: Workspace, papers: Callable[..., tuple[Paper, Paper]]
) -> None:
    house.comparison.unlink()
    record, risks = papers(Surroundings())
    told = {**said(record), **said(risks)}
    for key in ("controller_name", "contact", "data_subjects", "personal_data", "audit_whole", "comparison", "signals_open",
                "risk_class", "intended_purpose", "notice", "advised"):  # fmt: skip
        assert told[key].value is None, key
    assert tables(record)["documents_kept"].rows == ((3, None, None, None, None),)
    assert markdown(risks, "en").count("not stated") == risks.unstated + 1  # the frame counts them


@pytest.mark.fault(50)
def test_a_changed_workspace_changes_its_papers_and_a_naive_template_stays_as_it_was(
    house: Workspace, library: Library, papers: Callable[..., tuple[Paper, Paper]]
) -> None:
    before, _ = papers()
    naive = "We keep documents for support."  # naive: what somebody wrote once
    house.records.write_text(
        '[[document]]\npath = "hr/*"\npurpose = "leave"\nlegal_basis = "contract"\nretention = "3 years"\nowner = "HR"\n',
        "utf-8",
    )
    (house.root / "rungwise.toml").write_text(
        '[governance]\ncontroller = "Tea Ltd"\nlaw = "kvkk"\n[serve]\nlogin = "local"\n[model]\nendpoint = "https://m.example/v1"\n'
        '[retrieval]\nchroma_server = "http://chroma.internal:8000"\n', "utf-8",
    )  # fmt: skip
    open_request(house, NAME, Kind.ACCESS, NOW.date(), NOW)
    after, _ = papers()
    assert said(before)["controller_name"].value is None and said(after)["controller_name"].value == "Tea Ltd"
    assert (2, "leave", "contract", 1095, "HR") in tables(after)["documents_kept"].rows
    assert said(after)["login"].value == "login.local" and said(after)["requests_open"].value == 1
    hosts = {row[1] for row in tables(after)["recipients_named"].rows}
    assert hosts == {"m.example", "chroma.internal"} and said(after)["leaves_machine"].value is True
    assert said(after)["transfers_abroad"].value is None  # where a host stands, nobody here knows
    assert naive == "We keep documents for support."
    for language in ("en", "tr"):
        assert markdown(before, language) != markdown(after, language)


def test_an_adapter_stands_there_with_its_probes_and_without_where_none_was_made(
    house: Workspace, papers: Callable[..., tuple[Paper, Paper]]
) -> None:
    folder = house.adapters.home / "a"
    folder.mkdir(parents=True)
    (folder / registry.MANIFEST).write_text(json.dumps(MANIFEST), "utf-8")
    row = tables(papers()[1])["adapters_listed"].rows[0]
    assert row[4:] == ("support", 90, False, None, None, None, None)
    house.judged.mkdir(parents=True)
    (house.judged / "a.json").write_text(json.dumps(JUDGED), "utf-8")
    (folder / registry.TAINTED).write_text("{}", "utf-8")
    row = tables(papers()[1])["adapters_listed"].rows[0]
    assert row[6:] == (True, "forgetting.held", "AUC 0.61 (0.50–0.71)", "3/40", "canaries.below")


def test_erasures_and_signals_and_measurements_stand_there(
    house: Workspace, library: Library, papers: Callable[..., tuple[Paper, Paper]]
) -> None:
    house.comparison.write_text(
        json.dumps(
            {"questions": 9, "winner": "rag", "sure": False, "standings": [
                {"setup": "rag", "both": {"rate": {"mean": 0.5, "low": 0.2, "high": 0.8}}, "errors": 1}]}
        ), "utf-8",
    )  # fmt: skip
    forget(house, library, subject=NAME, now=lambda: NOW)
    signals = (("question_drift", "questions changed", "look at them"),)
    _, risks = papers(Surroundings(signals=signals))
    assert tables(risks)["signals_listed"].rows == signals
    assert tables(risks)["certificates"].rows[0][:3] == ("2026-06-15", "erased.subject", 1)
    assert tables(risks)["shares"].rows == (("rag", "50 (20–80)", None, None, None, None, 1),)


@pytest.mark.fault(52)
def test_no_paper_names_anybody_where_a_naive_inventory_lists_what_it_found(
    house: Workspace, library: Library, tmp_path: Path
) -> None:
    (house.documents / "hr" / f"{NAME}.txt").write_text(
        f"{NAME}, ayse@lindvale.net, +90 532 123 45 67\n", "utf-8"
    )
    library.sync()
    open_request(house, NAME, Kind.ERASURE, NOW.date(), NOW)
    for language in Language:
        write_papers(house, library, AROUND, language, tmp_path / "papers", NOW)
    data = b"".join(path.read_bytes() for path in (tmp_path / "papers").iterdir())
    for secret in (NAME, "Yılmaz", "ayse@", "532"):
        assert secret.encode() not in data and json.dumps(secret)[1:-1].encode() not in data
    naive = "\n".join(library.sources())  # naive: the list of documents as the inventory
    assert NAME in naive
    record = json.loads((tmp_path / "papers" / "processing-record.en.json").read_text("utf-8"))
    found = next(
        table
        for section in record["sections"]
        for table in section["tables"]
        if table["key"] == "kinds_found"
    )
    assert {row[0] for row in found["rows"]} >= {"kind.e-mail address", "kind.phone number"}


def test_every_statement_says_which_file_it_comes_from_or_that_there_is_no_place_for_it(
    papers: Callable[..., tuple[Paper, Paper]],
) -> None:
    for paper in papers():
        nowhere = {key for key, one in said(paper).items() if not one.source}
        assert nowhere <= {"data_subjects", "risk_class"} and all(
            table.source for table in tables(paper).values()
        )


def keys() -> Iterator[str]:
    """Every key that the papers' modules use, read from their text."""
    for path in Path(governance.__file__).parent.joinpath("papers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "Section",
                "Statement",
                "Table",
                "word",
                "Word",
            }:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield first.value
                if getattr(node.func, "id", "") == "Table" and isinstance(node.args[1], ast.Tuple):
                    yield from (cell.value for cell in node.args[1].elts if isinstance(cell, ast.Constant))


def test_every_word_is_there_in_english_and_turkish_and_no_word_is_idle() -> None:
    used = set(keys())
    drawn = {key for key in WORDS if "." in key}  # looked up by a value
    assert used - WORDS.keys() == set()
    for key, (english, turkish) in WORDS.items():
        assert english.strip() and turkish.strip(), key
        alike = english == turkish
        assert not alike or key in {"risk", "kind.IBAN"}, key
        assert re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", turkish), key
    assert {f"kind.{kind}" for kind in PersonalKind} | {f"dataset.{name}" for name in NAMES} <= drawn
    assert all(english.strip() and turkish.strip() for english, turkish in LAWS)


@pytest.mark.parametrize("language", ["en", "tr"])
def test_both_papers_are_whole_in_both_languages(
    papers: Callable[..., tuple[Paper, Paper]], language: str
) -> None:
    for paper in papers():
        text = markdown(paper, language)
        assert not re.search(r"\b(None|True|False)\b", text)
        assert ("no legal advice" if language == "en" else "hukuki danışmanlık değildir") in text
        assert "30224" in text and "2016/679" in text and "2024/1689" in text


def test_what_the_house_wrote_is_no_markdown() -> None:
    hostile = "<script>|`x`| [a](http://evil) **b**"
    paper = Paper("risk-file", hostile, "2026", (Section("system", (Statement("base", hostile, "x"),)),))
    text = markdown(paper, "en").split("## What this rests on")[0]
    assert text.replace("\\", "").count(hostile) == 2 and not re.search(r"(?<!\\)[<>\[\]|*]", text)
    assert Word("yes") == "yes" and json.dumps(Word("yes")) == '"yes"'


def test_the_machine_is_told_of_on_the_page_and_in_the_api() -> None:
    from ui.api.app import NOTICE
    from ui.words.shared import WORDS as SHARED

    assert "AI model" in NOTICE and "article 50" in NOTICE
    english, turkish = SHARED["shared.machine"]
    assert "AI model" in english and "yapay zekâ" in turkish
