"""Situations of forgetting: what is gone, what can't come back, and what is said of what remains."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant.workspace import Workspace
from finetune import registry
from finetune.training.runs import Run
from foundation.errors import UserError
from governance.erasure import check, forget, preview
from rag import Library, Outcome
from rag.storage.lock import writing

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
NAME = "Ayşe Yılmaz"


class Counter:
    """An embedder of letter counts."""

    name, fingerprint, dimension, max_tokens = "letters", "letters", 26, 256

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed(self, texts: list[str], progress: object = None) -> np.ndarray:
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(len(texts), 26)

    def embed_query(self, text: str) -> np.ndarray:
        counts = np.array([text.lower().count(chr(97 + n)) + 0.01 for n in range(26)], dtype=np.float32)
        return counts / np.linalg.norm(counts)


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    """A workspace whose documents, examples, questions, replies and log all name one person."""
    root = tmp_path / "house"
    (root / "documents" / "hr").mkdir(parents=True)
    for name, text in {
        "rules.md": "# Rules\n\nEverybody may work from home on Fridays, all year.\n",
        "hr/letter.txt": f"{NAME} may work from home on Mondays, because her son is ill.\n",
        "hr/other.txt": "The office in Lindvale opens at nine in the morning on weekdays.\n",
    }.items():  # fmt: skip
        (root / "documents" / name).write_text(text, "utf-8")
    (root / "rungwise.toml").write_text('name = "House"\n', "utf-8")
    example = {
        "id": "e1",
        "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
    }
    (root / "examples.jsonl").write_text(
        json.dumps({**example, "sources": ["hr/letter.txt"]})
        + "\n"
        + json.dumps({**example, "id": "e2"})
        + "\n",
        "utf-8",
    )
    (root / "questions.jsonl").write_text(
        json.dumps({"id": "q1", "question": f"When does {NAME} work?", "gold": []}) + "\n", "utf-8"
    )
    runs = root / ".rungwise" / "runs"
    runs.mkdir(parents=True)
    (runs / "r.jsonl").write_text(
        json.dumps({"text": f"{NAME.upper()} works."}) + "\n" + '{"text": "fine"}\n', "utf-8"
    )
    (root / ".rungwise" / "comparison.json").write_text(json.dumps({"lost": f"{NAME} was missed"}), "utf-8")
    (root / ".rungwise" / "log").mkdir()
    (root / ".rungwise" / "log" / "rungwise.log").write_text(f"asked: {NAME}\nasked: weather\n", "utf-8")
    return Workspace.open(root)


@pytest.fixture
def library(house: Workspace) -> Iterator[Library]:
    made = Library(house.documents, house.library, embedder=Counter())  # type: ignore[arg-type]
    made.sync()
    yield made
    made.close()


def found(root: Path, text: str = "Yılmaz") -> list[str]:
    """The files that hold a text as UTF-8, UTF-16 or escaped JSON."""
    patterns = [text.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be")] + [
        json.dumps(text)[1:-1].encode()
    ]
    return [
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and any(pattern in path.read_bytes() for pattern in patterns)
    ]


@pytest.mark.fault(41, 42)
def test_a_person_is_gone_from_every_file_of_the_workspace_and_the_rest_stays(
    house: Workspace, library: Library
) -> None:
    done = forget(house, library, subject="ayşe YILMAZ", now=lambda: NOW)

    assert done.sources == ("hr/letter.txt",) and done.remaining == ()
    assert found(house.root) == []
    assert done.certificate.rows == {
        "examples": 1,
        "questions": 1,
        "preferences": 0,
        "replies": 2,
        "log lines": 1,
    }
    assert library.sources() == ["hr/other.txt", "rules.md"]
    assert "weather" in (house.built / "log" / "rungwise.log").read_text("utf-8")
    assert not any("Mondays" in hit.chunk.text for hit in library.search("work from home Mondays", 10))


@pytest.mark.fault(42, 44)
def test_preferences_and_clicks_that_rest_on_a_document_go_with_it_and_mark_the_adapters(
    house: Workspace, library: Library
) -> None:
    clicks = [
        {"question": "When?", "source": source, "at": "2026-01-01"}
        for source in ("hr/letter.txt", "rules.md")
    ]
    pairs = [
        {"id": source, "chosen": "a", "rejected": "b", "sources": [source]}
        for source in ("hr/letter.txt", "rules.md")
    ]
    house.examples.unlink()
    for path, rows in ((house.clicks, clicks), (house.root / "preferences.jsonl", pairs)):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    house.adapter.mkdir(parents=True)
    (house.adapter / registry.MANIFEST).write_text(json.dumps({"name": "house"}), "utf-8")
    naive = found(house.root, "hr/letter.txt")  # naive: rows that name a document and hold none of its text
    assert {".rungwise/clicks.jsonl", "preferences.jsonl"} <= set(naive)
    done = forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    assert done.certificate.rows["preferences"] == 1 and done.certificate.tainted_adapter
    for path in (house.clicks, house.root / "preferences.jsonl"):
        assert [
            json.loads(line) for line in path.read_text("utf-8").splitlines()
        ] and "letter" not in path.read_text("utf-8")


@pytest.mark.fault(41)
def test_what_old_jobs_told_of_a_forgotten_document_goes_though_it_names_it_only(
    house: Workspace, library: Library
) -> None:
    jobs = {
        "a" * 16: {"files": [{"source": "hr/letter.txt", "outcome": "new"}]},
        "b" * 16: {"files": [{"source": "rules.md"}]},
    }
    for name, told in jobs.items():
        (house.built / "jobs" / name).mkdir(parents=True)
        (house.built / "jobs" / name / "out.json").write_text(json.dumps(told, indent=1), "utf-8")
        (house.built / "jobs" / name / "job.json").write_text('{"kind": "sync", "words": ["sync"]}', "utf-8")
        (house.built / "jobs" / name / "said.log").write_text(
            "Reading hr/letter.txt\nReading rules.md\n", "utf-8"
        )
    assert forget(house, library, ["hr/letter.txt"], now=lambda: NOW).remaining == ()
    assert found(house.built / "jobs", "letter.txt") == []
    left = {
        path.relative_to(house.built / "jobs").as_posix() for path in (house.built / "jobs").rglob("*.json")
    }
    assert left == {f"{'a' * 16}/job.json", f"{'b' * 16}/job.json", f"{'b' * 16}/out.json"}
    assert (house.built / "jobs" / ("a" * 16) / "said.log").read_text("utf-8") == "Reading rules.md\n"


@pytest.mark.fault(41)
def test_deleting_the_rows_alone_would_have_left_text_and_vectors_on_the_disk(
    house: Workspace, library: Library
) -> None:
    prefixes = library.vector_prefixes("hr/letter.txt")
    library.close()
    with sqlite3.connect(house.library / "ledger.sqlite3") as naive:
        naive.execute("PRAGMA secure_delete = OFF")
        naive.execute("DELETE FROM documents WHERE source = 'hr/letter.txt'")
    naive.close()

    data = b"".join(path.read_bytes() for path in house.library.rglob("*") if path.is_file())
    assert "Yılmaz".encode() in data and any(prefix in data for prefix in prefixes)


@pytest.mark.fault(41)
def test_no_vector_of_a_forgotten_document_is_left_on_the_disk(house: Workspace, library: Library) -> None:
    prefixes = library.vector_prefixes("hr/letter.txt")
    forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    data = b"".join(path.read_bytes() for path in house.root.rglob("*") if path.is_file())

    assert prefixes and not any(prefix in data for prefix in prefixes)


@pytest.mark.parametrize("subject", [NAME, "Nobody at all"])
def test_kept_vectors_of_a_file_that_was_taken_out_before_are_gone_whatever_is_found(
    house: Workspace, library: Library, subject: str
) -> None:
    prefixes = library.vector_prefixes("hr/other.txt")
    (house.documents / "hr" / "other.txt").unlink()
    library.sync()

    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in house.library.glob("embedded-*"))

    assert prefixes and all(prefix in kept() for prefix in prefixes)
    if subject == NAME:
        assert forget(house, library, subject=subject, now=lambda: NOW).remaining == ()
    else:
        with pytest.raises(UserError, match="Nothing in"):
            forget(house, library, subject=subject, now=lambda: NOW)
    assert kept() == b""


@pytest.mark.fault(47)
def test_the_certificate_names_nobody_and_shows_when_it_was_changed(
    house: Workspace, library: Library
) -> None:
    done = forget(house, library, subject=NAME, now=lambda: NOW)
    text = done.path.read_text("utf-8")

    assert "Yılmaz" not in text and "letter" not in text and check(done.path)
    done.path.write_text(text.replace('"documents": 1', '"documents": 2'), "utf-8")
    assert not check(done.path)
    with pytest.raises(UserError, match="this is no certificate"):
        check(house.root / "rungwise.toml")


def test_a_forgotten_file_that_is_put_back_is_left_out_with_its_reason(
    house: Workspace, library: Library
) -> None:
    path = house.documents / "hr" / "letter.txt"
    data = path.read_bytes()
    forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    assert not path.exists()
    (house.documents / "renamed.txt").write_bytes(data)
    result = next(one for one in library.sync().files if one.source == "renamed.txt")

    assert result.outcome is Outcome.SKIPPED and result.reason.startswith("it was forgotten on 20")


def restore_after_erasure(house: Workspace, library: Library, backup: Path) -> None:
    """Forget somebody, and put yesterday's library back."""
    library.close()
    shutil.copytree(house.library, backup)
    forget(house, library, subject=NAME, now=lambda: NOW)
    library.close()
    shutil.rmtree(house.library)
    shutil.copytree(backup, house.library)


@pytest.mark.fault(45)
def test_a_ledger_that_is_restored_from_a_backup_forgets_again_before_its_first_answer(
    house: Workspace, library: Library, tmp_path: Path
) -> None:
    restore_after_erasure(house, library, tmp_path / "backup")
    with Library(house.documents, house.library, embedder=Counter()) as restored:  # type: ignore[arg-type]
        assert not any(NAME in hit.chunk.text for hit in restored.search("work from home Mondays", 10))
        assert "hr/letter.txt" not in restored.sources()
    assert not any("library" in name for name in found(house.root))


@pytest.mark.fault(45)
def test_a_backup_is_not_answered_from_while_another_process_writes(
    house: Workspace, library: Library, tmp_path: Path
) -> None:
    restore_after_erasure(house, library, tmp_path / "backup")
    with Library(house.documents, house.library, embedder=Counter(), lock_seconds=0.1) as restored:  # type: ignore[arg-type]
        with writing(house.library / "lock"):
            for _ in range(2):  # the first refusal must not leave the old ledger open
                with pytest.raises(UserError, match="is being written by process"):
                    restored.search("work from home Mondays")
        assert not any(NAME in hit.chunk.text for hit in restored.search("work from home Mondays", 10))


def test_readers_wait_for_no_writer_where_nothing_has_come_back(house: Workspace, library: Library) -> None:
    forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    with (
        writing(house.library / "lock"),
        Library(house.documents, house.library, embedder=Counter(), lock_seconds=0.1) as reader,  # type: ignore[arg-type]
    ):
        assert reader.search("office", 1)


@pytest.mark.fault(46)
def test_a_kill_before_the_library_was_reached_is_finished_by_forgetting_again(
    house: Workspace, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(library, "forget", lambda sources: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            forget(house, library, subject=NAME, now=lambda: NOW)

    assert forget(house, library, subject=NAME, now=lambda: NOW).remaining == ()
    assert found(house.root) == [] and "hr/letter.txt" not in library.sources()


DIES = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import rag.library
from rag import Library
from test_erasure import Counter
rag.library.rebuild = lambda *_: os.kill(os.getpid(), 9)
Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=Counter()).forget(["hr/letter.txt"])
"""


@pytest.mark.fault(46)
def test_a_kill_in_the_middle_is_finished_by_the_next_question(house: Workspace, library: Library) -> None:
    library.close()
    here = Path(__file__)
    command = [sys.executable, "-c", DIES, str(house.documents), str(house.library), str(here.parent)]
    path = os.pathsep.join([str(here.parents[2]), os.environ.get("PYTHONPATH", "")])
    died = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path}, timeout=120)

    assert died.returncode == -9
    with Library(house.documents, house.library, embedder=Counter()) as after:  # type: ignore[arg-type]
        assert {hit.chunk.source for hit in after.search("work from home Mondays", 10)} == {
            "hr/other.txt",
            "rules.md",
        }
        assert after.verify().whole


@pytest.mark.fault(44)
def test_an_adapter_that_was_trained_on_it_is_marked_and_refused(house: Workspace, library: Library) -> None:
    house.adapter.mkdir(parents=True)
    (house.adapter / registry.MANIFEST).write_text(
        json.dumps(
            {"name": "house", "base": "b", "base_fingerprint": "f", "rows": 1, "validation_rows": 1, "rows_sha256": "",
             "made_from": {}, "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {}, "created": ""}
        ), "utf-8",
    )  # fmt: skip
    assert forget(house, library, ["hr/letter.txt"], now=lambda: NOW).certificate.tainted_adapter
    with pytest.raises(UserError, match="weights can't be made to forget"):
        registry.verify(house.adapter, "b", "f")


@pytest.mark.fault(44)
def test_a_training_that_was_stopped_on_it_does_not_go_on(house: Workspace, library: Library) -> None:
    plan = {"rows": 1}
    run = Run.begin(house.trainings, plan)
    (run.states / "checkpoint-1").mkdir(parents=True)
    (run.states / "checkpoint-1" / "weights").write_bytes(b"weights")
    run.seal(1, None)
    assert run.newest() is not None
    forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    assert not run.states.exists() and Run.begin(house.trainings, plan).folder != run.folder


def test_what_stands_in_a_file_of_the_user_s_own_is_named_and_not_claimed_gone(
    house: Workspace, library: Library
) -> None:
    (house.root / "form.yaml").write_text(f"name: The house of {NAME}\n", "utf-8")
    done = forget(house, library, subject=NAME, now=lambda: NOW)

    assert done.remaining == ("form.yaml",) and done.certificate.remaining == 1


def test_a_line_that_another_document_holds_too_is_not_looked_for(house: Workspace, library: Library) -> None:
    shared = "The office in Lindvale opens at nine in the morning on weekdays."
    (house.documents / "more.txt").write_text(
        f"{shared}\nOn Saturdays nobody is there before eleven.\n", "utf-8"
    )
    library.sync()

    assert forget(house, library, ["more.txt"], now=lambda: NOW).remaining == ()
    assert "hr/other.txt" in library.sources()


def test_a_copy_under_another_name_goes_with_its_document(house: Workspace, library: Library) -> None:
    shutil.copy(house.documents / "hr" / "other.txt", house.documents / "copy.txt")
    library.sync()

    assert forget(house, library, ["copy.txt"], now=lambda: NOW).sources == ("copy.txt", "hr/other.txt")


def test_a_preview_changes_nothing(house: Workspace, library: Library) -> None:
    assert preview(house, library, subject=NAME) == ("hr/letter.txt",)
    assert "hr/letter.txt" in library.sources() and found(house.root)


@pytest.mark.parametrize(
    ("sources", "subject", "told"),
    [
        ((), None, "Name either documents or"),
        (("rules.md",), "x y z", "Name either documents or"),
        (("none.md",), None, "there is no such document"),
        (("../rungwise.toml",), None, "only documents are forgotten"),
        (("hr/../../examples.jsonl",), None, "only documents are forgotten"),
        (("/etc/hostname",), None, "only documents are forgotten"),
        ((), "ab", "at least 3 letters"),
        ((), "Nobody at all", "Nothing in"),
    ],
)
def test_what_can_not_be_forgotten_is_a_sentence_and_changes_nothing(
    house: Workspace, library: Library, sources: tuple[str, ...], subject: str | None, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        forget(house, library, sources, subject)
    assert len(library.sources()) == 3
    assert house.examples.is_file() and (house.root / "rungwise.toml").is_file()


def test_a_document_may_be_named_by_any_path_that_leads_to_it(house: Workspace, library: Library) -> None:
    assert preview(house, library, ["./hr/../hr/letter.txt"]) == ("hr/letter.txt",)


@pytest.mark.fault(41)
def test_a_kept_run_that_names_a_person_goes_whole_and_the_other_runs_stay(
    house: Workspace, library: Library
) -> None:
    from experiments import attribute, compare, comparison_dict
    from experiments.runs import Made, keep, names, read, run_dict
    from tests.experiments.worlds import result

    kept = {}
    for text in (f"{NAME.upper()} may work on Mondays.", "Nobody works on Sundays."):
        rows = [result("rag", "q-1", text=text)]
        losses = attribute(rows)
        told = run_dict(rows, comparison_dict(compare(rows), losses), losses, Made({}), "test")
        kept[text] = keep(house.runs, told, NOW)
    assert len(names(house.runs)) == 2
    replies = house.runs / "replies" / "replies.jsonl"
    replies.parent.mkdir()
    replies.write_text(json.dumps({"key": "k", "text": f"Ask {NAME}."}) + "\n", "utf-8")

    done = forget(house, library, subject=NAME, now=lambda: NOW)
    (left,) = names(house.runs)
    assert left == kept["Nobody works on Sundays."].name
    assert read(house.runs / left).answers[0].text == "Nobody works on Sundays."
    assert done.remaining == () and found(house.root) == []


def test_a_report_that_was_written_into_the_workspace_is_named_though_it_is_escaped(
    house: Workspace, library: Library
) -> None:
    firm = "Yılmaz & Söhne <KG>"
    (house.documents / "firm.txt").write_text(f"{firm} delivers the stoves to us every Monday.", "utf-8")
    library.sync()
    (house.root / "report.html").write_text(
        "<p>YILMAZ &amp; SÖHNE &lt;KG&gt; delivers the stoves.</p>", "utf-8"
    )
    done = forget(house, library, subject=firm, now=lambda: NOW)
    assert done.sources == ("firm.txt",) and done.remaining == ("report.html",)
