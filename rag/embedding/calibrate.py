"""Which encoder is worth using here: measured once for a machine, a model and its libraries, and kept.

What is decided from the figures are pure functions. Knows nothing of files of models, nor of what an encoder is inside.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.files import sha256_text, write_json_atomic
from rag.embedding.calibration_texts import mixed, pairs

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of length 1, shape (texts, dimension)."""

WORTHWHILE = 1.15
"""int8 must be so many times as fast as the best exact encoder."""
MOST_LOST = 0.5
"""Points of nDCG@10 that int8 may lose."""
SURE = 0.8
"""How sure we want to be that it does not lose more, one-sided. At 95 % the 480 questions would refuse an encoder that
loses nothing in most cases; at 80 % one that loses two points (int8 a tensor at a time) has no chance."""
_TEXTS = 32
_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on one machine."""

    rates: dict[str, float] = field(default_factory=dict)
    """Texts a second of `torch`, `onnx` and `int8`, as far as measured."""
    lost: float | None = None
    """Mean points of nDCG@10 that int8 loses."""
    lost_at_most: float | None = None
    """The bound of that, one-sided, with the confidence `SURE`."""


def quickest_exact(measured: Measured) -> str:
    """Return `onnx` or `torch`, whichever was faster; `onnx` where one of the two was not measured."""
    rates = measured.rates
    return "torch" if rates.get("torch", 0.0) > rates.get("onnx", float("inf")) else "onnx"


def int8_pays(measured: Measured) -> bool:
    """Whether int8 is fast enough to be worth it and surely loses little enough."""
    exact = max(measured.rates.get("torch", 0.0), measured.rates.get("onnx", 0.0))
    if not exact or "int8" not in measured.rates or measured.lost_at_most is None:
        return False
    return measured.rates["int8"] >= WORTHWHILE * exact and measured.lost_at_most <= MOST_LOST


def rates(encoders: Mapping[str, Encode]) -> dict[str, float]:
    """Measure texts a second of each encoder on a fixed sample, in turns: the better of two rounds, after a warm-up."""
    texts = mixed(_TEXTS)
    best = dict.fromkeys(encoders, 0.0)
    for encode in encoders.values():
        encode(texts[:2])
    for _ in range(2):
        for name, encode in encoders.items():
            began = time.perf_counter()
            encode(texts)
            best[name] = max(best[name], len(texts) / (time.perf_counter() - began))
    return best


def loss(exact: Encode, other: Encode) -> tuple[float, float]:
    """Measure how many points of nDCG@10 another encoder loses on the built-in questions.

    Returns:
        The mean, and its bound by a paired bootstrap over questions (one-sided, confidence `SURE`, seeded).
    """
    questions, passages = pairs()
    per_question = [ndcg(encode(questions), encode(passages)) for encode in (exact, other)]
    return bounded(100 * (per_question[0] - per_question[1]))


def bounded(lost: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean of paired differences and the bound that it stays below with the confidence `SURE`."""
    rng = np.random.default_rng(0)
    means = lost[rng.integers(0, len(lost), (_DRAWS, len(lost)))].mean(axis=1)
    return float(lost.mean()), float(np.quantile(means, SURE))


def ndcg(questions: NDArray[np.float32], passages: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return nDCG@10 of each question, where passage i is the one answer to question i: 1 / log2(place + 1) up to 10."""
    scores = questions @ passages.T
    places = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
    return np.where(places <= 10, 1.0 / np.log2(places + 1.0), 0.0)


# ---------------------------------------------------------------- kept


def record(home: Path, source: str, recipe: str, threads: int) -> Path:
    """Return the file of what was measured for a model, on this machine with these libraries."""
    libraries = [
        f"{name} {importlib.metadata.version(name)}"
        for name in ("torch", "onnxruntime", "sentence-transformers")
    ]
    facts = [source, recipe, _processor(), str(threads), *libraries]
    return home / "measured" / f"{sha256_text(chr(10).join(facts))[:32]}.json"


def read(path: Path) -> Measured:
    """Return what was measured; nothing where there is no whole record."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = {str(name): float(rate) for name, rate in told["rates"].items()}
        lost, most = told["lost"], told["lost_at_most"]
        return Measured(known, None if lost is None else float(lost), None if most is None else float(most))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Measured()


def keep(path: Path, measured: Measured) -> Measured:
    """Keep what was measured, where the disk allows it, with what it was measured on for whoever reads the file."""
    with contextlib.suppress(OSError):  # the next large build measures again
        write_json_atomic(path, {**asdict(measured), "processor": _processor()})
    return measured


def with_int8(measured: Measured, rate: Mapping[str, float], lost: tuple[float, float]) -> Measured:
    """Return the figures with those of int8 added; rates of one round are compared with each other only."""
    return replace(measured, rates={**measured.rates, **rate}, lost=lost[0], lost_at_most=lost[1])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
