"""The MCP server: search and fetch as read-only tools, and documents as resources, each seen with the asker's own eyes.

A document is named by its path in the library, which is looked up among those that the asker may see and never opened as a
file: what does not exist and what is somebody else's are refused in the same words. No tool writes. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import anyio.to_thread
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from foundation.errors import UserError
from rag import Hit, Library, Viewer
from ui.access.permissions import Action, Person
from ui.api.asking import check
from ui.api.errors import ApiError, of_bug, of_house, of_validation
from ui.service import service

SCHEME = "rungwise://documents/"
"""How a document's address begins."""
MOST_HITS = 20
"""Hits of one search."""
PAGE = 50_000
"""Letters of a document that are given at once."""
_LISTED = 200
_NOBODY = "There is no document of this id that you may see. `search` tells the ids."
_READ_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


class SearchAsked(BaseModel):
    """What `search` takes."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=4_000, description="A question or keywords.")
    k: int = Field(5, ge=1, le=MOST_HITS, strict=True, description="How many passages.")


class FetchAsked(BaseModel):
    """What `fetch` takes."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=1_000, description="A document's id, as `search` tells it.")
    start: int = Field(
        0, ge=0, le=10**9, strict=True, description="The letter to begin at, for the rest of a long document."
    )


TOOLS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "search": ("Find the passages of the house's documents that answer a question best.", SearchAsked),
    "fetch": ("Read a document of the house, by the id that `search` tells.", FetchAsked),
}
"""Every tool: what it does, and what it takes. Both only read."""


def server(root: Path, asker: Callable[[Request], Person], here: Person | None = None) -> Server[Any]:
    """Return the MCP server of a workspace.

    Args:
        root: The workspace's folder.
        asker: Tells who sent an HTTP request.
        here: Who asks where there is no HTTP request: over stdio, or in this process.
    """
    house = _House(root)

    def who(ctx: ServerRequestContext[Any, Any]) -> Person:
        if isinstance(ctx.request, Request):
            return asker(ctx.request)
        if here is None:
            raise MCPError(types.INVALID_REQUEST, "Nobody is known to ask this.")
        return here

    async def tools(ctx: ServerRequestContext[Any, Any], params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_tools())

    async def call(
        ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        return await anyio.to_thread.run_sync(house.called, who(ctx), params.name, params.arguments or {})

    async def resources(
        ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        cursor = params.cursor if params is not None else None
        return await anyio.to_thread.run_sync(_asked, partial(house.listed, who(ctx), cursor), root)

    async def read(
        ctx: ServerRequestContext[Any, Any], params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        return await anyio.to_thread.run_sync(_asked, partial(house.read, who(ctx), str(params.uri)), root)

    async def templates(
        ctx: ServerRequestContext[Any, Any], params: object
    ) -> types.ListResourceTemplatesResult:
        told = types.ResourceTemplate(
            name="document",
            uri_template=SCHEME + "{+id}",
            description="A document, by its id.",
            mime_type="text/plain",
        )
        return types.ListResourceTemplatesResult(resource_templates=[told])

    from ui.machine import version

    return Server(
        "rungwise",
        version=version(),
        title="Rungwise",
        instructions="Search the house's documents with `search`, read one with `fetch`. Nothing can be changed from here.",
        on_list_tools=tools,
        on_call_tool=call,
        on_list_resources=resources,
        on_read_resource=read,
        on_list_resource_templates=templates,
    )


def _tools() -> list[types.Tool]:
    return [
        types.Tool(
            name=name, description=told, input_schema=shape.model_json_schema(), annotations=_READ_ONLY
        )
        for name, (told, shape) in TOOLS.items()
    ]


def _asked(ask: Callable[[], Any], root: Path) -> Any:
    """Do what a resource is asked for; every error becomes one that a client may read.

    Raises:
        MCPError: It can't be done, and why.
    """
    try:
        return ask()
    except MCPError:
        raise
    except ApiError as error:
        code = types.INVALID_PARAMS if error.status < 500 else types.INTERNAL_ERROR
        raise MCPError(code, error.message) from None
    except UserError as error:
        raise MCPError(types.INTERNAL_ERROR, of_house(error, root).message) from None
    except Exception as error:
        raise MCPError(types.INTERNAL_ERROR, of_bug(error).message) from None


class _House:
    """What the server does, for one person at a time.

    Args:
        root: The workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def called(self, person: Person, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        """Call a tool; what goes wrong is told in its result, for the model to read."""
        try:
            told = _asked(partial(self._called, person, name, arguments), self._root)
        except MCPError as error:
            text = types.TextContent(type="text", text=error.error.message)
            return types.CallToolResult(content=[text], is_error=True)
        import json

        text = types.TextContent(type="text", text=json.dumps(told, ensure_ascii=False))
        return types.CallToolResult(content=[text], structured_content=told)

    def _called(self, person: Person, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name not in TOOLS:
            raise ApiError(404, "There is no such tool. There are search and fetch, and both only read.")
        try:
            asked = TOOLS[name][1].model_validate(arguments)
        except ValidationError as error:
            mistakes = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_input=False)]
            raise of_validation(mistakes) from None
        check(self._root, person, Action.SEARCH, f"mcp {name}")
        return self._found(person, asked) if isinstance(asked, SearchAsked) else self._fetched(person, asked)

    def _library(self) -> Library:
        library = service(self._root).served().assistant.library
        if library is None:
            raise ApiError(503, "This workspace has no library.")
        return library

    def _found(self, person: Person, asked: SearchAsked) -> dict[str, Any]:
        hits = self._library().search(asked.query, asked.k, Viewer(person.groups))
        return {"results": [_told(hit) for hit in hits]}

    def _fetched(self, person: Person, asked: Any) -> dict[str, Any]:
        title, text = self._document(person, asked.id)
        end = asked.start + PAGE
        return {
            "id": asked.id,
            "title": title,
            "text": text[asked.start : end],
            "url": address(asked.id),
            "metadata": {"letters": len(text), "next_start": end if end < len(text) else None},
        }

    def _document(self, person: Person, source: str) -> tuple[str, str]:
        """Return a document's title and text.

        Raises:
            ApiError: 404: there is none that this person may see.
        """
        library = self._library()
        text = library.text(source) if library.shown_to(Viewer(person.groups), source) else None
        if text is None:
            raise ApiError(404, _NOBODY)
        chunks = library.chunks(source)
        return chunks[0].title if chunks else source, text

    def listed(self, person: Person, cursor: str | None) -> types.ListResourcesResult:
        """List the documents that somebody may see, a page at a time."""
        check(self._root, person, Action.SEARCH, "mcp resources")
        sources = self._library().shown_to(Viewer(person.groups))
        begin = _place(cursor)
        page = sources[begin : begin + _LISTED]
        return types.ListResourcesResult(
            resources=[types.Resource(name=one, uri=address(one), mime_type="text/plain") for one in page],
            next_cursor=str(begin + _LISTED) if begin + _LISTED < len(sources) else None,
        )

    def read(self, person: Person, uri: str) -> types.ReadResourceResult:
        """Read a document by its address."""
        check(self._root, person, Action.SEARCH, "mcp resource")
        if not uri.startswith(SCHEME):
            raise ApiError(404, _NOBODY)
        _, text = self._document(person, unquote(uri[len(SCHEME) :]))
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=uri, mime_type="text/plain", text=text)]
        )


def address(source: str) -> str:
    """Return a document's address."""
    return SCHEME + quote(source)


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise ApiError(400, "This cursor is not one of ours. List from the beginning.")
    return int(cursor)


def _told(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "id": chunk.source,
        "title": chunk.label,
        "text": chunk.text,
        "url": address(chunk.source),
        "metadata": {"rank": hit.rank, "score": round(hit.score, 4), "since": hit.since},
    }
