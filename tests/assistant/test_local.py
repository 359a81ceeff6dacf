"""The engine that runs here, on tiny bases: batches, streams, and the adapter switched on and off."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engines.engine import Generated
from assistant.engines.local import LocalEngine
from finetune.training.settings import TrainingSettings
from finetune.training.train import Row, train_adapter
from foundation.errors import UserError


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


QUESTIONS = [
    ask("What is the fee?"),
    ask("And the price of the longest plan that you have, with all of its parts?"),
    ask("Hi"),
]


@pytest.fixture(scope="module", params=["lfm2", "llama", "qwen3"])
def base(request: pytest.FixtureRequest, tiny_bases: dict[str, Path]) -> str:
    return str(tiny_bases[request.param])


@pytest.fixture(scope="module")
def adapter(base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [Row(tuple(ask(f"What is the fee for {n}?")), "Seven.") for n in range(24)]  # type: ignore[arg-type]
    folder = tmp_path_factory.mktemp("adapters") / "house"
    train_adapter(
        base,
        rows,
        rows[:4],
        folder,
        TrainingSettings(rank=4, epochs=4, learning_rate=2e-2, batch=8, patience=4),
    )
    return folder


def test_answers_of_a_batch_are_those_of_one_question_at_a_time(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=12, batch=3)
    together = engine.generate(QUESTIONS, adapter=False)
    alone = [engine.generate([question], adapter=False)[0] for question in QUESTIONS]
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.tokens_in for one in together] == [one.tokens_in for one in alone]


def test_a_stream_says_what_a_whole_answer_says(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=12)
    *pieces, streamed = engine.stream(QUESTIONS[0], adapter=False)
    whole = engine.generate(QUESTIONS[:1], adapter=False)[0]
    assert "".join(map(str, pieces)).strip() == whole.text
    assert isinstance(streamed, Generated)
    assert (streamed.text, streamed.tokens_in, streamed.tokens_out, streamed.finished) == (
        whole.text,
        whole.tokens_in,
        whole.tokens_out,
        whole.finished,
    )
    assert 0 < streamed.prefill <= streamed.seconds and 0 < whole.prefill <= whole.seconds


def test_switching_the_adapter_on_changes_the_answer_and_off_brings_the_base_back(
    base: str, adapter: Path
) -> None:
    engine = LocalEngine(base, lambda: adapter, max_new_tokens=8)
    before = engine.generate(QUESTIONS[:1], adapter=False)[0].text
    tuned = engine.generate(QUESTIONS[:1], adapter=True)[0].text
    assert tuned != before
    assert engine.generate(QUESTIONS[:1], adapter=False)[0].text == before


def test_an_adapter_trained_anew_is_served_without_a_restart(
    base: str, adapter: Path, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "house"
    shutil.copytree(adapter, folder)
    engine = LocalEngine(base, lambda: folder, max_new_tokens=8)
    first = engine.identity(adapter=True)
    rows = [Row(tuple(ask(f"Name {n}?")), "Other words.") for n in range(12)]  # type: ignore[arg-type]
    train_adapter(base, rows, rows[:2], folder, TrainingSettings(rank=2, epochs=1, batch=8))
    assert engine.identity(adapter=True) != first
    fresh = LocalEngine(base, lambda: folder, max_new_tokens=8)
    assert (
        engine.generate(QUESTIONS[:1], adapter=True)[0].text
        == fresh.generate(QUESTIONS[:1], adapter=True)[0].text
    )


def test_closing_a_stream_frees_the_model_for_the_next_question(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=200)
    stream = engine.stream(QUESTIONS[0], adapter=False)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert engine.generate(QUESTIONS[:1], adapter=False)


def test_the_adapter_is_asked_for_before_it_exists(base: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no adapter yet. Run `rungwise train` first"):
        LocalEngine(base, lambda: tmp_path / "none").generate(QUESTIONS[:1], adapter=True)


def test_a_prompt_beyond_the_window_is_a_sentence(base: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The prompt has [\d,]+ tokens, but"):
        LocalEngine(base, lambda: tmp_path).generate([ask("word " * 3000)], adapter=False)


def test_a_stream_may_be_closed_by_another_thread_than_the_one_that_began_it(
    base: str, tmp_path: Path
) -> None:
    """Streamlit drops a page's generator wherever its thread ends."""
    import threading

    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=200)
    stream = engine.stream(QUESTIONS[0], adapter=False)
    next(stream)
    closer = threading.Thread(target=stream.close)  # type: ignore[attr-defined]
    closer.start()
    closer.join(timeout=30)
    assert not closer.is_alive()
    assert engine.generate(QUESTIONS[:1], adapter=False)


def test_with_an_activated_adapter_base_and_adapter_share_what_they_read_and_answer_as_whole_passes_do(
    base: str, tmp_path: Path
) -> None:
    import torch

    from finetune.adapter import attach_saved
    from finetune.base import load_base
    from finetune.render import prompt_ids

    rows = [Row(tuple(ask(f"What is the fee for {n}?")), "Seven.") for n in range(24)]  # type: ignore[arg-type]
    settings = TrainingSettings(rank=4, epochs=4, learning_rate=2e-2, batch=8, patience=4, activated=True)
    train_adapter(base, rows, rows[:4], tmp_path / "house", settings)
    engine = LocalEngine(base, lambda: tmp_path / "house", max_new_tokens=8, batch=3)
    engine.base.model.float()
    read: list[int] = []
    engine.base.model.register_forward_pre_hook(
        lambda module, args, given: read.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    bare = [one.text for one in engine.generate(QUESTIONS, adapter=False)]
    long = max(read)
    read.clear()
    tuned = [one.text for one in engine.generate(QUESTIONS, adapter=True)]
    assert long > 10 and max(read) == 4  # the header's tokens: all before them had been read for the base
    assert bare != tuned
    *pieces, _ = engine.stream(QUESTIONS[0], adapter=True)
    assert "".join(map(str, pieces)).strip() == tuned[0]

    other = load_base(base)
    other.model.float()
    whole = attach_saved(other.model, tmp_path / "house").eval()
    for question, text in zip(QUESTIONS, tuned, strict=True):
        ids = torch.tensor([prompt_ids(other.tokenizer, question)])  # type: ignore[arg-type]
        made = whole.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=8, do_sample=False
        )
        assert str(other.tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)).strip() == text
