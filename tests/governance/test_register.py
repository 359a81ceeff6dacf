"""`data.toml`, and strict mode, which refuses to learn from or to serve with what nobody answers for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.workspace import Workspace
from foundation.errors import UserError
from governance.datasets import DATA_SETS, NAMES, files_of, read_register
from governance.standing import unsaid
from governance.strict import Use, check_strict
from rag import Library
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as library

ALL = 'purpose = "support"\nlegal_basis = "contract"\nretention = "3 years"\nowner = "sales"\n'
DOCUMENTS = f'[[document]]\npath = "*"\n{ALL}'


def entry(name: str, more: str = ALL) -> str:
    return f'[[dataset]]\nname = "{name}"\n{more}\n'


@pytest.fixture
def strict(house: Workspace) -> Workspace:
    (house.root / "rungwise.toml").write_text(
        '[retrieval]\nstrict = true\n[rows]\npurpose = "support"\n', "utf-8"
    )
    return Workspace.open(house.root)


@pytest.fixture
def say(house: Workspace) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = house.root / "data.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_every_data_set_can_be_told_of_and_a_file_that_is_not_there_says_nothing(
    house: Workspace, say: Callable[[str], Path]
) -> None:
    assert read_register(house).of("votes").lacking == ("purpose", "legal_basis", "retention", "owner")
    say("".join(entry(name) for name in NAMES))
    register = read_register(house)
    assert all(not register.of(one.name).lacking for one in DATA_SETS)
    assert register.of("votes").retention_days == 1095


def test_all_mistakes_are_named_at_once_with_their_entry(
    house: Workspace, say: Callable[[str], Path]
) -> None:
    say(
        entry("vote", 'retention = "soon"\npurpos = "x"\nsince = "2026"\nowner = 3\n')
        + entry("runs")
        + entry("runs")
    )
    with pytest.raises(UserError) as told:
        read_register(house)
    for part in (
        'not "vote". Did you mean "votes"?', "retention must be a period", '"purpos" is not a key of a data set',
        "since must be a date without quotes", "owner must be text, but is 3", 'entry 3: "runs" has an entry already',
    ):  # fmt: skip
        assert part in str(told.value)


def test_traces_are_kept_as_long_as_monitor_says_or_shorter(
    house: Workspace, say: Callable[[str], Path]
) -> None:
    assert read_register(house).of("traces").retention_days == house.settings.monitor.keep_days == 90
    say(entry("traces", 'retention = "30 days"\n'))
    assert read_register(house).of("traces").retention_days == 30
    say(entry("traces", 'retention = "3 years"\n'))
    assert read_register(house).of("traces").retention_days == 90


def test_every_file_that_holds_rows_of_a_workspace_belongs_to_a_data_set(house: Workspace) -> None:
    for place in (
        "preferences.jsonl", ".rungwise/votes/votes.jsonl", ".rungwise/votes/live.jsonl", ".rungwise/thumbs.jsonl",
        ".rungwise/traces/2026-01-01.jsonl", ".rungwise/access/audit.jsonl", ".rungwise/jobs/a/out.json",
    ):  # fmt: skip
        path = house.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n", "utf-8")
    named = {path for one in DATA_SETS for path in files_of(house, one)}
    rows = {path for path in house.root.rglob("*.jsonl")} | set((house.built / "log").iterdir())
    assert rows <= named


@pytest.mark.fault(50)
def test_strict_mode_names_everything_that_training_and_serving_miss_and_a_naive_service_starts(
    strict: Workspace, library: Library
) -> None:
    with pytest.raises(UserError) as told:
        check_strict(strict, Use.TRAIN, library)
    for part in ("hr/letter.txt: documents.toml does not say its purpose, legal_basis, retention, owner.",
                 "the data set examples: data.toml does not say its purpose"):  # fmt: skip
        assert part in str(told.value)
    with pytest.raises(UserError) as told:
        check_strict(strict, Use.SERVE, library)
    assert all(
        f"the data set {name}:" in str(told.value)
        for name in ("conversations", "votes", "logs", "audit", "runs")
    )
    naive = replace(
        strict, settings=replace(strict.settings, retrieval=replace(strict.settings.retrieval, strict=False))
    )
    check_strict(naive, Use.SERVE, library)  # naive: whatever is there is served
    assert unsaid(naive, library)


@pytest.mark.fault(50)
def test_strict_mode_asks_for_the_reason_of_clicks_where_the_page_will_keep_them(
    strict: Workspace, library: Library, say: Callable[[str], Path]
) -> None:
    strict.records.write_text(DOCUMENTS, "utf-8")
    say("".join(entry(name) for name in NAMES if name != "clicks"))
    check_strict(strict, Use.SERVE, library)  # naive: no click is there yet
    votes = replace(strict.settings.votes, keep_text=True)
    with pytest.raises(UserError, match="the data set clicks: data.toml does not say its purpose"):
        check_strict(replace(strict, settings=replace(strict.settings, votes=votes)), Use.SERVE, library)


@pytest.mark.fault(50)
def test_once_everything_is_said_strict_mode_lets_pass(
    strict: Workspace, library: Library, say: Callable[[str], Path]
) -> None:
    strict.records.write_text(DOCUMENTS, "utf-8")
    say(entry("examples"))
    check_strict(strict, Use.TRAIN, library)
    with pytest.raises(UserError, match="before serving"):
        check_strict(strict, Use.SERVE, library)
    say("".join(entry(name) for name in NAMES))
    check_strict(strict, Use.SERVE, library)
    assert unsaid(strict, library) == ()


@pytest.mark.fault(50)
@pytest.mark.parametrize("missing", ["purpose", "legal_basis", "retention", "owner"])
def test_each_of_the_four_is_asked_for(
    strict: Workspace, library: Library, say: Callable[[str], Path], missing: str
) -> None:
    said = "".join(line + "\n" for line in ALL.splitlines() if not line.startswith(missing))
    strict.records.write_text(f'[[document]]\npath = "*"\n{said}', "utf-8")
    say(entry("examples", said))
    with pytest.raises(UserError) as told:
        check_strict(strict, Use.TRAIN, library)
    assert str(told.value).count(f"does not say its {missing}.") == 4  # three documents and the examples


@pytest.mark.fault(51)
def test_examples_that_are_kept_for_another_purpose_are_not_trained_on_and_a_naive_training_takes_them(
    strict: Workspace, library: Library, say: Callable[[str], Path]
) -> None:
    strict.records.write_text(DOCUMENTS, "utf-8")
    say(entry("examples", ALL.replace("support", "complaints")))
    with pytest.raises(
        UserError, match='the examples are kept for "complaints" .* but the training is for "support"'
    ):
        check_strict(strict, Use.TRAIN, library)
    from finetune.examples import load_examples

    assert (
        len(load_examples(strict.examples)) == 2
    )  # naive: a training that reads the file learns from all of it


@pytest.mark.fault(51)
def test_a_strict_training_has_a_purpose(
    house: Workspace, library: Library, say: Callable[[str], Path]
) -> None:
    (house.root / "rungwise.toml").write_text("[retrieval]\nstrict = true\n", "utf-8")
    house.records.write_text(DOCUMENTS, "utf-8")
    say(entry("examples"))
    with pytest.raises(UserError, match="does not say what is trained for"):
        check_strict(Workspace.open(house.root), Use.TRAIN, library)
