"""The model card of a starter: what it is, how it was made, and what was measured.

Written from the recipe and the measurement alone, so that it can't say more than they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundation.files import write_json_atomic, write_text_atomic

_CARD = """\
---
license: apache-2.0
library_name: transformers
tags: [lfm2, tiny, rag, test-model]
---
# The Rungwise starter

A tiny base model for **trying, testing and teaching**: it reads numbered passages, answers in a sentence with a citation,
and says when the documents do not tell. It knows nothing of the world, makes mistakes that larger models do not make, and
is **not for work**. For work, name a larger model as `base` in `rungwise.toml`.

{parameters:,} parameters, {layers}: short convolutions and attention in turn (`Lfm2ForCausalLM`). Trained from scratch on
dialogues that the recipe itself generates: no outside text, no outside weights.

## Made by

```
python -m finetune.starter train --preset {preset}
```

| setting | value |
|---|---|
{settings}

{tokens:.1f} M tokens (padding not counted) in {steps:,} steps and {minutes:.0f} minutes{machine}.

| tokens (M) | loss (nats a weighted token, mean of 25 steps) |
|---|---|
{curve}

A look at 24 held-out dialogues a kind while training, over four passages:

| tokens (M) | fact | citation | abstains | follow-up |
|---|---|---|---|---|
{probes}

## Measured

On a held-out generator: other syllables in names, other attribute phrases, other things and rules, and other sentence and
question templates than in training. Greedy decoding; 95 % intervals after Wilson. `python -m finetune.starter evaluate`

| what | share | 95 % interval | n | bar | met |
|---|---|---|---|---|---|
{measures}
{missed}
## Limits

English in the main; the words of a question must stand in the passage, or be close to them. Passages beyond about 700
tokens in all were not trained on. The four forms that it can be told are: a plain sentence, the bare value, JSON with two
named keys, a bullet list. Nothing in it was checked for bias: it holds no facts, but it repeats what passages say.
"""


_MISSED = """
**Bars that are missed, and what the `gpu` preset should change.** Missed: {names}.

This is the best that was found within 100 minutes on two cores. The loss was still falling when the time was up, so the
first cause is too few tokens: the `gpu` preset takes {ratio:.0f} times as many. The second is room: it has {layers} layers of
width {hidden} for {own_layers} of width {own_hidden}, to tie a long name and an attribute together before it looks for them,
and {vocabulary:,} tokens for {own_vocabulary:,}, so that an unknown name falls into fewer pieces. It has not been trained:
these are reasons, not results.
"""


def write(
    folder: Path,
    preset: str,
    settings: dict[str, Any],
    curve: Sequence[dict[str, Any]],
    measured: dict[str, Any],
    machine: str = "",
    larger: dict[str, Any] | None = None,
) -> None:
    """Write `README.md` and `measured.json` beside the weights.

    Args:
        folder: The model's folder.
        preset: The recipe's name.
        settings: Everything that the recipe fixes.
        curve: Lines of `step`, `tokens`, `loss` and `seconds`.
        measured: What `commands.evaluate` returned.
        machine: Where it was trained, as a clause (" on 2 CPU cores that other work shared").
        larger: What a larger recipe fixes, for what it should change where a bar is missed.
    """
    last = curve[-1]
    text = _CARD.format(
        parameters=measured["parameters"],
        layers=f"{2 * settings['layers']} layers",
        preset=preset,
        settings="\n".join(f"| {name} | {value} |" for name, value in settings.items()),
        tokens=last["tokens"] / 1e6,
        steps=last["step"],
        minutes=last["seconds"] / 60,
        machine=machine,
        curve="\n".join(f"| {line['tokens'] / 1e6:.2f} | {line['loss']:.3f} |" for line in _spread(curve)),
        probes="\n".join(_probe(line) for line in _spread([line for line in curve if "fact" in line])),
        measures="\n".join(_row(row) for row in measured["measures"]),
        missed=_missed(measured, settings, larger),
    )
    write_text_atomic(folder / "README.md", text)
    write_json_atomic(folder / "measured.json", measured)


def _spread(lines: Sequence[dict[str, Any]], count: int = 12) -> list[dict[str, Any]]:
    """Return at most `count` of the lines, evenly spread, the first and the last among them."""
    if len(lines) <= count:
        return list(lines)
    return [lines[round(place * (len(lines) - 1) / (count - 1))] for place in range(count)]


def _probe(line: dict[str, Any]) -> str:
    shares = " | ".join(str(line[name]) for name in ("fact", "cited", "unanswerable", "follow-up"))
    return f"| {line['tokens'] / 1e6:.2f} | {shares} |"


def _missed(measured: dict[str, Any], settings: dict[str, Any], larger: dict[str, Any] | None) -> str:
    names = [row["name"] for row in measured["measures"] if row["met"] is False]
    if larger is None or not names:
        return ""
    return _MISSED.format(
        names="; ".join(names),
        ratio=larger["tokens"] / settings["tokens"],
        layers=2 * larger["layers"],
        hidden=larger["hidden"],
        vocabulary=larger["vocabulary"],
        own_layers=2 * settings["layers"],
        own_hidden=settings["hidden"],
        own_vocabulary=settings["vocabulary"],
    )


def _row(row: dict[str, Any]) -> str:
    sign = "≤" if row["at_most"] else "≥"
    bar = "" if row["bar"] is None else f"{sign} {row['bar']:.0%}"
    met = {True: "yes", False: "**no**", None: ""}[row["met"]]
    return f"| {row['name']} | {row['rate']:.1%} | {row['low']:.1%} – {row['high']:.1%} | {row['n']} | {bar} | {met} |"
