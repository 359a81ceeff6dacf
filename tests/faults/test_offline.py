"""Fault cases of a machine without a network, each beside a library that asks for one; the numbers are those of `docs/faults.md`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.open import train_house
from assistant.workspace import Workspace
from finetune import registry
from finetune.base import load_base
from finetune.privacy.pseudonyms import pseudonymise_file
from rag import Library
from tests import naive
from tests.rag.rag_fakes import REPOSITORY, LetterEmbedder
from ui import quiet, serve
from ui.cli import main


class Blocked:
    """Sockets that can't be opened, and who tried."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, *arguments: object, **named: object) -> None:
        self.asked.append(repr(arguments[:2]))
        raise OSError("there is no network")


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Blocked]:
    """No socket at all, not even to this machine."""
    wall = Blocked()
    for name in (
        "socket.socket.connect",
        "socket.socket.connect_ex",
        "socket.socket.sendto",
        "socket.getaddrinfo",
    ):
        monkeypatch.setattr(name, wall)
    yield wall


@pytest.fixture
def shop(tmp_path: Path, tiny_bases: dict[str, Path]) -> Workspace:
    """A workspace of one document and thirty examples on a tiny base."""
    root = tmp_path / "shop"
    (root / "documents").mkdir(parents=True)
    things = "tea wood rope salt lamp sail coal wool soap glue iron cork wax oil ink".split()
    places = ["cellar", "attic"]
    lines = [
        f"The {thing} of the {place} costs {n + 10} EUR."
        for n, (place, thing) in enumerate((p, t) for p in places for t in things)
    ]
    (root / "documents" / "prices.md").write_text("# Prices\n\n" + "\n\n".join(lines) + "\n", "utf-8")
    (root / "rungwise.toml").write_text(
        f'name = "Shop"\n[model]\nbase = "{tiny_bases["llama"]}"\n[retrieval]\nk = 1\n[training]\nrank = 2\nepochs = 1\n',
        "utf-8",
    )
    rows = [
        {
            "messages": [
                {
                    "role": "user",
                    "content": line.replace("The", "What does the").replace(
                        f" costs {n + 10} EUR.", " cost?"
                    ),
                },
                {"role": "assistant", "content": f"It costs {n + 10} EUR [1]."},
            ],
            "sources": ["prices.md"],
            "facts": [f"{n + 10} EUR"],
        }
        for n, line in enumerate(lines)
    ]
    (root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return Workspace.open(root)


@pytest.mark.fault(62)
def test_examples_are_checked_hidden_split_rendered_and_trained_on_without_a_socket(
    shop: Workspace, blocked: Blocked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def library_of(workspace: Workspace) -> Library:
        return Library(workspace.documents, workspace.library, workspace.settings.retrieval, LetterEmbedder())

    monkeypatch.setattr("assistant.open.open_library", library_of)
    assert main(["check", "-w", str(shop.root), "--json"]) in (0, 2)
    assert json.loads(capsys.readouterr().out)["examples"] == 30
    assert pseudonymise_file(shop.examples, shop.root / "new.jsonl").rows == 30
    with library_of(shop) as library:
        library.sync()
        assert library.search("What does the tea cost?")
    trained = train_house(shop)
    base = load_base(shop.settings.model.base)
    assert trained.manifest.rows >= 10
    assert registry.verify(shop.adapter, base.name, base.fingerprint)
    assert blocked.asked == []
    with pytest.raises(
        urllib.error.URLError
    ):  # naive: a loader that fetches what a text names is caught by the same wall
        naive.fetch_links("see http://127.0.0.1:9/")
    assert blocked.asked


@pytest.mark.fault(62)
def test_usage_statistics_and_telemetry_of_every_library_are_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.config import Settings
    from streamlit import config

    from rag.indexing.store import _client

    for name in quiet.TELEMETRY:
        monkeypatch.delenv(name, raising=False)
    assert config._config_options_template["browser.gatherUsageStats"].default_val is True  # naive: on
    assert Settings().anonymized_telemetry is True  # naive: on
    assert "--browser.gatherUsageStats=false" in serve.flags(8_501)
    client = _client(tmp_path / "index")
    assert client.get_settings().anonymized_telemetry is False
    client.close()
    assert quiet.TELEMETRY["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] == "false"
    assert (
        quiet.TELEMETRY["ANONYMIZED_TELEMETRY"] == "False"
        and quiet.TELEMETRY["HF_HUB_DISABLE_TELEMETRY"] == "1"
    )


OFFLINE = """
import json, socket, sys, time

def no(*_, **__):
    raise OSError("there is no network")

socket.getaddrinfo = socket.socket.connect = no
from finetune.base import load_base
from foundation.errors import UserError
from rag.embedding.model_folder import model_folder

told = []
for look in (lambda: load_base("nobody/no-such-base"), lambda: load_base("no-such-folder"),
             lambda: model_folder("nobody/no-such-embedder"), lambda: model_folder("nobody/no-such-reranker", "reranker")):
    began = time.monotonic()
    try:
        look()
    except UserError as error:
        told.append([str(error), time.monotonic() - began])
here = [load_base(sys.argv[1]).name, str(model_folder("minilm"))]
naive = ""
if len(sys.argv) > 2:
    from transformers import AutoModel
    try:
        AutoModel.from_pretrained("nobody/no-such-base")
    except Exception as error:
        naive = str(error)
print(json.dumps([told, here, naive]))
"""


@pytest.mark.fault(116)
@pytest.mark.parametrize("offline", [True, False], ids=["told to stay offline", "without a network"])
def test_a_model_that_is_not_here_is_a_sentence_with_what_to_do_and_what_is_here_works(
    tiny_bases: dict[str, Path], tmp_path: Path, offline: bool
) -> None:
    environment = {**os.environ, "HF_HOME": str(tmp_path / "empty"), "PYTHONPATH": str(REPOSITORY)}
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-c", OFFLINE, str(tiny_bases["llama"])]
    if offline:
        environment["HF_HUB_OFFLINE"] = "1"
        command.append("naive")  # without the switch it would try for most of a minute
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    told, here, from_pretrained = json.loads(done.stdout.splitlines()[-1])
    assert len(told) == 4
    for sentence, seconds in told:
        assert "\n" not in sentence and "no-such" in sentence and seconds < 30
    assert all('Name "starter", a folder with' in sentence for sentence, _ in told[:2])
    assert 'Use embedder = "minilm", which needs no network.' in told[2][0]
    assert "Name a folder as reranker in rungwise.toml, or take the line out." in told[3][0]
    assert here[0] == str(tiny_bases["llama"]) and Path(here[1]).is_dir()
    if offline:
        assert (
            "\n" in from_pretrained and "rungwise" not in from_pretrained
        )  # naive: lines about somebody else's manual
