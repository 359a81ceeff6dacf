"""An adapter for other tools: PEFT's own folder, whole weights with the adapter merged in, or the recipe of a GGUF file.

What leaves the house is checked like what stays: merged weights must answer the canary question as base and adapter do. Knows
nothing of workspaces or of what serves.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import adapter, quantised, registry
from finetune.layout import Message
from finetune.probes.judge import sentences
from finetune.registry import Manifest
from finetune.training import proofs
from foundation.errors import UserError
from foundation.files import write_json_atomic, write_text_atomic

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from finetune.base import Base

_CLOSE = 1e-3  # of the largest logit: merging adds in another order than the adapter does
_PEFT = ("adapter_config.json", "adapter_model.safetensors")
_ROLES = ("system", "user", "assistant")


class Shape(StrEnum):
    """What an adapter can leave as."""

    PEFT = "peft"
    """PEFT's folder: for `PeftModel.from_pretrained` and `vllm serve --enable-lora`."""
    MERGED = "merged"
    """Whole weights with tokenizer and chat template: for everything that reads safetensors."""
    GGUF = "gguf"
    """Merged weights, the command that makes a GGUF file of them, and a Modelfile for Ollama."""


def export(
    folder: Path, base: Base, shape: Shape, out: Path, judged: Mapping[str, Any] | None = None
) -> Manifest:
    """Write an adapter for other tools, with a model card.

    Args:
        folder: The adapter's folder; its files are verified first.
        base: The base that it belongs to, freshly loaded: merging changes it. For merged weights in float32, which they are
            written in.
        shape: What to write.
        out: A folder that is not there yet, or empty. It is written beside and renamed, so it is whole or absent.
        judged: What was measured of it (`finetune.probes.judge.Judged.to_dict`), for its card.

    Raises:
        UserError: The folder is taken, the adapter is damaged, tainted or another base's, merged weights answer otherwise, or
            the chat template can't be written for Ollama.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: there is something already, and nothing is written over. Name a new folder.")
    manifest = registry.verify(folder, base.name, base.fingerprint)
    if shape is Shape.PEFT and manifest.settings.get("method") == "full":
        raise UserError(
            f"{folder}: these are whole weights, every one of the base trained, and nothing that PEFT could put on it. Export "
            "them as merged or gguf."
        )
    if shape is not Shape.PEFT and manifest.settings.get("activated"):
        raise UserError(
            f"{folder}: this adapter acts from the answer's header on, so it can't be merged into the base's weights. Export it "
            "as peft, or train one with `activated = false` under [training] in rungwise.toml."
        )
    if shape is not Shape.PEFT and quantised.stored(base.name)[1]:
        raise UserError(
            f"{folder}: its base is held in four bits a weight, and merged into those it answers otherwise. Export it as peft."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        if shape is Shape.PEFT:
            _write_peft(folder, manifest, staged)
        else:
            _write_merged(folder, base, staged)
        if shape is Shape.GGUF:
            write_text_atomic(staged / "Modelfile", _modelfile(base))
            write_text_atomic(staged / "GGUF.md", _GGUF)
        write_text_atomic(staged / "README.md", card(manifest, shape, judged))
        staged.chmod(0o755)
        if out.exists():
            out.rmdir()
        staged.rename(out)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


def _write_peft(folder: Path, manifest: Manifest, out: Path) -> None:
    for name in _PEFT:
        shutil.copyfile(folder / name, out / name)
    config = json.loads((out / _PEFT[0]).read_text(encoding="utf-8"))
    # what PEFT wrote there is where the base stood on this machine
    write_json_atomic(
        out / _PEFT[0], {**config, "base_model_name_or_path": quantised.stored(manifest.base)[0]}
    )


def _write_merged(folder: Path, base: Base, out: Path) -> None:
    model = adapter.attach_saved(base.model, folder).eval()
    on = proofs.canary_logits(model, base)
    merged = adapter.merged(model)
    found = proofs.canary_logits(merged, base)
    if float((found - on).abs().max()) > _CLOSE * float(on.abs().max()):
        raise UserError(
            f"{folder}: merged into the base, the adapter answers otherwise than beside it, so nothing was written. Export it as "
            "peft; a base in float32 merges more exactly."
        )
    merged.save_pretrained(str(out), safe_serialization=True)
    base.tokenizer.save_pretrained(str(out))


def ollama_template(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a tokenizer's chat template in the language of Ollama's, by what it writes around each turn.

    Raises:
        UserError: It does more than to put something around each turn.
    """

    def rendered(turns: Sequence[Message], prompt: bool = False) -> str:
        text = tokenizer.apply_chat_template(
            [{"role": turn["role"], "content": turn["content"]} for turn in turns],
            tokenize=False,
            add_generation_prompt=prompt,
        )
        return str(text)

    sample: list[Message] = [
        {"role": role, "content": f"‹{place}›"}
        for place, role in enumerate((*_ROLES, "user", "assistant", "user"))
    ]
    around: dict[str, tuple[str, str]] = {}
    done = ""
    for place, turn in enumerate(sample):
        whole = rendered(sample[: place + 1])
        before, _, after = whole.removeprefix(done).partition(turn["content"])
        if not whole.startswith(done) or around.setdefault(turn["role"], (before, after)) != (before, after):
            break
        done = whole
    opening = rendered(sample, prompt=True).removeprefix(done)
    spelled = "".join(
        around.get(turn["role"], ("", ""))[0] + turn["content"] + around.get(turn["role"], ("", ""))[1]
        for turn in sample
    )
    if spelled + opening != rendered(sample, prompt=True) or re.search(
        r"\{\{|\}\}|\"\"\"", opening + spelled
    ):
        raise UserError(
            "The base's chat template does more than to put something around each turn, so it can't be written for Ollama. "
            "Export merged weights, and let llama.cpp read the template from them (`llama-server --jinja`)."
        )
    cases = "{{ else }}".join(
        f'{{{{ if eq .Role "{role}" }}}}{around[role][0]}{{{{ .Content }}}}{around[role][1]}'
        for role in _ROLES
    )
    return f"{{{{ range .Messages }}}}{cases}{'{{ end }}' * len(_ROLES)}{{{{ end }}}}{opening}"


def _modelfile(base: Base) -> str:
    stop = str(base.tokenizer.eos_token)
    return (
        f'FROM ./model.gguf\nTEMPLATE """{ollama_template(base.tokenizer)}"""\nPARAMETER stop "{stop}"\n'
        f"PARAMETER temperature 0\nPARAMETER num_ctx {base.window}\n"
    )


_GGUF = """# A GGUF file of these weights

With a checkout of llama.cpp (its converter has to know the base's architecture):

    python convert_hf_to_gguf.py . --outfile model.gguf --outtype f16
    ollama create house -f Modelfile

The converter takes the chat template along for llama.cpp; the Modelfile has it in Ollama's own language, held against the
tokenizer's. Nothing here was run by the tool that wrote it: neither program is part of it.
"""


def _judged(manifest: Manifest, told: Mapping[str, Any] | None) -> str:
    if told is None or told.get("rows_sha256") != manifest.rows_sha256:
        return "Not judged; run `rungwise adapters judge`."
    return "\n".join(f"- {sentence}" for sentence in sentences(told)) + (
        f"\n\nMeasured {told['created']} by `rungwise adapters judge`, with 95 % intervals."
    )


def card(manifest: Manifest, shape: Shape, judged: Mapping[str, Any] | None = None) -> str:
    """Return an adapter's model card: what it is, what it was made of, how training went, what was measured, and its limits."""
    kept = next(point for point in manifest.curve if point["epoch"] == manifest.best_epoch)
    rows = "\n".join(
        f"| {point['epoch']:g} | {point['loss']:.4f} | {point['validation_loss']:.4f} | "
        f"{'kept' if point['epoch'] == manifest.best_epoch else ''} |"
        for point in manifest.curve
    )
    proof: dict[str, Any] = manifest.proof
    proven = (
        f"{proof['moved']} layers moved; with the adapter off the base answered as before; {proof['stopped']} of "
        f"{proof['asked']} answers ended by themselves."
        if proof
        else "None: it was trained before there were any."
    )
    what = "A LoRA adapter" if shape is Shape.PEFT else "Weights with a LoRA adapter merged in"
    made = "\n".join(f"- {name}: `{value[:16]}`" for name, value in manifest.made_from.items())
    settings = ", ".join(f"{name} {value}" for name, value in manifest.settings.items())
    return f"""# {manifest.name}

{what} for the base `{manifest.base}` (fingerprint `{manifest.base_fingerprint[:16]}`), trained {manifest.created} by Rungwise.

## Made of

{manifest.rows} rows to learn from and {manifest.validation_rows} to stop by (hash `{manifest.rows_sha256[:16]}`),
each rendered as it is served, with passages of a library where it had any. Only answers were trained on.

{made}

Papers: {manifest.papers_text or "none; it was trained before there were any"}.

Settings: {settings}. Versions: {", ".join(f"{name} {value}" for name, value in manifest.versions.items())}.

## How it went

| epoch | loss | validation loss | |
|---|---|---|---|
{rows}

Between training and validation there are {kept["validation_loss"] - kept["loss"]:.4f} nats a token in the epoch that was kept.
{manifest.test_text or "No rows were kept for a test of their own (`test_share`)."}
Proof: {proven}

## What it forgot and remembers

{_judged(manifest, judged)}

## Limits

It learned the form of its examples, not facts to rely on: let it read them. Whatever stood in the examples, personal data
included, may come out of the weights again and can't be taken out of them; who asks for erasure is served by training anew
without the rows.
How well it answers is not measured by this card.
"""
