"""`/v1/embeddings`: the library's own embedder, so that other tools search by the same vectors.

One request at a time is embedded, in a thread: two would only halve each other's speed. Knows nothing of documents.
"""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter, Request

from foundation.errors import UserError
from ui.access.permissions import Action, Person
from ui.api.asking import check, spent, who
from ui.api.errors import ApiError, of_house, quoted
from ui.api.models import embedder_name
from ui.api.vectors import Embedding, EmbeddingAsked, EmbeddingList, Read
from ui.service import service

if TYPE_CHECKING:
    from rag.embedding.embed import Embedder

LONGEST_TEXT = 16_000
"""Letters of a text; what an embedder has room for is mostly less, and counted in tokens."""
_SPECIAL = 2  # tokens that begin and end every text


def embedder_of(root: Path) -> tuple[Embedder, str]:
    """Return what makes the library's vectors, and what clients call it.

    Raises:
        ApiError: 503: there is no library, or its model can't be used.
    """
    served = service(root).served()
    if served.assistant.library is None:
        raise ApiError(503, "This workspace has no library, so there is nothing that makes vectors.")
    return served.assistant.library.embedder, embedder_name(served.assistant.library.settings.embedder)


def embedded(root: Path, person: Person, asked: EmbeddingAsked) -> EmbeddingList:
    """Return the vectors of some texts.

    Args:
        root: The workspace's folder.
        person: Who asks.
        asked: The texts.

    Raises:
        ApiError: Another model is named, a text is too long, or as `embedder_of`.
    """
    try:
        embedder, name = embedder_of(root)
        if asked.model != name:
            told = f'There is no embedder "{quoted(asked.model)}". This library\'s is "{name}".'
            raise ApiError(404, told, "model", "model_not_found")
        if asked.dimensions not in (None, embedder.dimension):
            told = f"Its vectors have {embedder.dimension} numbers and can't be cut."
            raise ApiError(400, told, "dimensions", "unsupported_parameter")
        texts = [asked.input] if isinstance(asked.input, str) else list(asked.input)
        tokens = _counted(embedder, texts)
        vectors = embedder.embed(texts)
    except UserError as error:
        raise of_house(error, root) from error
    spent(root, person, tokens)
    data = [
        Embedding(
            index=place,
            embedding=base64.b64encode(vector.astype("<f4").tobytes()).decode()
            if asked.encoding_format == "base64"
            else vector.tolist(),
        )
        for place, vector in enumerate(vectors)
    ]
    return EmbeddingList(data=data, model=name, usage=Read(prompt_tokens=tokens, total_tokens=tokens))


def _counted(embedder: Embedder, texts: list[str]) -> int:
    """Return the tokens of all texts.

    Raises:
        ApiError: 413: one does not fit; it would be cut in silence.
    """
    for place, text in enumerate(texts):
        if len(text) > LONGEST_TEXT:
            _too_long(place, f"{len(text):,} letters, but {LONGEST_TEXT:,} are allowed")
    counts, room = embedder.count_tokens(texts), embedder.max_tokens - _SPECIAL
    for place, count in enumerate(counts):
        if count > room:
            _too_long(place, f"{count:,} tokens, but this embedder has room for {room:,}")
    return sum(counts)


def _too_long(place: int, how: str) -> None:
    raise ApiError(
        413, f"Text {place} has {how}. Cut it into pieces.", f"input[{place}]", "context_length_exceeded"
    )


def router(root: Path) -> APIRouter:
    """Return the path.

    Args:
        root: The workspace's folder.
    """
    paths, turn = APIRouter(), anyio.CapacityLimiter(1)

    @paths.post("/v1/embeddings", response_model=EmbeddingList, summary="Embed texts")
    async def embed(asked: EmbeddingAsked, request: Request) -> EmbeddingList:
        person = who(request)
        await anyio.to_thread.run_sync(check, root, person, Action.SEARCH, "embeddings")
        return await anyio.to_thread.run_sync(partial(embedded, root, person, asked), limiter=turn)

    return paths
