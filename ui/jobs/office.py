"""Where long work is begun, found and stopped: each job a folder of `.rungwise/jobs`, so that any process can tell of it.

One of a kind at a time, and none beside another that it would clash with. Knows nothing of what is done, or of pages.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.errors import UserError
from foundation.files import write_json_atomic
from ui.access import door
from ui.access.permissions import Person
from ui.jobs.job import ALIVE, ENDED, JOB, STOP, Job, read, values
from ui.jobs.kinds import KINDS, kind_named
from ui.jobs.supervise import started

if TYPE_CHECKING:
    from assistant import Workspace

_KEPT = 50
_ID = re.compile(r"[0-9a-f]{16}")
_BIRTH = 30.0
"""Seconds within which a job whose supervisor has not yet said that it is there is taken to be coming."""
_SAME = 5.0
"""Seconds by which a process's start may seem to move when the clock is set; an id is not used again so soon."""
_PACKAGES = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-P", "-m", "ui.cli")
"""The command line. `-P`: nothing in a workspace's folder is taken for a module of ours."""


class NoSuchJob(UserError):
    """There is no job of this id here."""


def begin(house: Workspace, kind: str, words: Sequence[str], person: Person, what: str = "") -> Job:
    """Begin a job; it outlives this process.

    Args:
        house: Where.
        kind: What it is, as `kinds.KINDS` names it.
        words: The words behind `rungwise`, without `--workspace`.
        person: Who wants it.
        what: What the audit log says of it; the kind, where nothing is given.

    Raises:
        NotAllowed: Their role does not cover it.
        UserError: It, or one that it clashes with, is running; or the workspace can't be written.
    """
    wanted = kind_named(kind)
    door.allow(house.root, person, wanted.action, what or kind)
    try:
        _home(house).mkdir(parents=True, exist_ok=True)
        with _alone(house):
            _must_not_clash(house, kind)
            _tidy(house)
            folder = _home(house) / secrets.token_hex(8)
            folder.mkdir(mode=0o700)
            kept = list(words[:1] if wanted.discreet else words)
            born = {"kind": kind, "words": kept, "who": person.id, "began": time.time()}
            write_json_atomic(folder / JOB, born)
            _start(house, folder, words)
    except OSError as error:
        raise UserError(f"{_home(house)}: a job can't be begun there ({error.strerror or error}).") from error
    return find(house, folder.name)


def newest(house: Workspace, kind: str) -> Job | None:
    """Return the job of a kind that was begun last; None where there was none."""
    return next((job for job in every(house) if job.kind == kind), None)


def every(house: Workspace) -> list[Job]:
    """Return all jobs that are known, newest first."""
    found = [_read(folder) for folder in _folders(house)]
    return sorted((job for job in found if job is not None), key=lambda job: job.began, reverse=True)


def running(house: Workspace) -> list[Job]:
    """Return the jobs that are at work, newest first."""
    return [job for job in every(house) if job.running]


def find(house: Workspace, id: str) -> Job:
    """Return a job.

    Raises:
        NoSuchJob: There is none of this id here.
    """
    job = _read(_home(house) / id) if _ID.fullmatch(id) else None
    if job is None:
        raise NoSuchJob(
            "There is no such job here. It may be so old that it was put away; the page lists what is known."
        )
    return job


def stop(house: Workspace, id: str) -> None:
    """Stop a job as Ctrl-C does: the command keeps what was finished. Nothing happens to one that has ended.

    Args:
        house: Where.
        id: Which.

    Raises:
        NoSuchJob: There is none of this id here.
    """
    job = find(house, id)
    if not job.running:
        return
    with suppress(OSError):  # a full disk keeps nobody from stopping what is at work
        (job.folder / STOP).touch()  # before its supervisor is looked for: one that comes later finds it
    told = values(job.folder / ALIVE)
    if _is(told.get("pid"), told.get("started")):
        os.kill(told["pid"], signal.SIGINT)
    elif _is(told.get("child"), told.get("child_started")):  # whoever watched it was killed
        os.killpg(told["child"], signal.SIGINT)


def clash(house: Workspace, kind: str) -> str:
    """Return why a job of this kind can't be begun now, as a sentence; empty where it can."""
    for job in running(house):
        if job.kind == kind:
            return f"{_told(job)} is running already. Wait until it ends, or stop it."
        other = KINDS.get(job.kind)
        thing = KINDS[kind].clash(other) if other is not None else None
        if thing is not None:
            return (
                f"{_told(job)} is running, and {kind} needs {thing.value} as well. Wait until it ends, or stop it, then begin "
                f"{kind} again."
            )
    return ""


# ---------------------------------------------------------------- inside


def _told(job: Job) -> str:
    return f"{job.kind}, which {job.who} began at {datetime.fromtimestamp(job.began, UTC):%H:%M} UTC,"


def _must_not_clash(house: Workspace, kind: str) -> None:
    if why := clash(house, kind):
        raise UserError(why[0].upper() + why[1:])


def _start(house: Workspace, folder: Path, words: Sequence[str]) -> None:
    paths = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
    surroundings = {**os.environ, "PYTHONPATH": paths, "RUNGWISE_WORKSPACE": str(house.root.resolve())}
    supervisor = subprocess.Popen(
        [sys.executable, "-P", "-m", "ui.jobs.supervise", str(folder.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=house.root,
        env=surroundings,
        start_new_session=True,
    )
    assert supervisor.stdin is not None
    with supervisor.stdin as told:
        told.write(json.dumps([*COMMAND, *words]).encode())
    # Somebody must ask for its status when it ends, or it stays in the table of processes as long as we do.
    threading.Thread(target=supervisor.wait, daemon=True, name=f"job-{folder.name}").start()


def _home(house: Workspace) -> Path:
    return house.built / "jobs"


def _folders(house: Workspace) -> list[Path]:
    home = _home(house)
    return [one for one in home.iterdir() if _ID.fullmatch(one.name)] if home.is_dir() else []


def _read(folder: Path) -> Job | None:
    alive = (folder / ENDED).is_file() or _alive(folder)
    return read(folder, alive)


def _alive(folder: Path) -> bool:
    told = values(folder / ALIVE)
    if not told:
        return time.time() - float(values(folder / JOB).get("began", 0)) < _BIRTH
    is_there = _is(told.get("pid"), told.get("started")) or _is(told.get("child"), told.get("child_started"))
    return is_there or (folder / ENDED).is_file()  # it may have ended while we looked


def _is(pid: object, since: object) -> bool:
    """Whether a process is the one that began then, and no other that was given its number later."""
    if not isinstance(pid, int) or not isinstance(since, int | float) or pid <= 0:
        return False
    now = started(pid)
    return now > 0 and abs(now - since) < _SAME


def _tidy(house: Workspace) -> None:
    """Put the oldest folders away, but for those at work."""
    known = every(house)
    kept = {job.id for job in known[: _KEPT - 1]} | {job.id for job in known if job.running}
    for folder in _folders(house):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(house: Workspace) -> Iterator[None]:
    """Let one process at a time look around and begin; the system releases the lock when its holder dies."""
    handle = os.open(_home(house) / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
