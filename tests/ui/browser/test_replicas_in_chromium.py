"""Two replicas of the real server, in folders of their own, over one PostgreSQL database: what a browser and the API see of them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant import Workspace
from assistant.open import open_library
from experiments import VoteFile
from foundation.database import Database
from tests.ui.browser.conftest import PATIENCE, REPOSITORY, _wait

Window = Callable[..., Any]


@pytest.fixture
def replicas(house: Path, database: Database) -> tuple[Path, Path]:
    """Return two folders of one workspace: the first has synced its documents, the second has none."""
    (house / "rungwise.toml").write_text(f'name = "Tea"\n[storage]\nurl = "{database.url}"\n', "utf-8")
    second = house.parent / "second"
    second.mkdir()
    for name in ("rungwise.toml", "form.yaml", "questions.jsonl", "answers.yaml"):
        shutil.copy(house / name, second / name)
    with open_library(Workspace.open(house)) as library:
        library.sync()
    return house, second


@contextmanager
def replica(root: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a replica on a free port; yield its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "ui.server", "--workspace", str(root), "--port", str(port), *more]
    with subprocess.Popen(
        words, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    ) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}", server
        finally:
            server.kill()


def asked(at: str, question: str) -> str:
    body = {"model": "rag", "messages": [{"role": "user", "content": question}]}
    request = urllib.request.Request(
        f"{at}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return str(json.load(answer)["choices"][0]["message"]["content"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_replicas_answer_alike_from_one_ledger_and_the_second_sees_a_sync_at_its_next_question(
    replicas: tuple[Path, Path],
) -> None:
    first, second = replicas
    with replica(first, "--no-page") as (here, process), replica(second, "--no-page") as (there, _):
        question = "What does the Ostra kettle cost?"
        assert asked(here, question) == asked(there, question)
        assert (
            not (second / "documents").exists() and not (second / ".rungwise/library/ledger.sqlite3").exists()
        )
        process.kill()  # and what it acknowledged stays
        (first / "documents" / "kettle.md").write_text(
            "# Kettle\n\nThe Ostra kettle costs 77 EUR.\n", "utf-8"
        )
        with open_library(Workspace.open(first)) as library:
            library.sync()
            assert "77" in library.search(question)[0].chunk.text
        asked(there, question)
    with open_library(Workspace.open(second)) as library:
        assert "77" in library.search(question)[0].chunk.text


def ask(page: Any, question: str) -> None:
    field = page.get_by_placeholder("Ask a question")
    field.fill(question)
    field.press("Enter")


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_conversation_goes_on_at_another_replica_votes_count_once_and_a_killed_replica_loses_nothing(
    replicas: tuple[Path, Path], window: Window, database: Database
) -> None:
    first, second = replicas
    opening, kettle = "When does the shop open on Mondays?", "What does the Ostra kettle cost?"
    with replica(first) as (here, process), replica(second) as (there, _):
        page = window()  # one browser: its cookies are of the host, which a load balancer is for all replicas
        page.goto(f"{here}/chat")
        ask(page, opening)
        page.get_by_text("Why this answer").first.wait_for()
        name = page.url.partition("chat=")[2]
        assert name
        page.goto(f"{there}/chat?chat={name}")
        page.get_by_text(opening).first.wait_for(timeout=PATIENCE)
        ask(page, kettle)
        page.get_by_text("Why this answer").nth(1).wait_for()
        page.goto(f"{here}/chat?chat={name}")
        page.get_by_text(kettle).first.wait_for()
        assert page.get_by_test_id("stChatMessage").count() == 4

        for number, at in enumerate((here, there), 1):
            page.goto(f"{at}/chat")
            page.get_by_text("Vote blind").first.click()
            ask(page, kettle)
            page.get_by_role("button", name="A is better").click()
            page.get_by_text("You chose: A is better.").first.wait_for()
            assert len(VoteFile(first / "votes.jsonl", database).votes()) == number

        process.kill()
        process.wait()
        page.goto(f"{there}/chat?chat={name}")
        page.get_by_text(opening).first.wait_for()
        assert page.get_by_text(kettle).count() >= 1
        stranger = window()
        stranger.goto(f"{there}/chat?chat={name}")
        stranger.get_by_text("There is no such conversation").or_(
            stranger.get_by_role("button", name="New")
        ).first.wait_for()
        assert stranger.get_by_text(opening).count() == 0
    assert len(VoteFile(first / "votes.jsonl", database).votes()) == 2
    assert not (first / ".rungwise" / "votes").exists() and not (second / ".rungwise" / "votes").exists()
