"""Which of several adapters answers on the page Chat, and who may choose one by its name; drawn headlessly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant import Workspace
from assistant.engines.engine import Generated
from finetune.layout import Message
from tests.ui.documents.helpers import sign_in
from tests.ui.page_world import TellingEngine, ask, opened, serve, told
from ui.access.permissions import Action, Role, to_ask
from ui.drawing import setup as drawn

pytestmark = pytest.mark.usefixtures("fakes")
QUESTION = "What does the kettle cost?"


class AdaptedEngine(TellingEngine):
    """Remembers which adapter it was asked with."""

    def __init__(self) -> None:
        super().__init__("It can not be told.")
        self.adapters: list[object] = []

    def stream(self, prompt: Sequence[Message], adapter: object, *rest: object) -> Iterator[str | Generated]:  # type: ignore[override]
        self.adapters.append(adapter)
        return super().stream(prompt, adapter, *rest)  # type: ignore[arg-type]


@pytest.fixture
def built(rungwise, house: Path) -> Path:
    """A house with two adapters; the one that was trained last serves."""
    for command in ("sync", "train", "train"):
        assert rungwise(command, "-w", house).code == 0
    return house


def candidate(house: Path) -> str:
    lineage = Workspace.open(house).adapters
    return next(name for name in lineage.names() if name != lineage.serving.name)


def chat(monkeypatch: pytest.MonkeyPatch, house: Path, engine: AdaptedEngine | None = None) -> AppTest:
    serve(monkeypatch, engine or AdaptedEngine())
    app = opened(monkeypatch, house, "chat")
    return app.segmented_control(key="setup").set_value("lora").run()


def offered(app: AppTest) -> list[str]:
    return [str(one) for box in app.selectbox if box.key == "adapter" for one in box.options]


@pytest.mark.fault(99)
def test_an_adapter_by_its_name_is_offered_to_editors_and_not_to_viewers(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    engine = AdaptedEngine()
    sign_in(monkeypatch, Role.EDITOR)
    app = chat(monkeypatch, built, engine)
    assert offered(app) == ["The one that serves", candidate(built)]
    app.selectbox(key="adapter").set_value(f"adapter={candidate(built)}").run()
    app = ask(app, QUESTION)
    assert engine.adapters == [candidate(built)] and f"lora+adapter={candidate(built)}" in told(app)
    sign_in(monkeypatch, Role.VIEWER)
    app = chat(monkeypatch, built, engine)
    assert offered(app) == []
    ask(app, QUESTION)
    assert engine.adapters[1:] == [True], "the one that serves"


@pytest.mark.fault(99)
def test_what_a_session_chose_as_an_editor_counts_no_more_for_a_viewer_and_no_address_names_an_adapter(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    engine = AdaptedEngine()
    sign_in(monkeypatch, Role.EDITOR)
    app = chat(monkeypatch, built, engine)
    app.selectbox(key="adapter").set_value(f"adapter={candidate(built)}").run()
    sign_in(monkeypatch, Role.VIEWER)
    app.session_state["adapter"] = f"adapter={candidate(built)}"
    app.query_params["adapter"] = candidate(built)
    app.query_params["setup"] = f"lora+adapter={candidate(built)}"
    ask(app.run(), QUESTION)
    assert engine.adapters == [True]


@pytest.mark.fault(99)
def test_a_page_that_offered_every_adapter_to_everybody_is_refused_where_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    engine = AdaptedEngine()
    sign_in(monkeypatch, Role.VIEWER)
    monkeypatch.setattr(drawn, "to_ask", lambda setup: Action.CHAT)  # naive: whoever may chat may name any
    app = chat(monkeypatch, built, engine)
    app.selectbox(key="adapter").set_value(f"adapter={candidate(built)}").run()
    app = ask(app, QUESTION)
    assert "that takes the role editor" in app.error[0].value and engine.adapters == []
    log = (built / ".rungwise" / "access" / "audit.jsonl").read_text("utf-8")
    assert f"lora+adapter={candidate(built)}" in log and QUESTION not in log


def test_the_adapter_of_a_question_s_task_is_for_everybody_where_the_house_routes(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    with (built / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write('\n[adapters]\nroute = "rules"\nrules = ["prices: cost"]\n')
    sign_in(monkeypatch, Role.VIEWER)
    app = chat(monkeypatch, built)
    assert offered(app) == ["The one that serves", "By the question's task"]
    app = app.segmented_control(key="setup").set_value("prompt").run()
    assert offered(app) == [], "a setup without an adapter has none to choose"


def test_one_function_tells_the_page_and_the_api_who_may_ask() -> None:
    from assistant.setup import Setup, variant

    open_to_all = [*Setup, variant("hybrid+routed"), variant("rag+shots")]
    assert {to_ask(setup) for setup in open_to_all} == {Action.CHAT}
    assert to_ask(variant("lora+adapter=a")) is Action.MEASURE


def test_a_live_split_that_names_an_adapter_is_the_house_s_word_for_everybody(
    monkeypatch: pytest.MonkeyPatch, built: Path
) -> None:
    with (built / "rungwise.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[live]\non = true\nsetups = "lora: 0.001, lora+adapter={candidate(built)}: 1000000"\n')
    engine = AdaptedEngine()
    sign_in(monkeypatch, Role.VIEWER)
    serve(monkeypatch, engine)
    app = ask(opened(monkeypatch, built, "chat"), QUESTION)
    assert not app.error and engine.adapters == [candidate(built)]
