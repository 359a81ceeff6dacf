"""What monitoring costs: a trace per answer beside a line of the standard library's logger, and a report over 100,000 traces.

Run `python benchmarks/monitoring.py [--traces 100000]`. The trace is made whole as it is for a served answer: hashes, the sketch
of a vector of 384 numbers, JSON, one write to the day's file; beside it the same JSON through `logging.FileHandler`, which hashes
and sketches nothing. All of it runs after the answer was told, in a thread of its own. The report is held against reading and
grouping the same lines with pandas (by day and setup: count, median, 95 % quantile, share that abstained), which gives no
interval, no limit and no signal. Medians of the processor's time over runs taken in turn, in one process.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from assistant.workspace import create
from experiments.opinions.ballots import keyed_hash
from monitoring import report, traces
from monitoring.sketch import sketch
from monitoring.traces import Trace

RUNS = 3
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SETUPS = ("prompt", "rag", "lora", "hybrid")


def made(
    rng: np.random.Generator, number: int, vector: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> Trace:
    """Return a trace as an answer of a served setup leaves it."""
    key = b"k" * 32
    return Trace(
        id=f"{number:016x}",
        when=(NOW - timedelta(days=float(rng.uniform(0, 38)))).isoformat(timespec="milliseconds"),
        setup=SETUPS[number % 4],
        ended="abstained" if rng.random() < 0.1 else "answered",
        question=keyed_hash(f"question {number}", key),
        who=keyed_hash("who", key),
        conversation=keyed_hash(f"conversation {number}", key),
        chunks=tuple(f"{number + at:064x}" for at in range(4)),
        documents=tuple(keyed_hash(f"document {(number + at) % 40}", key)[:16] for at in range(4)),
        scores=tuple(rng.uniform(0.2, 0.8, 4).round(4).tolist()),
        retrieved=True,
        carried=2,
        seconds=float(rng.lognormal(0, 0.5)),
        first=0.3,
        timings={"retrieve": 0.01, "prefill": 0.2, "decode": 0.5, "total": 0.71},
        tokens_in=300,
        tokens_out=40,
        model="starter",
        adapter="house",
        index="3",
        sketch=sketch(vector, key, "minilm"),
        space="ab12cd34",
    )


def writing(folder: Path, count: int = 2_000) -> None:
    """Print what a trace costs an answer's thread of traces, beside a line of the logger."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((count, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    logger = logging.getLogger("benchmark")
    logger.addHandler(logging.FileHandler(folder / "plain.log"))
    logger.setLevel(logging.INFO)
    logger.propagate = False
    rows = [json.loads(traces.line_of(made(rng, at, vectors[at]))) for at in range(count)]

    def ours() -> None:
        for at in range(count):
            traces.append(folder, made(rng, at, vectors[at]))

    def plain() -> None:
        for row in rows:
            logger.info(json.dumps(row))

    one, other = in_turn(ours, plain)
    print(
        f"a trace: {1e6 * one / count:.0f} µs, a line of logging: {1e6 * other / count:.0f} µs, {one / other:.1f} x"
    )


def reporting(root: Path, count: int) -> None:
    """Print how long a report takes, beside pandas on the same lines."""
    import pandas as pd

    house = create(root, demo=False)
    house.traces.mkdir(parents=True)
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((256, 384)).astype(np.float32)
    by_day: dict[str, list[str]] = {}
    for at in range(count):
        one = made(rng, at, vectors[at % 256] + rng.standard_normal(384).astype(np.float32))
        by_day.setdefault(one.day, []).append(traces.line_of(one))
    for day, lines in by_day.items():
        (house.traces / f"{day}.jsonl").write_text("".join(lines), "utf-8")

    def ours() -> None:
        assert report(house, None, NOW).traces

    def plain() -> None:
        frame = pd.concat(pd.read_json(path, lines=True) for path in sorted(house.traces.glob("*.jsonl")))
        frame["day"], frame["none"] = frame["when"].astype(str).str[:10], frame["ended"] == "abstained"
        grouped = frame.groupby(["day", "setup"])
        grouped["seconds"].describe(percentiles=[0.5, 0.95])
        grouped["none"].mean()

    one, other = in_turn(ours, plain)
    print(
        f"a report over {count:,} traces: {one:.1f} s, pandas' groups of them: {other:.1f} s, {one / other:.1f} x"
    )


def in_turn(one: Callable[[], None], other: Callable[[], None]) -> tuple[float, float]:
    """Return the median processor seconds of both, run in turn."""
    one(), other()
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for at, run in enumerate((one, other)):
            began = time.process_time()
            run()
            spent[at].append(time.process_time() - began)
    return statistics.median(spent[0]), statistics.median(spent[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as folder:
        writing(Path(folder))
        reporting(Path(folder) / "house", parser.parse_args().traces)


if __name__ == "__main__":
    main()
