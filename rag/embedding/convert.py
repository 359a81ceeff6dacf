"""Models to ONNX files: single precision as torch computes it, and int8. The only home of `onnx` and of the exporter.

Converted are models that are a transformer, a mean or first-token pooling and a normalisation; all others stay on torch.
Weights become int8 a channel at a time, in 7 bits: eight-bit ones would overflow in the 16-bit sums of CPUs without VNNI,
and so the same file gives the same vectors on every CPU. Knows nothing of where files go or which encoder is used.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

RECIPE = "1"
"""Grows when a conversion would give other vectors."""
AGREEMENT = 0.9999
"""Least cosine of torch's vector and the converted model's, for each text of the sample."""
_OPSET = 17


def why_not(folder: Path) -> str | None:
    """Return why a model is not converted, as a clause; None when it is one that can be."""
    modules = [str(one.get("type", "")).rsplit(".", 1)[-1] for one in _json(folder / "modules.json", [])]
    if modules not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return f"its modules are {', '.join(modules) or 'not told'}, not Transformer, Pooling and Normalize"
    pooling = _pooling(folder)
    if pooling not in ("mean", "cls"):
        return f"its pooling is {pooling}, not mean or cls"
    config = _json(folder / "config_sentence_transformers.json", {})
    if config.get("default_prompt_name") or any((config.get("prompts") or {}).values()):
        return "it puts prompts before its texts"
    if _json(folder / "sentence_bert_config.json", {}).get("do_lower_case"):
        return "it folds letters before its tokenizer does"
    return None


def export(model: SentenceTransformer, folder: Path, target: Path) -> None:
    """Write a loaded model as one ONNX file: token ids and mask in, vectors of length 1 out.

    Raises:
        UserError: torch can't export this model.
    """
    import torch

    class Encoder(torch.nn.Module):
        """Transformer, pooling and normalisation in one."""

        def __init__(self, transformer: torch.nn.Module, first: bool) -> None:
            super().__init__()
            self.transformer, self.first = transformer, first

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            told = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if self.first:
                pooled = told[:, 0]
            else:
                kept = attention_mask.unsqueeze(-1).to(told.dtype)
                pooled = (told * kept).sum(1) / kept.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=-1)

    modules: Any = model
    encoder = Encoder(modules[0].auto_model, _pooling(folder) == "cls").eval()
    ids = torch.tensor([[1, 2, 3, 4, 5, 6], [1, 2, 3, 0, 0, 0]])
    sizes = {0: "texts", 1: "tokens"}
    try:
        # The exporter that needs no further package; its successor needs onnxscript.
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                encoder, (ids, (ids > 0).long()), str(target), dynamo=False, opset_version=_OPSET,
                input_names=["input_ids", "attention_mask"], output_names=["vectors"],
                dynamic_axes={"input_ids": sizes, "attention_mask": sizes, "vectors": {0: "texts"}},
            )  # fmt: skip
    except Exception as error:  # the exporter raises many classes; all mean: this model can't be exported
        raise UserError(
            f"{folder}: this model can't be converted to ONNX ({type(error).__name__}: {str(error).splitlines()[:1]}). "
            'Set embedding_backend = "torch" under [retrieval].'
        ) from error


def quantise(source: Path, target: Path) -> None:
    """Write a converted model anew with int8 weights, a scale a channel."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises a step that changes nothing here, through the root logger
    try:
        quantize_dynamic(source, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)


def agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the least cosine of two encoders' vectors of the same texts, shape (texts, dimension) each."""
    return float((one * other).sum(axis=1).min())


def _pooling(folder: Path) -> str:
    """Return how a model pools, as its settings say in either of their two forms."""
    config: dict[str, Any] = next(
        (_json(path, {}) for path in sorted(folder.glob("*_Pooling/config.json"))), {}
    )
    if told := config.get("pooling_mode"):
        return str(told)
    names = (
        "mean_tokens",
        "cls_token",
        "max_tokens",
        "mean_sqrt_len_tokens",
        "weightedmean_tokens",
        "lasttoken",
    )
    modes = [name for name in names if config.get(f"pooling_mode_{name}")]
    return (
        {"mean_tokens": "mean", "cls_token": "cls"}.get(modes[0], modes[0])
        if len(modes) == 1
        else " and ".join(modes) or "not told"
    )


def _json(path: Path, otherwise: Any) -> Any:
    return json.loads(path.read_text("utf-8")) if path.is_file() else otherwise


def sample(texts: Sequence[str]) -> list[str]:
    """Return texts at the edges of what is embedded, on which a conversion is checked."""
    return ["", "a", *texts, "word " * 600, "İstanbul’da mağaza saat 9’da açılır. 东京 🙂"]
