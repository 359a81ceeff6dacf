"""Situations of weights that learned from what is erased: marked by name, told of, refused where strict, and never half removed."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.workspace import Workspace
from finetune import registry
from finetune.registry import Manifest
from foundation.errors import UserError
from foundation.files import sha256_text, write_json_atomic
from governance import weights
from governance.destruction import destroy
from governance.erasure import check, forget
from governance.standing import standing
from governance.strict import Use, check_strict
from rag import Library
from rag.storage.lock import writing
from rag.tuning import tuned_folder
from rag.tuning.tuned_folder import Papers
from tests.governance.test_erasure import NAME, NOW, found
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library

BELOW = ".rungwise/embedders"


def taught(house: Workspace, name: str, sources: dict[str, int], base: str = "minilm") -> Path:
    """Publish an embedder, of which only papers and files matter here; return its model's folder."""
    model = house.root / "written"
    model.mkdir()
    (model / "model.safetensors").write_bytes(
        f"weights of {NAME}".encode()
    )  # by chance, as any short text may stand
    (model / "tokenizer.json").write_text(
        json.dumps({"vocab": ["ayşe", "yılmaz"]}, ensure_ascii=False), "utf-8"
    )
    papers = Papers(
        name=name, base=base, base_fingerprint="a", fingerprint="b", pairs={}, pairs_sha256="c", sources=sources,
        held_out=["hr/letter.txt", "hr/other.txt"], settings={}, curve=[], measured={}, seconds=1.0, versions={},
        created="2026-11-28T09:00:00+00:00",
    )  # fmt: skip
    return tuned_folder.publish(model, house.embedders, papers)


def uses(house: Workspace, name: str, more: str = "") -> Workspace:
    (house.root / "rungwise.toml").write_text(
        f'name = "House"\n[retrieval]\nembedder = "{BELOW}/{name}/model"\n{more}', "utf-8"
    )
    return Workspace.open(house.root)


@pytest.mark.fault(44)
def test_an_embedder_that_learned_from_a_forgotten_document_is_marked_and_so_is_what_was_taught_from_it(
    house: Workspace, library: Library
) -> None:
    first = taught(house, "e1", {"hr/letter.txt": 3, "rules.md": 0})
    second = taught(house, "e2", {"rules.md": 2}, base=f"{BELOW}/e1/model")
    other = taught(house, "e3", {"rules.md": 2})
    house.examples.unlink()  # a row that goes would mark all of them
    naive = [path for path in (first, second, other) if "hr/letter.txt" in tuned_folder.read(path).sources]  # type: ignore[union-attr]
    assert naive == [first]  # naive: looks at its own papers only

    done = forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    assert done.marked.embedders == ("e1", "e2") and done.certificate.tainted_embedders == 2
    assert [tuned_folder.tainted(path) for path in (first, second, other)] == [True, True, False]
    assert found(house.root, "letter.txt") == []  # their papers name it no more
    assert check(done.path) and tuned_folder.read(first) is not None
    assert weights.marked(house).embedders == ("e1", "e2")


@pytest.mark.fault(44)
def test_a_question_that_goes_marks_every_embedder_and_a_test_question_none(
    house: Workspace, library: Library
) -> None:
    model = taught(house, "e1", {"rules.md": 2})
    house.examples.unlink()
    row = {"id": "q1", "question": f"When does {NAME} work?", "gold": ["hr/letter.txt"]}
    house.questions.write_text(json.dumps({**row, "part": "test"}) + "\n", "utf-8")
    assert forget(house, library, ["hr/letter.txt"], now=lambda: NOW).marked.embedders == ()
    house.questions.write_text(json.dumps({**row, "part": "dev"}) + "\n", "utf-8")
    assert forget(house, library, subject=NAME, now=lambda: NOW).marked.embedders == ("e1",)
    assert tuned_folder.tainted(model)


@pytest.mark.fault(42)
def test_somebody_called_as_a_word_of_a_vocabulary_is_erased_and_no_model_is_broken(
    house: Workspace, library: Library
) -> None:
    model = taught(house, "e1", {"hr/letter.txt": 3})
    naive = [path for path in house.built.rglob("*.json") if "yılmaz" in path.read_text("utf-8").casefold()]
    assert model / "tokenizer.json" in naive  # naive: whatever file holds the name goes
    done = forget(house, library, subject="Yılmaz", now=lambda: NOW)
    assert done.remaining == ()
    tuned_folder.check(model)  # every file is as it was published
    assert (model / "tokenizer.json").is_file() and "vocabularies" in " ".join(done.certificate.limits)


def test_a_marked_embedder_that_is_used_is_told_of_with_its_remedy_and_refused_where_strict(
    house: Workspace, library: Library
) -> None:
    taught(house, "e1", {"hr/letter.txt": 3})
    house = uses(house, "e1")
    assert standing(house, NOW, library).embedder_due == ""
    done = forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    assert done.embedding == standing(house, NOW, library).embedder_due == "e1"
    told = weights.embedder_text("e1")
    assert all(part in told for part in ("--back", "`rungwise tune-embedder`", "--drop e1"))
    check_strict(house, Use.SERVE, library)  # not strict: it goes on
    strict = uses(house, "e1", "strict = true\n")
    for use in Use:
        with pytest.raises(UserError, match="The embedder e1 learned from what was erased since"):
            check_strict(strict, use, library)


@pytest.mark.fault(44)
def test_a_teaching_that_nobody_is_at_is_removed_and_one_under_way_is_told_to_stop(
    house: Workspace, library: Library
) -> None:
    states = house.embedders / tuned_folder.WORK / "states"
    states.mkdir(parents=True)
    (house.embedders / ".e1").mkdir()  # half published when it was killed
    with writing(house.embedders / tuned_folder.LOCK):
        weights.mark(house, "2026-06-15", sources=["hr/letter.txt"])
        assert states.is_dir() and tuned_folder.stopped(house.embedders)
    weights.mark(house, "2026-06-15", sources=["hr/letter.txt"])
    assert sorted(path.name for path in house.embedders.iterdir()) == [tuned_folder.LOCK]


@pytest.mark.fault(44)
def test_what_is_published_while_somebody_is_erased_is_marked_before_the_erasure_ends(
    house: Workspace, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    erases = library.forget

    def published_meanwhile(sources: list[str]) -> object:
        taught(house, "e1", {"hr/letter.txt": 3})
        adapter(house, "late")
        return erases(sources)

    monkeypatch.setattr(library, "forget", published_meanwhile)
    done = forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    assert done.marked.embedders == ("e1",) and done.marked.adapters == ("late",)
    naive = weights.NOTHING  # naive: what was there when the erasure began
    assert weights.marked(house) != naive


@pytest.mark.fault(44)
def test_an_adapter_whose_rows_were_read_before_an_erasure_and_that_is_published_after_it_does_not_serve(
    house: Workspace, library: Library
) -> None:
    adapter(house, "before")
    lineage, began = house.adapters, house.adapters.forgotten
    forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    adapter(house, "late")
    assert not lineage.marked("late")  # naive: marked is what was there when the erasure ran
    with pytest.raises(UserError, match="forgotten while it was trained, so it is marked and does not serve"):
        lineage.check_since(began, "late")
    assert lineage.marked("late")
    lineage.check_since(lineage.forgotten, "late")  # nothing since


def test_a_destruction_of_rows_that_ended_marks_what_was_taught_on_them(house: Workspace) -> None:
    from governance.destruction import destroy

    taught(house, "e1", {"rules.md": 1})
    house = uses(house, "e1")
    rows = [
        {"question": "When?", "source": "rules.md", "start": 0, "at": f"{year}-01-01T00:00:00+00:00"}
        for year in (2020, 2026)
    ]
    house.clicks.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (house.root / "data.toml").write_text('[[dataset]]\nname = "clicks"\nretention = "1 year"\n', "utf-8")
    with Library(house.documents, house.library) as unbuilt:
        done = destroy(house, unbuilt, NOW)
    assert [(step.kind, step.count) for step in done.steps] == [("clicks", 1)] and done.embedder_due == "e1"


def test_a_certificate_of_an_earlier_version_is_still_found_to_be_as_it_was_written(
    house: Workspace, library: Library
) -> None:
    done = forget(house, library, ["hr/letter.txt"], now=lambda: NOW)
    earlier = {
        key: value
        for key, value in asdict(done.certificate).items()
        if key not in ("tainted_embedders", "sha256")
    }
    path = house.built / "forgotten" / "earlier.json"
    write_json_atomic(path, {**earlier, "sha256": sha256_text(json.dumps(earlier, sort_keys=True))})
    assert check(path)
    write_json_atomic(
        path, {**earlier, "documents": 9, "sha256": sha256_text(json.dumps(earlier, sort_keys=True))}
    )
    assert not check(path)


@pytest.mark.fault(42)
def test_a_proposed_wording_that_quotes_somebody_goes_and_one_that_people_wrote_is_named_and_stays(
    house: Workspace, library: Library
) -> None:
    own = house.own_instructions
    own.write_text(
        f'[proposed-ab12cd]\ntext = "Answer as {NAME} would."\n\n[ours]\ntext = "Be brief." # ours\n', "utf-8"
    )
    (house.root / "rungwise.toml").write_text('[prompt]\ninstructions = "proposed-ab12cd"\n', "utf-8")
    proposals = house.built / "prompting" / "proposals.json"
    proposals.parent.mkdir()
    proposals.write_text(
        json.dumps({"key": "k", "proposals": {"proposed-ab12cd": f"Answer as {NAME}."}}), "utf-8"
    )
    house = Workspace.open(house.root)
    naive = found(house.root)  # naive: documents, rows and logs
    assert "instructions.toml" in naive and ".rungwise/prompting/proposals.json" in naive
    assert forget(house, library, subject=NAME, now=lambda: NOW).remaining == ()
    assert own.read_text("utf-8").strip() == '[ours]\ntext = "Be brief." # ours'
    assert Workspace.open(house.root).told(True).system  # the settings name a wording that is there

    own.write_text(f'[ours]\ntext = "Ask {NAME} first."\n', "utf-8")
    (house.documents / "again.txt").write_text(
        f"{NAME} is back, and works here from Monday to Friday.", "utf-8"
    )
    library.sync()
    assert forget(house, library, subject=NAME, now=lambda: NOW).remaining == ("instructions.toml",)


def adapter(house: Workspace, name: str) -> None:
    folder = house.adapters.home / name
    folder.mkdir(parents=True)
    told = {"name": name, "base": "b", "base_fingerprint": "f", "rows": 1, "validation_rows": 1, "rows_sha256": "",
            "made_from": {}, "settings": {}, "curve": [], "best_epoch": 1.0, "seconds": 1.0, "versions": {},
            "created": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}  # fmt: skip
    (folder / registry.MANIFEST).write_text(json.dumps(told), "utf-8")


@pytest.mark.fault(44)
def test_preferences_that_end_mark_the_adapter_that_was_aligned_with_them_and_leave_the_one_that_serves(
    house: Workspace, library: Library
) -> None:
    learned = {"plain": {"examples": "e"}, "aligned": {"examples": "e", "alignment": "a"}, "untold": {}}
    for name, made_from in learned.items():
        (house.adapters.home / name).mkdir(parents=True)
        papers = Manifest(name, "starter", "f", 10, 1, "r", made_from, {}, [], 1.0, 0.1, {}, NOW.isoformat())
        write_json_atomic(house.adapters.home / name / registry.MANIFEST, papers.to_dict())
    house.adapters.use("plain")
    pair = {"id": "p", "chosen": "a", "rejected": "b", "sources": [], "when": "2025-01-01T00:00:00+00:00"}
    house.preferences.write_text(json.dumps(pair) + "\n", "utf-8")
    (house.root / "data.toml").write_text(
        '[[dataset]]\nname = "preferences"\nretention = "30 days"\n', "utf-8"
    )
    naive = house.adapters.names()  # naive: whatever was trained here
    done = destroy(house, library, NOW, "IT")
    assert [step.kind for step in done.steps] == ["preferences"] and not done.retrain_due
    marked = weights.marked(house).adapters
    assert set(marked) == {"aligned", "untold"} < set(naive)  # papers that don't tell are not believed
    assert not standing(house, NOW, library).retrain_due
