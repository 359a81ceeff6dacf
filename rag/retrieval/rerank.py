"""The best candidates read once more, each together with the question, by a cross-encoder.

A bi-encoder gives question and passage a vector each; a cross-encoder reads both at once (Nogueira & Cho 2019, arXiv
1901.04085), which is slower and finer. None is packaged: a folder or a name is given in the settings. Knows nothing of indexes.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from rag.embedding.model_folder import model_folder

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_BATCH = 16


class Reranker(Protocol):
    """What the search needs of a reranker."""

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return how well each passage answers, shape (len(passages),), higher is better, in [0, 1]."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder, loaded when the first question is reranked.

    Args:
        name: A folder that holds a model, or a name on the hub.

    Raises:
        UserError: There is no such model here, or it would need pickled weights or code of its own.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder = model_folder(name, "reranker")
        self._lock = threading.Lock()

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return how well each passage answers; one that is too long is cut at its end.

        Raises:
            UserError: The model is no cross-encoder with one score a pair.
        """
        if not passages:
            return np.zeros(0, np.float32)
        with self._lock:
            found = self._model.predict(
                [(question, passage) for passage in passages], batch_size=_BATCH, show_progress_bar=False
            )
        scores = np.asarray(found, dtype=np.float32)
        if scores.shape != (len(passages),) or not np.isfinite(scores).all():
            raise UserError(
                f'The reranker "{self.name}" gave {scores.shape} scores for {len(passages)} passages, or none that are numbers. '
                "Name a cross-encoder with one score a pair (such as cross-encoder/ms-marco-MiniLM-L6-v2)."
            )
        if scores.min() < 0.0 or scores.max() > 1.0:  # a model whose settings leave its scores as they are
            scores = np.asarray(1.0 / (1.0 + np.exp(-scores)), dtype=np.float32)
        return scores

    @functools.cached_property
    def _model(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        return CrossEncoder(
            str(self._folder),
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
