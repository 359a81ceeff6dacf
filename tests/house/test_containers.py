"""The container files, as far as reading them goes: no Docker runs where these tests do, and none has built them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.config import settings_env
from assistant.config.settings import read_settings
from tests.packages import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
NAIVE = "FROM python:latest\nCOPY . /app\nRUN pip install /app\nENV OPENAI_API_KEY=sk-1\nCMD streamlit run app.py\n"


def mistakes(dockerfile: str) -> list[str]:
    """Return what is wrong with a Dockerfile, as far as reading tells."""
    last = dockerfile[dockerfile.rindex("FROM ") :]
    users = re.findall(r"^USER (\S+)", last, re.MULTILINE)
    return [
        told
        for told, wrong in {
            "an image that moves": bool(
                re.search(r"^FROM \S+:latest|^FROM [^:\s]+(?: AS \w+)?$", dockerfile, re.MULTILINE)
            ),
            "runs as root": not users or users[-1] in ("root", "0"),
            "no health check": "HEALTHCHECK" not in last,
            "copies everything, secrets too": bool(re.search(r"^COPY \. ", dockerfile, re.MULTILINE)),
            "a secret in the image": bool(re.search(r"(?:KEY|TOKEN|PASSWORD|SECRET)\w*=\S", dockerfile)),
            "versions that move": "constraints.txt" not in dockerfile,
        }.items()
        if wrong
    ]


def test_the_image_runs_as_nobody_with_pinned_parts_a_health_check_and_no_secret() -> None:
    assert mistakes(DOCKERFILE) == []
    assert len(mistakes(NAIVE)) == 6


def test_what_the_image_copies_is_here_and_is_every_package() -> None:
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    }
    assert all((ROOT / one).exists() for one in copied)
    assert set(PACKAGES) <= copied


@pytest.mark.parametrize(
    "words",
    [
        re.search(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE),
        COMPOSE["services"]["app"]["command"],
        COMPOSE["services"]["replica-1"]["command"],
    ],
)
def test_the_command_that_is_run_is_one_with_these_options(words: Any) -> None:
    import json

    said = json.loads(words[1]) if isinstance(words, re.Match) else words
    told = subprocess.run(
        [sys.executable, "-m", "ui.cli", said[0], "--help"], cwd=ROOT, capture_output=True, text=True, check=True, env={"COLUMNS": "200", "PATH": "/usr/bin"}
    ).stdout  # fmt: skip
    assert all(word in told for word in said if word.startswith("--"))


def test_every_service_is_pinned_bound_to_this_machine_and_looked_after() -> None:
    for name, one in COMPOSE["services"].items():
        assert re.search(r":v?\d+\.\d+(\.\d+)?$", one["image"]), name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name
        assert one["image"].startswith("rungwise:") or "healthcheck" in one, name  # the image has its own
        assert not one.get("privileged") and one.get("network_mode") != "host", name
        for key, value in one.get("environment", {}).items():
            secret = key.endswith(("KEY", "PASSWORD"))
            assert not secret or str(value).startswith("${"), f"{name} holds a secret"
    app = COMPOSE["services"]["app"]
    assert app["read_only"] and app["cap_drop"] == ["ALL"] and "profiles" not in app


def test_the_profiles_are_a_chroma_server_of_the_pinned_version_and_a_model_server_with_adapters() -> None:
    assert COMPOSE["services"]["chroma"]["profiles"] == ["chroma", "replicas"]
    pinned = re.search(r"^chromadb==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned and COMPOSE["services"]["chroma"]["image"].endswith(f":{pinned[1]}")
    vllm = COMPOSE["services"]["vllm"]
    assert vllm["profiles"] == ["vllm"] and "--enable-lora" in vllm["command"]


def test_the_replicas_share_everything_but_their_index_and_their_settings_are_ones_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = COMPOSE["services"]
    one, other = services["replica-1"], services["replica-2"]
    assert one["profiles"] == ["replicas"] and set(one["depends_on"]) == {"postgres", "chroma"}
    assert {**one, "ports": 0} == {**other, "ports": 0} and one["ports"] != other["ports"]
    assert any(path.startswith("/workspace/.rungwise/library:uid=10001") for path in one["tmpfs"])
    assert set(COMPOSE["volumes"]) == {
        volume.split(":")[0] for each in services.values() for volume in each["volumes"] if volume[0] != "."
    }
    for name, value in one["environment"].items():
        monkeypatch.setenv(name, str(value))
    (tmp_path / "rungwise.toml").write_text("", "utf-8")
    told = read_settings(tmp_path / "rungwise.toml")  # raises where a name or value is none
    assert told.storage.database is not None and told.storage.database.host in services
    assert str(told.retrieval.chroma_server).removeprefix("http://").partition(":")[0] in services
    assert told.storage.password_env in one["environment"] and told.serve.login == "local"
    given = [name for name in one["environment"] if name.startswith("RUNGWISE_")]
    assert len(given) == sum(map(len, settings_env.given(os.environ).values())) == 4


def test_the_image_holds_the_driver_of_the_database_that_replicas_share() -> None:
    extras = re.search(r'"\.\[(.+)\]"', DOCKERFILE)
    assert extras and "postgres" in extras[1].split(",")
