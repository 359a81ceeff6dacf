"""Fault cases of erasure, retention and purpose, each beside a naive target that falls.

The numbers are those of `docs/faults.md`. More of them stand in `tests/governance/test_erasure.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.config.settings import RowSettings
from assistant.rows import build_rows
from assistant.workspace import Workspace
from finetune import registry
from finetune.examples import load_examples
from finetune.form import Form
from foundation.errors import UserError
from governance.erasure import check, forget, places
from rag import Library, LibrarySettings, Outcome
from rag.storage.records import read_records
from tests import naive
from tests.governance.test_erasure import NAME, found
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library
from tests.rag.rag_fakes import REPOSITORY, LetterEmbedder

DAY = 86_400.0


@pytest.mark.fault(41)
def test_what_is_forgotten_is_gone_from_every_byte_and_a_row_that_is_deleted_is_not(
    house: Workspace, library: Library, tmp_path: Path
) -> None:
    prefixes = library.vector_prefixes("hr/letter.txt")
    done = forget(house, library, subject=NAME)
    data = b"".join(path.read_bytes() for path in house.root.rglob("*") if path.is_file())
    assert done.remaining == () and found(house.root) == []
    assert prefixes and not any(prefix in data for prefix in prefixes)

    letter = f"{NAME} may work from home"
    with naive.ChromaIndex(tmp_path / "naive", 10) as index:
        index.add({"letter": letter, **naive.numbered(0, 30)})
        index.texts.delete(ids=["letter"])
        assert not index.texts.get(ids=["letter"])["ids"]  # naive: deleted, says the index
    data = b"".join(path.read_bytes() for path in (tmp_path / "naive").rglob("*") if path.is_file())
    assert letter.encode() in data and naive.letters(letter).tobytes()[:16] in data


@pytest.mark.fault(42)
def test_logs_replies_rows_and_caches_are_reached_and_an_erasure_of_the_library_alone_leaves_them(
    house: Workspace, library: Library
) -> None:
    library.forget(["hr/letter.txt"])  # naive: the index is all there is
    (house.documents / "hr" / "letter.txt").unlink()
    assert set(found(house.root)) >= {
        "questions.jsonl",
        ".rungwise/comparison.json",
        ".rungwise/log/rungwise.log",
    }
    (house.built / "cache").mkdir()
    (house.built / "cache" / "answers.jsonl").write_text(json.dumps({"text": NAME}) + "\n", "utf-8")
    assert forget(house, library, subject=NAME).remaining == () and found(house.root) == []


FORGETS = """
import sys
from pathlib import Path
from rag import Library
from tests.governance.test_erasure import Counter
with Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=Counter()) as library:
    library.forget(["hr/letter.txt"])
"""


@pytest.mark.fault(43)
def test_what_one_process_forgets_another_that_is_open_does_not_answer(
    house: Workspace, library: Library, tmp_path: Path
) -> None:
    assert any(NAME in hit.chunk.text for hit in library.search("home Mondays", 10))
    command = [sys.executable, "-c", FORGETS, str(house.documents), str(house.library)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run(command, check=True, env=environment, cwd=REPOSITORY, timeout=120)
    assert not any(NAME in hit.chunk.text for hit in library.search("home Mondays", 10))
    # a naive client that was open goes on answering: see the case of two processes in test_writers.py


@pytest.mark.fault(44)
def test_an_adapter_that_was_trained_on_it_is_refused_and_loads_without_a_word_unchecked(
    house: Workspace, library: Library
) -> None:
    house.adapter.mkdir(parents=True)
    (house.adapter / registry.MANIFEST).write_text(
        json.dumps(
            {"name": "house", "base": "b", "base_fingerprint": "f", "rows": 1, "validation_rows": 1, "rows_sha256": "",
             "made_from": {}, "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {}, "created": ""}
        ), "utf-8",
    )  # fmt: skip
    (house.adapter / "adapter_model.safetensors").write_bytes(b"weights")
    assert forget(house, library, ["hr/letter.txt"]).certificate.tainted_adapter
    assert (house.adapter / "adapter_model.safetensors").read_bytes() == b"weights"  # naive: read, and served
    with pytest.raises(UserError, match="weights can't be made to forget"):
        registry.verify(house.adapter, "b", "f")


@pytest.mark.fault(45)
def test_yesterday_s_backup_does_not_bring_it_back_and_a_naive_one_does(
    house: Workspace, library: Library, tmp_path: Path
) -> None:
    library.close()
    shutil.copytree(house.library, tmp_path / "backup")
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "letter.txt").write_text(NAME, "utf-8")
    index = naive.JsonIndex(tmp_path / "naive")
    index.sync(tmp_path / "flat")
    yesterday = index.index.read_bytes()

    forget(house, library, subject=NAME)
    library.close()
    shutil.rmtree(house.library)
    shutil.copytree(tmp_path / "backup", house.library)
    assert not any(NAME in hit.chunk.text for hit in library.search("work from home Mondays", 10))
    index.index.write_text("{}", "utf-8")
    index.index.write_bytes(yesterday)
    assert index.texts() == {"letter.txt": NAME}


@pytest.mark.fault(47)
def test_a_certificate_names_nobody_and_a_changed_one_is_told(house: Workspace, library: Library) -> None:
    naive_certificate = json.dumps(
        {"erased": NAME, "documents": 1}
    )  # says whom, and can be changed by anybody
    done = forget(house, library, subject=NAME)
    text = done.path.read_text("utf-8")
    assert NAME in json.loads(naive_certificate)["erased"] and NAME not in text and "letter" not in text
    assert check(done.path)
    done.path.write_text(text.replace('"remaining": 0', '"remaining": 7'), "utf-8")
    assert not check(done.path)


@pytest.mark.fault(48)
@pytest.mark.parametrize(("period", "days"), [("30 days", 30), ("6 months", 180), ("3 years", 1095)])
def test_the_end_of_a_retention_is_told_before_it_and_after_it(
    documents: Path, tmp_path: Path, period: str, days: int
) -> None:
    (documents.parent / "documents.toml").write_text(
        f'[[document]]\npath = "prices.csv"\nretention = "{period}"\n', "utf-8"
    )
    now = [datetime.now(UTC).timestamp()]
    kept = Library(documents, tmp_path / "state", LibrarySettings(), LetterEmbedder(), 5.0, lambda: now[0])

    def told(day: float) -> str:
        now[0] = begin + day * DAY
        return " ".join(kept.sync().notes)

    begin = now[0]
    assert told(0) == told(days - 8) == ""
    assert f"prices.csv: its retention of {days} days ends on" in told(days - 1)
    assert f"its retention of {days} days ended on" in told(days + 0.01) and "rungwise forget --due" in told(
        days + 1
    )
    assert "prices.csv" in kept.sources()  # told, not erased: that is for whoever answers for it
    now[0] = begin + (days - 1) * DAY
    assert kept.overdue() == ()
    now[0] = begin + (days + 1) * DAY
    assert kept.overdue() == ("prices.csv",)
    kept.forget(kept.overdue())
    assert kept.overdue() == ()
    assert "retention" not in " ".join(kept.sync().notes)
    kept.close()
    naive_notes = list(
        naive.load_folder(documents.parent / "documents" / "policies")
    )  # naive: a folder knows of no period
    assert naive_notes == ["returns.md"]


@pytest.mark.fault(49)
def test_an_expired_document_is_found_by_an_index_that_a_nightly_job_cleans(
    documents: Path, tmp_path: Path
) -> None:
    (documents.parent / "documents.toml").write_text(
        '[[document]]\npath = "prices.csv"\nvalid_until = 2026-06-30\n', "utf-8"
    )
    now = [datetime(2026, 6, 30, 12, tzinfo=UTC).timestamp()]
    kept = Library(documents, tmp_path / "state", LibrarySettings(), LetterEmbedder(), 5.0, lambda: now[0])
    kept.sync()
    with naive.ChromaIndex(tmp_path / "naive") as index:
        index.add({"prices.csv": "Fellmark stove"})
        now[0] += DAY
        assert index.ask("Fellmark stove", 1)[0][0] == "prices.csv"  # naive: until the job runs
    assert not any(hit.chunk.source == "prices.csv" for hit in kept.search("Fellmark stove", 10))
    kept.close()


@pytest.mark.fault(50)
def test_in_strict_mode_what_has_no_purpose_is_left_out_and_a_naive_index_takes_it(
    make_library: Callable[..., Library], documents: Path
) -> None:
    (documents.parent / "documents.toml").write_text(
        '[[document]]\npath = "prices.csv"\npurpose = "support"\nlegal_basis = "contract"\nretention = "3 years"\nowner = "sales"\n',
        "utf-8",
    )
    outcomes = {one.source: one.outcome for one in make_library(strict=True).sync().files}
    assert outcomes == {"prices.csv": Outcome.INDEXED, "policies/returns.md": Outcome.SKIPPED}
    assert "returns.md" in naive.load_folder(documents / "policies")  # naive: whatever is there


@pytest.mark.fault(51)
def test_documents_kept_for_another_purpose_are_not_trained_on_not_even_as_distractors(
    documents: Path, make_library: Callable[..., Library], tmp_path: Path
) -> None:
    records_file = documents.parent / "documents.toml"
    records_file.write_text(
        '[[document]]\npath = "policies/*"\npurpose = "training"\n[[document]]\npath = "prices.csv"\npurpose = "support"\n',
        "utf-8",
    )
    library = make_library()
    library.sync()
    rows = [
        ("e1", "When can a stove be returned?", "Within 30 days [1].", "policies/returns.md", "30 days"),
        ("e2", "What does the Fellmark stove cost?", "It costs 49 EUR [1].", "prices.csv", "49 EUR"),
    ]
    (tmp_path / "examples.jsonl").write_text(
        "".join(
            json.dumps({"id": name, "sources": [source], "facts": [fact], "messages": [
                {"role": "user", "content": question}, {"role": "assistant", "content": answer}]}) + "\n"
            for name, question, answer, source, fact in rows
        ), "utf-8",
    )  # fmt: skip
    examples = load_examples(tmp_path / "examples.jsonl")
    chosen = RowSettings(distractors_only=0.0, without_passages=0.0)
    naive_rows = build_rows(
        examples, library, Form(), 4, chosen
    )  # no purpose asked for, as before it was a setting
    assert len(naive_rows.rows) == 2 and "49 EUR" in str(naive_rows.rows)
    made = build_rows(
        examples,
        library,
        Form(),
        4,
        RowSettings(0.0, 0.0, purpose="training"),
        records=read_records(records_file),
    )
    assert made.excluded == ("e2",) and len(made.rows) == 1 and "49 EUR" not in str(made.rows)


@pytest.mark.fault(52)
def test_where_somebody_stands_is_listed_as_a_scan_of_the_bytes_finds_it(
    house: Workspace, library: Library
) -> None:
    listed = places(house, library, subject=NAME)
    assert set(found(house.root)) <= set(listed)
    assert ".rungwise/library/ledger.sqlite3" in listed and any(
        "data_level0.bin" in path for path in listed
    )  # its vector
    naive_list = [
        path.name for path in house.documents.rglob("*") if path.is_file() and NAME in path.read_text("utf-8")
    ]
    assert naive_list == ["letter.txt"]  # naive: a search through the documents
    assert len(listed) >= 6 and "hr/letter.txt" in library.sources()  # and nothing was changed
