"""The API as one ASGI app: OpenAI's paths under `/v1`, and MCP at `/mcp`.

It can be served alone, or beside other things: `ui.server.app` leads these paths into it, whole.

There is no lifespan to run: nothing is kept between two requests. It fetches nothing, and no page of documentation is served,
as FastAPI's would be loaded from elsewhere; `/v1/openapi.json` describes every path.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from foundation.errors import UserError
from ui.api import chat, embeddings, models
from ui.api.entrance import Entrance
from ui.api.errors import ApiError, of_house, of_status, of_validation
from ui.api.mcp_face import McpFace

NOTICE = (
    "Answers are written by an AI model, which can be wrong. Whoever shows them to people tells these so, clearly and at the "
    "first answer at the latest (AI Act, Regulation (EU) 2024/1689, article 50)."
)
"""What whoever writes a program against the API reads in its description."""
_TOLD = {
    400: "What was sent does not fit",
    401: "There is no key, or none that counts",
    403: "The role does not cover it",
    404: "There is no such model",
    413: "Too much was sent",
    429: "Too much was asked; `Retry-After` says when there is room",
    500: "Rungwise failed; the id is in its log",
    503: "The model, the adapter or the index is not ready",
}


class Mistake(BaseModel):
    """What is wrong."""

    message: str
    """A sentence."""
    type: str
    """Its kind."""
    param: str | None
    """The parameter that it is about."""
    code: str
    """A word for programs."""


class Mistaken(BaseModel):
    """An error, in OpenAI's shape."""

    error: Mistake
    """What is wrong."""


def make(root: Path) -> FastAPI:
    """Return the API of a workspace; nothing is opened before it is asked.

    Args:
        root: The workspace's folder.
    """
    told: dict[int | str, dict[str, Any]] = {
        status: {"model": Mistaken, "description": words} for status, words in _TOLD.items()
    }
    app = FastAPI(
        title="Rungwise",
        version=_version(),
        summary="Four setups as models, with citations; OpenAI's shapes.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses=told,
        redirect_slashes=False,
    )
    root = root.resolve()
    for part in (chat, models, embeddings):
        app.include_router(part.router(root))
    app.router.routes.append(Route("/mcp", McpFace(root)))
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(UserError, partial(_unready, root))
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(HTTPException, _lost)
    app.add_middleware(Entrance, root=root)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _unready(root: Path, request: Request, error: Exception) -> Response:
    assert isinstance(error, UserError)
    return of_house(error, root).response()


async def _misfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return of_validation(error.errors()).response()


async def _lost(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return of_status(error.status_code, error.detail, error.headers).response()


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the description of every path, with the key that it takes, and without FastAPI's own 422, which is a 400 here."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=NOTICE, routes=app.routes
        )
        made["components"].setdefault("securitySchemes", {})["key"] = {"type": "http", "scheme": "bearer"}
        made["security"] = [{"key": []}]
        for path in made["paths"].values():
            for told in path.values():
                told["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(name, None)
        app.openapi_schema = made
    return app.openapi_schema


def _version() -> str:
    from ui.machine import version

    return version()
