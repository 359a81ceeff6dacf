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

from assistant.workspace import Workspace
from foundation.errors import ExitCode
from ui.cli import page
from ui.serve import ADDRESS, flags, options

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
    assert words[words.index("--address") + 1] == "127.0.0.1" and words[words.index("--port") + 1] == "8599"
    assert words[words.index("--workspace") + 1] == str(tmp_path.resolve())
    told = options(8599)
    assert told["browser.gatherUsageStats"] is False and told["client.showErrorDetails"] == "none"
    assert f"--server.address={ADDRESS}" in flags(8599)


@pytest.mark.fault(95)
@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7"])
def test_an_address_that_others_reach_is_refused_as_long_as_nobody_signs_in(
    rungwise, house: Path, address: str
) -> None:
    from streamlit import config

    assert config.get_option("server.address") is None  # naive: Streamlit by itself listens on all of them
    ended = rungwise("serve", "-w", house, "--address", address)
    assert ended.code == ExitCode.USER
    assert f"{address} is reached from other machines" in ended.err and "rungwise users add" in ended.err
    (house / "rungwise.toml").write_text(f'name = "Tea"\n[serve]\naddress = "{address}"\n', "utf-8")
    for command in ("app", "serve"):
        assert rungwise(command, "-w", house).code == ExitCode.USER


@pytest.mark.fault(95)
def test_with_a_login_and_nobody_let_in_it_is_said_how_to_let_somebody_in(rungwise, house: Path) -> None:
    (house / "rungwise.toml").write_text('name = "Tea"\n[serve]\nlogin = "local"\n', "utf-8")
    ended = rungwise("serve", "-w", house, "--address", "0.0.0.0")
    assert ended.code == ExitCode.USER and "rungwise users add NAME --role admin" in ended.err


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_addresses_of_this_machine_alone_need_no_login(house: Path, address: str) -> None:
    page.check_address(Workspace.open(house), address)


def test_an_address_that_is_none_of_this_machine_s_is_a_sentence(rungwise, house: Path) -> None:
    ended = rungwise("serve", "-w", house, "--address", "no-such-host.invalid")
    assert ended.code == ExitCode.USER and "other machines" in ended.err


def test_a_page_that_does_not_start_is_said_with_its_log(rungwise, house: Path, monkeypatch) -> None:
    monkeypatch.setattr(page, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(7)"])
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
