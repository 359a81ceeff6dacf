"""MCP, as the official SDK's client uses it: in this process, over HTTP, and over stdio."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import pytest
from api_world import NORTH, SOUTH, running
from fastapi import FastAPI
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from starlette.testclient import TestClient

from ui.access import keys, people
from ui.access.permissions import LOCAL, Person, Role
from ui.api.mcp import MOST_HITS, SCHEME, server

Use = Callable[[Client], Awaitable[Any]]
NORTHERN = Person("ada", Role.VIEWER, frozenset({"north"}))


def inside(house: Path, use: Use, person: Person = LOCAL) -> Any:
    """Use the server in this process."""

    async def done() -> Any:
        async with Client(server(house, lambda request: person, person)) as client:
            return await use(client)

    return asyncio.run(done())


def over_http(url: str, use: Use, key: str = "", mode: str = "auto") -> Any:
    async def done() -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
        ):
            return await use(client)

    return asyncio.run(done())


async def all_of_it(client: Client) -> dict[str, Any]:
    """Do everything that the server offers."""
    tools = (await client.list_tools()).tools
    found = await client.call_tool("search", {"query": "What does the Ostra kettle cost?", "k": 2})
    first = found.structured_content["results"][0]  # type: ignore[index]
    fetched = await client.call_tool("fetch", {"id": first["id"]})
    listed = (await client.list_resources()).resources
    read = await client.read_resource(listed[-1].uri)
    return {
        "tools": [tool.name for tool in tools],
        "read only": all(tool.annotations and tool.annotations.read_only_hint for tool in tools),
        "first": first["id"],
        "text": fetched.structured_content["text"],  # type: ignore[index]
        "resources": [one.uri for one in listed],
        "resource": read.contents[0].text,  # type: ignore[union-attr]
    }


EXPECTED = {
    "tools": ["search", "fetch"],
    "read only": True,
    "first": "kettle.md",
    "text": "Kettle\nThe Ostra kettle costs 49 EUR.",
    "resources": [SCHEME + "hours.txt", SCHEME + "kettle.md"],
    "resource": "Kettle\nThe Ostra kettle costs 49 EUR.",
}


@pytest.mark.fault(146)
def test_the_official_client_searches_fetches_and_reads_in_this_process(api: FastAPI, house: Path) -> None:
    assert inside(house, all_of_it) == EXPECTED


@pytest.mark.fault(146)
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_does_the_same_over_http_in_both_generations_of_the_protocol(
    url: str, mode: str
) -> None:
    assert over_http(url, all_of_it, mode=mode) == EXPECTED


@pytest.mark.fault(146)
@pytest.mark.slow
def test_the_official_client_does_the_same_over_stdio(tmp_path: Path, rungwise: Any) -> None:
    root = tmp_path / "house"
    (root / "documents").mkdir(parents=True)
    (root / "rungwise.toml").write_text('name = "Tea"\n', "utf-8")
    (root / "documents" / "kettle.md").write_text("# Kettle\n\nThe Ostra kettle costs 49 EUR.\n", "utf-8")
    (root / "documents" / "hours.txt").write_text("The shop opens at 09:00 on Mondays.\n", "utf-8")
    assert rungwise("sync", "--workspace", root).code == 0
    words = StdioServerParameters(
        command=sys.executable, args=["-m", "ui.cli", "mcp", "--workspace", str(root)]
    )

    async def done() -> Any:
        async with Client(stdio_client(words)) as client:
            return await all_of_it(client)

    assert asyncio.run(done()) == EXPECTED


@pytest.mark.fault(78)
def test_there_is_no_tool_that_writes(api: FastAPI, house: Path) -> None:
    async def listed(client: Client) -> list[types.Tool]:
        return (await client.list_tools()).tools

    tools = inside(house, listed)
    assert {tool.name for tool in tools} == {"search", "fetch"}
    for tool in tools:
        hints = tool.annotations
        assert hints.read_only_hint and not hints.destructive_hint and not hints.open_world_hint


TRICKS = [
    ("fetch", {"id": "../rungwise.toml"}),
    ("fetch", {"id": "../../../../etc/passwd"}),
    ("fetch", {"id": "/etc/passwd"}),
    ("fetch", {"id": "documents/kettle.md"}),
    ("fetch", {"id": "..%2f..%2fetc%2fpasswd"}),
    ("fetch", {"id": "file:///etc/passwd"}),
    ("fetch", {"id": "kettle.md\x00.txt"}),
    ("fetch", {"id": "south.md"}),
    ("fetch", {"id": "' OR '1'='1"}),
    ("fetch", {"id": ""}),
    ("fetch", {"id": ["kettle.md"]}),
    ("fetch", {"id": "x" * 100_000}),
    ("fetch", {"id": "kettle.md", "start": -1}),
    ("fetch", {"id": "kettle.md", "groups": ["south"]}),
    ("fetch", {}),
    ("search", {"query": "kettle", "k": MOST_HITS + 1}),
    ("search", {"query": "kettle", "k": 10**12}),
    ("search", {"query": "kettle", "k": 0}),
    ("search", {"query": "kettle", "k": "5"}),
    ("search", {"query": "kettle", "k": 2.5}),
    ("search", {"query": "k" * 4_001}),
    ("search", {"query": ""}),
    ("search", {"query": "kettle", "groups": ["south"]}),
    ("search", {"query": "kettle", "viewer": {"groups": ["south"]}}),
    ("forget", {"id": "kettle.md"}),
    ("sync", {}),
]


@pytest.mark.fault(78)
def test_traversal_a_huge_k_foreign_ids_and_foreign_tools_are_errors_and_never_data(
    api: FastAPI, house: Path
) -> None:
    async def tried(client: Client) -> list[Any]:
        return [await client.call_tool(name, arguments) for name, arguments in TRICKS]

    for (name, arguments), told in zip(TRICKS, inside(house, tried, NORTHERN), strict=True):
        assert told.is_error, (name, arguments)
        assert told.structured_content is None
        text = told.content[0].text
        assert "root:" not in text and SOUTH not in text and "49 EUR" not in text and str(house) not in text


@pytest.mark.fault(78, 146)
def test_naive_fetch_that_opens_paths_reads_outside_the_documents(house: Path) -> None:
    def fetch(id: str) -> str:
        return (house / "documents" / id).read_text("utf-8")

    assert "Tea" in fetch("../rungwise.toml")


@pytest.mark.fault(74, 78)
def test_each_asker_sees_the_documents_of_their_groups_and_no_others(api: FastAPI, house: Path) -> None:
    async def seen(client: Client) -> str:
        found = await client.call_tool("search", {"query": "What does the Ostra kettle cost?", "k": 20})
        listed = await client.list_resources()
        return json.dumps([found.structured_content, [one.uri for one in listed.resources]])

    northern = inside(house, seen, NORTHERN)
    assert NORTH in northern and "north.md" in northern
    assert SOUTH not in northern and "south.md" not in northern
    nobody = inside(house, seen)
    assert NORTH not in nobody and SOUTH not in nobody and "north.md" not in nobody


@pytest.mark.parametrize(
    "uri",
    [
        SCHEME + "south.md",
        SCHEME + "../rungwise.toml",
        SCHEME + "..%2Frungwise.toml",
        "file:///etc/passwd",
        SCHEME,
        "http://x/",
    ],
)
@pytest.mark.fault(78)
def test_a_resource_that_is_none_or_somebody_elses_is_an_error_in_the_same_words(
    api: FastAPI, house: Path, uri: str
) -> None:
    async def read(client: Client) -> str:
        with pytest.raises(MCPError) as told:
            await client.read_resource(uri)
        return told.value.error.message

    assert (
        inside(house, read, NORTHERN)
        == "There is no document of this id that you may see. `search` tells the ids."
    )


@pytest.mark.fault(97)
def test_over_http_each_request_is_asked_for_its_key_and_sees_with_its_eyes(
    api: FastAPI, house: Path
) -> None:
    people.add(house, "boss", Role.ADMIN)
    people.add(house, "ada", Role.VIEWER, ("north",))
    key = keys.make(house, "ada")

    async def seen(client: Client) -> list[str]:
        before = [one.uri for one in (await client.list_resources()).resources]
        people.change(house, "ada", suspended=True)
        with pytest.raises(Exception):  # noqa: B017  (the SDK's word for a 401 differs between its versions)
            await client.list_resources(cache_mode="bypass")
        people.change(house, "ada", suspended=False)
        return before

    with running(api) as url:
        assert SCHEME + "north.md" in over_http(url, seen, key)
        with pytest.raises(BaseException):  # noqa: B017
            over_http(url, seen, "rw-wrong")


@pytest.mark.fault(100)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:80"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:8501"}, 200),
        ({}, 200),
    ],
)
def test_a_rebound_host_and_a_foreign_page_are_refused(
    api: FastAPI, headers: dict[str, str], status: int
) -> None:
    client = TestClient(api, base_url="http://localhost")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    assert client.post("/mcp", json=body, headers={**accept, **headers}).status_code == status


def test_a_host_that_the_workspace_names_is_served(api: FastAPI, house: Path) -> None:
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\nhosts = ["tea.example"]\n', "utf-8")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    client = TestClient(api, base_url="http://tea.example")
    assert client.post("/mcp", json=body, headers=accept).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"jsonrpc": "2.0"}',
        b"[" * 50_000,
        b"\xff",
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":5}',
    ],
)
def test_what_is_no_message_of_the_protocol_is_never_an_error_of_ours(api: FastAPI, body: bytes) -> None:
    client = TestClient(api, base_url="http://localhost")
    head = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    told = client.post("/mcp", content=body, headers=head)
    assert told.status_code < 500, told.text
    assert "Traceback" not in told.text
