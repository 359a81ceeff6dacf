"""`python -m ui.jobs.supervise FOLDER`: runs one command, and writes how it ended.

A small process between the page and the command: it is in a session of its own, so that neither a page that is closed nor a
server that is killed takes the work along, and it is there when the command ends. The words come on its standard input, so
that none that are to be erased are ever on the disk. Knows nothing of what the command does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from foundation.files import write_json_atomic
from ui.jobs.job import ALIVE, ENDED, OUT, PROGRESS, SAID, STOP
from ui.progress import WATCHED

_FAILED = 127


def main(folder: Path, words: list[str]) -> int:
    """Run the command and return its exit status.

    Args:
        folder: The job's folder.
        words: Program and arguments.
    """
    stops = _Stops()
    write_json_atomic(folder / ALIVE, {"pid": os.getpid(), "started": started(os.getpid())})
    if (folder / STOP).exists():  # somebody wished it who found nobody here yet to be told
        stops.wished = True
    code = signal.SIGINT * -1 if stops.wished else _run(folder, words, stops)
    write_json_atomic(folder / ENDED, {"code": int(code), "ended": time.time(), "stopped": stops.wished})
    return int(code)


def started(pid: int) -> float:
    """Return when a process began, in seconds since 1970; 0 where there is none."""
    import psutil

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0.0


class _Stops:
    """Hears Ctrl-C and the system's wish to end, and hands them on to the command as Ctrl-C."""

    def __init__(self) -> None:
        self.wished = False
        self.child: subprocess.Popen[bytes] | None = None
        # A handler of our own, and not SIG_IGN that a shell may have left us: the command starts with the system's default.
        signal.signal(signal.SIGINT, self._hear)
        signal.signal(signal.SIGTERM, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.wished = True
        self.hand_on()

    def hand_on(self) -> None:
        """Tell the command and whatever it started, as a terminal would."""
        if self.child is not None and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGINT)


def _run(folder: Path, words: list[str], stops: _Stops) -> int:
    surroundings = {**os.environ, WATCHED: str(folder / PROGRESS)}
    with (folder / OUT).open("wb") as out, (folder / SAID).open("ab") as said:
        try:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                env=surroundings,
                start_new_session=True,
            )
        except OSError as error:
            said.write(f"The command can't be started ({error.strerror}).\n".encode())
            return _FAILED
        stops.child = child
        write_json_atomic(
            folder / ALIVE,
            {
                "pid": os.getpid(),
                "started": started(os.getpid()),
                "child": child.pid,
                "child_started": started(child.pid),
            },
        )
        if stops.wished:  # it was heard before there was anybody to tell
            stops.hand_on()
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.stdin.read())))
