"""The recipe that makes the starter from nothing: seeded, resumable, on two cores or on one GPU.

Own loop, because transformers' Trainer has no place for a curriculum whose batches are drawn anew at every step. Knows
nothing of adapters, which are trained by `finetune.training.train`.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import Lfm2ForCausalLM, PreTrainedTokenizerFast

from finetune.starter import batches, dialogues, facts, model
from finetune.starter.batches import Lesson
from finetune.starter.muon import Muon
from foundation.errors import UserError
from foundation.files import sha256_of, write_json_atomic

SAVE_SECONDS = 120.0
"""Time between two checkpoints."""
PROBE_STEPS = 250
"""Steps between two looks at what the model can do so far: the loss, mostly of unforeseeable names, hides it."""


@dataclass(frozen=True)
class Preset:
    """How large, how long, and from which seed."""

    hidden: int
    """Width of the model."""
    feed_forward: int
    """Width inside the feed-forward blocks."""
    heads: int
    """Attention heads."""
    layers: int
    """Pairs of a convolution and an attention layer."""
    vocabulary: int
    """Tokens."""
    tokens: int
    """Training tokens in all, padding not counted."""
    lessons: tuple[int, int, int]
    """Tokens after which up to two passages are read, then up to four, then up to five."""
    cooldown: int
    """Tokens after which the learning rate falls; before it the run does not depend on how long it will be."""
    rows: tuple[int, int]
    """Dialogues a batch, before the last lesson and in it: small batches find copying sooner."""
    rate: float
    """Highest learning rate."""
    optimizer: str
    """`adamw`, or `muon` for the matrices with AdamW for the rest."""
    longest: int = 768
    """Tokens of the longest dialogue."""
    seed: int = 20261121
    """Of the weights, the tokenizer's texts and every batch."""
    dtype: str = "float32"
    """What the forward pass computes in (`bfloat16` under autocast on a GPU)."""


PRESETS = {
    "cpu": Preset(hidden=192, feed_forward=384, heads=6, layers=3, vocabulary=2048, tokens=18_000_000, lessons=(1_380_000, 2_760_000, 9_200_000), cooldown=9_200_000, rows=(8, 14), rate=2e-3, optimizer="muon"),
    "gpu": Preset(hidden=256, feed_forward=768, heads=8, layers=4, vocabulary=4096, tokens=400_000_000, lessons=(12_000_000, 24_000_000, 100_000_000), cooldown=160_000_000, rows=(32, 128), rate=2e-3, optimizer="muon", dtype="bfloat16"),
    "tiny": Preset(hidden=32, feed_forward=64, heads=2, layers=1, vocabulary=512, tokens=20_000, lessons=(1_200, 2_400, 8_000), cooldown=9_000, rows=(4, 8), rate=2e-3, optimizer="adamw"),
}  # fmt: skip
"""`cpu` made the shipped weights; `gpu` is larger; `tiny` is for tests of the recipe."""


def lesson(tokens: int, preset: Preset) -> Lesson:
    """Return what is taught after so many tokens: copy, then read one passage, then many.

    A few repeated random sequences stay to the end: they keep every token copyable, the rare ones too. What stands outside
    the answers is names and numbers that nobody could foresee; it teaches the words at first and is noise later.
    """
    two, four, five = preset.lessons
    repeats = max(0.05, round(0.5 * (1 - tokens / (1.25 * four)), 1))
    if tokens < two:
        return Lesson(preset.rows[0], repeats, passages=1, turns=5, unanswerable=0.05, elsewhere=0.1)
    if tokens < four:
        return Lesson(preset.rows[0], repeats, passages=2, turns=6, unanswerable=0.12, elsewhere=0.1)
    if tokens < five:
        return Lesson(preset.rows[0], repeats, passages=4, turns=8, unanswerable=0.22, elsewhere=0.05)
    return Lesson(preset.rows[1], repeats, passages=5, turns=8, unanswerable=0.25, elsewhere=0.03)


def learning_rate(tokens: int, step: int, preset: Preset) -> float:
    """Return the rate: warm up over 100 steps, hold, and fall linearly from the cooldown on."""
    warm = min(1.0, (step + 1) / 100)
    left = (preset.tokens - tokens) / max(1, preset.tokens - preset.cooldown)
    return preset.rate * warm * min(1.0, max(0.02, left))


def _optimizers(network: Lfm2ForCausalLM, preset: Preset) -> list[torch.optim.Optimizer]:
    matrices = [
        value
        for name, value in network.named_parameters()
        if value.ndim == 2 and "embed" not in name and "lm_head" not in name
    ]
    chosen = {id(value) for value in matrices} if preset.optimizer == "muon" else set()
    rest = [value for value in network.parameters() if id(value) not in chosen]
    made: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=preset.rate, betas=(0.9, 0.98), weight_decay=0.01)
    ]
    if chosen:
        made.append(Muon(matrices, lr=preset.rate))
    return made


@dataclass
class _State:
    """What a checkpoint holds, besides the weights."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


def _save(
    folder: Path, network: Lfm2ForCausalLM, optimizers: list[torch.optim.Optimizer], state: _State
) -> None:
    """Write a checkpoint beside the last one, then rename: a kill in mid-write leaves the last one."""
    temporary, final = folder / "checkpoint.new", folder / "checkpoint"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    torch.save(
        {
            "network": network.state_dict(),
            "optimizers": [one.state_dict() for one in optimizers],
            "state": asdict(state),
        },
        temporary / "state.pt",
    )
    write_json_atomic(temporary / "manifest.json", {"sha256": sha256_of(temporary / "state.pt")})
    shutil.rmtree(folder / "checkpoint.old", ignore_errors=True)
    if final.exists():
        final.rename(folder / "checkpoint.old")
    temporary.rename(final)


def _load(folder: Path, network: Lfm2ForCausalLM, optimizers: list[torch.optim.Optimizer]) -> _State:
    """Resume from the newest checkpoint whose hash verifies; start from nothing where there is none."""
    for name in ("checkpoint", "checkpoint.old"):
        manifest = folder / name / "manifest.json"
        if not manifest.exists():
            continue
        if json.loads(manifest.read_text())["sha256"] != sha256_of(folder / name / "state.pt"):
            continue
        saved = torch.load(folder / name / "state.pt", weights_only=True)
        network.load_state_dict(saved["network"])
        for one, value in zip(optimizers, saved["optimizers"], strict=True):
            one.load_state_dict(value)
        return _State(**saved["state"])
    return _State()


def _tokenizer_texts(preset: Preset) -> Iterator[str]:
    rng = random.Random(preset.seed)
    for _ in range(12_000 if preset.vocabulary > 600 else 400):
        for message in dialogues.draw(rng, facts.TRAINING, passages=3).messages():
            yield message["content"]


def _loss(network: Lfm2ForCausalLM, batch: batches.Batch, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean negative log-likelihood of the targets in nats, a scalar.

    No attention mask: rows are padded on the right, where a causal model does not look.
    """
    hidden = network.model(batch.ids, use_cache=False).last_hidden_state[:, :-1]
    wanted = weights[:, 1:] > 0
    logits = network.lm_head(hidden[wanted]).float()
    losses = torch.nn.functional.cross_entropy(logits, batch.ids[:, 1:][wanted], reduction="none")
    chosen = weights[:, 1:][wanted]
    return (losses * chosen).sum() / chosen.sum()


def train(
    name: str,
    folder: Path,
    minutes: float | None = None,
    tokens: int | None = None,
    optimizer: str | None = None,
    report: Callable[[dict[str, Any]], None] = lambda line: None,
    probe: Callable[
        [Lfm2ForCausalLM, PreTrainedTokenizerFast], dict[str, Any]
    ] = lambda network, tokenizer: {},
) -> tuple[Lfm2ForCausalLM, PreTrainedTokenizerFast]:
    """Train the starter, or go on with a training that was interrupted.

    Args:
        name: The preset.
        folder: Where checkpoints, the tokenizer and the curve are kept while training.
        minutes: Stop for now after this time; the next call resumes.
        tokens: Another number of training tokens than the preset's.
        optimizer: Another optimizer than the preset's.
        report: Called with a line of the curve every 25 steps.
        probe: Called every `PROBE_STEPS` steps; what it returns is added to the line.

    Raises:
        UserError: There is no such preset.
    """
    if name not in PRESETS:
        raise UserError(f'There is no preset "{name}". Choose cpu, gpu or tiny.')
    overrides = {"tokens": tokens or PRESETS[name].tokens, "optimizer": optimizer or PRESETS[name].optimizer}
    preset = Preset(**{**asdict(PRESETS[name]), **overrides})
    folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if name == "gpu" and torch.cuda.is_available() else "cpu"
    tokenizer = _tokenizer(folder, preset)
    network = model.build(tokenizer, asdict(preset), preset.seed)
    network.to(torch.device(device))  # type: ignore[arg-type]
    optimizers = _optimizers(network, preset)
    state = _load(folder, network, optimizers)
    _loop(network, optimizers, tokenizer, preset, state, folder, minutes, report, probe, device)
    return network, tokenizer


def _tokenizer(folder: Path, preset: Preset) -> PreTrainedTokenizerFast:
    if not (folder / "tokenizer" / "tokenizer.json").exists():
        model.train_tokenizer(_tokenizer_texts(preset), preset.vocabulary).save_pretrained(
            folder / "tokenizer"
        )
    loaded: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer")
    return loaded


def _loop(
    network: Lfm2ForCausalLM,
    optimizers: list[torch.optim.Optimizer],
    tokenizer: PreTrainedTokenizerFast,
    preset: Preset,
    state: _State,
    folder: Path,
    minutes: float | None,
    report: Callable[[dict[str, Any]], None],
    probe: Callable[[Lfm2ForCausalLM, PreTrainedTokenizerFast], dict[str, Any]],
    device: str,
) -> None:
    network.train()
    began, saved, earlier = time.monotonic(), time.monotonic(), state.seconds
    recent: list[float] = []
    source = batches.Source(tokenizer, preset.seed, preset.longest)
    while state.tokens < preset.tokens:
        batch = source.draw(lesson(state.tokens, preset), state.step)
        weights = batches.thin(batch, preset.seed, state.step)
        moved = batches.Batch(batch.ids.to(device), batch.weights.to(device))
        with torch.autocast(device, torch.bfloat16, enabled=preset.dtype == "bfloat16" and device == "cuda"):
            loss = _loss(network, moved, weights.to(device))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for one in optimizers:
            for group in one.param_groups:
                group["lr"] = learning_rate(state.tokens, state.step, preset)
            one.step()
            one.zero_grad(set_to_none=True)
        recent.append(float(loss.detach()))
        state.step += 1
        state.tokens += int((batch.weights > 0).sum())
        state.seconds = earlier + time.monotonic() - began
        if state.step % 25 == 0:
            report(
                {
                    "step": state.step,
                    "tokens": state.tokens,
                    "loss": round(sum(recent) / len(recent), 4),
                    "seconds": round(state.seconds),
                    **(probe(network, tokenizer) if state.step % PROBE_STEPS == 0 else {}),
                }
            )
            recent.clear()
        if time.monotonic() - saved >= SAVE_SECONDS:
            _save(folder, network, optimizers, state)
            saved = time.monotonic()
        if minutes is not None and time.monotonic() - began > minutes * 60:
            break
    _save(folder, network, optimizers, state)
