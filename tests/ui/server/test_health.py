"""Health, readiness and metrics, and one model for everybody, however slowly it loads and however often that fails."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant import Assistant, Setup, Workspace
from assistant.engines.engine import ANYBODY
from finetune.base import Base
from foundation.errors import UserError
from tests.ui.page_world import KETTLE, TellingEngine, TwoPassages, serve
from tests.ui.server.small import PASSWORD, settings
from ui.access import keys, people
from ui.access.permissions import Role
from ui.server import metrics
from ui.server.app import make
from ui.service import Service, service


def browser(root: Path, client: tuple[str, int] = ("127.0.0.1", 1)) -> TestClient:
    return TestClient(make(root, page=False, warm=False), "http://localhost", client=client)


@pytest.fixture
def root(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    serve(monkeypatch, TellingEngine(), Built())
    return house


class Built(TwoPassages):
    """A library that was built."""

    def status(self) -> Any:
        return type("Status", (), {"built": self.built})


def test_a_process_that_lives_says_so_to_anybody_even_where_people_sign_in(root: Path) -> None:
    settings(root, login="local")
    assert browser(root).get("/health").json() == {"status": "alive"}


def test_readiness_tells_each_part_and_no_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = browser(root).get("/ready")
    assert told.status_code == 200 and set(told.json()["parts"].values()) == {"ready"}
    (root / "rungwise.toml").write_text("nonsense = 1\n", "utf-8")
    broken = browser(root).get("/ready")
    assert (broken.status_code, broken.json()["parts"]) == (503, {"workspace": "its settings hold mistakes"})
    assert browser(root).get("/health").status_code == 200


def test_without_an_index_it_is_not_ready(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, TellingEngine(), Built(built=False))
    told = browser(house).get("/ready")
    assert told.status_code == 503 and told.json()["parts"]["index"] == "not built"


def test_metrics_are_told_to_this_machine_and_to_admins_keys_alone(root: Path) -> None:
    settings(root, login="local")
    people.add(root, "ada", Role.ADMIN, password=PASSWORD)
    people.add(root, "vera", Role.VIEWER, password=PASSWORD)
    assert browser(root).get("/metrics").status_code == 200
    assert browser(root).get("/metrics", headers={"x-forwarded-for": "192.0.2.7"}).status_code == 403
    far = browser(root, ("192.0.2.7", 1))
    assert far.get("/metrics").status_code == 403
    for name, status in (("vera", 403), ("ada", 200)):
        key = keys.make(root, name)
        assert far.get("/metrics", headers={"authorization": f"Bearer {key}"}).status_code == status


@pytest.mark.fault(149)
def test_what_is_counted_names_setups_and_outcomes_and_nobody(root: Path) -> None:
    metrics.answered("hybrid", "answered", 0.1, 0.5, 10, 5)
    metrics.answered("rag+shots", "someone's question?", None, 0.5)
    browser(root).get("/v1/models/a-secret-name")
    told = browser(root).get("/metrics").text
    assert 'rungwise_answers_total{outcome="answered",setup="hybrid"}' in told
    assert 'rungwise_answers_total{outcome="failed",setup="other"}' in told
    assert 'rungwise_requests_total{path="/v1/models"' in told
    assert "secret-name" not in told and "question?" not in told and KETTLE not in told


# ---------------------------------------------------------------- one model, slow or failing


class SlowLoads:
    """Loads a base that takes its time, and counts how often; fails at first as often as it is told."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.loads = fails, 0

    def __call__(self, name: str) -> Base:
        self.loads += 1
        time.sleep(0.2)
        if self.loads <= self.fails:
            raise UserError(f"The base {name} can't be loaded: the disk is slow today.")
        from finetune.base import STARTER

        return _load(STARTER)


def _load(name: str) -> Base:
    return _real(name)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> SlowLoads:
    from assistant.engines import local

    global _real
    _real = local.load_base
    counted = SlowLoads()
    monkeypatch.setattr(local, "load_base", counted)
    return counted


@pytest.mark.fault(127)
@pytest.mark.slow
def test_twenty_first_questions_at_once_load_one_model(house: Path, loads: SlowLoads) -> None:
    shared = service(house)
    with ThreadPoolExecutor(20) as many:
        replies = list(many.map(lambda _: list(_asked(shared)), range(20)))
    assert loads.loads == 1 and all(replies)
    # naive: each session opens an assistant of its own
    for _ in range(2):
        list(Service(house).stream_reply("When?", (), Setup.PROMPT, None, ANYBODY))
    assert loads.loads == 3


@pytest.mark.fault(127)
@pytest.mark.slow
def test_a_load_that_fails_leaves_the_process_up_and_is_tried_again(house: Path, loads: SlowLoads) -> None:
    loads.fails = 2
    shared = service(house)
    shared.warm_up()
    assert shared.readiness()["model"] == "failed"
    assert browser(house).get("/health").status_code == 200
    with pytest.raises(UserError, match="disk is slow"):
        list(_asked(shared))
    assert list(_asked(shared))[-1].text is not None and loads.loads == 3
    assert shared.readiness()["model"] == "ready"


@pytest.mark.fault(127)
def test_while_a_model_loads_the_process_answers(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going, may_end = threading.Event(), threading.Event()

    def opened(workspace: Workspace, setup: Setup = Setup.HYBRID) -> Assistant:
        going.set()
        may_end.wait(10)
        return Assistant(TellingEngine(), Built(), workspace.form, 2, setup)  # type: ignore[arg-type]

    monkeypatch.setattr("assistant.open.open_assistant", opened)
    loading = threading.Thread(target=service(house).warm_up)
    loading.start()
    assert going.wait(5)
    assert browser(house).get("/health").json() == {"status": "alive"}
    may_end.set()
    loading.join(10)
    assert service(house).readiness()["model"] == "ready"


def _asked(shared: Service) -> Any:
    return shared.stream_reply("When does the shop open?", (), Setup.PROMPT, None, ANYBODY)
