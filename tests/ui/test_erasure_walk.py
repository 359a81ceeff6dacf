"""A walk through a workspace that was used with every verb that keeps something: after an erasure no file holds the name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.workspace import Workspace
from tests.governance.test_erasure import found

NAME, FIRST = "Zelmira Quandt", "Zelmira"
ASKED = f"When may {NAME} work from home?"


def used(rungwise, root: Path) -> None:  # type: ignore[no-untyped-def]
    """Fill a workspace by its verbs, and by what the page writes."""
    from datetime import UTC, datetime

    from experiments.opinions import journal

    assert rungwise("init", root).code == 0
    (root / "documents" / "staff.md").write_text(
        f"# Staff\n\n{NAME} may work from home on Mondays.\n", "utf-8"
    )
    (root / "documents" / "hours.md").write_text(
        "# Hours\n\nThe shop opens at nine every morning.\n", "utf-8"
    )
    settings = "[monitor]\ntext = true\n\n[votes]\nkeep_text = true\n"
    (root / "rungwise.toml").write_text(settings, "utf-8")
    example = {"id": "e1", "messages": [{"role": "user", "content": ASKED}, {"role": "assistant", "content": "On Mondays [1]."}],
               "sources": ["staff.md"], "facts": ["Mondays"]}  # fmt: skip
    (root / "examples.jsonl").write_text(json.dumps(example) + "\n", "utf-8")
    (root / "preferences.jsonl").write_text(
        json.dumps({"id": "p1", "question": ASKED, "chosen": f"{NAME}: on Mondays.", "rejected": "No.", "sources": ["staff.md"]})
        + "\n", "utf-8",
    )  # fmt: skip
    rows = [
        {"id": f"q{number}", "part": part, "kind": "single", "question": ASKED, "facts": [["Mondays"]], "answerable": True,
         "gold": ["staff.md"]}
        for number, part in enumerate(("dev", "test"))
    ]  # fmt: skip
    (root / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    for words in (
        ("sync",), ("ask", ASKED, "--setup", "rag"), ("search", NAME), ("eval-retrieval",), ("check",),
        ("compare", "--setups", "prompt,rag"), ("monitor",), ("govern", "papers", "--out", root / "papers"),
    ):  # fmt: skip
        ended = rungwise(*words, "-w", root)
        assert "Traceback" not in ended.err and ended.code in (0, 2, 3), (words, ended.err)
    from monitoring.noting import WRITER

    WRITER.flush()
    house, now = Workspace.open(root), datetime.now(UTC).isoformat()
    journal.append(house.clicks, [{"question": ASKED, "source": "staff.md", "start": 0, "at": now}])
    journal.append(house.votes, [{"when": now, "question": ASKED, "good": True}])
    proposals = house.built / "prompting" / "proposals.json"
    proposals.parent.mkdir(exist_ok=True)
    proposals.write_text(json.dumps({"proposals": {"proposed-1": f"Answer as {NAME}."}}), "utf-8")


@pytest.mark.slow
@pytest.mark.fault(41, 42)
def test_after_an_erasure_no_file_of_a_used_workspace_holds_the_name_and_after_a_plain_delete_many_do(
    rungwise, tmp_path: Path
) -> None:
    root = tmp_path / "house"
    used(rungwise, root)
    (root / "documents" / "staff.md").unlink()
    assert rungwise("sync", "-w", root).code in (0, 3)
    naive = found(root, FIRST)  # naive: the document is deleted, and the index brought up to date
    reached = {name.split("/")[1] for name in naive if name.startswith(".rungwise/")}
    assert {"examples.jsonl", "preferences.jsonl", "questions.jsonl"} <= set(naive)
    assert {"traces", "runs", "clicks.jsonl", "votes", "prompting"} <= reached

    ended = rungwise("forget", "--subject", NAME, "--yes", "-w", root)
    assert ended.code == 0 and "Nothing of it was found any more" in ended.out, ended.out + ended.err
    assert found(root, FIRST) == found(root, FIRST.lower()) == []
