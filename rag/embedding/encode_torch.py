"""The reference encoder: sentence-transformers on torch, for every model. The only home of sentence_transformers.

Knows nothing of names of models, of other encoders, or of which one is used.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag import fork
from rag.embedding.batches import batches

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BUDGET = 4096
"""Tokens of a batch: all cores share one, and smaller ones took more processor time (1,024: 1.2 times, 256: 2.5 times)."""


class TorchEncoder:
    """A sentence-transformers model, loaded when the first text is encoded.

    Args:
        folder: Holds the model.
        device: Where it runs; None: the fastest that torch finds.
    """

    def __init__(self, folder: Path, device: str | None = None) -> None:
        self.folder, self.device = folder, device
        self._lock = threading.RLock()
        fork.watch(self)

    def abandon(self) -> object:
        """Go on, in a forked process, on one thread: the others stayed in the parent, and torch would wait for them."""
        self._lock = threading.RLock()
        if "model" in self.__dict__:
            importlib.import_module("torch").set_num_threads(1)
        return None

    def encode(self, texts: Sequence[str], lengths: Sequence[int]) -> NDArray[np.float32]:
        """Encode passages, shape (texts, dimension), each row of length 1.

        Args:
            texts: The passages.
            lengths: Tokens of each.
        """
        parts = list(batches(lengths, _BUDGET))
        made = [self._encode("encode_document", [texts[place] for place in part]) for part in parts]
        vectors = np.empty((len(texts), made[0].shape[1]), dtype=np.float32)
        for part, rows in zip(parts, made, strict=True):
            vectors[part] = rows
        return vectors

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Encode one question, shape (dimension,); a model that was trained with a prompt for questions gets it."""
        vector: NDArray[np.float32] = self._encode("encode_query", [text])[0]
        return vector

    def _encode(self, how: str, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            encode: Callable[..., Any] = getattr(self.model, how)
            vectors = encode(
                list(texts),
                batch_size=len(texts),
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)

    @functools.cached_property
    def model(self) -> SentenceTransformer:
        """The model itself."""
        for switch in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
            os.environ.setdefault(switch, "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer

        with self._lock, quiet():
            return SentenceTransformer(
                str(self.folder), device=self.device, local_files_only=True, trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )  # fmt: skip


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the loader's progress bar for weights, which takes a blink, out of the user's terminal."""
    logging: Any = importlib.import_module("transformers.utils.logging")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
