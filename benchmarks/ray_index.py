"""Embedding on a Ray cluster of this machine against embedding here: chunks a second, and what a hundred million would take.

    python benchmarks/ray_index.py [--chunks 2048]

Both use the same encoder of the same model, on one core a worker; the local one is held to one thread for the ratio, and told
with all threads as well. The projection is arithmetic on the measured unit costs, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time

WORDS = (
    "kettle stove warranty delivery price return tent rope boots lamp order parcel shop repair battery filter strap canvas "
    "burner bottle gas winter summer river valley harbour station bridge oven flask pocket zip seam coat"
).split()
HUNDRED_MILLION = 100_000_000


def texts(count: int) -> list[str]:
    """Return made-up passages of 40 to 120 words."""
    draw = random.Random(7)
    return [" ".join(draw.choices(WORDS, k=draw.randint(40, 120))) for _ in range(count)]


def local(count: int) -> float:
    """Embed here, in this process's threads; return seconds without loading the model."""
    from rag.embedding.embed import SentenceEmbedder

    embedder = SentenceEmbedder("minilm", "torch")
    embedder.embed(["warm"])
    began = time.perf_counter()
    embedder.embed(texts(count))
    return time.perf_counter() - began


def on_ray(count: int, workers: int) -> tuple[float, float]:
    """Embed on so many workers; return seconds to begin the cluster with its models, and seconds of embedding."""
    from rag.embedding.encode_ray import RayEmbedder

    began = time.perf_counter()
    with RayEmbedder("minilm", "torch", workers) as embedder:
        embedder.embed(["warm"] * workers)
        ready = time.perf_counter()
        embedder.embed(texts(count))
        return ready - began, time.perf_counter() - ready


def held_to_one_thread(count: int) -> float:
    """Measure `local` in a process with one thread."""
    done = subprocess.run(
        [sys.executable, __file__, "--chunks", str(count), "--local"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=2_048)
    parser.add_argument("--local", action="store_true", help="only the local encoder, as seconds")
    asked = parser.parse_args()
    if asked.local:
        print(local(asked.chunks))
        return
    one_thread, all_threads = held_to_one_thread(asked.chunks), local(asked.chunks)
    rows = [("here, one thread", 0.0, one_thread), ("here, all threads", 0.0, all_threads)]
    rows += [
        (f"Ray, {workers} worker{'s'[: workers - 1]}", *on_ray(asked.chunks, workers)) for workers in (1, 2)
    ]
    print(f"{asked.chunks:,} chunks, {os.cpu_count()} cores, MiniLM in torch")
    for name, begin, seconds in rows:
        rate = asked.chunks / seconds
        begun = f", begun in {begin:.1f} s" if begin else ""
        print(f"{name:18} {rate:6.1f} chunks/s  {one_thread / seconds:4.2f}x of one thread{begun}")
    per_chunk = rows[-1][2] * 2 / asked.chunks
    hours = HUNDRED_MILLION * per_chunk / 3600
    print(
        f"one chunk: {per_chunk * 1000:.1f} core-milliseconds; {HUNDRED_MILLION:,} chunks: {hours:,.0f} core-hours"
    )
    print(f"vectors: {HUNDRED_MILLION * 384 * 4 / 2**30:,.0f} GiB as float32 (384 numbers each)")


if __name__ == "__main__":
    main()
