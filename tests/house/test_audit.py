"""Known weaknesses in CI: what fails, what is let pass and until when, and what is said where nobody answers."""

from __future__ import annotations

import datetime
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import naive

ROOT = Path(__file__).resolve().parents[2]
TODAY = datetime.date(2026, 11, 22)
CHROMA = {
    "id": "CVE-2026-45829",
    "package": "ChromaDB",
    "reason": "Only the server that is never started has it.",
    "expires": datetime.date(2027, 3, 31),
}
CVE = {"id": "PYSEC-2026-99", "fix_versions": [], "aliases": ["CVE-2026-45829", "GHSA-aaaa-bbbb-cccc"]}
OTHER = {"id": "CVE-2026-1", "fix_versions": ["6.5"], "aliases": ["GHSA-dddd-eeee-ffff"]}


def report(**found: list[dict[str, Any]]) -> str:
    """What pip-audit 2.10 prints."""
    dependencies = [{"name": name, "version": "1.5.9", "vulns": vulns} for name, vulns in found.items()]
    return json.dumps({"dependencies": dependencies, "fixes": []})


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("rungwise_audit", ROOT / ".ci" / "audit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


@pytest.mark.fault(117)
def test_a_known_weakness_fails_unless_an_exception_with_a_reason_and_an_end_names_it(
    tool: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    told = report(chromadb=[CVE], numpy=[])
    assert (
        tool.audit([CHROMA], TODAY, lambda: told) == 0
    )  # by any of its names, however the package is spelled
    assert tool.audit([], TODAY, lambda: told) == 1
    assert tool.audit([CHROMA | {"package": "pypdf"}], TODAY, lambda: told) == 1  # another package's
    assert tool.audit([CHROMA], TODAY, lambda: report(chromadb=[CVE, OTHER])) == 1
    said = capsys.readouterr().err
    assert (
        "chromadb 1.5.9: CVE-2026-1 = GHSA-dddd-eeee-ffff; fixed in 6.5. Pin a version without it, or say"
        in said
    )
    # naive: a list of names to ignore, which nobody has to look at again, whatever package they are found in
    assert naive.audited(told, ignored=["CVE-2026-45829"]) and naive.audited(
        report(other=[CVE]), ignored=["CVE-2026-45829"]
    )


@pytest.mark.fault(117)
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"expires": TODAY - datetime.timedelta(days=1)},
            r"expired on 2026-11-21: mend it, or look at it again",
        ),
        (
            {"expires": datetime.date(2036, 1, 1)},
            r"holds until 2036-01-01; an exception holds for 366 days at most",
        ),
        ({"expires": "2027-03-31"}, r"must have a day as `expires`, without quotes"),
        ({"expires": None}, r"lacks expires"),
        ({"reason": ""}, r"lacks reason"),
        ({"reason": "false alarm"}, r'gives "false alarm" as its reason; say in a sentence'),
        ({"id": "", "package": ""}, r"lacks id, package"),
        ({"until": "ever"}, r"has until, which means nothing"),
    ],
)
def test_an_exception_that_may_not_stand_fails_with_and_without_a_network(
    tool: Any, capsys: pytest.CaptureFixture[str], change: dict[str, Any], sentence: str
) -> None:
    told = report(chromadb=[CVE])
    for ask in (None, lambda: told):
        assert tool.audit([CHROMA | change], TODAY, ask) == 1
        assert re.search(sentence, capsys.readouterr().err)
    assert naive.audited(told, ignored=["CVE-2026-45829"])  # naive: ignored in all these years


def test_every_mistake_is_told_at_once_and_the_last_day_still_holds(
    tool: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.audit([CHROMA | {"expires": TODAY}], TODAY, None) == 0
    assert tool.audit([CHROMA, CHROMA, {"id": "X"}], TODAY, None) == 1
    said = capsys.readouterr().err
    assert (
        'exception 2 ("CVE-2026-45829") stands there twice; exception 3 ("X") lacks expires, package, reason.'
        in said
    )


def test_an_exception_that_nothing_needs_any_more_is_told_and_fails_nothing(
    tool: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.audit([CHROMA], TODAY, lambda: report(chromadb=[])) == 0
    assert "the exception for CVE-2026-45829 of ChromaDB is of no use any more" in capsys.readouterr().err


@pytest.mark.fault(117)
@pytest.mark.parametrize(
    "told",
    ["", "no report", "[]", '{"dependencies": []}', '{"dependencies": [{"name": "x", "skip_reason": "y"}]}'],
)
def test_what_was_not_looked_up_is_not_called_clean(
    tool: Any, capsys: pytest.CaptureFixture[str], told: str
) -> None:
    assert tool.audit([CHROMA], TODAY, lambda: told) == 3
    assert "so nothing is known of them" in capsys.readouterr().err
    assert naive.audited(told, ignored=[])  # naive: no finding was printed


@pytest.mark.fault(117)
def test_without_a_network_the_real_tool_says_so_in_a_sentence(
    tool: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pip_audit", reason="pip-audit is not installed here; `make test` installs it.")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing listens there
    assert tool.audit([CHROMA], TODAY, tool.look_up) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Traceback" not in said
    assert naive.audited("", ignored=[])  # naive: silence is no finding


def test_the_exceptions_of_this_house_hold_and_ci_looks_at_them() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py", "--offline"], capture_output=True, text=True, check=True
    )
    assert "has a reason and holds. The pins were not looked up." in done.stdout
    assert ".ci/audit.py" in (ROOT / ".ci" / "run").read_text("utf-8")
