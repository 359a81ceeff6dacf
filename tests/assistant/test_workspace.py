"""A workspace's settings: every mistake named at once, with its line; nothing half-made."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Workspace, create, demo_source
from assistant.config.settings import read_settings
from foundation.errors import UserError


def settings(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rungwise.toml"
    path.write_text(text, "utf-8")
    return path


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    read = read_settings(settings(tmp_path, ""))
    assert read.model.base == "starter" and read.retrieval.k == 4 and read.target.margin == 0.05


def test_all_mistakes_are_named_at_once_with_their_lines_and_suggestions(tmp_path: Path) -> None:
    text = 'nam = "x"\n\n[model]\nbas = "starter"\nbatch = "many"\n\n[retreival]\nk = 3\n\n[target]\npass_rate = "high"\n'
    with pytest.raises(UserError) as error:
        read_settings(settings(tmp_path, text))
    told = str(error.value)
    assert "5 mistakes" in told
    assert 'line 1: "nam" is not a setting. Did you mean "name"?' in told
    assert 'line 4: "bas" is not a setting of [model]. Did you mean "base"?' in told
    assert "line 5: model.batch must be a whole number, but is 'many'." in told
    assert 'line 7: "retreival" is not a setting. Did you mean "retrieval"?' in told
    assert "line 11: target.pass_rate must be a number, but is 'high'." in told


def test_a_value_out_of_range_is_named_with_its_section(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\[retrieval\]: .*k must be 1 to 100, but is 0"):
        read_settings(settings(tmp_path, "[retrieval]\nk = 0\n"))


def test_words_that_are_never_to_be_said_are_a_list_of_texts_that_do_not_come_by_chance(
    tmp_path: Path,
) -> None:
    read = read_settings(
        settings(tmp_path, '[guard]\nwithhold = ["Operation Kittiwake", "7731-4402"]\nmost_quoted = 0\n')
    )
    assert read.guard.withhold == ("Operation Kittiwake", "7731-4402") and read.guard.most_quoted == 0
    for wrong, said in (
        ('withhold = "Kittiwake"', "line 2: guard.withhold must be"),
        ("withhold = [1]", "line 2: guard.withhold must be"),
        ('withhold = ["a-17"]', 'withhold names "a-17", which has fewer than six letters'),
        ("most_quoted = -1", "most_quoted must be 0"),
    ):
        with pytest.raises(UserError) as error:
            read_settings(settings(tmp_path, f"[guard]\n{wrong}\n"))
        assert said in str(error.value)


def test_what_is_not_toml_is_a_sentence_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"rungwise\.toml: .* not TOML: .*line 2"):
        read_settings(settings(tmp_path, "name = 'x'\n= 3\n"))


def test_a_key_where_a_section_belongs_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"line 1: model is a section: write \[model\]"):
        read_settings(settings(tmp_path, "model = 'starter'\n"))


def test_a_missing_folder_and_a_folder_that_is_no_workspace_say_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder. Make a workspace with `rungwise init"):
        Workspace.open(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"not a workspace, rungwise\.toml is missing"):
        Workspace.open(tmp_path)


def test_making_a_workspace_gives_one_that_opens(tmp_path: Path) -> None:
    made = create(tmp_path / "mine", demo=False)
    assert Workspace.open(made.root).form.max_words == 60 and made.documents.is_dir()


def test_the_demo_is_a_whole_workspace(tmp_path: Path) -> None:
    made = create(tmp_path / "demo", demo=True)
    for path in (
        made.documents,
        made.examples,
        made.questions,
        made.answers,
        made.root / "updates",
        made.root / "form.yaml",
    ):
        assert path.exists(), path
    assert made.form.opening == "Hello from the tarn!" and demo_source().is_dir()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="not empty"):
        create(tmp_path, demo=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_workspace_without_a_form_asks_for_none(tmp_path: Path) -> None:
    settings(tmp_path, "")
    assert Workspace.open(tmp_path).form.empty


def test_an_adapter_knows_which_of_its_ingredients_changed(tmp_path: Path) -> None:
    create(tmp_path / "house", demo=True)
    house = Workspace.open(tmp_path / "house")
    made_from = house.ingredients()
    assert house.changed_since(made_from) == ""
    (house.documents / "new.md").write_text("# New\n\nDocuments are not in the weights.\n", "utf-8")
    assert Workspace.open(house.root).changed_since(made_from) == ""
    (house.root / "form.yaml").write_text("name: Other form\nopening: 'Hi!'\n", "utf-8")
    assert Workspace.open(house.root).changed_since(made_from) == "the form changed"
    with house.examples.open("a", encoding="utf-8") as file:
        file.write("\n")
    assert Workspace.open(house.root).changed_since(made_from) == "the examples and the form changed"


def naive_settings(text: str) -> dict[str, object]:
    """Naive: the file alone, whatever stands in it."""
    import tomllib

    return tomllib.loads(text)


@pytest.mark.fault(143)
def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings(tmp_path, "[retrieval]\nk = 3\n")
    assert read_settings(path).retrieval.k == 3
    monkeypatch.setenv("RUNGWISE_RETRIEVAL__K", "7")
    monkeypatch.setenv("RUNGWISE_MODEL__ENDPOINT", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RUNGWISE_SERVE__HOSTS", '["a.example", "b.example"]')
    monkeypatch.setenv("RUNGWISE_MODEL__BATCH", "8")
    read = read_settings(path)
    assert (read.retrieval.k, read.model.batch, read.model.max_new_tokens) == (7, 8, 96)
    assert (read.model.endpoint, read.serve.hosts) == ("http://127.0.0.1:9/v1", ("a.example", "b.example"))
    assert naive_settings("[retrieval]\nk = 3\n") == {"retrieval": {"k": 3}}, (
        "naive: the environment is not heard"
    )


@pytest.mark.fault(143)
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "RUNGWISE_RETRIEVAL__K",
            "many",
            "RUNGWISE_RETRIEVAL__K: retrieval.k must be a whole number, but is 'many'",
        ),
        (
            "RUNGWISE_RETRIEVAL__KK",
            "3",
            'RUNGWISE_RETRIEVAL__KK: "kk" is not a setting of [retrieval]. Did you mean "k"',
        ),
        (
            "RUNGWISE_RETREIVAL__K",
            "3",
            'RUNGWISE_RETREIVAL__K: "retreival" is not a section. Did you mean "retrieval"',
        ),
        (
            "RUNGWISE_RETRIEVAL__K",
            "0",
            "k must be 1 to 100, but is 0. The environment sets RUNGWISE_RETRIEVAL__K.",
        ),
        ("RUNGWISE_RETRIEVAL__K", "", "RUNGWISE_RETRIEVAL__K: retrieval.k must be a whole number, but is ''"),
        ("RUNGWISE_RETRIEVAL__K", "1\nname = 2", "RUNGWISE_RETRIEVAL__K: retrieval.k must be a whole number"),
    ],
)
def test_a_mistake_in_the_environment_is_named_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as error:
        read_settings(settings(tmp_path, ""))
    assert told in str(error.value)
    assert "retreival" in naive_settings("[retreival]\nk = 3\n"), "naive: a slip of the pen is a setting"
