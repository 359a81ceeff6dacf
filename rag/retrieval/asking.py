"""What embeds questions: the settings' embedder, or, until a sync has rebuilt the index, the one that it was made with.

So the old index goes on answering while another embedder is tried. Knows nothing of what is found.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.discreet import asked
from foundation.errors import UserError
from rag.embedding.embed import Embedder, SentenceEmbedder, adopt
from rag.storage.ledger import Recipe

_REMEMBERED = 512  # questions whose vectors are kept: four setups ask the same ones


class Asker:
    """Embeds questions for an index, and remembers the last ones.

    Args:
        state: The library's folder, for the sentences.
        embedder: Returns the embedder that the settings name.
        backend: What computes the vectors, as the settings say.
    """

    def __init__(self, state: Path, embedder: Callable[[], Embedder], backend: str) -> None:
        self._state, self._named, self._backend = state, embedder, backend
        self._former: Embedder | None = None
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def vector(self, recipe: Recipe, question: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,), for an index that was made by a recipe.

        Raises:
            UserError: The index was made with an embedder that is not to be had here, or the vector can't be used.
        """
        asked(question)
        embedder = self._embedder(recipe)
        key = f"{embedder.fingerprint}\n{question}"
        vector = self._vectors.pop(key, None)
        if vector is None:
            vector = embedder.embed_query(question)
            if vector.shape != (recipe.dimension,) or not np.isfinite(vector).all():
                raise UserError(
                    f"The embedder {embedder.name} gave a vector of shape {vector.shape} for the question, or one that is no "
                    f"number, where {recipe.dimension} numbers are needed. Choose another, then run `rungwise sync`."
                )
        self._vectors[key] = vector
        if len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)
        return vector

    def _embedder(self, recipe: Recipe) -> Embedder:
        named = self._named()
        if adopt(named, recipe.embedder):
            return named
        if self._former is None or not adopt(self._former, recipe.embedder):
            self._former = self._old(recipe, named)
        return self._former

    def _old(self, recipe: Recipe, named: Embedder) -> Embedder:
        """Return the embedder that the index was made with, from this disk."""
        try:
            found = SentenceEmbedder(recipe.embedder_name.removesuffix(" (int8)"), self._backend, fetch=False)
        except UserError:
            found = None
        if found is None or not adopt(found, recipe.embedder):
            raise UserError(
                f"{self._state}: the index was made with the embedder {recipe.embedder_name} ({recipe.embedder[:8]}), which is "
                f"not here any more, and the settings now name {named.name} ({named.fingerprint[:8]}). Run `rungwise sync` to "
                "rebuild the index."
            )
        return found
