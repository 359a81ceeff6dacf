"""The audit log: every change of it is found, a kill is none, and writers at once stay one chain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ui.access import audit, vault

LINES = 6
REPOSITORY = Path(__file__).resolve().parents[3]
Look = Callable[[Path], bool]


def file_of(root: Path) -> Path:
    return vault.folder(root) / "audit.jsonl"


def whole(root: Path) -> bool:
    return audit.verify(root).broken is None


def naive(root: Path) -> bool:
    """What a log without a chain can say of itself: that every line is one."""
    try:
        rows = [json.loads(line) for line in file_of(root).read_text("utf-8").splitlines()]
        return all({"seq", "who", "action"} <= set(row) for row in rows)
    except ValueError:
        return False


@pytest.fixture
def written(root: Path) -> Path:
    for number in range(LINES):
        audit.note(root, "ada", "train", f"adapter-{number} ü", number != 3)
    return root


def test_a_log_that_nobody_touched_is_whole_and_says_what_was_done(written: Path) -> None:
    checked = audit.verify(written)
    rows = list(audit.entries(written))
    assert (checked.entries, checked.broken, checked.head) == (LINES, None, rows[-1].hash)
    assert [one.seq for one in rows] == list(range(1, LINES + 1))
    assert (rows[3].who, rows[3].action, rows[3].what, rows[3].ok) == ("ada", "train", "adapter-3 ü", False)
    assert rows[0].before == audit.START and rows[0].at.endswith("+00:00")


def test_an_empty_log_is_whole(root: Path) -> None:
    assert audit.verify(root) == audit.Checked(0, audit.START, None, "")
    assert list(audit.entries(root)) == []


def _swapped(lines: list[bytes], one: int, two: int) -> list[bytes]:
    lines = list(lines)
    lines[one], lines[two] = lines[two], lines[one]
    return lines


@st.composite
def changed(draw: st.DrawFn, data: bytes) -> bytes:
    """Return a log with one change: a byte, a stretch, a line or the end of it."""
    lines = data.splitlines(keepends=True)
    kind = draw(
        st.sampled_from(["byte", "put in", "taken out", "line gone", "swapped", "doubled", "cut", "moved on"])
    )
    place, line = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, len(lines) - 1))
    match kind:
        case "byte":
            return data[:place] + bytes([draw(st.integers(0, 255))]) + data[place + 1 :]
        case "put in":
            return (
                data[:place]
                + draw(st.sampled_from([b" ", b"\n", b"\r", b"\xff", b'"ok": true, ', b"x"]))
                + data[place:]
            )
        case "taken out":
            return data[:place] + data[draw(st.integers(place + 1, len(data))) :]
        case "line gone":
            return b"".join(lines[:line] + lines[line + 1 :])
        case "swapped":
            return b"".join(_swapped(lines, line, draw(st.integers(0, len(lines) - 1))))
        case "doubled":
            return b"".join([*lines[: line + 1], *lines[line:]])
        case "cut":
            return data[:place]
        case _:
            return b"".join([*lines[line:], *lines[:line]])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_of_any_line_is_found_and_is_found_still_after_the_next_line(
    written: Path, data: st.DataObject
) -> None:
    held = {path.name: path.read_bytes() for path in vault.folder(written).iterdir()}
    try:
        after = data.draw(changed(held["audit.jsonl"]))
        if after == held["audit.jsonl"]:
            assert whole(written)
            return
        file_of(written).write_bytes(after)
        assert not whole(written)
        audit.note(written, "eve", "look")
        assert not whole(written)
    finally:
        for name, text in held.items():
            (vault.folder(written) / name).write_bytes(text)


def _edited(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"ada"', b'"eve"'), *lines[1:]]


def _told_twice(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"ok": true', b'"ok": false, "ok": true'), *lines[1:]]


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edited": _edited,
    "a word told twice, of which readers take one or the other": _told_twice,
    "a blank put in": lambda lines: [lines[0].replace(b": ", b":  ", 1), *lines[1:]],
    "other line breaks": lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    "a line taken out": lambda lines: lines[:2] + lines[3:],
    "the first line taken out": lambda lines: lines[1:],
    "two lines swapped": lambda lines: _swapped(lines, 1, 2),
    "the last line cut off": lambda lines: lines[:-1],
    "everything cut off": lambda lines: [],
}  # fmt: skip


@pytest.mark.fault(151)
@pytest.mark.parametrize("change", CHANGES)
def test_what_a_log_without_a_chain_takes_for_whole_is_found(written: Path, change: str) -> None:
    file = file_of(written)
    file.write_bytes(b"".join(CHANGES[change](file.read_bytes().splitlines(keepends=True))))
    assert naive(written)
    assert not whole(written)


def test_a_log_that_is_removed_is_found_by_its_head(written: Path) -> None:
    file_of(written).unlink()
    checked = audit.verify(written)
    assert (checked.broken, checked.why) == (1, f"{LINES} lines were cut off from the end")


def test_a_head_that_is_removed_or_put_back_is_found(written: Path) -> None:
    head = vault.folder(written) / "audit-head.json"
    early = head.read_bytes()
    audit.note(written, "ada", "train")
    audit.note(written, "ada", "train")
    head.write_bytes(early)
    assert not whole(written)
    head.unlink()
    assert not whole(written)


def test_a_chain_that_is_written_anew_is_found_by_a_head_that_was_noted_elsewhere(written: Path) -> None:
    noted = audit.verify(written).head
    for path in list(vault.folder(written).iterdir()):
        path.unlink()
    for number in range(LINES):
        audit.note(written, "eve", "train", f"adapter-{number} ü")
    assert whole(written)  # as the module says: who can write it all can write it anew
    assert "written anew" in audit.verify(written, noted).why
    mine = audit.verify(written).head
    audit.note(written, "eve", "look")
    assert audit.verify(written, mine).broken is None
    assert audit.verify(written, audit.START).broken is None


def test_a_kill_between_line_and_head_is_no_alarm_and_the_next_line_goes_on(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(root: Path, one: audit.Entry) -> None:
        raise KeyboardInterrupt

    for _ in range(3):  # a head is never more than one line behind, however often this happens
        with monkeypatch.context() as patched:
            patched.setattr(audit, "_write_head", killed)
            with pytest.raises(KeyboardInterrupt):
                audit.note(written, "bo", "train")
        assert whole(written)
        audit.note(written, "ada", "train")
        assert whole(written)
    assert [one.who for one in audit.entries(written)][LINES:] == ["bo", "ada"] * 3


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_kill_within_a_line_is_no_alarm_and_the_next_line_stands_by_itself(
    written: Path, kept: int
) -> None:
    before = {path.name: path.read_bytes() for path in vault.folder(written).iterdir()}
    audit.note(written, "bo", "train")
    line = file_of(written).read_bytes()[len(before["audit.jsonl"]) :]
    for name, text in before.items():
        (vault.folder(written) / name).write_bytes(text)
    with file_of(written).open("ab") as file:
        file.write(line[:kept])
    assert whole(written)
    audit.note(written, "ada", "train")
    assert whole(written) and audit.verify(written).entries == LINES + 1


def test_the_last_line_without_its_end_is_no_kill_where_the_head_knows_it(written: Path) -> None:
    file_of(written).write_bytes(file_of(written).read_bytes()[:-1])
    assert not whole(written)
    audit.note(written, "ada", "train")
    assert not whole(written)


def test_threads_and_processes_that_write_at_once_stay_one_chain(root: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom ui.access import audit\n"
        "for number in range(15):\n    audit.note(Path(sys.argv[1]), sys.argv[2], 'look', str(number))"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", code, root, name], cwd=REPOSITORY) for name in ("p1", "p2")
    ]
    mine = [
        threading.Thread(target=lambda name=name: [audit.note(root, name, "look") for _ in range(15)])  # type: ignore[misc]
        for name in ("t1", "t2")
    ]
    for thread in mine:
        thread.start()
    for thread in mine:
        thread.join()
    assert [other.wait(60) for other in others] == [0, 0]
    checked = audit.verify(root)
    assert (checked.entries, checked.broken) == (60, None)
    assert {one.who for one in audit.entries(root)} == {"p1", "p2", "t1", "t2"}


def test_a_look_while_others_write_is_no_alarm(root: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            audit.note(root, "ada", "look")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(whole(root) for _ in range(40))
    finally:
        stop.set()
        writer.join()


def test_a_name_can_not_begin_a_line_or_drive_a_terminal_and_is_not_endless(root: Path) -> None:
    audit.note(root, 'ada\n{"seq": 2}', "\x1b[31mtrain\u2028\x85", "\udc80" + "x" * 5_000)
    audit.note(root, "😀" * 400, "\\" * 400, '"' * 400)
    assert whole(root) and len(file_of(root).read_bytes().split(b"\n")) == 3
    one, _ = audit.entries(root)
    assert one.action == " [31mtrain  " and len(one.what) == 300


def test_a_line_is_on_the_disk_and_only_its_owner_reads_it(written: Path) -> None:
    assert os.stat(file_of(written)).st_mode & 0o777 == 0o600
    assert os.stat(vault.folder(written)).st_mode & 0o777 == 0o700
