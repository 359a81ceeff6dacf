"""What every test stands on: no network, no telemetry, and tiny bases with random weights."""

from __future__ import annotations

import atexit
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from foundation.database import Database
from tests import postgres

os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    ANONYMIZED_TELEMETRY="False",
    TOKENIZERS_PARALLELISM="false",
    LANGSMITH_TRACING="false",
    RUNGWISE_CACHE=tempfile.mkdtemp(prefix="rungwise-tests-"),
)
atexit.register(shutil.rmtree, os.environ["RUNGWISE_CACHE"], ignore_errors=True)

# Property tests take the same cases in every run, and no case has a time limit, as machines differ; whoever wants cases that
# nobody saw yet runs `pytest --hypothesis-profile explore`, which keeps what it finds in `.hypothesis`.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("same")

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any connection that leaves this machine fails the test that tried it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = str(address[0]) if isinstance(address, tuple) else "unix"
        if host != "unix" and not host.startswith(_LOOPBACK):
            raise AssertionError(f"A test tried to reach {host}; tests stay on this machine.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture(autouse=True)
def nothing_asked() -> Iterator[None]:
    """What one test asked is not left out of another one's log."""
    from foundation.discreet import forget

    yield
    forget()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of this session of tests."""
    with postgres.running() as server:
        yield server


@pytest.fixture
def database(postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with nothing in it, by loopback and password."""
    monkeypatch.setenv("PGPASSWORD", postgres.PASSWORD)
    name = postgres_server.fresh()
    yield Database(postgres_server.url(name))
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def starter_tokenizer() -> Any:
    """A starter tokenizer of 600 tokens, trained in a second."""
    from finetune.starter import dialogues, facts, model

    rng = random.Random(1)
    texts = [turn["content"] for _ in range(200) for turn in dialogues.draw(rng, facts.TRAINING).messages()]
    return model.train_tokenizer(texts, 600)


@pytest.fixture(scope="session")
def tiny_bases(tmp_path_factory: pytest.TempPathFactory, starter_tokenizer: Any) -> dict[str, Path]:
    """Random-weight bases of real architectures in folders: the starter's LFM2, Llama (SmolLM's shape) and Qwen3."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

    from finetune.starter import model

    size = len(starter_tokenizer)
    ids = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2, vocab_size=size, max_position_embeddings=1024)
    shape = dict(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    torch.manual_seed(0)
    made = {
        "lfm2": model.build(
            starter_tokenizer, {"hidden": 32, "feed_forward": 64, "heads": 2, "layers": 1}, seed=0
        ),
        "llama": LlamaForCausalLM(LlamaConfig(**shape, **ids, tie_word_embeddings=True)),
        "qwen3": Qwen3ForCausalLM(Qwen3Config(**shape, **ids, head_dim=8)),
    }
    folders = {}
    for name, network in made.items():
        folders[name] = tmp_path_factory.mktemp("bases") / name
        network.save_pretrained(folders[name])
        starter_tokenizer.save_pretrained(folders[name])
    return folders
