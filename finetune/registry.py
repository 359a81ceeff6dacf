"""Adapters on the disk: what each was made from, and the check before one is used.

A folder holds PEFT's files and `manifest.json` with their hashes and the base's fingerprint; PEFT itself loads an adapter
onto the wrong base in silence, and a flipped bit too. Knows nothing of training or of models in memory.
"""

from __future__ import annotations

import datetime
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune.adapter import WEIGHTS
from foundation.errors import UserError
from foundation.files import sha256_of, write_json_atomic

MANIFEST = "manifest.json"
TAINTED = "TAINTED.json"
"""Stands beside an adapter that was trained on what was forgotten later; weights can't be made to forget."""
DECIDED = "DECIDED.json"
"""Stands beside an adapter that was a candidate: whether it was switched to, and why."""


@dataclass(frozen=True)
class Manifest:
    """What an adapter is, and what it was made from."""

    name: str
    """The adapter's name in its workspace."""
    base: str
    """The base model's name when it was trained."""
    base_fingerprint: str
    """The base's fingerprint; the adapter is refused on any other."""
    rows: int
    """Training rows."""
    validation_rows: int
    """Rows that chose the best checkpoint."""
    rows_sha256: str
    """Hash over the rendered rows, in order."""
    made_from: dict[str, str]
    """Hashes, by name, of what the rows were made from: the examples, the form, the settings."""
    settings: dict[str, Any]
    """Every training setting."""
    curve: list[dict[str, float]]
    """Per epoch: `epoch`, `loss` (training, nats a token) and `validation_loss`."""
    best_epoch: float
    """The epoch that was kept."""
    seconds: float
    """How long training took."""
    versions: dict[str, str]
    """Versions of torch, transformers and peft."""
    created: str
    """When, ISO 8601 in UTC."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every other file in the folder."""
    proof: dict[str, Any] = field(default_factory=dict)
    """What was found true of it after the training (`finetune.training.proofs.Proof`); empty in adapters of before."""
    test: dict[str, Any] = field(default_factory=dict)
    """Of rows that nothing was decided by: `rows`, and the mean loss of their answers in nats a token `before` (the base alone),
    `after` and its `change`, each with `value`, `low` and `high` (95 %); empty where none were kept."""
    papers: dict[str, Any] = field(default_factory=dict)
    """For whoever answers for it: `licence` (the base's, as its card says; empty where it says none), `purpose` and
    `retention_days` (what documents.toml allows for the documents that were learned from, the shortest; None: nothing said),
    `follows` (the adapter that served before; empty: none), `task` (the one whose examples alone it learned from; empty: all)."""

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return asdict(self)

    @property
    def test_text(self) -> str:
        """What was measured on rows that nothing was decided by, in a sentence; empty where none were kept."""
        if not self.test:
            return ""
        before, after = self.test["before"], self.test["after"]
        return (
            f"On {self.test['rows']} rows that nothing was decided by, answers cost {after['value']:.2f} nats a token "
            f"({after['low']:.2f} to {after['high']:.2f}); with the base alone {before['value']:.2f}."
        )

    @property
    def weights(self) -> str:
        """The file that holds its weights."""
        return WEIGHTS.get(self.settings.get("method", "lora"), WEIGHTS["lora"])

    @property
    def papers_text(self) -> str:
        """The papers in a sentence each; empty in adapters of before."""
        told = self.papers
        if not told:
            return ""
        parts = [
            f"licence of the base: {told.get('licence') or 'its card says none'}",
            f"purpose: {told.get('purpose') or 'not said'}",
        ]
        if days := told.get("retention_days"):
            ends = datetime.datetime.fromisoformat(self.created) + datetime.timedelta(days=days)
            parts.append(f"to be kept until {ends:%Y-%m-%d} at most, as the shortest kept of its documents")
        else:
            parts.append("retention: not said")
        parts.append(f"follows {told.get('follows')}" if told.get("follows") else "follows no other")
        if task := told.get("task"):
            parts.append(f"for the task {task}")
        return "; ".join(parts)


@contextmanager
def staging(final: Path) -> Iterator[Path]:
    """Make a folder beside the one that an adapter will be published to; what is left of it is removed afterwards."""
    final.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name}."))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def publish(staged: Path, final: Path, manifest: Manifest) -> Manifest:
    """Hash the staged files, write the manifest last, and swap the folder into place.

    A kill at any point leaves the old adapter or the new one; a staged folder without a manifest is never used.
    """
    files = {
        path.name: sha256_of(path)
        for path in sorted(staged.iterdir())
        if path.is_file() and path.name != MANIFEST
    }
    complete = Manifest(**{**asdict(manifest), "files": files})
    write_json_atomic(staged / MANIFEST, complete.to_dict())
    retired = final.with_name(f".{final.name}.old")
    shutil.rmtree(retired, ignore_errors=True)
    if final.exists():
        final.rename(retired)
    staged.rename(final)
    shutil.rmtree(retired, ignore_errors=True)
    return complete


def verify(folder: Path, base: str, base_fingerprint: str) -> Manifest:
    """Return the manifest of an adapter that is whole and belongs to this base.

    Args:
        folder: The adapter's folder.
        base: The base's name, for the sentence.
        base_fingerprint: The loaded base's fingerprint.

    Raises:
        UserError: There is none, it is damaged or tainted, or it was trained on another base.
    """
    manifest = read(folder)
    if (folder / TAINTED).is_file():
        raise UserError(
            f"{folder}: the adapter was trained on examples that were forgotten since, and weights can't be made to forget. "
            f"Train it again with `rungwise train`; to serve it all the same, remove {TAINTED} from its folder."
        )
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise UserError(
                f"{folder}: the adapter is incomplete, {name} is missing. Train it again with `rungwise train`."
            )
        if sha256_of(path) != expected:
            raise UserError(
                f"{folder}: {name} is not the file that was trained (its hash differs). Train it again with `rungwise train`."
            )
    if manifest.weights not in manifest.files:
        raise UserError(
            f"{folder}: the adapter has no {manifest.weights}; other formats are not loaded. Train it again with `rungwise "
            "train`."
        )
    if manifest.base_fingerprint != base_fingerprint:
        raise UserError(
            f'{folder}: the adapter was trained on the base "{manifest.base}" ({manifest.base_fingerprint[:12]}), but the base '
            f'in use is "{base}" ({base_fingerprint[:12]}). Set that base in rungwise.toml, or run `rungwise train`.'
        )
    return manifest


def taint(folder: Path, date: str, rows: int) -> bool:
    """Mark an adapter as trained on what was forgotten; return whether there is one."""
    if not (folder / MANIFEST).is_file():
        return False
    write_json_atomic(folder / TAINTED, {"forgotten": date, "examples": rows})
    return True


def decide(folder: Path, told: Mapping[str, Any]) -> None:
    """Write beside an adapter what was decided of it: `ruling`, `reason`, `because` and more, as JSON values.

    Raises:
        UserError: There is no adapter here.
    """
    read(folder)
    write_json_atomic(folder / DECIDED, dict(told))


def decided(folder: Path) -> dict[str, Any]:
    """Return what was decided of an adapter; empty where nothing was, or where it can't be read."""
    try:
        told = json.loads((folder / DECIDED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def read(folder: Path) -> Manifest:
    """Return an adapter's manifest, unchecked.

    Raises:
        UserError: There is no adapter here, or its manifest can't be understood.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"{folder}: there is no adapter yet. Run `rungwise train` first.")
    try:
        return Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path}: the adapter's manifest can't be read ({error}). Train it again with `rungwise train`."
        ) from None
