"""The climb searches for a better prompting before it trains: it stays where one is enough, and goes on where none is."""

from __future__ import annotations

from pathlib import Path

from experiments import Spent
from experiments.climbing.ways import Searched
from tests.experiments.climbs import go, path
from tests.experiments.worlds import Answer, World


class Worded(World):
    """A world where other words bring the form, if `helps` says so."""

    def __init__(self, helps: bool = True, **fields: object) -> None:
        super().__init__(**fields)  # type: ignore[arg-type]
        self.words_help, self.searches = helps, list[str]()

    def search(self, base: str) -> Searched[str]:
        self.searches.append(base)
        tried = (f"{base}+instructions=terse", f"{base}+fixed=3")
        return Searched(tried[0] if self.words_help else None, tried)

    def _answer(self, text: str, setup: str) -> Answer:
        if self.words_help and setup.endswith("+instructions=terse"):
            setup = f"{setup.partition('+')[0]}+shots"
        return super()._answer(text, setup)


def test_where_other_words_bring_the_form_nothing_is_trained(tmp_path: Path) -> None:
    world = Worded(form_missing=True, shots_help=True)
    found = go(world, tmp_path, search=world.search)
    assert path(found) == ["prompt", "prompt+instructions=terse"] and found.met
    assert found.chosen == "prompt+instructions=terse" and world.made == []


def test_where_no_words_bring_it_the_adapter_is_trained_and_the_search_is_told(tmp_path: Path) -> None:
    world = Worded(helps=False, form_missing=True)
    found = go(world, tmp_path, search=world.search)
    assert path(found) == ["prompt", "lora"] and found.met and world.searches == ["prompt"]
    assert found.steps[0].decision.startswith("No other prompting of prompt leads on the dev questions.")
    assert found.evidence["setups"]["prompt"]["tried"] == [
        "prompt",
        "prompt+instructions=terse",
        "prompt+fixed=3",
    ]


def test_each_setup_is_searched_once_and_retrieval_comes_before(tmp_path: Path) -> None:
    world = Worded(helps=False, form_missing=True, facts_missing=True)
    found = go(world, tmp_path, search=world.search)
    assert path(found) == ["prompt", "rag", "hybrid"] and found.met
    assert world.searches == ["rag"]  # no words bring facts


def test_what_leads_on_dev_and_is_not_enough_is_climbed_on_from(tmp_path: Path) -> None:
    world = Worded(
        form_missing=True, facts_missing=True
    )  # examples and words change nothing here, though one was said to lead
    found = go(world, tmp_path, search=world.search)
    assert path(found) == ["prompt", "rag", "rag+instructions=terse", "hybrid"] and found.chosen == "hybrid"


def test_a_budget_that_ends_within_the_search_ends_the_climb_which_goes_on_from_there(tmp_path: Path) -> None:
    world = Worded(form_missing=True, shots_help=True)

    def ended(base: str) -> Searched[str]:
        raise Spent("The budget of 5 s is spent: nothing is left for asking.")

    found = go(world, tmp_path, search=ended)
    assert found.spent and path(found) == ["prompt"] and world.made == []
    assert found.missing[0].why.startswith("The budget of 5 s is spent")
    again = go(world, tmp_path, search=world.search)
    assert again.met and len(world.asked) == len(set(world.asked))
