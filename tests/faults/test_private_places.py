"""Fault cases of personal data in places that nobody thinks of: names, addresses, properties of files, errors and logs.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.personal import look_at_documents
from assistant.workspace import Workspace, create
from experiments.protocols import Case
from experiments.questions import Kind, Part, Question
from experiments.run import Meter, measure
from finetune.form import EMPTY
from finetune.privacy import names
from finetune.privacy.personal import PersonalKind, find_personal
from finetune.privacy.pseudonyms import Pseudonymiser
from finetune.quality.doctor import Code, check_examples
from foundation.discreet import LEFT_OUT, asked, discreet
from rag.formats.properties import properties
from tests.finetune.sample import example
from tests.naive import read_anything
from ui import quiet

ROOT = Path(__file__).resolve().parents[2]
TCKN, PHONE, MAIL = "10000000146", "0532 123 45 67", "ayse.yilmaz@kurum.com.tr"
QUESTION = f"Was the order of Ayşe Yılmaz, TCKN {TCKN}, delivered?"
NAIVE_NAME = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")


# ---------------------------------------------------------------- names and addresses


@pytest.mark.fault(57)
@pytest.mark.skipif(not names.installed(), reason="needs the extra `names`")
def test_names_and_addresses_are_found_in_turkish_and_what_replaces_them_is_called_pseudonymised() -> None:
    text = "Sayın Işıl Öztürk'ün siparişi Çınar Sokak No: 4 İzmir'e gitti. Rose Garden açıldı, Deniz sakin."
    found = [(span.kind, text[span.start : span.end]) for span in names.find_everything(text)]
    assert found == [(PersonalKind.NAME, "Işıl Öztürk"), (PersonalKind.ADDRESS, "Çınar Sokak No: 4 İzmir")]
    # naive: two capital words of the English alphabet are a name
    assert NAIVE_NAME.findall(text) == ["Sokak No", "Rose Garden"]
    made = Pseudonymiser(b"k" * 32, names.find_everything)(text)
    assert "Öztürk" not in made and "Çınar" not in made and "'ün siparişi" in made and "'e gitti" in made
    for path in (*ROOT.glob("finetune/*.py"), *ROOT.glob("assistant/*.py"), *ROOT.glob("ui/cli/*.py")):
        assert not re.search(r"(?<!not )\banonym(?:ous|is|iz)", path.read_text("utf-8")), path


# ---------------------------------------------------------------- names of files, properties


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    """A workspace whose documents hold somebody in a name, in properties, in a title and in a text."""
    import docx
    from reportlab.pdfgen.canvas import Canvas

    made = create(tmp_path / "house", demo=False)
    papers = made.documents
    (papers / f"cv_{TCKN}.md").write_text("# Curriculum\n\nTents and stoves.\n", "utf-8")
    page = Canvas(str(papers / "price-list.pdf"))
    page.setAuthor(MAIL)
    page.drawString(72, 720, "A tent costs 24 EUR.")
    page.save()
    word: Any = docx.Document()
    word.add_paragraph("A stove costs 12 EUR.")
    word.core_properties.keywords = f"Tel {PHONE}"
    word.save(papers / "stoves.docx")
    (papers / "page.html").write_text(
        f'<html><head><title>Call {PHONE}</title><meta name="author" content="{MAIL}"></head><p>Tea at 4.</p>',
        "utf-8",
    )
    (papers / "plain.md").write_text("# Hours\n\nOpen from nine.\n", "utf-8")
    return made


@pytest.mark.fault(60)
def test_personal_data_in_names_titles_and_properties_of_documents_is_told_by_kind_and_never_by_value(
    house: Workspace,
) -> None:
    looked = look_at_documents(house)
    told = {(place.document, place.part): place.found for place in looked.places}
    assert told == {
        ("cv_[TCKN].md", "name"): {"TCKN": 1},
        ("page.html", "properties"): {"e-mail address": 1},
        ("page.html", "title"): {"phone number": 1},
        ("price-list.pdf", "properties"): {"e-mail address": 1},
        ("stoves.docx", "properties"): {"phone number": 1},
    }
    assert (looked.documents, looked.unread, looked.names) == (5, 0, False)
    said = json.dumps(looked.to_dict(), ensure_ascii=False)
    assert not any(value in said for value in (TCKN, PHONE, MAIL))
    # naive: the text of each file is searched, and none of them holds anybody
    texts = [read_anything(path) for path in house.documents.glob("*.md")]
    assert not any(find_personal(text) for text in texts)


@pytest.mark.fault(60)
def test_the_moment_at_which_a_pdf_was_made_is_no_card_number() -> None:
    import io

    from reportlab.pdfgen.canvas import Canvas

    moment = "D:20261128020355+00'00'"
    assert find_personal(
        moment
    )  # naive: its fourteen digits have a card's check digit, as on one moment in ten
    page = Canvas(made := io.BytesIO())
    page.drawString(72, 720, "A tent costs 24 EUR.")
    page.setAuthor(moment)  # stands for any of them: when it was made can't be chosen
    page.setTitle("Prices")
    page.save()
    said = properties(made.getvalue(), ".pdf")
    assert "Prices" in said and not any(find_personal(line) for line in said)


@pytest.mark.fault(60)
def test_rows_named_after_somebody_are_found_by_the_check() -> None:
    row = example(1, "How long is a return?", "Thirty days [1].", [f"hr/cv_{TCKN}.md"], ["Thirty days"])
    assert not find_personal(row.question) and not find_personal(
        row.answer
    )  # naive: what is said is looked at
    (seen,) = check_examples([row], EMPTY).of(Code.PERSONAL)
    assert seen.message == "TCKN in the name of a document" and TCKN not in seen.fix


# ---------------------------------------------------------------- errors and logs


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log as the commands write it."""
    before = quiet._handler
    path = quiet.log_into(tmp_path)
    yield path
    logging.getLogger().removeHandler(quiet._handler)  # type: ignore[arg-type]
    quiet._handler = before


class Quoting:
    """An assistant that fails as libraries do: with what it was given in the message."""

    def answer_cases(self, cases: Sequence[Case[Any]]) -> list[Any]:
        for case in cases:
            asked(case.question)
        raise ValueError(f"can't parse {json.dumps(cases[0].question)}")


@pytest.mark.fault(61)
def test_a_traceback_that_quotes_the_question_reaches_no_log(log: Path, tmp_path: Path) -> None:
    asked(QUESTION)
    naive = tmp_path / "naive.log"  # naive: logging as it comes
    plain = logging.FileHandler(naive, encoding="utf-8")
    logging.getLogger().addHandler(plain)
    try:
        raise ValueError(f"can't parse {QUESTION!r}; reported by {MAIL}\ncall {PHONE}")
    except ValueError as error:
        logging.getLogger("rungwise").error("a command failed", exc_info=error)
    finally:
        logging.getLogger().removeHandler(plain)
        plain.close()
    written = log.read_text("utf-8")
    assert LEFT_OUT in written and "test_private_places.py" in written
    assert "[phone number]" in written
    for private in (TCKN, "Ayşe", MAIL, PHONE):
        assert private in naive.read_text("utf-8") and private not in written


@pytest.mark.fault(61)
def test_a_failed_answer_of_a_run_keeps_no_question(tmp_path: Path) -> None:
    question = Question("q1", Part.TEST, Kind.SINGLE, QUESTION, (), (), True, ())
    measure([question], ["prompt"], Meter(Quoting(), EMPTY, tmp_path, lambda setup: "quoting"))  # type: ignore[arg-type,type-var]
    kept = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*.jsonl"))
    assert "ValueError" in kept and TCKN not in kept and "Ayşe" not in kept and "Ay\\u015fe" not in kept
    naive = str(ValueError(f"can't parse {QUESTION}"))  # naive: the error's own words
    assert TCKN in naive


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    "message",
    [
        f"bad input: {QUESTION}",
        repr({"input": QUESTION}),
        json.dumps({"input": QUESTION}),
        QUESTION.upper().replace("İ", "i"),
    ],
)
def test_a_quotation_is_told_however_it_is_escaped(message: str) -> None:
    asked(QUESTION)
    assert TCKN in message  # naive: passed on
    assert discreet(f"first line\n{message}") == f"first line\n{LEFT_OUT}"
    assert discreet("the model is not there") == "the model is not there"
