"""What the tests of the page Documents do on it, and a document that only some may see."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant import Workspace
from ui.access.permissions import Person, Role

SECRET = "The salary of the director is 900 EUR."


def sync(root: Path) -> None:
    house = Workspace.open(root)
    import assistant.open as opening

    with opening.open_library(house) as library:
        library.sync()


def sign_in(monkeypatch: pytest.MonkeyPatch, role: Role, *groups: str) -> None:
    monkeypatch.setattr("ui.who.person", lambda: Person("ada", role, frozenset(groups)))


def part(app: AppTest, name: str) -> AppTest:
    return app.segmented_control(key="documents-part-0").set_value(name).run()


def parts(app: AppTest) -> list[str]:
    return [str(one).split(": ", 1)[-1] for one in app.segmented_control(key="documents-part-0").options]


def search(app: AppTest, query: str) -> AppTest:
    app.text_input(key="documents-query").set_value(query)
    return next(one for one in app.button if "documents-search" in one.key).click().run()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app = part(app, "add")
    return app.file_uploader[0].set_value([(name, data, "text/plain") for name, data in files]).run()
