"""Texts to vectors: a model by name, checked before it is loaded.

The default model's weights come inside an installed package, so nothing is fetched. A model may be a folder
or a name too; its own code is never run and only safetensors are read. Knows nothing of chunks or indexes.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embedding.batches import by_length
from rag.embedding.encoders import Encoders
from rag.embedding.model_folder import PACKAGED, model_folder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
"""float32, shape (texts, dimension), each row of length 1."""

SLICE = 512
"""Texts between two reports of progress."""


class Embedder(Protocol):
    """What the library needs of an embedder."""

    @property
    def name(self) -> str:
        """What a user calls it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides its vectors: two equal ones give equal vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Word pieces that fit one text; what is beyond would be cut in silence."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the word pieces of each text, special tokens left out."""
        ...

    def embed(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Embed passages, shape (texts, dimension); `progress(done, total)` is called between batches."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Embed one question: shape (dimension,)."""
        ...


class SentenceEmbedder:
    """A sentence-transformers model, loaded when the first text is embedded.

    Args:
        name: `minilm`, a folder that holds a model, or a name on the hub.
        backend: What computes the vectors: `auto`, `torch`, `onnx` or `int8`; see `rag.embedding.encoders`.
        fetch: Whether the hub may be asked for what is not on this disk.

    Raises:
        UserError: There is no such model here, it would need pickled weights or code of its own, or it can't be
            converted for this backend.
    """

    def __init__(self, name: str = PACKAGED, backend: str = "auto", fetch: bool = True) -> None:
        self._called = name
        self.folder = model_folder(name, fetch=fetch)
        self.encoders = Encoders(
            self.folder, name, backend, lambda: folder_fingerprint(self.folder), lambda: self.max_tokens
        )
        """What computes the vectors."""

    @property
    def name(self) -> str:
        """What a user calls it."""
        return f"{self._called} (int8)" if self.encoders.int8 else self._called

    @property
    def fingerprint(self) -> str:
        """Hash of the weights, the tokenizer and every setting in the model's folder, and of int8 where that is used."""
        return self.encoders.fingerprint(self.encoders.int8)

    @functools.cached_property
    def dimension(self) -> int:
        """Numbers in a vector, as the pooling layer's settings or, failing that, the model itself tells."""
        for path in sorted(self.folder.glob("*_Dense/config.json"), reverse=True):
            return int(json.loads(path.read_text("utf-8"))["out_features"])
        config = self._json("config.json")
        size = config.get("hidden_size") or config.get("dim") or config.get("d_model")
        return int(size) if size else int(self.encoders.reference.model.get_embedding_dimension() or 0)

    @functools.cached_property
    def max_tokens(self) -> int:
        """Word pieces that fit one text, special tokens included."""
        told = self._json("sentence_bert_config.json").get("max_seq_length")
        return int(
            told
            or self._json("config.json").get("max_position_embeddings")
            or self.encoders.reference.model.max_seq_length
            or 512
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the word pieces of each text, special tokens left out; loads the tokenizer, not the model."""
        counts: list[int] = []
        for start in range(0, len(texts), SLICE):  # what the tokenizer returns is far larger than a number
            part = list(texts[start : start + SLICE])
            counts += [
                len(entry.ids) for entry in self._tokenizer.encode_batch(part, add_special_tokens=False)
            ]
        return counts

    def embed(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Embed passages, the longest first so that a batch holds texts of one length.

        Returns:
            Vectors in the order of `texts`, shape (len(texts), dimension).
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        lengths = self.count_tokens(texts)
        order = by_length(lengths)
        encoder = self.encoders.for_passages(len(texts))
        for start in range(0, len(order), SLICE):
            places = order[start : start + SLICE]
            vectors[places] = encoder.encode(
                [texts[place] for place in places], [2 + lengths[place] for place in places]
            )
            if progress:
                progress(min(start + SLICE, len(order)), len(order))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Embed one question; a model that was trained with a prompt for questions gets it."""
        return self.encoders.for_query().encode_query(text)

    @functools.cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()  # the packaged file cuts and pads to 128, which would make every count 128
        tokenizer.no_padding()
        return tokenizer

    def _json(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        value: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        return value


def adopt(embedder: Embedder, held: str) -> bool:
    """Make an embedder go on as the index that is there was embedded, where it can; return whether it does."""
    if isinstance(embedder, SentenceEmbedder):
        return embedder.encoders.adopt(held)
    return embedder.fingerprint == held


def settle(embedder: Embedder, waiting: int) -> None:
    """Let an embedder choose how it embeds a new index of about so many texts; its fingerprint may change."""
    if isinstance(embedder, SentenceEmbedder):
        embedder.encoders.settle(waiting)


def at_once(embedder: Embedder) -> int:
    """Return how many texts an embedder is best handed at once; all of them are lost where it is killed amid them."""
    return int(getattr(embedder, "at_once", SLICE))


def get_ready(embedder: Embedder, waiting: int) -> None:
    """Tell an embedder how many texts are going to be handed to it, slice by slice; its fingerprint stays."""
    if isinstance(embedder, SentenceEmbedder):
        embedder.encoders.for_passages(waiting)


def folder_fingerprint(folder: Path) -> str:
    """Return the hash of a model's weights, tokenizer and settings; conversions of it are named by that."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in (".json", ".safetensors", ".txt", ".model") and path.is_file()
    )
    digest = hashlib.sha256()
    for path in files:
        facts = path.stat()
        contents = _file_hash(path, facts.st_size, facts.st_mtime_ns)
        digest.update(f"{path.relative_to(folder).as_posix()}:{contents}".encode())
    return digest.hexdigest()


@functools.lru_cache(maxsize=256)
def _file_hash(path: Path, size: int, changed: int) -> str:
    """Hash a file once a process, as long as its size and time of change stay what they are."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
