"""Jobs: begun, watched, stopped, lost; with a tiny real command in the place of `rungwise`, and with `rungwise` itself."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from assistant import Workspace
from foundation.errors import UserError
from tests.ui.page_world import ended
from tests.waiting import until
from ui.access.permissions import LOCAL, NotAllowed, Person, Role
from ui.jobs import office
from ui.jobs.job import State
from ui.jobs.kinds import KINDS

EDITOR = Person("ayşe", Role.EDITOR)
WAITS = "import time; print('{', flush=True); time.sleep(60)"
NOTHING = (sys.executable, "-c", "")
REPOSITORY = Path(__file__).resolve().parents[3]
COUNTS = "\n".join(
    [
        "import time",
        "from ui.progress import Progress",
        "with Progress() as progress:",
        "    progress('Counting', 3, 9, 'three of them')",
        "    time.sleep(60)",
    ]
)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, house: Path) -> Workspace:
    """Return a workspace whose jobs run a line of Python in place of `rungwise`."""
    monkeypatch.setattr(office, "COMMAND", (sys.executable, "-P", "-c"))
    return Workspace.open(house)


def test_a_job_gives_back_what_its_command_printed_and_who_began_it(tiny: Workspace) -> None:
    begun = office.begin(tiny, "sync", ["import json; print(json.dumps({'chunks': 3}))"], EDITOR)
    job = ended(tiny, begun.id)
    assert begun.running
    assert (job.state, job.code, job.result, job.who, job.kind) == (
        State.DONE,
        0,
        {"chunks": 3},
        "ayşe",
        "sync",
    )
    assert job.ended is not None and job.ended >= job.began
    assert office.newest(tiny, "sync") == job and office.newest(tiny, "train") is None


def test_how_far_a_job_is_can_be_read_while_it_runs(tiny: Workspace) -> None:
    begun = office.begin(tiny, "sync", [COUNTS], LOCAL)
    assert until(lambda: office.find(tiny, begun.id).title)
    job = office.find(tiny, begun.id)
    office.stop(tiny, job.id)
    assert (job.title, job.done, job.total, job.note) == ("Counting", 3, 9, "three of them")
    assert ended(tiny, job.id).state is State.STOPPED


def test_stop_is_ctrl_c_and_a_job_that_has_only_just_begun_hears_it_too(tiny: Workspace) -> None:
    begun = office.begin(tiny, "sync", [WAITS], LOCAL)
    office.stop(tiny, begun.id)
    assert ended(tiny, begun.id).state is State.STOPPED
    office.stop(tiny, begun.id)  # once more changes nothing


def test_a_job_whose_supervisor_comes_late_on_a_busy_machine_is_stopped_before_its_command_begins(
    tiny: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming: list[Path] = []
    monkeypatch.setattr(office, "_start", lambda house, folder, words: coming.append(folder))
    stopped, other = (office.begin(tiny, kind, [WAITS], LOCAL) for kind in ("sync", "train"))
    office.stop(tiny, stopped.id)
    assert office.find(tiny, stopped.id).running
    for folder in coming:
        subprocess.run(
            [sys.executable, "-m", "ui.jobs.supervise", folder],
            input=json.dumps(NOTHING),
            text=True,
            cwd=REPOSITORY,
        )
    assert office.find(tiny, stopped.id).state is State.STOPPED and not (stopped.folder / "out.json").exists()
    assert office.find(tiny, other.id).state is State.DONE, "nobody stopped the other one"


def test_a_job_is_stopped_though_the_disk_is_full(tiny: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = office.begin(tiny, "sync", [WAITS], LOCAL)
    assert until(lambda: (begun.folder / "alive.json").is_file())

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "touch", full)
        office.stop(tiny, begun.id)
    assert ended(tiny, begun.id).state is State.STOPPED


def test_a_job_is_stopped_though_the_server_was_started_where_ctrl_c_is_ignored(tiny: Workspace) -> None:
    before = signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # as a shell does for what it puts in the background
    try:
        begun = office.begin(tiny, "sync", [WAITS], LOCAL)
    finally:
        signal.signal(signal.SIGINT, before)
    office.stop(tiny, begun.id)
    assert ended(tiny, begun.id).state is State.STOPPED


def test_a_job_that_fails_says_its_sentence_and_no_trace(tiny: Workspace) -> None:
    script = "import sys; print('Reading …', file=sys.stderr); print('The file is torn.', file=sys.stderr); sys.exit(2)"
    job = ended(tiny, office.begin(tiny, "sync", [script], LOCAL).id)
    assert (job.state, job.code, job.why) == (State.FAILED, 2, "The file is torn.")
    crashed = ended(tiny, office.begin(tiny, "sync", ["print('x'); {}['secret']"], LOCAL).id)
    assert crashed.state is State.FAILED
    assert "Traceback" in (crashed.folder / "said.log").read_text()
    assert not any("secret" in line or "Traceback" in line for line in crashed.said)


def test_control_characters_of_a_command_are_taken_out(tiny: Workspace) -> None:
    job = ended(tiny, office.begin(tiny, "sync", ["import sys; sys.exit('\\x1b[2Jgone\\u202e')"], LOCAL).id)
    assert job.why == "[2Jgone"


def test_one_of_a_kind_runs_at_a_time_and_the_sentence_names_who_began_it(tiny: Workspace) -> None:
    first = office.begin(tiny, "sync", [WAITS], EDITOR)
    with pytest.raises(
        UserError, match=r"Sync, which ayşe began at \d\d:\d\d UTC, is running already\. Wait"
    ):
        office.begin(tiny, "sync", [WAITS], LOCAL)
    with pytest.raises(UserError, match="needs the library as well"):
        office.begin(tiny, "compare", [WAITS], LOCAL)
    beside = office.begin(tiny, "train", [WAITS], LOCAL)  # reads the library as it begins only
    assert {job.id for job in office.running(tiny)} == {first.id, beside.id}
    for job in (first, beside):
        office.stop(tiny, job.id)
        ended(tiny, job.id)
    again = office.begin(tiny, "sync", ["pass"], LOCAL)
    assert ended(tiny, again.id).state is State.DONE


def test_two_kinds_clash_where_one_writes_what_the_other_needs() -> None:
    def clash(one: str, other: str) -> bool:
        return KINDS[one].clash(KINDS[other]) is not None

    assert all(clash(one, other) == clash(other, one) for one in KINDS for other in KINDS)
    assert clash("forget", "sync") and clash("forget", "train") and clash("train", "compare")
    assert not clash("verify", "compare") and not clash("sync", "train") and not clash("check", "sync")


def test_of_many_who_begin_at_once_one_gets_it(tiny: Workspace) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_: int) -> bool:
        try:
            office.begin(tiny, "sync", [WAITS], LOCAL)
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(attempt, range(6)))
    for job in office.running(tiny):
        office.stop(tiny, job.id)
        ended(tiny, job.id)
    assert got.count(True) == 1


def test_who_may_not_begin_a_job_is_refused_where_it_is_begun(tiny: Workspace) -> None:
    with pytest.raises(NotAllowed, match="that takes the role editor"):
        office.begin(tiny, "train", [WAITS], Person("veli", Role.VIEWER))
    with pytest.raises(NotAllowed, match="that takes the role admin"):
        office.begin(tiny, "forget", [WAITS], EDITOR)
    with pytest.raises(UserError, match='"tran" is no kind of job. Did you mean "train"'):
        office.begin(tiny, "tran", [WAITS], LOCAL)
    assert office.every(tiny) == []


def _find_naive(house: Workspace, id: str) -> Path:
    """Find a folder as one would without thinking: whatever the id leads to."""
    folder = house.built / "jobs" / id
    if not folder.exists():
        raise office.NoSuchJob(id)
    return folder


FOREIGN = [
    "",
    ".",
    "..",
    "../../documents",
    "lock",
    "0" * 15,
    "g" * 16,
    "A" * 16,
    "0" * 16,
    "/etc",
    "a\x00b",
    "ff" * 8 + "\n",
]


@pytest.mark.fault(96)
@pytest.mark.parametrize("id", FOREIGN)
def test_a_foreign_unknown_or_malformed_id_is_no_job(tiny: Workspace, id: str) -> None:
    ended(tiny, office.begin(tiny, "sync", ["pass"], LOCAL).id)
    with pytest.raises(office.NoSuchJob):
        office.find(tiny, id)
    with pytest.raises(office.NoSuchJob):
        office.stop(tiny, id)


@pytest.mark.fault(96)
def test_a_naive_look_up_gives_foreign_folders_out(tiny: Workspace) -> None:
    ended(tiny, office.begin(tiny, "sync", ["pass"], LOCAL).id)
    assert _find_naive(tiny, "../../documents").resolve() == tiny.documents.resolve()
    with pytest.raises(office.NoSuchJob):
        office.find(tiny, "../../documents")


def test_a_job_that_vanished_is_lost_and_another_may_begin(tiny: Workspace) -> None:
    begun = office.begin(tiny, "train", [WAITS], LOCAL)
    out = begun.folder / "out.json"
    assert until(lambda: out.exists() and out.stat().st_size > 0)
    alive = json.loads((begun.folder / "alive.json").read_text())
    os.kill(alive["pid"], signal.SIGKILL)  # its supervisor alone: the command is there still
    time.sleep(0.2)
    assert office.find(tiny, begun.id).running
    office.stop(tiny, begun.id)
    assert ended(tiny, begun.id).state is State.LOST
    assert ended(tiny, office.begin(tiny, "train", ["pass"], LOCAL).id).state is State.DONE


def test_a_process_that_got_the_number_of_a_dead_one_is_not_taken_for_it(tiny: Workspace) -> None:
    job = ended(tiny, office.begin(tiny, "sync", ["pass"], LOCAL).id)
    (job.folder / "ended.json").unlink()
    mine = psutil.Process()
    (job.folder / "alive.json").write_text(
        json.dumps({"pid": mine.pid, "started": mine.create_time() - 1000})
    )
    assert office.find(tiny, job.id).state is State.LOST
    (job.folder / "alive.json").write_text(json.dumps({"pid": mine.pid, "started": mine.create_time()}))
    assert office.find(tiny, job.id).state is State.RUNNING


def test_a_torn_or_foreign_folder_is_passed_over(tiny: Workspace) -> None:
    job = ended(tiny, office.begin(tiny, "sync", ["pass"], LOCAL).id)
    for text in ("", "[1]", "{", '{"kind": 1}'):
        (job.folder / "job.json").write_text(text)
        assert office.every(tiny) == []
    (tiny.built / "jobs" / "somebody's").mkdir()
    assert office.every(tiny) == []


def test_the_newest_fifty_are_kept(tiny: Workspace) -> None:
    home = tiny.built / "jobs"
    for number in range(60):
        folder = home / f"{number:016x}"
        folder.mkdir(parents=True)
        born = {"kind": "check", "words": ["check"], "who": "local", "began": float(number)}
        (folder / "job.json").write_text(json.dumps(born))
        (folder / "ended.json").write_text(json.dumps({"code": 0, "ended": float(number)}))
    newest = ended(tiny, office.begin(tiny, "sync", ["pass"], LOCAL).id)
    known = office.every(tiny)
    assert len(known) == 50 and known[0].id == newest.id and known[-1].began == 11.0


def test_the_words_of_an_erasure_are_not_kept(tiny: Workspace) -> None:
    name = "Nuray Demirtaş"
    begun = office.begin(tiny, "forget", ["import sys; sys.exit('done')", name], LOCAL)
    job = ended(tiny, begun.id)
    assert job.words == ("import sys; sys.exit('done')",)
    assert not [
        path for path in tiny.built.rglob("*") if path.is_file() and name.encode() in path.read_bytes()
    ]


@pytest.mark.usefixtures("fakes")
def test_an_erasure_reaches_what_earlier_jobs_said_and_gave_back(
    tiny: Workspace, rungwise: Callable[..., Any]
) -> None:
    assert rungwise("sync", "-w", tiny.root).code == 0
    script = "import sys; name = 'Ost' + 'ra'; sys.stderr.write(f'About {name}\\nAbout tea\\n'); print(f'[\"{name} kettle\"]')"
    job = ended(tiny, office.begin(tiny, "check", [script], LOCAL).id)
    assert job.result == ["Ostra kettle"]
    assert rungwise("forget", "--subject", "Ostra", "--yes", "-w", tiny.root).code == 0
    after = office.find(tiny, job.id)
    assert after.result is None and after.said == ("About tea",)


PAGE = """
import sys
from pathlib import Path
from assistant import Workspace
from ui.access.permissions import LOCAL
from ui.jobs import office
office.COMMAND = (sys.executable, "-P", "-c")
job = office.begin(Workspace.open(Path(sys.argv[1])), "sync", ["import time; time.sleep(1.5); print('[7]')"], LOCAL)
print(job.id, flush=True)
import time; time.sleep(60)
"""


def naive_page(folder: Path) -> str:
    """A page that does the work itself, in a thread."""
    lines = ["import threading, time, pathlib, sys", "def work():", "    time.sleep(1.5)"]
    lines += [
        f"    pathlib.Path({str(folder / 'done')!r}).write_text('7')",
        "threading.Thread(target=work).start()",
    ]
    return "\n".join([*lines, "print('begun', flush=True)", "time.sleep(60)"])


@pytest.mark.fault(89)
def test_a_killed_page_leaves_the_job_at_work_and_the_next_one_shows_how_it_ended(house: Path) -> None:
    page = subprocess.Popen([sys.executable, "-c", PAGE, str(house)], stdout=subprocess.PIPE, text=True)
    assert page.stdout is not None
    id = page.stdout.readline().strip()
    page.kill()
    page.wait()
    workspace = Workspace.open(house)
    assert office.find(workspace, id).running
    job = ended(workspace, id)
    assert (job.state, job.result) == (State.DONE, [7])


@pytest.mark.fault(89)
def test_a_page_that_works_in_a_thread_takes_the_work_along_when_it_is_killed(tmp_path: Path) -> None:
    page = subprocess.Popen([sys.executable, "-c", naive_page(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert page.stdout is not None and page.stdout.readline()
    page.kill()
    page.wait()
    time.sleep(1.7)
    assert not (tmp_path / "done").exists()


def test_the_real_command_gives_its_json_and_its_sentence(house: Path) -> None:
    workspace = Workspace.open(house)
    job = ended(workspace, office.begin(workspace, "check", ["adapters", "list", "--json"], LOCAL).id)
    assert (job.state, job.result) == (State.DONE, {"adapters": []})
    wrong = ended(workspace, office.begin(workspace, "check", ["adapters", "show", "none"], LOCAL).id)
    assert wrong.state is State.FAILED and "none" in wrong.why and "Traceback" not in wrong.why


@pytest.mark.slow
def test_the_real_command_brings_the_library_up_to_date(house: Path) -> None:
    workspace = Workspace.open(house)
    job = ended(workspace, office.begin(workspace, "sync", ["sync", "--json"], LOCAL).id)
    assert job.state is State.DONE, job.said
    assert job.result["chunks"] == 2 and job.title
    wrong = ended(workspace, office.begin(workspace, "train", ["train", "--preview", "99"], LOCAL).id)
    assert (
        wrong.state is State.FAILED
        and "rows. Name one from 1 to" in wrong.why
        and "Traceback" not in wrong.why
    )


def test_a_module_that_lies_in_the_workspace_is_not_run(house: Path) -> None:
    (house / "json.py").write_text("raise SystemExit('taken in')")
    workspace = Workspace.open(house)
    job = ended(workspace, office.begin(workspace, "sync", ["sync", "--help"], LOCAL).id)
    assert job.state is State.DONE and "taken in" not in "".join(job.said)
