"""Directories of trainings: what was to be trained, how it went, how it ended, and states to go on from after a kill.

A state is used only where a seal, written last, has the hashes of all its files; what a kill or a full disk left half-written is
removed. Knows nothing of trainers or of models.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundation.errors import UserError
from foundation.files import dated_name, sha256_of, sha256_text, write_json_atomic

_PLAN, _CURVE, _END = "plan.json", "curve.jsonl", "end.json"
_SEAL = "sealed.json"
_STATES = "checkpoints"


class Run:
    """One training's directory.

    Args:
        folder: Made by `begin`.
        handle: An open file with the lock that keeps other processes from going on here; the system releases it when its
            holder dies.
    """

    def __init__(self, folder: Path, handle: int | None = None) -> None:
        self.folder = folder
        self.states = folder / _STATES
        """Where the trainer writes its states, each in a folder `checkpoint-STEP`."""
        self._handle = handle

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process that is told of a run does not have its lock."""
        return Run, (self.folder,)

    @classmethod
    def begin(cls, home: Path, plan: Mapping[str, Any]) -> Run:
        """Return the unfinished run of the very same plan that no other process is at, or a new one; `release` it afterwards.

        Args:
            home: The folder of all runs.
            plan: What is to be trained, as JSON values: base, hashes of rows, settings, versions. A run goes on only where all
                of it is the same.
        """
        identity = sha256_text(json.dumps(plan, sort_keys=True))
        for folder in sorted(home.glob("*"), reverse=True):
            if not (folder / _END).exists() and _read(folder / _PLAN).get("identity") == identity:
                handle = _locked(folder)
                if handle is not None:
                    return cls(folder, handle)
        folder = home / dated_name()
        (folder / _STATES).mkdir(parents=True)
        run = cls(folder, _locked(folder))
        write_json_atomic(run.folder / _PLAN, {"identity": identity, **plan})
        return run

    def release(self) -> None:
        """Let others go on here."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    @property
    def plan(self) -> dict[str, Any]:
        """What is to be trained, as `begin` was told; empty where it can't be read."""
        return _read(self.folder / _PLAN)

    @property
    def last_sign(self) -> float:
        """When it was last heard of, in seconds since 1970."""
        files = [self.folder / name for name in (_PLAN, _CURVE)]
        return max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)

    @property
    def ended(self) -> dict[str, Any]:
        """How it ended (`ended`: `done` or `failed`) and what else was said of that; empty as long as it has not."""
        return _read(self.folder / _END)

    def must_go_on(self) -> None:
        """Check that nobody ended the run from outside.

        Raises:
            UserError: What it is trained on was forgotten meanwhile.
        """
        if self.ended:
            raise UserError(
                "What this adapter was trained on was forgotten while it was trained, so it is not published. Run `rungwise "
                "train` again: it takes the examples that are left."
            )

    def tell(self, line: Mapping[str, float]) -> None:
        """Add a line to the curve: a step's loss, or an epoch's on the validation part."""
        with (self.folder / _CURVE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(line)) + "\n")

    def curve(self) -> list[dict[str, float]]:
        """Return the curve's lines; one that a kill cut off is left out."""
        try:
            lines = (self.folder / _CURVE).read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                found.append(dict(json.loads(line)))
            except ValueError:
                continue
        return found

    def seal(self, step: int, best: int | None) -> None:
        """Seal the state of a step, then remove all others but the best one's.

        The others go last, so that there is a whole state at every moment from the first one on.
        """
        state = self._state(step)
        files = {
            str(path.relative_to(state)): sha256_of(path)
            for path in sorted(state.rglob("*"))
            if path.is_file()
        }
        for name in files:
            _flush(state / name)
        write_json_atomic(state / _SEAL, {"files": files, "best": best})
        keep = {state, self._state(best)} if best is not None else {state}
        for other in self.states.glob("checkpoint-*"):
            if other not in keep:
                shutil.rmtree(other, ignore_errors=True)

    def newest(self) -> Path | None:
        """Return the newest whole state; those that are not whole are removed. None: there is nothing to go on from."""
        whole = [state for state in self.states.glob("checkpoint-*") if self._whole(state)]
        for state in self.states.glob("*"):
            if state not in whole:
                shutil.rmtree(state, ignore_errors=True)
        for state in sorted(whole, key=_step, reverse=True):
            best = _read(state / _SEAL).get("best")
            if best is None or self._state(best) in whole:
                return state
        return None

    def end(self, how: str, **told: Any) -> None:
        """Record how the run ended, and remove its states: nothing goes on from here.

        Args:
            how: `done` or `failed`.
            told: What else there is to say: the reason, the adapter's name.
        """
        write_json_atomic(self.folder / _END, {"ended": how, **told})
        shutil.rmtree(self.states, ignore_errors=True)

    def _state(self, step: int) -> Path:
        return self.states / f"checkpoint-{step}"

    def _whole(self, state: Path) -> bool:
        files = _read(state / _SEAL).get("files")
        if not isinstance(files, dict):
            return False
        return all((state / name).is_file() and sha256_of(state / name) == sha for name, sha in files.items())


def _locked(folder: Path) -> int | None:
    """Return an open file with the folder's lock; None where another process has it."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def newest_first(home: Path) -> list[Run]:
    """Return all runs, to look at."""
    return [Run(path.parent) for path in sorted(home.glob(f"*/{_PLAN}"), reverse=True)]


def discard(home: Path) -> int:
    """Remove the states of all unfinished runs, as they may hold what was forgotten; return how many runs that ends."""
    ended = 0
    for folder in home.glob("*"):
        if (folder / _PLAN).is_file() and not (folder / _END).exists():
            Run(folder).end("failed", reason="what it was trained on was forgotten")
            ended += 1
    return ended


def _step(state: Path) -> int:
    return int(state.name.rpartition("-")[2])


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
