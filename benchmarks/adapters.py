"""What several adapters over one base cost: mixed in a batch, one after the other, and the base loaded anew for each.

Run `python benchmarks/adapters.py`. Adapters of random weights on the starter, as large as trained ones, activated and plain;
every side answers the same questions with the same adapters, greedily. Sides are timed in turns; ratios are to the mixed batch.
What is switched is timed on single questions: another adapter before each, against the same one for all of its questions.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from assistant.engines.local import LocalEngine
from assistant.workspace import demo_source
from experiments import load_questions
from finetune import registry
from finetune.adapter import attach_new, save
from finetune.base import load_base
from finetune.prefix_cache.activated import header
from finetune.registry import Manifest

BASE = "starter"


def adapter(folder: Path, seed: int, activated: bool) -> str:
    """Write an adapter of random weights, and return its name."""
    import torch

    base = load_base(BASE)
    model = attach_new(base.model, 16, 32, 0.0, seed, "lora", header(base.tokenizer) if activated else ())
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.copy_(torch.randn_like(value) * 0.02)
    staged = folder.with_name(f".{folder.name}")
    staged.mkdir()
    save(model, staged)
    told = {"method": "lora", "variant": "lora", "activated": activated}
    registry.publish(
        staged,
        folder,
        Manifest(
            folder.name,
            BASE,
            base.fingerprint,
            1,
            1,
            "",
            {},
            told,
            [],
            1.0,
            0.0,
            {},
            "2026-01-01T00:00:00+00:00",
        ),
    )
    return folder.name


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that something took, and what it returned."""
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


def main() -> None:
    """Answer all ways by turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--adapters", type=int, default=3)
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    asked = [one.question for one in load_questions(demo_source() / "questions.jsonl")[: chosen.questions]]
    prompts: list[list[Any]] = [
        [
            {"role": "system", "content": "Answer in one sentence. Keep to what you know."},
            {"role": "user", "content": text},
        ]
        for text in asked
    ]
    with tempfile.TemporaryDirectory() as home:
        for activated in (True, False):
            kind = "activated" if activated else "plain"
            names = [
                adapter(Path(home) / f"{kind}-{number}", number, activated)
                for number in range(chosen.adapters)
            ]
            measure(Path(home), kind, names, prompts, chosen.rounds)


def measure(home: Path, kind: str, names: list[str], prompts: list[list[Any]], rounds: int) -> None:
    """Print what one kind of adapter costs."""

    def engine() -> LocalEngine:
        return LocalEngine(BASE, lambda: home / names[0], max_new_tokens=32, named=lambda name: home / name)

    of = [names[place % len(names)] for place in range(len(prompts))]
    mine = {name: [place for place, one in enumerate(of) if one == name] for name in names}
    one = engine()

    def mixed() -> list[str]:
        return [made.text for made in one.generate(prompts, of)]

    def by_turns(engine_of: Callable[[], LocalEngine]) -> list[str]:
        said = [""] * len(prompts)
        for name in names:
            made = engine_of().generate([prompts[place] for place in mine[name]], name)
            for place, answer in zip(mine[name], made, strict=True):
                said[place] = answer.text
        return said

    sides = {
        "mixed": mixed,
        "one after the other": lambda: by_turns(lambda: one),
        "base anew": lambda: by_turns(engine),
    }
    mixed()
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        said = {}
        for side, work in sides.items():
            took, said[side] = timed(work)
            seconds[side].append(took)
        same = sum(len(set(texts)) == 1 for texts in zip(*said.values(), strict=True))
        print(f"{kind}: {same} of {len(prompts)} answers are the same on all sides", file=sys.stderr)
    for side in list(sides)[1:]:
        ratios = [other / own for own, other in zip(seconds["mixed"], seconds[side], strict=True)]
        print(
            f"{kind}, {len(prompts)} questions, {len(names)} adapters: {side} takes {statistics.median(ratios):.2f} times as "
            f"long as mixed ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    ratios = []
    for _ in range(rounds):
        switching = timed(
            lambda: [one.generate([prompt], name) for prompt, name in zip(prompts, of, strict=True)]
        )[0]
        staying = timed(
            lambda: [
                one.generate([prompt], name)
                for name in names
                for prompt in (prompts[at] for at in mine[name])
            ]
        )[0]
        ratios.append(switching / staying)
    print(
        f"{kind}, single questions: another adapter before each takes {statistics.median(ratios):.2f} times as long as switching "
        f"{len(names)} times ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
