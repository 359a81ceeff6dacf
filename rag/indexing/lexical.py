"""The keyword index: BM25 over index words, kept on disk, never rebuilt to answer a question.

The only home of bm25s. A cache of the ledger: knows nothing of documents or generations, only of chunk ids
and texts. BM25 as Lucene computes it (Robertson & Zaragoza 2009; Kamphuis et al. 2020), k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.words import VERSION, question_words, text_words

_IDS = "ids.json"
_WORDS = "words.txt"  # the version of the words, then a line a chunk: its text's hash and its words


class KeywordIndex:
    """Scores of every chunk for a question.

    Args:
        ids: Chunk ids, in the order of the scores.
        scorer: The bm25s index, None when no chunk has a word.
    """

    def __init__(self, ids: Sequence[str], scorer: Any | None) -> None:
        self.ids = list(ids)
        self.place = {identity: place for place, identity in enumerate(self.ids)}
        self._scorer = scorer

    @classmethod
    def build(
        cls, ids: Sequence[str], texts: Sequence[str], folder: Path, before: Path | None = None
    ) -> KeywordIndex:
        """Index the texts and write the index into a folder, which is made.

        Args:
            ids: Chunk ids.
            texts: Their texts, in the same order.
            folder: Where to write; must not be there.
            before: An index whose words are used for texts that it has too: finding them takes longest.
        """
        bm25s: Any = importlib.import_module("bm25s")
        folder.mkdir(parents=True)
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32] for text in texts]
        known = _kept_words(before / _WORDS) if before is not None else {}
        words = [
            known[key] if key in known else text_words(text) for key, text in zip(keys, texts, strict=True)
        ]
        lines = (" ".join((key, *row)) for key, row in zip(keys, words, strict=True))
        (folder / _WORDS).write_text("\n".join((str(VERSION), *lines)), encoding="utf-8")
        scorer = None
        if any(words):
            scorer = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
            scorer.index(words, show_progress=False)
            scorer.save(folder, show_progress=False)
        (folder / _IDS).write_text(json.dumps(list(ids)), encoding="utf-8")
        return cls(ids, scorer)

    @classmethod
    def open(cls, folder: Path) -> KeywordIndex:
        """Open an index that `build` wrote.

        Raises:
            OSError, ValueError: Files are missing or damaged.
        """
        bm25s: Any = importlib.import_module("bm25s")
        ids = json.loads((folder / _IDS).read_text(encoding="utf-8"))
        has_words = (folder / "params.index.json").is_file()
        scorer = bm25s.BM25.load(folder, load_corpus=False, allow_pickle=False) if has_words else None
        if scorer is not None and int(scorer.scores["num_docs"]) != len(ids):
            raise ValueError(
                f"the keyword index counts {scorer.scores['num_docs']} chunks, its list {len(ids)}"
            )
        return cls(ids, scorer)

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return the BM25 score of every chunk, shape (chunks,); 0 where no word is shared."""
        words = question_words(question)
        if self._scorer is None or not words:
            return np.zeros(len(self.ids), dtype=np.float32)
        return np.asarray(self._scorer.get_scores(words), dtype=np.float32)

    def rarity(self, forms: Sequence[str]) -> float:
        """Return the inverse document frequency of a word: `ln(1 + (N - n + ½) / (n + ½))`, as BM25 has it.

        Args:
            forms: The word's forms; `n` is the most chunks that hold one of them.
        """
        holding, total = 0, len(self.ids)
        if self._scorer is not None:
            starts, known = self._scorer.scores["indptr"], self._scorer.vocab_dict
            places = [known[form] for form in forms if form in known]
            holding = max((int(starts[place + 1] - starts[place]) for place in places), default=0)
        return math.log(1.0 + (total - holding + 0.5) / (holding + 0.5))

    def score_of(self, words: Sequence[str], place: int) -> float:
        """Return the BM25 score of the chunk at `place` for index words."""
        return 0.0 if self._scorer is None else float(self._scorer.get_scores(list(words))[place])

    def top(self, scores: NDArray[np.float32], n: int) -> NDArray[np.intp]:
        """Return the places of the `n` best chunks with a score above 0, best first, ties by place."""
        floor = np.partition(scores, -n)[-n] if n < len(scores) else np.float32(0.0)
        found = np.flatnonzero(scores >= floor if floor > 0 else scores > 0)
        return found[np.argsort(-scores[found], kind="stable")[:n]]


def _kept_words(path: Path) -> dict[str, list[str]]:
    """Return the words of texts by their hash; none where they were found in another way."""
    if not path.is_file():
        return {}
    version, *lines = path.read_text(encoding="utf-8").split("\n")
    rows = (line.split(" ") for line in lines) if version == str(VERSION) else ()
    return {key: words for key, *words in rows}
