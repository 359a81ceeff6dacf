"""Which hits are shown, on candidates whose scores and vectors can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rag.retrieval.choose import Candidate, Lookup, at_most_per_source, choose, diverse, uncrowded
from rag.types import Chunk, LibrarySettings

TELLS = "The Fellmark stove costs 49 EUR in every shop of ours this year."


def candidate(name: str, dense: float, keyword: float = 0.0, text: str = "", angle: float = 0.0) -> Candidate:
    """A chunk of the source `name` up to its first digit; its vector points at `angle`."""
    source = name.rstrip("0123456789")
    chunk = Chunk(name, source, source, "", text or f"only {name} says {name * 2}", 0, 9, None, 0)
    return Candidate(
        chunk.id,
        source,
        dense,
        keyword,
        np.array([math.cos(angle), math.sin(angle)], np.float32),
        lambda _: chunk,
    )


def names(lookup: Lookup, k: int, **settings: object) -> list[str]:
    return [hit.chunk.id for hit in choose(lookup, LibrarySettings(**settings), k).hits]  # type: ignore[arg-type]


def test_both_fusions_rank_one_lookup() -> None:
    lookup = Lookup((candidate("a", 0.9), candidate("b", 0.8, 5.0), candidate("c", 0.1, 6.0)))
    assert names(lookup, 3, alpha=1.0) == ["a", "b", "c"]
    assert names(lookup, 3, alpha=0.0) == ["c", "b", "a"]
    # c is third and first, b second twice: 1/63 + 1/61 is a little more than 1/62 + 1/62
    assert names(lookup, 3, fusion="rrf") == ["c", "b", "a"]


def test_hits_are_numbered_and_keep_both_scores() -> None:
    first, second = choose(
        Lookup((candidate("a", 0.9, 1.0), candidate("b", 0.5, 2.0))), LibrarySettings(), 2
    ).hits
    assert (first.chunk.id, first.rank, first.dense, first.keyword) == ("a", 1, 0.9, 1.0)
    assert (first.score, second.score) == (pytest.approx(0.6 + 0.4 * 0.5), pytest.approx(0.4))


def test_nothing_found_is_nothing_shown() -> None:
    assert choose(Lookup(), LibrarySettings(diversity=0.5), 4).hits == ()


# diversity (Carbonell & Goldstein 1998)


def test_a_hit_like_the_one_above_it_gives_way_to_another() -> None:
    vectors = {"a": np.array([1.0, 0.0]), "copy": np.array([1.0, 0.0]), "other": np.array([0.0, 1.0])}
    ranked = [("a", 1.0), ("copy", 0.9), ("other", 0.5)]
    # at one half: copy is worth .45 - .5, other .25 - 0
    assert [key for key, _ in diverse(ranked, vectors, 0.5)] == ["a", "other", "copy"]
    # at a fifth: copy .72 - .2, other .4
    assert [key for key, _ in diverse(ranked, vectors, 0.2)] == ["a", "copy", "other"]


def test_diversity_keeps_every_candidate_and_its_score_and_no_diversity_keeps_the_order() -> None:
    rng = np.random.default_rng(1)
    vectors = {str(n): vector / np.linalg.norm(vector) for n, vector in enumerate(rng.normal(size=(30, 5)))}
    ranked = sorted(((key, float(rng.random())) for key in vectors), key=lambda entry: -entry[1])
    assert diverse(ranked, vectors, 0.0) == ranked
    assert sorted(diverse(ranked, vectors, 0.7)) == sorted(ranked)
    assert diverse([], {}, 0.7) == []


def test_diversity_is_off_by_default() -> None:
    lookup = Lookup((candidate("a", 0.9), candidate("b", 0.8), candidate("c", 0.1, angle=1.5)))
    assert names(lookup, 3) == ["a", "b", "c"]
    assert names(lookup, 3, diversity=0.9) == ["a", "c", "b"]


# near-duplicates and limits


def test_the_cap_per_source_lets_other_sources_up() -> None:
    ranked = [("a1", 0.9), ("a2", 0.8), ("a3", 0.7), ("b1", 0.6), ("c1", 0.5)]
    kept = at_most_per_source(ranked, lambda key: key[0], most=2, k=4)
    assert [key for key, _ in kept] == ["a1", "a2", "b1", "c1"]
    assert at_most_per_source(ranked, lambda key: key[0], most=None, k=2) == ranked[:2]


def crowd(sources: str) -> Lookup:
    """Five near-duplicates from these sources, and two other texts, which rank below them."""
    copies = [
        candidate(f"{source}{n}", 0.9 - n / 100, text=f"{TELLS} Copy {n}.")
        for n, source in enumerate(sources)
    ]
    return Lookup((*copies, candidate("other", 0.5), candidate("third", 0.4)))


@pytest.mark.parametrize("sources", ["vwxyz", "vvvvv", "vvwww"])
@pytest.mark.fault(70, 71)
def test_near_duplicates_of_one_or_many_sources_do_not_fill_the_hits(sources: str) -> None:
    lookup = crowd(sources)
    naive = sorted(lookup.candidates, key=lambda one: -one.dense)[:4]
    assert not {"other", "third"} & {one.chunk.source for one in naive}
    shown = names(lookup, 4, alpha=1.0)
    assert shown[:2] == [f"{sources[0]}0", f"{sources[1]}1"]
    assert shown[2:] == ["other", "third"]


def test_old_and_new_version_of_a_text_are_both_shown() -> None:
    old, new = (
        candidate(name, 0.9, text=TELLS.replace("49", price)) for name, price in (("a", "49"), ("b", "59"))
    )
    assert names(Lookup((old, new, candidate("c", 0.2))), 4) == ["a", "b", "c"]


def test_where_there_is_nothing_else_near_duplicates_fill_up() -> None:
    copies = tuple(candidate(f"v{n}", 0.9 - n / 100, text=f"{TELLS} Copy {n}.") for n in range(5))
    choice = choose(Lookup(copies), LibrarySettings(), 4)
    assert len(choice.hits) == 4
    assert choice.wanting


def test_places_that_are_freed_go_to_sources_not_shown_yet() -> None:
    copies = [candidate(f"v{n}", 0.9 - n / 100, text=f"{TELLS} Copy {n}.") for n in range(4)]
    further = [candidate(f"v{n}", 0.8 - n / 100) for n in range(4, 8)]
    lookup = Lookup((*copies, *further, candidate("other", 0.2), candidate("third", 0.1)))
    shown = [hit.chunk.source for hit in choose(lookup, LibrarySettings(alpha=1.0), 4).hits]
    assert len(set(shown)) == 3


def test_without_a_third_near_duplicate_the_ranking_stays_even_from_one_source() -> None:
    ranked = [(f"a{n}", 1.0 - n / 10) for n in range(6)]
    kept, crowded, _ = uncrowded(
        ranked, lambda key: "a", lambda key: f"{key} tells of {key} and {key * 3}", 4
    )
    assert kept == ranked[:4]
    assert not crowded


def test_rows_of_a_table_that_differ_in_their_words_are_no_near_duplicates() -> None:
    rows = [candidate(f"t{n}", 0.9 - n / 100, text=f"product: {name}; price: 49 EUR")
            for n, name in enumerate(("Fellmark stove", "Arden kettle", "Ostra lamp", "Bryn tent"))]  # fmt: skip
    assert names(Lookup((*rows, candidate("other", 0.1))), 4, alpha=1.0) == ["t0", "t1", "t2", "t3"]


def test_fewer_hits_are_the_first_of_more() -> None:
    lookup = Lookup((*crowd("vvwxy").candidates, *(candidate(f"v{n}", 0.6 - n / 100) for n in range(7, 12))))
    most = names(lookup, 12)
    assert all(names(lookup, k) == most[:k] for k in range(4, 12))


def test_one_hit_is_the_best_one() -> None:
    assert names(crowd("vwxyz"), 1, alpha=1.0) == ["v0"]
