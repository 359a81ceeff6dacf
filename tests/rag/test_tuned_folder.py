"""Taught embedders on the disk: whole or absent, and refused when a file is not what their papers say."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from foundation.errors import UserError
from rag.embedding.model_folder import model_folder
from rag.tuning import tuned_folder
from rag.tuning.tuned_folder import Papers


def papers(name: str = "e1") -> Papers:
    return Papers(
        name=name, base="minilm", base_fingerprint="a", fingerprint="b", pairs={}, pairs_sha256="c", sources={}, held_out=[],
        settings={}, curve=[], measured={}, seconds=1.0, versions={}, created="2026-11-28T09:00:00+00:00",
    )  # fmt: skip


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A taught embedder, of which only the files matter here."""
    model = tmp_path / "written"
    (model / "1_Pooling").mkdir(parents=True)
    (model / "model.safetensors").write_bytes(b"weights")
    (model / "tokenizer.json").write_text("{}", "utf-8")
    (model / "1_Pooling" / "config.json").write_text("{}", "utf-8")
    return tuned_folder.publish(model, tmp_path / "embedders", papers())


def test_what_was_published_is_opened_and_names_every_file(published: Path) -> None:
    assert model_folder(str(published)) == published
    found = tuned_folder.read(published)
    assert found is not None and set(found.files) == {
        "model.safetensors",
        "tokenizer.json",
        "1_Pooling/config.json",
    }


@pytest.mark.fault(106)
def test_an_altered_hash_a_pickle_and_a_lost_file_are_refused_where_a_naive_look_opens_them(
    published: Path,
) -> None:
    def naive(folder: Path) -> bool:
        """Looks for safetensors and a tokenizer only."""
        return bool(list(folder.glob("*.safetensors"))) and (folder / "tokenizer.json").is_file()

    weights = published / "model.safetensors"
    weights.write_bytes(b"weighty")
    with pytest.raises(UserError, match="was altered since it was published"):
        model_folder(str(published))
    assert naive(published)
    weights.write_bytes(b"weights")
    (published / "pytorch_model.bin").write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(UserError, match=r"pytorch_model\.bin: this file of a taught embedder was added"):
        model_folder(str(published))
    assert naive(published)
    (published / "pytorch_model.bin").unlink()
    (published / "1_Pooling" / "config.json").unlink()
    with pytest.raises(UserError, match="is missing since it was published"):
        model_folder(str(published))
    assert naive(published)


def test_papers_that_cannot_be_read_refuse_the_embedder(published: Path) -> None:
    (published.parent / "embedder.json").write_text('{"name": "e1"}', "utf-8")
    with pytest.raises(UserError, match="the papers of this embedder can't be read"):
        model_folder(str(published))


def test_a_kill_between_two_files_leaves_no_embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "written"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    home = tmp_path / "embedders"
    monkeypatch.setattr(tuned_folder, "write_json_atomic", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tuned_folder.publish(model, home, papers())
    assert not list(home.glob("e*")) and tuned_folder.fresh(home) == "e1"


def test_names_go_on_from_the_last(published: Path) -> None:
    home = published.parent.parent
    assert tuned_folder.fresh(home) == "e2"
    (home / "e7").mkdir()
    assert tuned_folder.fresh(home) == "e8"


def test_a_folder_without_papers_is_read_as_before(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    (model / "tokenizer.json").write_text(json.dumps({}), "utf-8")
    assert model_folder(str(model)) == model
