"""Two machines over one ledger in a database, as two libraries with folders of their own."""

from __future__ import annotations

from pathlib import Path

from foundation.database import Database
from rag import Library, LibrarySettings
from tests.rag.rag_fakes import LetterEmbedder

TEXTS = {
    "returns.md": "# Returns\n\nA stove can be returned within 30 days.\n\n## Refunds\n\nMoney comes back in 5 days.\n",
    "prices.csv": "product,price\nFellmark stove,49 EUR\nArden kettle,19 EUR\n",
    "türkçe.md": "# İade\n\nÇadır 🌍 on dört gün içinde iade edilebilir — it isn't 100 % sure, is it?\n",
}
"""Texts whose letters have one to four bytes, with signs that mean something in SQL."""


def machine(
    home: Path, database: Database | None, settings: LibrarySettings | None = None, seconds: float = 5.0
) -> Library:
    """Return the library of one machine; its folder of documents is made, with `TEXTS`, where it is not there."""
    documents = home / "documents"
    if not documents.is_dir():
        documents.mkdir(parents=True)
        for name, text in TEXTS.items():
            (documents / name).write_text(text, "utf-8")
    return Library(
        documents, home / "built" / "library", settings, LetterEmbedder(), seconds, database=database
    )


def content(library: Library) -> tuple[object, ...]:
    """Return all that a library's ledger holds of texts, chunks and vectors."""
    ledger = library._opened()
    places = ledger.places()
    keys = sorted({key for _, key in places.values()})
    vectors = dict(zip(keys, (row.tobytes() for row in ledger.vectors(keys)), strict=True))
    texts = {source: ledger.text_of(source) for source in ledger.hashes()}
    return (
        ledger.chunks(),
        places,
        vectors,
        texts,
        ledger.hashes(),
        ledger.seen(),
        ledger.problems(),
        ledger.recipe,
    )


def hits(library: Library, question: str, k: int = 10) -> list[tuple[str, str, float]]:
    """Return what a search finds: ids, texts and scores."""
    return [(hit.chunk.id, hit.chunk.text, round(hit.score, 6)) for hit in library.search(question, k)]
