"""The fast encoder: a converted model in ONNX Runtime, one thread a batch. The only home of onnxruntime's sessions.

Many small batches side by side beat one large batch that all cores share: what a layer computes stays in a core's own
cache, no core waits for another, and texts of one length need hardly any padding (`benchmarks/embedding.py`).
Knows nothing of how a model is converted or checked, nor of which encoder is used.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.embedding.batches import batches

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

EXACT_BUDGET = 256
"""Tokens of a batch in single precision, as tuned by `benchmarks/embedding.py`."""
INT8_BUDGET = 1
"""One text a batch: the scale of int8 activations is taken over a whole batch, so that in company a text's vector would
depend on that company. Alone it is the same in every run, at some 8 % less speed."""


def threads() -> int:
    """Return how many batches run side by side: the cores that this process may use, or OMP_NUM_THREADS if lower."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wished = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores, int(wished))) if wished.isdigit() else cores


class OnnxEncoder:
    """A converted model, opened when the first text is encoded.

    Args:
        path: The ONNX file, whose hash was checked: inputs `input_ids` and `attention_mask`, output `vectors`.
        tokenizer: The model's `tokenizer.json`.
        max_tokens: Where texts are cut, special tokens included.
        budget: Most tokens of a batch.
    """

    def __init__(self, path: Path, tokenizer: Path, max_tokens: int, budget: int) -> None:
        self.path, self._tokenizer_path = path, tokenizer
        self._max_tokens, self._budget = max_tokens, budget

    def encode(self, texts: Sequence[str], lengths: Sequence[int]) -> NDArray[np.float32]:
        """Encode passages, shape (texts, dimension), each row of length 1; `lengths` is counted anew, specials included."""
        ids = [entry.ids for entry in self._tokenizer.encode_batch(list(texts))]
        parts = list(batches([len(one) for one in ids], self._budget))
        if len(parts) == 1 or threads() == 1:
            made = [self._run([ids[place] for place in part]) for part in parts]
        else:
            _ = self._session  # opened once, not by each worker
            with ThreadPoolExecutor(threads()) as workers:
                made = list(workers.map(lambda part: self._run([ids[place] for place in part]), parts))
        vectors = np.empty((len(texts), made[0].shape[1]), dtype=np.float32)
        for part, rows in zip(parts, made, strict=True):
            vectors[part] = rows
        return vectors

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Encode one question, shape (dimension,); only models without prompts are converted."""
        vector: NDArray[np.float32] = self.encode([text], [0])[0]
        return vector

    def _run(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        made = self._session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})[0]
        return np.asarray(made, dtype=np.float32)

    @functools.cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])

    @functools.cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._tokenizer_path))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._max_tokens)
        return tokenizer
