"""Which encoder makes the vectors: agreement, damage, families, and that a question never waits for a conversion."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rag_fakes import REPOSITORY

from foundation.errors import UserError
from rag import Library, LibrarySettings, SentenceEmbedder
from rag.embedding import calibrate, convert, converted, encoders
from rag.embedding.calibrate import Measured
from rag.embedding.calibration_texts import mixed
from rag.embedding.embed import adopt, settle


def model_of(folder: Path, pooling: str = "mean", prompts: dict[str, str] | None = None) -> Path:
    """Write a model's settings with weights that are none: enough for every decision before it is loaded."""
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    modules = [{"type": f"sentence_transformers.models.{name}"} for name in ("Transformer", "Pooling")]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling}))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts or {}}))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    monkeypatch.setenv("RUNGWISE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# ---------------------------------------------------------------- decisions, without a model


def test_an_ordinary_model_can_be_converted_and_the_packaged_one_is_one(tmp_path: Path) -> None:
    assert convert.why_not(model_of(tmp_path / "model")) is None
    assert convert.why_not(SentenceEmbedder().folder) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"pooling": "max"}, "its pooling is max, not mean or cls"),
        ({"prompts": {"query": "query: "}}, "it puts prompts before its texts"),
    ],
)
def test_a_model_that_is_not_ordinary_stays_on_torch_and_says_why(
    tmp_path: Path, change: dict[str, object], why: str
) -> None:
    folder = str(model_of(tmp_path / "model", **change))  # type: ignore[arg-type]
    assert convert.why_not(Path(folder)) == why
    embedder = SentenceEmbedder(folder)
    assert embedder.encoders.for_passages(10**6) is embedder.encoders.reference
    with pytest.raises(UserError, match=f'can\'t be converted for embedding_backend = "int8": {why}'):
        SentenceEmbedder(folder, "int8")


def test_torch_and_onnx_share_the_fingerprint_of_the_model_and_int8_has_its_own(tmp_path: Path) -> None:
    folder = str(model_of(tmp_path / "model"))
    prints = {
        backend: SentenceEmbedder(folder, backend).fingerprint
        for backend in ("auto", "torch", "onnx", "int8")
    }
    assert prints["auto"] == prints["torch"] == prints["onnx"] != prints["int8"]


def test_an_index_keeps_its_family_under_auto_and_is_refused_under_another_setting(tmp_path: Path) -> None:
    folder = str(model_of(tmp_path / "model"))
    exact, int8 = (SentenceEmbedder(folder, backend).fingerprint for backend in ("torch", "int8"))
    embedder = SentenceEmbedder(folder)
    assert adopt(embedder, int8) and embedder.fingerprint == int8 and embedder.name.endswith("(int8)")
    assert adopt(embedder, exact) and embedder.fingerprint == exact
    assert not adopt(embedder, "another model") and embedder.fingerprint == exact
    assert not adopt(SentenceEmbedder(folder, "torch"), int8)
    assert not adopt(SentenceEmbedder(folder, "int8"), exact)


PAYS = Measured({"torch": 100.0, "onnx": 150.0, "int8": 200.0}, 0.1, 0.4)


@pytest.mark.parametrize(
    ("measured", "pays"),
    [
        (PAYS, True),
        (Measured({**PAYS.rates, "int8": 172.0}, 0.1, 0.4), False),  # 1.147 times
        (Measured({**PAYS.rates, "torch": 190.0}, 0.1, 0.4), False),  # torch is quick here
        (Measured(PAYS.rates, 0.1, 0.51), False),  # may lose too much
        (Measured(PAYS.rates), False),  # nobody knows
        (Measured(), False),
    ],
)
def test_int8_is_taken_only_where_it_is_worth_it_and_surely_loses_little(
    measured: Measured, pays: bool
) -> None:
    assert calibrate.int8_pays(measured) is pays


def test_of_the_exact_encoders_the_quicker_one_is_taken() -> None:
    assert calibrate.quickest_exact(PAYS) == "onnx"
    assert calibrate.quickest_exact(Measured({"torch": 200.0, "onnx": 150.0})) == "torch"
    assert calibrate.quickest_exact(Measured()) == "onnx"


def test_the_bound_of_a_loss_lies_above_its_mean_and_nearer_with_more_questions() -> None:
    lost = np.random.default_rng(3).normal(0.2, 10.0, 4000)
    few, many = calibrate.bounded(lost[:100]), calibrate.bounded(lost)
    assert few[0] < few[1] and many[0] < many[1] and many[1] - many[0] < few[1] - few[0]
    assert calibrate.bounded(np.zeros(10)) == (0.0, 0.0)


def test_a_ranking_is_worth_1_where_the_answer_is_first_and_less_further_down() -> None:
    passages = np.eye(12, dtype=np.float32)
    assert calibrate.ndcg(passages, passages).tolist() == [1.0] * 12
    second = passages.copy()
    second[0] = passages[0] * 0.5 + passages[1]
    assert calibrate.ndcg(second, passages)[0] == pytest.approx(1 / np.log2(3))
    assert calibrate.ndcg(1 - passages, passages).tolist() == [0.0] * 12


@pytest.mark.parametrize(("waiting", "int8"), [(encoders.LARGE - 1, False), (encoders.LARGE, True)])
def test_auto_tries_int8_only_for_a_new_index_that_is_large(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, waiting: int, int8: bool
) -> None:
    embedder = SentenceEmbedder(str(model_of(tmp_path / "model")))
    monkeypatch.setattr(embedder.encoders, "_measured_int8", lambda: PAYS)
    settle(embedder, waiting)
    assert embedder.encoders.int8 is int8


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_setting_that_is_not_auto_is_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    embedder = SentenceEmbedder(str(model_of(tmp_path / "model")), backend)
    monkeypatch.setattr(embedder.encoders, "_measured_int8", lambda: PAYS)
    settle(embedder, 10**6)
    assert not embedder.encoders.int8


def test_a_question_and_a_small_sync_neither_convert_nor_measure(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = SentenceEmbedder(str(model_of(tmp_path / "model")))

    def never(*_: object) -> None:
        raise AssertionError("converted or measured")

    with monkeypatch.context() as patched:
        for module, name in ((converted, "make"), (calibrate, "rates"), (calibrate, "loss")):
            patched.setattr(module, name, never)
        settle(embedder, encoders.LARGE - 1)
        assert embedder.encoders.for_query() is embedder.encoders.reference
        assert embedder.encoders.for_passages(encoders.MANY - 1) is embedder.encoders.reference
        with pytest.raises(AssertionError, match="converted or measured"):
            embedder.encoders.for_passages(encoders.MANY)
    assert not cache.exists()


def test_a_cache_that_can_not_be_written_leaves_torch_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("RUNGWISE_CACHE", str(tmp_path / "file" / "cache"))
    folder = str(model_of(tmp_path / "model"))
    embedder = SentenceEmbedder(folder)
    settle(embedder, encoders.LARGE)
    assert embedder.encoders.for_passages(encoders.LARGE) is embedder.encoders.reference
    assert "torch is used. Name another with RUNGWISE_CACHE" in (converted.why_unwritable() or "")
    with pytest.raises(UserError, match="the cache folder can't be written .*RUNGWISE_CACHE"):
        SentenceEmbedder(folder, "int8").embed_query("x")


def test_a_sync_lets_the_embedder_settle_before_a_new_index_and_never_for_one_that_is_there(
    make_library: Callable[..., Library], documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr("rag.sync.settle", lambda embedder, waiting: told.append(waiting))
    (documents / "long.md").write_text("# Long\n\n" + "A stove is warm. " * 300, "utf-8")
    library = make_library()
    library.sync()
    assert len(told) == 1 and told[0] == pytest.approx(300 * 17 / (4 * 64), abs=2)
    (documents / "more.md").write_text("# More\n\nA kettle is hot.\n", "utf-8")
    library.sync()
    assert len(told) == 1


# ---------------------------------------------------------------- files


def write_letters(target: Path) -> dict[str, str]:
    target.write_bytes(b"model")
    return {"made_by": str(os.getpid())}


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / converted.MODEL).write_bytes(b"m0del"),
        lambda folder: (folder / converted.MODEL).unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: shutil.rmtree(folder),
    ],
)
def test_a_damaged_file_is_found_before_it_is_opened_and_made_again(
    cache: Path, harm: Callable[[Path], object]
) -> None:
    folder = converted.folder_of("source", "exact", "1")
    converted.make(folder, "source", write_letters)
    harm(folder)
    assert converted.whole(folder, "source") is None
    assert converted.make(folder, "source", write_letters).read_bytes() == b"model"
    assert converted.whole(folder, "source") == folder / converted.MODEL
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]


def test_the_file_of_another_model_is_not_taken_for_this_one(cache: Path) -> None:
    folder = converted.folder_of("source", "exact", "1")
    converted.make(folder, "source", write_letters)
    assert converted.whole(folder, "another") is None


def test_a_conversion_that_fails_leaves_nothing(cache: Path) -> None:
    folder = converted.folder_of("source", "exact", "1")

    def fails(target: Path) -> dict[str, str]:
        target.write_bytes(b"half")
        raise UserError("no")

    with pytest.raises(UserError, match="no"):
        converted.make(folder, "source", fails)
    assert list(folder.parent.iterdir()) == []


BOTH = """
import sys, time
from pathlib import Path
from rag.embedding import converted
folder = converted.folder_of("source", "exact", "1")
def write(target):
    time.sleep(0.2)
    target.write_bytes(b"model" * 100_000)
    return {}
for _ in range(4):
    path = converted.make(folder, "source", write)
    assert path.stat().st_size == 500_000 and converted.whole(folder, "source") == path
"""


def test_two_processes_that_convert_at_once_both_get_a_whole_file(cache: Path) -> None:
    surroundings = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    both = [subprocess.Popen([sys.executable, "-c", BOTH], env=surroundings) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert converted.whole(converted.folder_of("source", "exact", "1"), "source")
    assert len(list((cache / "encoders").iterdir())) == 1


def test_what_was_measured_is_read_back_and_a_damaged_record_is_none(cache: Path) -> None:
    path = calibrate.record(cache, "source", "1", 2)
    assert calibrate.read(path) == Measured()
    calibrate.keep(path, PAYS)
    assert calibrate.read(path) == PAYS
    assert calibrate.record(cache, "source", "1", 4) != path != calibrate.record(cache, "another", "1", 2)
    path.write_text('{"rates": 3}')
    assert calibrate.read(path) == Measured()


def test_a_setting_that_is_no_backend_is_named() -> None:
    with pytest.raises(UserError, match='embedding_backend must be "?auto.*but is "gpu"'):
        LibrarySettings(embedding_backend="gpu")


# ---------------------------------------------------------------- the real model

TEXTS = convert.sample(mixed(24))


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    """The packaged model's vectors of the same texts, by backend."""
    return {backend: SentenceEmbedder(backend=backend).embed(TEXTS) for backend in ("torch", "onnx", "int8")}


@pytest.mark.slow
def test_torch_and_onnx_give_equal_vectors_and_int8_near_ones(vectors: dict[str, np.ndarray]) -> None:
    assert np.abs(vectors["torch"] - vectors["onnx"]).max() < 2e-6
    cosines = (vectors["torch"] * vectors["int8"]).sum(axis=1)
    assert 0.9 < cosines.min() < 0.9999
    for made in vectors.values():
        assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "int8"])
def test_a_text_has_the_same_vector_alone_in_company_and_as_a_question(
    vectors: dict[str, np.ndarray], backend: str
) -> None:
    embedder = SentenceEmbedder(backend=backend)
    alone = np.stack([embedder.embed([text])[0] for text in TEXTS[:6]])
    tolerance = 0.0 if backend == "int8" else 1e-6
    assert np.abs(alone - vectors[backend][:6]).max() <= tolerance
    assert np.abs(embedder.embed_query(TEXTS[3]) - vectors[backend][3]).max() <= tolerance


@pytest.mark.slow
def test_a_damaged_model_is_converted_again_and_gives_the_same_vectors(
    vectors: dict[str, np.ndarray], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = SentenceEmbedder(backend="onnx")
    made = first.embed(TEXTS[:3])
    model = next(cache.rglob(converted.MODEL))
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    assert converted.whole(model.parent, first.fingerprint) is None
    asked = SentenceEmbedder()
    assert asked.encoders.for_query() is asked.encoders.reference  # a question does not wait for it
    assert np.array_equal(made, SentenceEmbedder().embed(TEXTS[:3]))  # a sync, however small, mends it
    assert converted.whole(model.parent, first.fingerprint)


@pytest.mark.slow
def test_calibration_measures_every_encoder_and_int8_s_loss_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = SentenceEmbedder()
    settle(embedder, encoders.LARGE)
    measured = calibrate.read(embedder.encoders._record)
    assert set(measured.rates) == {"torch", "onnx", "int8"}
    assert measured.lost is not None and measured.lost_at_most is not None and abs(measured.lost) < 1
    assert embedder.encoders.int8 is calibrate.int8_pays(measured)
    monkeypatch.setattr(calibrate, "rates", lambda _: pytest.fail("measured twice"))
    settle(SentenceEmbedder(), encoders.LARGE)


@pytest.mark.slow
def test_an_int8_index_is_opened_under_auto_on_a_machine_that_never_converted(
    vectors: dict[str, np.ndarray], documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(documents, tmp_path / "state", LibrarySettings(embedding_backend="int8")) as library:
        library.sync()
        assert library.status().embedder.startswith("minilm (int8)")
    monkeypatch.setenv("RUNGWISE_CACHE", str(tmp_path / "new"))
    with Library(documents, tmp_path / "state") as library:
        assert library.search("Can I bring it back and get my cash?")[0].chunk.source == "policies/returns.md"
        assert library.sync().embedded == 0
    with (
        Library(documents, tmp_path / "state", LibrarySettings(embedding_backend="torch")) as library,
        pytest.raises(UserError, match=r"made with the embedder minilm \(int8\)"),
    ):
        library.search("stove")
