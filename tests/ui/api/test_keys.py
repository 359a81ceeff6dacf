"""Who may ask: keys, roles, groups and allowances on every path of the API and of MCP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from api_world import NORTH, SOUTH, SpeakingEngine, asked, running
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.rag.rag_fakes import LetterEmbedder
from ui.access import audit, keys, people
from ui.access.permissions import Action, NotAllowed, Role

Bearer = Callable[..., dict[str, str]]
PATHS = [
    ("POST", "/v1/chat/completions", asked()),
    ("POST", "/v1/chat/completions", asked(stream=True)),
    ("POST", "/v1/embeddings", {"model": "letters", "input": "kettle"}),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/rag", None),
    ("GET", "/v1/nowhere", None),
    ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    ("GET", "/mcp", None),
]
MCP = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def client(api: FastAPI) -> TestClient:
    return TestClient(api, base_url="http://localhost")


@pytest.fixture
def bearer(house: Path) -> Bearer:
    """Let somebody in; return the header that their key makes."""

    def made(name: str, role: Role = Role.VIEWER, groups: tuple[str, ...] = ()) -> dict[str, str]:
        people.add(house, name, role, groups)
        return {"Authorization": f"Bearer {keys.make(house, name)}"}

    return made


def send(client: TestClient, path: tuple[str, str, Any], headers: dict[str, str]) -> httpx.Response:
    method, where, body = path
    return client.request(method, where, json=body, headers={**MCP, **headers})  # type: ignore[return-value]


@pytest.mark.fault(97)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path[0]} {path[1]}")
def test_no_path_is_open_without_a_key_that_counts(client: TestClient, bearer: Bearer, path: tuple[str, str, Any], house: Path, engine: SpeakingEngine) -> None:  # fmt: skip
    good = bearer("ada")
    secret = good["Authorization"].removeprefix("Bearer ")
    for header in (
        None,
        "",
        "Bearer",
        "Bearer rw-guess",
        f"Basic {secret}",
        f"Bearer {secret}x",
        f"Bearer {secret[:-1]}",
    ):
        told = send(client, path, {"Authorization": header} if header is not None else {})
        assert told.status_code == 401, header
        assert told.json()["error"]["code"] == "invalid_api_key"
        assert told.headers["www-authenticate"] == "Bearer"
        assert secret not in told.text
    assert engine.asked == []
    if path[1] != "/mcp" or path[0] != "GET":  # a GET of /mcp is a stream that stays open
        assert send(client, path, good).status_code in (200, 404)


@pytest.mark.fault(97)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path[0]} {path[1]}")
@pytest.mark.parametrize("end", ["suspended", "removed", "expired", "revoked"])
def test_a_key_stops_opening_every_path_at_once(client: TestClient, bearer: Bearer, house: Path, path: tuple[str, str, Any], end: str) -> None:  # fmt: skip
    bearer("boss", Role.ADMIN)
    good = bearer("ada")
    (key,) = [one for one in keys.every(house) if one.name == "ada"]
    assert send(client, PATHS[3], good).status_code == 200
    if end == "suspended":
        people.change(house, "ada", suspended=True)
    elif end == "removed":
        people.remove(house, "ada")
    elif end == "revoked":
        keys.revoke(house, key.id)
    else:
        from ui.access import vault

        with vault.changing(house, "keys") as held:
            for row in held.values():
                if row["name"] == "ada":
                    row["until"] = "2020-01-01"
    told = send(client, path, good)
    assert told.status_code == 401
    assert told.json()["error"]["type"] == "authentication_error"


@pytest.mark.fault(97)
def test_naive_check_that_only_looks_a_key_up_lets_a_suspended_person_in(house: Path, bearer: Bearer) -> None:
    bearer("boss", Role.ADMIN)
    secret = bearer("ada")["Authorization"].removeprefix("Bearer ")
    people.change(house, "ada", suspended=True)
    assert keys.find(house, secret) is not None, "the key itself is a good one"


def test_the_official_client_raises_its_authentication_error(api: FastAPI, bearer: Bearer) -> None:
    bearer("ada")
    with running(api) as url, pytest.raises(openai.AuthenticationError, match="rungwise keys make"):
        openai.OpenAI(base_url=f"{url}/v1", api_key="sk-wrong").models.list()


@pytest.mark.fault(99)
def test_who_may_not_chat_is_refused_with_403_and_the_refusal_is_in_the_log(
    client: TestClient, bearer: Bearer, house: Path, monkeypatch: pytest.MonkeyPatch, engine: SpeakingEngine
) -> None:
    def refuse(person: object, action: Action) -> None:
        if action is not Action.LOOK:
            raise NotAllowed("ada may not chat: that takes the role editor, and theirs is viewer.")

    head = bearer("ada")
    monkeypatch.setattr("ui.access.door.require", refuse)  # today every role may ask; tomorrow one may not
    for path in (PATHS[0], PATHS[1], PATHS[2]):
        told = send(client, path, head)
        assert (told.status_code, told.json()["error"]["type"]) == (403, "permission_error")
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": "x"}},
    }
    assert send(client, ("POST", "/mcp", call), head).json()["result"]["isError"]
    assert send(client, PATHS[3], head).status_code == 200
    assert engine.asked == []
    log = "\n".join(map(str, audit.entries(house)))
    assert "ada" in log and "chat" in log


# whose documents


@pytest.mark.fault(74)
@pytest.mark.parametrize("stream", [False, True])
def test_another_tenants_near_identical_passage_is_nowhere_in_an_answer(client: TestClient, bearer: Bearer, engine: SpeakingEngine, stream: bool) -> None:  # fmt: skip
    heads = {name: bearer(name, groups=(name,)) for name in ("north", "south")}
    nobody = bearer("nobody")
    engine.answer = "It costs that [1] [2] [3]."
    for head, sees, never in (
        (heads["north"], {"north.md"}, [SOUTH]),
        (heads["south"], {"south.md"}, [NORTH]),
        (nobody, set(), [NORTH, SOUTH]),
    ):
        told = client.post("/v1/chat/completions", json=asked(stream=stream), headers=head).text
        assert not any(one in told for one in never)
        sources = {one for one in ("north.md", "south.md") if one in told}
        assert sources == sees
        prompt = "".join(str(turn["content"]) for turn in engine.asked[-1])
        assert not any(one in prompt for one in never)


@pytest.mark.fault(74)
def test_naive_filter_after_the_search_shows_by_its_count_that_something_is_hidden(
    api: FastAPI, house: Path
) -> None:
    from rag import Library, Viewer

    with Library(house / "documents", house / ".rungwise" / "library", None, LetterEmbedder()) as library:
        everybody = Viewer(frozenset({"north", "south"}))
        found = library.search("What does the Ostra kettle cost?", 3, everybody)
        after = [hit for hit in found if "north" not in hit.chunk.source and "south" not in hit.chunk.source]
        assert len(after) < len(library.search("What does the Ostra kettle cost?", 3, Viewer())) <= 3


# how much


@pytest.mark.fault(101)
def test_who_asks_too_much_is_told_when_to_come_back_and_nobody_else_waits_for_it(
    client: TestClient, bearer: Bearer, house: Path, engine: SpeakingEngine
) -> None:
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\nquestions_per_minute = 3\n', "utf-8")
    ada, bob = bearer("ada"), bearer("bob")
    told = [client.post("/v1/chat/completions", json=asked(), headers=ada) for _ in range(5)]
    assert [one.status_code for one in told] == [200, 200, 200, 429, 429]
    assert 1 <= int(told[-1].headers["retry-after"]) <= 20
    error = told[-1].json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert len(engine.asked) == 3
    assert client.post("/v1/chat/completions", json=asked(stream=True), headers=ada).status_code == 429
    assert client.post("/v1/chat/completions", json=asked(), headers=bob).status_code == 200
    assert client.get("/v1/models", headers=ada).status_code == 200, "looking takes nothing"


@pytest.mark.fault(101)
def test_the_tokens_of_answers_count_against_a_days_budget_streamed_or_not(client: TestClient, bearer: Bearer, house: Path) -> None:  # fmt: skip
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\ntokens_per_day = 20\n', "utf-8")
    ada, bob = bearer("ada"), bearer("bob")
    for stream in (False, True):
        assert client.post("/v1/chat/completions", json=asked(stream=stream), headers=ada).status_code == 200
    told = client.post("/v1/chat/completions", json=asked(), headers=ada)
    assert told.status_code == 429 and int(told.headers["retry-after"]) >= 1
    assert client.post("/v1/chat/completions", json=asked(), headers=bob).status_code == 200


@pytest.mark.fault(101)
def test_naive_limit_for_all_together_makes_one_person_wait_for_another(house: Path) -> None:
    from ui.access.allowance import Allowance, TooMany
    from ui.access.permissions import Person

    everybody, limit = Person("everybody", Role.VIEWER), Allowance(lambda: 0.0)
    for _ in range(3):
        limit.take(everybody, 3, 0)  # ada's three
    with pytest.raises(TooMany):
        limit.take(everybody, 3, 0)  # bob's first


def test_callers_wait_in_line_by_their_names(
    client: TestClient, bearer: Bearer, engine: SpeakingEngine
) -> None:
    for name in ("ada", "bob"):
        assert client.post("/v1/chat/completions", json=asked(), headers=bearer(name)).status_code == 200
    assert engine.callers == ["ada", "bob"]


@pytest.mark.fault(96)
def test_foreign_ids_and_ids_of_nothing_are_404_in_the_same_words(client: TestClient, bearer: Bearer) -> None:
    head = bearer("north", groups=("north",))
    for path in ("chatcmpl-1", "chat/completions/chatcmpl-1", "files/1", "threads/1", "fine_tuning/jobs/1"):
        told = client.get(f"/v1/{path}", headers=head)
        assert told.status_code == 404
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}

    def fetched(name: str) -> str:
        body = {**call, "params": {"name": "fetch", "arguments": {"id": name}}}
        return json.dumps(client.post("/mcp", json=body, headers={**MCP, **head}).json()["result"])

    assert fetched("south.md") == fetched("nothing.md")
    assert SOUTH not in fetched("south.md") and NORTH in fetched("north.md")


def test_openapi_is_open_to_all_and_tells_nothing_of_the_workspace(
    client: TestClient, bearer: Bearer, house: Path
) -> None:
    bearer("ada")
    told = client.get("/v1/openapi.json")
    assert told.status_code == 200
    assert house.name not in told.text and "kettle.md" not in told.text
    assert "422" not in json.dumps(told.json()["paths"])


@pytest.mark.fault(99)
def test_an_adapter_by_its_name_answers_those_who_measure_and_nobody_else(
    client: TestClient, bearer: Bearer, engine: SpeakingEngine
) -> None:
    viewer, editor = bearer("ada"), bearer("edith", Role.EDITOR)
    body = {
        "model": "lora+adapter=candidate",
        "messages": [{"role": "user", "content": "What does it cost?"}],
    }

    def asked(model: str, head: dict[str, str]) -> int:
        return client.post("/v1/chat/completions", json={**body, "model": model}, headers=head).status_code

    assert asked("lora", viewer) == 200, "naive: whoever may chat may name any adapter"
    told = len(engine.asked)
    assert asked("lora+adapter=candidate", viewer) == 403 and len(engine.asked) == told
    assert asked("lora+adapter=candidate", editor) != 403
