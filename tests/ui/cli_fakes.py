"""An engine and an embedder whose answers can be worked out by hand, so that commands run without a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.engines.engine import Generated
from finetune import registry
from finetune.registry import Manifest
from finetune.training.estimate import Estimate
from foundation.errors import ExitCode, UserError

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class LetterEmbedder:
    """Counts words by their first letter and scales to length 1."""

    name = "letters"
    fingerprint = "letters-1"
    dimension = 26
    max_tokens = 256

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        if progress:
            progress(len(texts), len(texts))
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(len(texts), 26)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        counts = np.ones(26, dtype=np.float32) / 100
        for word in text.lower().split():
            if word[0] in LETTERS:
                counts[LETTERS.index(word[0])] += 1
        return counts / np.linalg.norm(counts)


class ReadingEngine:
    """Says the kettle's price or the opening hour when a passage tells it; otherwise that it does not know."""

    name = "reader"

    def __init__(self, adapter: Callable[[], Path]) -> None:
        self._adapter = adapter

    def identity(self, adapter: bool) -> str:
        return registry.read(self._adapter()).created if adapter else "bare"

    def adapter_name(self) -> str:
        return "house"

    def room(self) -> int | None:
        return None

    def count(self, prompt: Sequence[Any]) -> int:
        return sum(len(str(turn["content"]).split()) for turn in prompt)

    def generate(self, prompts: Sequence[Sequence[Any]], adapter: bool, *_: object) -> list[Generated]:
        self.identity(adapter)
        return [Generated(self._answer(prompt), 10, 5, True, 0.01) for prompt in prompts]

    def stream(self, prompt: Sequence[Any], adapter: bool, *_: object) -> Iterator[str | Generated]:
        self.identity(adapter)
        first, *rest = self._answer(prompt).split()
        yield from (first, *(f" {word}" for word in rest))
        yield Generated(self._answer(prompt), 10, 5, True, 0.01)

    def _answer(self, prompt: Sequence[Any]) -> str:
        told, asked = "\n".join(turn["content"] for turn in prompt), prompt[-1]["content"].splitlines()[-1]
        for word, fact, sentence in (
            ("cost", "49 EUR", "The Ostra kettle costs 49 EUR"),
            ("open", "09:00", "The shop opens at 09:00"),
        ):
            if word in asked and fact in told:
                return f"{sentence} [1]."
        return "The documents do not say."


def fake_training(
    base: str,
    training: Sequence[Any],
    validation: Sequence[Any],
    folder: Path,
    settings: Any,
    made_from: dict[str, str],
    report: Callable[[dict[str, float]], None],
    runs: Path,
    stop: Callable[[], bool],
    expect: Callable[[Estimate], None],
    trackers: Sequence[str] = (),
    papers: dict[str, Any] | None = None,
    test: Sequence[Any] = (),
) -> Manifest:
    """Publish an adapter without training one; as the real one it wants ten rows."""
    if len(training) < 10:
        raise UserError(
            f"Training needs at least 10 rows and 1 for validation, but there are {len(training)} and 0."
        )
    expect(Estimate(len(training), 1_000, 100, 1, 65.0, 2 * 10**9, 10**6))
    if stop():
        raise UserError("Stopped after step 0 of 1.", ExitCode.INTERRUPTED)
    report({"step": 1.0, "steps": 1.0, "loss": 0.5})
    staged = folder.parent / ".staged"
    staged.mkdir(parents=True)
    (staged / "adapter_model.safetensors").write_bytes(b"weights")
    cost = {
        name: {"value": value, "low": value, "high": value}
        for name, value in (("before", 2.0), ("after", 0.5))
    }
    made = replace(
        manifest(base, len(training), settings, made_from),
        name=folder.name,
        papers=papers or {},
        test={"rows": len(test), **cost} if test else {},
    )
    return registry.publish(staged, folder, made)


def manifest(base: str, rows: int, settings: Any, made_from: dict[str, str]) -> Manifest:
    from dataclasses import asdict

    curve = [{"epoch": 1.0, "loss": 0.5, "validation_loss": 0.4}]
    return Manifest(
        "house", base, "b" * 64, rows, 2, "r" * 64, made_from, asdict(settings), curve, 1.0, 0.1, {"torch": "0"},
        "2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def add_example(house: Path, row: dict[str, Any]) -> None:
    """Write one more example into a workspace."""
    with (house / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
