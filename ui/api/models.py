"""`/v1/models`: the four setups as models, the variants by name, and the library's embedder.

Knows nothing of how any of them answers; it loads no model.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter, Request

from foundation.errors import UserError
from ui.access.permissions import Action, Person
from ui.api.asking import allowed, who
from ui.api.chat import setup_named
from ui.api.errors import of_house, quoted
from ui.api.shapes import ModelCard, ModelList, Ready
from ui.service import service

if TYPE_CHECKING:
    from assistant.setup import Variant


def embedder_name(named: str) -> str:
    """Return what clients call an embedder: of a folder its last part, as its path is nobody's business."""
    return Path(named).name if Path(named).is_absolute() or Path(named).is_dir() else named


class Models:
    """The models of a workspace.

    Args:
        root: The workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def all(self) -> ModelList:
        """Return all of them: the setups, then the embedder.

        Raises:
            ApiError: 503: the workspace can't be read.
        """
        from assistant.setup import Setup, Variant

        setups = [self._card(Variant(setup)) for setup in Setup]
        return ModelList(data=[*setups, self._embedder()])

    def one(self, name: str) -> ModelCard:
        """Return a model by name, a variant too.

        Raises:
            ApiError: 404: there is none. 503: as `all`.
        """
        embedder = self._embedder()
        return embedder if name == embedder.id else self._card(setup_named(name))

    def _created(self) -> int:
        return int((self._root / "rungwise.toml").stat().st_mtime)

    def _embedder(self) -> ModelCard:
        house = service(self._root).workspace()
        ready = Ready(kind="embedder", retrieve=False, adapter=False, ready=True)
        return ModelCard(
            id=embedder_name(house.settings.retrieval.embedder), created=self._created(), rungwise=ready
        )

    def _card(self, setup: Variant) -> ModelCard:
        assistant, house = service(self._root).served().assistant, service(self._root).workspace()
        has_index = assistant.library is not None and assistant.library.generation > 0
        has_adapter = not setup.adapter or bool(assistant.engine.adapter_name())
        if isinstance(setup.adapter, str):  # what an endpoint serves besides can't be seen from here
            has_adapter = bool(house.settings.model.endpoint) or setup.adapter in house.adapters.names()
        ready = (not setup.retrieve or has_index) and has_adapter
        told = Ready(
            kind="variant" if setup.changes else "setup",
            retrieve=setup.retrieve,
            adapter=setup.adapter is not False,
            ready=ready,
        )
        return ModelCard(id=str(setup), created=self._created(), rungwise=told)


def router(root: Path) -> APIRouter:
    """Return the paths.

    Args:
        root: The workspace's folder.
    """
    paths, models = APIRouter(), Models(root)

    def looked(person: Person, name: str | None) -> ModelList | ModelCard:
        try:
            allowed(root, person, Action.LOOK, "models")
            return models.all() if name is None else models.one(name)
        except UserError as error:
            raise of_house(error, root) from None

    @paths.get("/v1/models", response_model=ModelList, summary="List the models")
    async def listed(request: Request) -> ModelList | ModelCard:
        return await anyio.to_thread.run_sync(looked, who(request), None)

    @paths.get("/v1/models/{name:path}", response_model=ModelCard, summary="Look at one model")
    async def shown(name: str, request: Request) -> ModelList | ModelCard:
        return await anyio.to_thread.run_sync(looked, who(request), quoted(name))

    return paths
