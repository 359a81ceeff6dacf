"""What a comparison is made with: hashes of base, adapter, index, form and questions, settings, and versions.

Knows nothing of what is compared.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import urlsplit, urlunsplit

from assistant.assistant import Assistant
from assistant.setup import AnySetup
from assistant.workspace import Workspace
from experiments import Made, Question
from experiments.runs import mark_of
from foundation.files import sha256_text

PACKAGES = (
    "rungwise",
    "torch",
    "transformers",
    "peft",
    "tokenizers",
    "chromadb",
    "sentence-transformers",
    "onnxruntime",
    "bm25s",
    "numpy",
    "scipy",
)
"""What answers, or the numbers about them, may depend on."""


def made_with(
    workspace: Workspace, assistant: Assistant, questions: Sequence[Question], setups: Sequence[AnySetup]
) -> Made:
    """Return hashes of all that a comparison is made with, the settings in plain values, and versions.

    Raises:
        UserError: The adapter is needed and can't be used.
    """
    engine, library = assistant.engine, assistant.library
    hashes = {"base": sha256_text(engine.identity(False))}
    for adapter in {one: None for setup in setups for one in assistant.answering(setup) if one is not False}:
        name = f"adapter {adapter}" if isinstance(adapter, str) else "adapter"
        hashes[name] = sha256_text(engine.identity(adapter))
    if library is not None and any(setup.retrieve for setup in setups):
        hashes["index"] = sha256_text(library.stamp)
    hashes["form"] = sha256_text(repr(workspace.form))
    hashes["questions"] = sha256_text("".join(map(mark_of, questions)))
    settings = workspace.settings
    told = {
        "model": {**asdict(settings.model), "endpoint": _without_password(settings.model.endpoint)},
        "retrieval": asdict(settings.retrieval),
        "prompt": asdict(settings.prompt),
        "target": asdict(settings.target),
    }
    answering = {str(setup): assistant.fingerprint(setup) for setup in setups}
    return Made(hashes, told, _versions(), answering)


def _without_password(url: str | None) -> str | None:
    """Return an endpoint's address without a name and a password that may stand in it."""
    if not url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
