"""Pairs as they are served: passages that the search finds now, citations that follow them, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.pairs import build_pairs, by_source, places_of, renumbered, without_marks
from assistant.prompt import messages
from finetune.form import Form
from finetune.preference.preferences import Preference
from foundation.errors import UserError
from rag import Library
from rag.storage.records import Records
from tests.ui.cli_fakes import LetterEmbedder

FORM = Form(name="house")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two documents, indexed."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "kettle.md").write_text("# Kettle\n\nThe Ostra kettle costs 49 EUR.\n", encoding="utf-8")
    (documents / "hours.md").write_text("# Hours\n\nThe shop opens at 09:00.\n", encoding="utf-8")
    made = Library(documents, tmp_path / "library", embedder=LetterEmbedder())
    made.sync()
    return made


def preference(**told: object) -> Preference:
    fields = {
        "id": "a",
        "conversation": ({"role": "user", "content": "What does the Ostra kettle cost?"},),
        "chosen": "It costs 49 EUR [1].",
        "rejected": "Ask [1].",
        "sources": ("kettle.md",),
        "setups": ("hybrid", "rag"),
    }
    return Preference(**{**fields, **told})  # type: ignore[arg-type]


def test_a_pair_has_the_prompt_that_is_served_and_citations_that_fit_its_passages(library: Library) -> None:
    found = build_pairs([preference()], library, FORM, 2)
    question = preference().question
    hits = [hit.chunk for hit in library.search(question, 2)]
    place = [chunk.source for chunk in hits].index("kettle.md") + 1
    (pair,) = found.pairs
    assert pair.prompt == tuple(messages(question, [], hits, FORM, True))
    assert (pair.chosen, pair.rejected) == (f"It costs 49 EUR [{place}].", f"Ask [{place}].")


def test_a_pair_whose_document_is_not_found_any_more_is_left_out_and_named(library: Library) -> None:
    found = build_pairs([preference(sources=("gone.md",))], library, FORM, 2)
    assert (found.pairs, found.dropped) == ((), ("a",))


def test_an_answer_that_was_written_without_passages_is_learned_without_them(library: Library) -> None:
    told = preference(setups=("lora", "hybrid"), chosen="I do not know.", sources=())
    (pair,) = build_pairs([told], library, FORM, 2).pairs
    assert "49 EUR" not in str(pair.prompt)
    (naive,) = build_pairs([preference(chosen="I do not know.", sources=())], library, FORM, 2).pairs
    assert "49 EUR" in str(naive.prompt), (
        "naive rendering would teach not to know beside the passage that tells"
    )


def test_documents_of_another_purpose_are_not_learned_from(library: Library) -> None:
    found = build_pairs([preference()], library, FORM, 2, records=Records(), purpose="training")
    assert (found.pairs, found.excluded) == ((), ("a",))


def test_a_setup_that_does_not_exist_is_named_with_its_line(library: Library) -> None:
    with pytest.raises(UserError, match=r'preferences.jsonl, line 3: setups names "hybird"'):
        build_pairs([preference(setups=("hybird", "rag"), line=3)], library, FORM, 2)


def test_answers_are_kept_by_their_own_sources_and_come_back_as_they_were() -> None:
    shown = ["a.md", "b.md", "a.md", "c.md"]
    answers = ["First [3], then [1].", "Only [2]; never [9]."]
    kept, sources = by_source(answers, shown)
    assert kept == ["First [1], then [2].", "Only [3]; never ."] and sources == ["a.md", "a.md", "b.md"]
    places = places_of(sources, shown)
    assert places == (1, 3, 2)
    assert renumbered(kept[1], places or ()) == "Only [2]; never ."
    assert places_of(["z.md"], shown) is None
    assert without_marks("So it is [1].") == "So it is ."
