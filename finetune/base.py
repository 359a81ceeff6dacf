"""The base model: found, loaded safely, and named by a fingerprint of its weights.

The one home of loading with transformers. Knows nothing of adapters, documents or prompts.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune import quantised
from finetune.starter import WEIGHTS
from foundation.errors import UserError
from foundation.memory import total_and_free

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

STARTER = "starter"
"""The name of the packaged base in `rungwise.toml`."""


@dataclass(frozen=True)
class Precision:
    """The number format that a base is computed in here, and why."""

    name: str
    """torch's name of it ("float32")."""
    device: str
    """`cpu` or `cuda`."""
    reason: str
    """A sentence for `rungwise doctor`."""


@dataclass(frozen=True)
class Base:
    """A loaded base model."""

    name: str
    """As `rungwise.toml` has it: `starter`, a folder, or a name on the hub; with `+4bit` behind it where it is held so."""
    model: PreTrainedModel
    """In evaluation mode."""
    tokenizer: PreTrainedTokenizerBase
    """With a chat template; pads on the left."""
    fingerprint: str
    """SHA-256 over every weight and the tokenizer; adapters name the base that they belong to by it."""
    precision: Precision
    """What it is computed in."""
    window: int
    """Tokens that fit into prompt and answer together."""


def choose_precision(exactly: bool = False) -> Precision:
    """Choose the number format from what this machine can do.

    Args:
        exactly: Whether to take float32 whatever is fastest: for weights that are written anew.
    """
    import torch

    if exactly:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return Precision("float32", device, "Weights that are written anew are computed in float32.")

    if torch.cuda.is_available():
        name = "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
        return Precision(name, "cuda", f"{torch.cuda.get_device_name()} computes {name} fastest.")
    flags = _cpu_flags()
    if "amx_bf16" in flags or "avx512_bf16" in flags:
        return Precision("bfloat16", "cpu", "This CPU has bfloat16 units.")
    return Precision(
        "float32",
        "cpu",
        "This CPU has no bfloat16 units; bfloat16 would be several times slower than float32.",
    )


def free_memory(base: Base) -> int:
    """Return the bytes of memory that can be had now where a base is computed."""
    import torch

    if base.precision.device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return total_and_free()[1]


def _cpu_flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux: float32 is right everywhere
        return set()
    return set(
        next((line.split(":", 1)[1] for line in text.splitlines() if line.startswith("flags")), "").split()
    )


def load_base(name: str, exactly: bool = False) -> Base:
    """Load a base model: safetensors only, no code of the model's own.

    Args:
        name: `starter`, a folder, or a name on the hub (found in the local cache where `HF_HUB_OFFLINE` is set); with `+4bit`
            behind it, its linear layers are held in four bits a weight.
        exactly: Whether to compute in float32 whatever is fastest here, with every weight as it is stored.

    Raises:
        UserError: There is no such model here, it is not a causal language model in safetensors, it has no chat
            template, or weights in four bits are wanted exactly.
    """
    found, four_bits = quantised.stored(name)
    if four_bits and exactly:
        raise UserError(
            f'"{name}" is held in four bits a weight, and what was asked for writes weights anew in full precision: full '
            f'fine-tuning, PiSSA, and exports with the adapter merged in. Name "{found}" as `base` in rungwise.toml, or take '
            "an adapter (LoRA, rsLoRA, DoRA) and export it as PEFT's own folder."
        )
    where = str(WEIGHTS) if found == STARTER else found
    if found == STARTER or Path(where).is_dir():
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing to look for on a hub
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    precision = choose_precision(exactly)
    local = Path(where).is_dir() or not _hub_answers(found)

    def weights(dtype: Any, **more: Any) -> PreTrainedModel:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            where, dtype=dtype, trust_remote_code=False, use_safetensors=True, local_files_only=local, **more
        )
        return model

    wanted = getattr(torch, precision.name)
    four = (
        {"quantization_config": quantised.config(wanted), "device_map": {"": precision.device}}
        if four_bits
        else {}
    )
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False, local_files_only=local)
        # "auto" is as they are stored: a narrower format would round them, and give the base another name here than elsewhere
        model = weights(wanted if wanted is torch.float32 else "auto")
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(
            f'The base model "{name}" can\'t be loaded: {first} Name "starter", a folder with a causal language model in '
            "safetensors, or a model on the hub that this machine can reach, as `base` in rungwise.toml."
        ) from None
    if not tokenizer.chat_template:
        raise UserError(
            f'The base model "{name}" has no chat template. Choose an instruction-tuned model as `base` in rungwise.toml.'
        )
    tokenizer.padding_side = "left"
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    fingerprint = fingerprint_of(model, tokenizer)
    if four:
        fingerprint = quantised.fingerprint(fingerprint)
        precision = replace(
            precision, reason=f"{precision.reason} Linear layers hold four bits a weight (NF4)."
        )
        del model  # both at once may be more than there is room for
        model = weights(wanted, **four)
        model.eval()  # type: ignore[no-untyped-call]
    else:
        if model.dtype != wanted:
            model = weights(wanted)
        model.to(torch.device(precision.device)).eval()  # type: ignore[arg-type]
    window = int(getattr(model.config, "max_position_embeddings", 2048))
    return Base(name, model, tokenizer, fingerprint, precision, window)


def licence_of(name: str) -> str:
    """Return the licence that a base's model card names (`license:` in its head); empty where it is not told here."""
    name = quantised.stored(name)[0]
    card: Path | None = (WEIGHTS if name == STARTER else Path(name)) / "README.md"
    if name != STARTER and not Path(name).is_dir():
        from huggingface_hub import try_to_load_from_cache

        held = try_to_load_from_cache(name, "README.md")
        card = Path(held) if isinstance(held, str) else None
    if card is None or not card.is_file():
        return ""
    head = re.match(r"---\n(.*?)\n---", card.read_text(encoding="utf-8", errors="replace"), re.DOTALL)
    said = re.search(r"^license:[ \t]*(\S.*)$", head[1], re.MULTILINE) if head else None
    return said[1].strip() if said else ""


def _hub_answers(name: str) -> bool:
    """Return whether the hub can be asked for a model: without a network, transformers would try for most of a minute."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        HfApi().model_info(name, timeout=10.0)
    except (HfHubHTTPError, HFValidationError):  # it has no such model, or nobody may: that is an answer
        return True
    except Exception:  # its client raises many classes where nothing answers, one of its own where it is told to stay offline
        return False
    return True


def fingerprint_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a SHA-256 over names, shapes and bytes of all weights, and over the tokenizer's vocabulary and template."""
    import torch

    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name}{tuple(value.shape)}".encode())
        # float32 holds every half-precision value exactly
        digest.update(_bytes(value.detach().to("cpu", torch.float32)))
    digest.update(repr(sorted(tokenizer.get_vocab().items())).encode())
    digest.update(str(tokenizer.chat_template).encode())
    return digest.hexdigest()


def _bytes(value: torch.Tensor) -> bytes:
    return bytes(value.contiguous().numpy().tobytes())
