"""What the engine that runs here reads once, guesses ahead, draws and stops: the same answers in fewer passes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.engines.decoder import circling
from assistant.engines.engine import Caller, CallerGone, Decoding
from assistant.engines.local import LocalEngine

SYSTEM = {"role": "system", "content": "You are the house of lamps and kettles, and you answer briefly."}


def ask(text: str, *earlier: str) -> list[dict[str, str]]:
    turns = [
        {"role": ("user", "assistant")[place % 2], "content": said}
        for place, said in enumerate((*earlier, text))
    ]
    return [SYSTEM, *turns]


@pytest.fixture(scope="module", params=["lfm2", "llama", "qwen3"])
def base(request: pytest.FixtureRequest, tiny_bases: dict[str, Path]) -> str:
    return str(tiny_bases[request.param])


@contextmanager
def passes(engine: LocalEngine) -> Iterator[list[int]]:
    """Yield the tokens that each pass of the model reads."""
    read: list[int] = []
    hook = engine.base.model.register_forward_pre_hook(
        lambda module, args, given: read.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    yield read
    hook.remove()


def test_guessing_ahead_from_what_stands_there_gives_the_same_answer_in_fewer_passes(
    base: str, tmp_path: Path
) -> None:
    """Random weights soon say what they said before: that is guessed, as a passage that is copied would be."""
    plain = LocalEngine(base, lambda: tmp_path, max_new_tokens=56, lookup=False)
    guessing = LocalEngine(base, lambda: tmp_path, max_new_tokens=56)
    one_by_one, ahead = 0, 0
    for text in ("What is the fee?", "Tell me of the lamps and kettles.", "Hi"):
        with passes(plain) as read:
            expected = plain.generate([ask(text)], adapter=False)[0]
        one_by_one += len(read)
        with passes(guessing) as read:
            found = guessing.generate([ask(text)], adapter=False)[0]
        ahead += len(read)
        assert (found.text, found.tokens_out, found.finished) == (
            expected.text,
            expected.tokens_out,
            expected.finished,
        )
        *pieces, _ = guessing.stream(ask(text), adapter=False)
        assert "".join(map(str, pieces)).strip() == expected.text
    assert ahead < 0.9 * one_by_one


def test_a_system_text_is_read_once_for_all_questions(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=3)
    whole = engine.count(ask("Hello there"))
    with passes(engine) as first:
        engine.generate([ask("What is the fee?")], adapter=False)
    with passes(engine) as second:
        again = engine.generate([ask("Hello there")], adapter=False)[0]
    assert len(first) == len(second) + 1  # the system text, in a pass of its own
    assert max(second) == whole - first[0] and first[0] > 8
    fresh = LocalEngine(base, lambda: tmp_path, max_new_tokens=3).generate(
        [ask("Hello there")], adapter=False
    )[0]
    assert again.text == fresh.text


def test_an_earlier_conversation_is_not_read_again(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=3)
    earlier = ("What is the fee of the long plan?", "It is nine crowns a month.")
    engine.generate([ask("And of the short one?", *earlier)], adapter=False)
    with passes(engine) as read:
        engine.generate([ask("Hello there", *earlier)], adapter=False)
    assert sum(read) < 0.6 * engine.count(ask("Hello there", *earlier))


def test_what_is_drawn_depends_on_prompt_and_seed_alone(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=8, batch=4)
    wild = Decoding(temperature=1.5, seed=3)
    prompts = [ask("What is the fee?"), ask("Hi"), ask("Tell me of the lamps and the kettles.")]
    together = [one.text for one in engine.generate(prompts, False, wild)]
    alone = [engine.generate([prompt], False, wild)[0].text for prompt in prompts]
    assert together == alone
    other = [one.text for one in engine.generate(prompts, False, Decoding(temperature=1.5, seed=4))]
    greedy = [one.text for one in engine.generate(prompts, False)]
    assert other != together != greedy


def test_draws_follow_the_model_s_probabilities() -> None:
    """Gumbel's way of drawing gives the softmax: tried on three tokens, worked out by hand."""
    import torch

    from assistant.engines.decoder import Drawn

    scores = torch.log(torch.tensor([[0.6, 0.3, 0.1]]))
    counts = torch.zeros(3)
    draw = Drawn([[1, 2, 3]], temperature=1.0, seed=1)
    for _ in range(4_000):
        counts[int(draw(torch.zeros(1, 1), scores).argmax())] += 1
    assert torch.allclose(counts / 4_000, torch.tensor([0.6, 0.3, 0.1]), atol=0.025)


def test_a_caller_who_leaves_stops_the_model_and_frees_it(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=400, lookup=False)
    gone = threading.Event()
    with passes(engine) as read:
        engine.base.model.register_forward_pre_hook(lambda *_: gone.set() if len(read) > 5 else None)
        with pytest.raises(CallerGone):
            engine.generate([ask("What is the fee?")], False, Decoding(), Caller("leaver", gone.is_set))
    assert len(read) < 12
    assert engine.generate([ask("Hi")], adapter=False) and engine.waiting == 0


def test_an_answer_that_runs_in_circles_is_ended_at_the_same_place_however_many_tokens_come_at_once() -> None:
    answer = [5, 6, 7] + [1, 2, 3, 4] * 40
    first = circling(answer)
    assert first is not None and first < 80
    assert circling(answer[:first]) == first and circling(answer[: first - 1]) is None
    assert circling(list(range(400))) is None


def test_a_model_that_runs_in_circles_is_stopped(base: str, tmp_path: Path) -> None:
    engine = LocalEngine(base, lambda: tmp_path, max_new_tokens=400, lookup=False)
    engine.base.model.generation_config.eos_token_id = None
    engine.base.tokenizer.eos_token_id = None
    weights = engine.base.model.get_output_embeddings().weight
    weights.data[:] = 0  # every token is as likely as any other: the first one is taken, again and again
    with passes(engine) as read:
        made = engine.generate([ask("What is the fee?")], adapter=False)[0]
    assert not made.finished and 60 < made.tokens_out < 80 and len(read) < 80
