"""The packaged embedder: offline, counted, the same every time. The slow ones load the real model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import UserError
from rag import Library, SentenceEmbedder


@pytest.fixture(scope="module")
def minilm() -> SentenceEmbedder:
    return SentenceEmbedder()


def test_the_packaged_model_tells_its_size_without_being_loaded(minilm: SentenceEmbedder) -> None:
    assert (minilm.dimension, minilm.max_tokens, len(minilm.fingerprint)) == (384, 256, 64)
    assert "model" not in vars(minilm.encoders.reference)


def test_tokens_are_counted_and_neither_cut_nor_padded(minilm: SentenceEmbedder) -> None:
    assert minilm.count_tokens(["stove", "stove " * 1000, ""]) == [1, 1000, 0]
    assert minilm.count_tokens([]) == []


def fake_model(folder: Path, module: str) -> Path:
    folder.mkdir()
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "modules.json").write_text(json.dumps([{"type": module}]))
    return folder


def test_a_model_that_brings_its_own_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"brings code of its own \(evil\.Module\), which is never run"):
        SentenceEmbedder(str(fake_model(tmp_path / "model", "evil.Module")))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = fake_model(tmp_path / "model", "sentence_transformers.models.Transformer")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UserError, match="no safetensors weights"):
        SentenceEmbedder(str(folder))


def test_other_weights_or_other_settings_are_another_fingerprint(tmp_path: Path) -> None:
    folder = fake_model(tmp_path / "model", "sentence_transformers.models.Transformer")
    prints = [SentenceEmbedder(str(folder)).fingerprint]
    (folder / "model.safetensors").write_bytes(b"weights, changed")
    prints.append(SentenceEmbedder(str(folder)).fingerprint)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    prints.append(SentenceEmbedder(str(folder)).fingerprint)
    assert len(set(prints)) == 3


def test_a_name_that_nobody_has_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError("offline")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(
        UserError, match=r'embedder "no/such" is neither a folder nor on this disk.*embedder = "minilm"'
    ):
        SentenceEmbedder("no/such")


@pytest.mark.slow
def test_vectors_have_length_1_and_do_not_depend_on_the_company(minilm: SentenceEmbedder) -> None:
    texts = ["A stove costs 49 EUR.", "word " * 100, "Kittens sleep all day.", "The price of the stove."]
    vectors = minilm.embed(texts)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.stack([minilm.embed([text])[0] for text in texts])
    assert np.allclose(vectors, alone, atol=1e-5)
    assert np.allclose(minilm.embed_query(texts[0]), vectors[0], atol=1e-5)
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[2] + 0.3
    assert minilm.embed([]).shape == (0, 384)


@pytest.mark.slow
def test_the_real_model_finds_by_meaning_what_shares_no_word(
    make_library: Callable[..., Library], documents: Path, minilm: SentenceEmbedder
) -> None:
    (documents / "hours.md").write_text("# Opening hours\n\nThe shop is closed on Sundays.\n", "utf-8")
    library = make_library(embedder_object=minilm)
    library.sync()
    assert library.search("Can I bring it back and get my cash?")[0].chunk.source == "policies/returns.md"
    assert library.search("weekend visit times")[0].chunk.source == "hours.md"
