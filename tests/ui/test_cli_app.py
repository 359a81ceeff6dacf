"""app: the port, the command line that is run, and the page coming up and going away."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import ExitCode
from ui.cli import page

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("command", ["app", "demo"])
def test_a_port_that_is_taken_is_said_with_a_free_one_before_any_work(
    rungwise, house: Path, taken: int, command: str, tmp_path
) -> None:
    words = ["app", "-w", house] if command == "app" else ["demo", tmp_path / "new"]
    ended = rungwise(*words, "--port", taken)
    assert ended.code == ExitCode.USER
    assert f"Port {taken} is taken by another program" in ended.err
    assert "--port" in ended.err
    assert not (tmp_path / "new").exists()


def test_the_free_port_that_is_offered_can_be_used(taken: int) -> None:
    page.check_port(page._free(taken))


def test_the_page_listens_on_this_machine_only_and_reports_to_nobody(tmp_path: Path) -> None:
    words = page.command(tmp_path, 8599)
    assert "--server.address=127.0.0.1" in words
    assert "--server.port=8599" in words
    assert "--browser.gatherUsageStats=false" in words
    assert words[-2:] == ["--workspace", str(tmp_path.resolve())]
    assert Path(words[4]).is_file()


def test_a_page_that_does_not_start_is_said_with_its_log(rungwise, house: Path, monkeypatch) -> None:
    monkeypatch.setattr(page, "command", lambda root, port: [sys.executable, "-c", "raise SystemExit(7)"])
    ended = rungwise("app", "-w", house, "--port", page._free(20_000))
    assert ended.code == ExitCode.USER
    assert "did not start (exit status 7)" in ended.err
    assert "app.log" in ended.err


@pytest.mark.slow
def test_the_page_comes_up_and_ctrl_c_takes_it_away(house: Path) -> None:
    port = page._free(20_000)
    command = [sys.executable, "-m", "ui.cli", "app", "-w", str(house), "--port", str(port)]
    # A shell that runs the tests in the background has Ctrl-C ignored, and children inherit that.
    heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, preexec_fn=heard
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        try:
            told = process.communicate(timeout=60)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0
    assert "Traceback" not in told
    page.check_port(port)
