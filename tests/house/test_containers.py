"""The container files, as far as reading them goes: no Docker runs where these tests do, and none has built them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    "words", [re.search(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE), COMPOSE["services"]["app"]["command"]]
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
        assert re.search(r":v?\d+\.\d+\.\d+$", one["image"]), name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name
        assert name == "app" or "healthcheck" in one, name
        assert not one.get("privileged") and one.get("network_mode") != "host", name
        for key, value in one.get("environment", {}).items():
            assert "KEY" not in key or str(value).startswith("${"), f"{name} holds a secret"
    app = COMPOSE["services"]["app"]
    assert app["read_only"] and app["cap_drop"] == ["ALL"] and "profiles" not in app


def test_the_profiles_are_a_chroma_server_of_the_pinned_version_and_a_model_server_with_adapters() -> None:
    assert COMPOSE["services"]["chroma"]["profiles"] == ["chroma"]
    pinned = re.search(r"^chromadb==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned and COMPOSE["services"]["chroma"]["image"].endswith(f":{pinned[1]}")
    vllm = COMPOSE["services"]["vllm"]
    assert vllm["profiles"] == ["vllm"] and "--enable-lora" in vllm["command"]
