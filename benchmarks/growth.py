"""How building, asking and memory grow with the library: 1,000 to 100,000 chunks.

Run `python benchmarks/growth.py --sizes 1000 10000 50000`. Documents are made of English words, each with its own numbers; half
of them are closed to the asker's groups or out of date, so that every question is asked with both filters on. Their vectors
are drawn, not embedded (seeded noise around the packaged embedder's vectors of real sentences), because embedding is linear
and is measured elsewhere; questions are embedded for real, and every query's time is held against embedding the question
alone. Each size runs in a process of its own, so that its memory is its own; the warm start is another process again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
from numpy.typing import NDArray

from rag import Library, LibrarySettings, SentenceEmbedder, Viewer

CHUNKS_A_DOCUMENT = 20
QUESTIONS = 200
WORDS = (
    "price delivery warranty return stove kettle tent jacket battery store invoice supplier manager contract hours customs "
    "refund pump filter cable repair voucher parcel member course rental ladder bicycle helmet engine lamp mirror window"
).split()


class Drawn:
    """The packaged embedder for questions; for passages, drawn vectors of the same kind."""

    def __init__(self) -> None:
        self._real = SentenceEmbedder()
        self.name, self.dimension, self.max_tokens = "drawn", self._real.dimension, self._real.max_tokens
        self.fingerprint = "drawn-1"
        self._seeds = self._real.embed([f"The {one} of the {two}." for one in WORDS for two in WORDS[:8]])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count words, which these texts have one piece each of."""
        return [len(text.split()) for text in texts]

    def embed(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Draw a vector a text: a real sentence's, with noise of half its length."""
        rng = np.random.default_rng(7)
        base = self._seeds[rng.integers(0, len(self._seeds), len(texts))]
        noise = rng.standard_normal(base.shape, dtype=np.float32) * (0.5 / np.sqrt(self.dimension))
        mixed = base + noise
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question for real."""
        return self._real.embed_query(text)


def write_documents(house: Path, chunks: int) -> None:
    """Write documents of `CHUNKS_A_DOCUMENT` paragraphs, a quarter closed, a quarter out of date."""
    rng = random.Random(7)
    folder, rules = house / "documents", []
    folder.mkdir(parents=True)
    for number in range(chunks // CHUNKS_A_DOCUMENT):
        paragraphs = [
            " ".join(
                [f"Note {number}-{place}:", *rng.choices(WORDS, k=36), f"costs {rng.randint(1, 9999)} EUR."]
            )
            for place in range(CHUNKS_A_DOCUMENT)
        ]
        (folder / f"d{number:05}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    total = chunks // CHUNKS_A_DOCUMENT
    for number in range(0, total, 4):
        rules.append(f'[[document]]\npath = "d{number:05}.txt"\naccess = ["board"]\n')
        rules.append(f'[[document]]\npath = "d{number + 1:05}.txt"\nvalid_until = 2020-01-01\n')
    (house / "documents.toml").write_text("\n".join(rules), encoding="utf-8")


def library(house: Path) -> Library:
    """Open the house's library with drawn passage vectors."""
    return Library(house / "documents", house / "state", LibrarySettings(), Drawn())


def build(house: Path) -> dict[str, float]:
    """Sync from nothing, then again with one file changed; return seconds and memory."""
    with library(house) as made:
        _ = made.embedder.embed_query("warm")
        stages: dict[str, float] = {}
        last = ["", time.perf_counter()]

        def told(stage: str, done: int, total: int) -> None:
            now = time.perf_counter()
            stages[last[0]] = stages.get(last[0], 0.0) + now - last[1]
            last[:] = [stage, now]

        began = time.perf_counter()
        report = made.sync(told)
        whole = time.perf_counter() - began
        told("", 0, 0)
        first = next(iter(sorted((house / "documents").iterdir())))
        first.write_text(first.read_text() + "\n\nA new paragraph about a kettle that costs 12 EUR.")
        began = time.perf_counter()
        made.sync()
        again = time.perf_counter() - began
    size = sum(path.stat().st_size for path in (house / "state").rglob("*") if path.is_file())
    return {
        "chunks": report.chunks, "seconds": whole, "read": stages.get("read", 0.0), "index": stages.get("index", 0.0),
        "one_changed": again, "megabytes": size / 1e6, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }  # fmt: skip


def ask(house: Path) -> dict[str, float]:
    """Open in a new process, answer one question, then many; return seconds."""
    rng = random.Random(8)
    asked = [
        f"What is the {rng.choice(WORDS)} of the {rng.choice(WORDS)} {number}?" for number in range(QUESTIONS)
    ]
    viewer = Viewer(frozenset({"staff"}))
    began = time.perf_counter()
    made = library(house)
    made.search("What does the kettle cost?", 4, viewer)
    warm = time.perf_counter() - began
    alone, whole = [], []
    for question in asked:
        began = time.perf_counter()
        made.embedder.embed_query(question)
        alone.append(time.perf_counter() - began)
        began = time.perf_counter()
        made.search(question, 4, viewer)
        whole.append(time.perf_counter() - began)
    made.close()
    return {
        "warm_start": warm, "embedding": statistics.median(alone), "query": statistics.median(whole),
        "p95": statistics.quantiles(whole, n=20)[-1], "asking_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }  # fmt: skip


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 50_000, 100_000])
    parser.add_argument("--step", choices=["build", "ask"], help=argparse.SUPPRESS)
    parser.add_argument("--house", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        print(json.dumps({"build": build, "ask": ask}[chosen.step](chosen.house)))
        return
    heads = (
        "chunks", "build (s)", "of it reading", "of it indexing", "one file changed (s)", "memory (MB)", "disk (MB)",
        "warm start (s)", "query p50 (ms)", "p95 (ms)", "embedding alone (ms)", "ratio",
    )  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as folder:
            house = Path(folder)
            write_documents(house, size)
            told: dict[str, float] = {}
            for step in ("build", "ask"):
                command = [sys.executable, __file__, "--step", step, "--house", folder]
                done = subprocess.run(
                    command, capture_output=True, text=True, check=True, env=dict(os.environ)
                )
                told |= json.loads(done.stdout.splitlines()[-1])
        milliseconds = [f"{1e3 * told[name]:.1f}" for name in ("query", "p95", "embedding")]
        cells = [
            f"{told['chunks']:,}", *(f"{told[name]:.1f}" for name in ("seconds", "read", "index")), f"{told['one_changed']:.2f}",
            f"{told['memory']:.0f}", f"{told['megabytes']:.0f}", f"{told['warm_start']:.1f}", *milliseconds,
            f"{told['query'] / told['embedding']:.2f}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
