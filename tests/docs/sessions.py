"""One page's blocks run one after the other in a workspace of their own, as a reader would run them from top to bottom.

A command of ours runs in this process where it stands alone on its line, and in a shell where it does not. Knows nothing of
what any of them should say, but for lines that a page shows and marks.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import ROOT, Block

ADDRESS = "http://127.0.0.1:8501"
"""Where the pages say that a workspace is served."""
_SHELL = re.compile(r"[|&;<>$`*]")


@dataclass
class Session:
    """What one page's blocks share."""

    root: Path
    """The workspace, which is the current folder; `demo-workspace` in it is itself."""
    served: Callable[[], str]
    """Serves the workspace when it is first called, and returns its address."""

    def run(self, block: Block) -> None:
        """Run a block.

        Raises:
            AssertionError: It ends as the page does not say, or prints what the page does not show.
        """
        if "not run" in block.marks:
            return
        try:
            with _in(self.root):
                self._run(block)
        except Exception as error:
            raise AssertionError(f"{block.place}: {type(error).__name__}: {error}") from error

    def _run(self, block: Block) -> None:
        if name := block.marks.get("file"):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text + "\n", encoding="utf-8")
        elif block.language == "python":
            self._python(self._here(block, block.text))
        for (line, shown), ends in zip(_parts(block), block.ends, strict=True):
            code, told = self._line(self._here(block, line))
            assert code == ends, f"`{line}` ended with {code}, not {ends}:\n{told[-2000:]}"
            if "shape" in block.marks:
                missing = unlike(shown, told)
                assert missing is None, f"`{line}` printed no line like {missing!r}:\n{told[-4000:]}"

    def _here(self, block: Block, text: str) -> str:
        return text.replace(ADDRESS, self.served()) if "server" in block.marks else text

    def _python(self, text: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, "block", "exec"), {"__name__": "block"})

    def _line(self, line: str) -> tuple[int, str]:
        words = shlex.split(line, comments=True)
        if words[0] == "rungwise" and not _SHELL.search(re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", line)):
            return _ours(words[1:])
        return _shell(line)


def unlike(shown: list[str], told: str) -> str | None:
    """Return the first line of `shown` that no line of `told` is like, in order; None where all are there.

    Numbers count as one another, and so do lengths of blanks; a line `…` stands for any lines.
    """
    lines = iter([_shape(line) for line in told.splitlines()])
    for line in shown:
        if line.strip() not in ("…", "") and _shape(line) not in lines:
            return line
    return None


def _shape(line: str) -> str:
    line = re.sub(r"20\d{6}[-T]?\w*-[0-9a-f]{4,8}", "NAME", line)  # an adapter, a run
    line = re.sub(r"[<+-]?[\d.,]*\d( ms| s| min| MB| GB)?", "#", line)
    return re.sub(r"[\s─]+", " ", line).strip()


def _parts(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a block with the lines that are shown below it."""
    if block.language != "console":
        yield from ((line, []) for line in block.commands)
        return
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        line, *shown = part.splitlines()
        yield line, shown


def _ours(words: list[str]) -> tuple[int, str]:
    """Run one of our commands in this process."""
    from ui.cli import main

    told = io.StringIO()
    stdin = sys.stdin
    sys.stdin = io.StringIO()
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            code = main(words)
    finally:
        sys.stdin = stdin
    return code, told.getvalue()


def _shell(line: str) -> tuple[int, str]:
    """Run a line in a shell that finds our commands and no network."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, env=environment, timeout=240,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    before, path = Path.cwd(), list(sys.path)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
