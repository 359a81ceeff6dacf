"""Batches by token budget: nothing lost, nothing twice, nothing above the budget, hardly any padding."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag import SentenceEmbedder
from rag.embedding.batches import batches, by_length

lengths_of_texts = st.lists(st.integers(0, 300), max_size=80)


@given(lengths_of_texts, st.integers(0, 2000))
def test_every_text_is_in_one_batch_and_a_batch_of_several_keeps_the_budget(
    lengths: list[int], budget: int
) -> None:
    made = list(batches(lengths, budget))
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= budget


@given(lengths_of_texts, st.integers(0, 2000))
def test_batches_follow_one_order_from_the_longest_down(lengths: list[int], budget: int) -> None:
    order = [place for batch in batches(lengths, budget) for place in batch]
    assert order == by_length(lengths)
    assert [lengths[place] for place in order] == sorted(lengths, reverse=True)


@given(lengths_of_texts.filter(bool), st.integers(300, 2000))
def test_no_batch_could_have_taken_the_next_text(lengths: list[int], budget: int) -> None:
    made = list(batches(lengths, budget))
    for batch in made[:-1]:
        assert (len(batch) + 1) * lengths[batch[0]] > budget


def test_vectors_come_in_the_order_of_the_texts_whatever_the_order_they_were_made_in() -> None:
    class Letters:
        def encode(self, texts: list[str], lengths: list[int]):  # type: ignore[no-untyped-def]
            import numpy as np

            assert lengths == sorted(lengths, reverse=True)
            return np.array([[float(len(text))] * 384 for text in texts], dtype=np.float32)

    embedder = SentenceEmbedder()
    embedder.encoders.for_passages = lambda waiting: Letters()  # type: ignore[method-assign,assignment]
    texts = ["stove " * (place * 7 % 40) + "x" for place in range(1200)]
    seen: list[tuple[int, int]] = []
    made = embedder.embed(texts, lambda done, total: seen.append((done, total)))
    assert made[:, 0].tolist() == [len(text) for text in texts]
    assert seen == [(512, 1200), (1024, 1200), (1200, 1200)]
