"""What clients send and get for embeddings, in OpenAI's shape. Knows nothing of what makes vectors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ui.api.shapes import MOST_TEXTS, Model, Text

Line = Annotated[Text, Field(min_length=1)]
"""A text to embed."""


class EmbeddingAsked(BaseModel):
    """Texts to embed."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model: Model
    """The library's embedder, as `/v1/models` names it."""
    input: Line | Annotated[list[Line], Field(min_length=1, max_length=MOST_TEXTS)]
    """One text, or several; token ids are refused."""
    encoding_format: Literal["float", "base64"] | None = None
    """`float`, which is the default, or `base64` of little-endian float32."""
    dimensions: int | None = None
    """The embedder's own; others are refused."""


class Embedding(BaseModel):
    """One text's vector."""

    object: Literal["embedding"] = "embedding"
    """What this is."""
    index: int
    """The place of its text, from 0."""
    embedding: list[float] | str
    """The vector, of length 1."""


class Read(BaseModel):
    """Tokens."""

    prompt_tokens: int
    """Read."""
    total_tokens: int
    """The same."""


class EmbeddingList(BaseModel):
    """The vectors of all texts, in their order."""

    object: Literal["list"] = "list"
    """What this is."""
    data: list[Embedding]
    """The vectors."""
    model: str
    """What made them."""
    usage: Read
    """Tokens."""
