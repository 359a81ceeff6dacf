"""A base held in four bits a weight, on which an adapter is trained: QLoRA (Dettmers et al. 2023, arXiv 2305.14314).

`base = "Qwen/Qwen3-8B+4bit"` names one, wherever a base is named: what is trained on it is served on it. The one home of
bitsandbytes. Knows nothing of adapters or rows, or of how a base is found.
"""

from __future__ import annotations

import hashlib
import importlib.util
from typing import TYPE_CHECKING, Any

from foundation.errors import UserError

if TYPE_CHECKING:
    import torch

MARK = "+4bit"
"""What stands behind the name of a base that is held in four bits."""


def stored(name: str) -> tuple[str, bool]:
    """Return the name that a base is found by, and whether it is to be held in four bits."""
    return name.removesuffix(MARK), name.endswith(MARK)


def config(computed_in: torch.dtype) -> Any:
    """Return how transformers shall quantise the linear layers: NF4, its constants quantised once more, as the paper does.

    Args:
        computed_in: The number format that layers compute in; each weight is brought to it when it is used.

    Raises:
        UserError: bitsandbytes is not installed.
    """
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError(
            f"A base with {MARK} needs bitsandbytes, which is not installed. Install it with `pip install 'rungwise[qlora]'`, "
            f"or take {MARK} off `base` in rungwise.toml."
        )
    from transformers import BitsAndBytesConfig

    made: Any = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=computed_in,
    )
    return made


def fingerprint(of_stored: str) -> str:
    """Return the fingerprint of a base in four bits, from that of its stored weights.

    Not of its quantised weights: these may differ in a bit between a processor and a GPU.
    """
    return hashlib.sha256(f"{of_stored}|nf4".encode()).hexdigest()
