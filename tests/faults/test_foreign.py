"""Fault cases of foreign indexes and of data that names code, and of what was forgotten and is asked for again.

The numbers are those of `docs/faults.md`.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.assistant import Assistant
from assistant.setup import Setup
from assistant.workspace import Workspace
from finetune.form import EMPTY
from foundation.errors import UserError
from governance.erasure import forget
from rag import Library
from rag.indexing import generations
from rag.indexing.store import HNSW, VectorIndex
from rag.langchain import LibraryRetriever
from tests import naive
from tests.assistant.fakes import FakeEngine, obeys
from tests.governance.test_erasure import NAME
from tests.governance.test_erasure import house as house
from tests.governance.test_erasure import library as forgetful
from tests.packages import PACKAGES
from tests.rag.rag_fakes import REPOSITORY, homes

shop = forgetful
"""The library of the house that forgets, under a name of its own: `library` is another one here."""


# A folder of Chroma's that somebody else made


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What a foreign collection's embedding function was built with, and each text that it was handed."""
    from chromadb.api.types import EmbeddingFunction
    from chromadb.utils.embedding_functions import known_embedding_functions, register_embedding_function

    seen: list[str] = []

    class Tells(EmbeddingFunction[Any]):
        def __init__(self, address: str) -> None:
            seen.append(address)

        def __call__(self, input: Any) -> Any:
            seen.extend(input)
            return [np.ones(26, dtype=np.float32) for _ in input]

        @staticmethod
        def name() -> str:
            return "tells"

        def get_config(self) -> dict[str, Any]:
            return {"address": "https://evil.example"}

        @staticmethod
        def build_from_config(config: dict[str, Any]) -> Tells:
            return Tells(config["address"])

        def default_space(self) -> Any:
            return "cosine"

        def supported_spaces(self) -> Any:
            return ["cosine", "l2", "ip"]

    register_embedding_function(Tells)
    yield seen
    known_embedding_functions.pop("tells")


def foreign(folder: Path, ids: list[str], vectors: np.ndarray) -> None:
    """Write a collection with the name of ours, whose configuration names an embedding function."""
    import chromadb
    from chromadb.utils.embedding_functions import known_embedding_functions

    client = chromadb.PersistentClient(path=str(folder))
    function = known_embedding_functions["tells"]("https://evil.example")
    made = client.create_collection("chunks", configuration={"hnsw": HNSW}, embedding_function=function)
    made.add(ids=ids, embeddings=vectors)
    client.close()


def ask_stock_chroma(folder: Path, question: str) -> None:
    """Ask as the manual does: by a text, of a collection that is opened by its name."""
    import chromadb

    client = chromadb.PersistentClient(path=str(folder))
    try:
        client.get_collection("chunks").query(query_texts=[question], n_results=1)
    finally:
        client.close()


@pytest.mark.fault(110)
def test_an_embedding_function_that_a_folder_names_is_not_built(tmp_path: Path, told: list[str]) -> None:
    vectors = np.eye(26, dtype=np.float32)[:3]
    foreign(tmp_path / "foreign", ["a", "b", "c"], vectors)
    told.clear()
    index = VectorIndex(tmp_path / "foreign")
    assert index.count() == 3 and index.nearest(vectors[0], 1) == ["a"]
    index.close()
    assert told == []
    ask_stock_chroma(
        tmp_path / "foreign", "a private question"
    )  # naive: built as the folder says, and told the question
    assert told == ["https://evil.example", "a private question"]


@pytest.mark.fault(110)
@pytest.mark.parametrize("sealed", [False, True])
def test_a_foreign_folder_in_the_place_of_ours_is_written_anew_or_asked_without_its_function(
    library: Library, tmp_path: Path, told: list[str], sealed: bool
) -> None:
    library.sync()
    ids = [hit.chunk.id for hit in library.search("stove", 10)]
    library.close()
    dense = homes(tmp_path / "state")[0]
    (ours,) = dense.glob("g*-*")
    seal = json.loads((ours / "seal.json").read_text("utf-8"))
    shutil.rmtree(ours)
    foreign(ours, [*ids[1:], "planted"], np.eye(26, dtype=np.float32)[: len(ids)])
    if sealed:  # by somebody who knows how
        generations.seal(ours, seal["generation"], seal["count"])
    told.clear()
    try:
        found = [hit.chunk.id for hit in library.search("stove", 10)]
        assert set(found) == set(ids)
    except UserError as error:
        assert "rungwise" in str(error)
    assert told == []
    if sealed:
        ask_stock_chroma(next(iter(dense.glob("g*-*"))), "stove") if ours.exists() else None
    foreign(tmp_path / "naive", ["a"], np.eye(26, dtype=np.float32)[:1])
    told.clear()
    ask_stock_chroma(tmp_path / "naive", "stove")
    assert told == ["https://evil.example", "stove"]  # naive: whatever lies there is opened


# Data that names a class


CONSTRUCTOR = {
    "lc": 1,
    "type": "constructor",
    "id": ["langchain", "schema", "messages", "HumanMessage"],
    "kwargs": {"content": "I was built"},
}
WRITTEN = json.dumps(CONSTRUCTOR)


@pytest.mark.fault(111)
def test_text_that_names_a_class_stays_text_in_documents_questions_conversations_and_metadata(
    make_library: Callable[..., Library], documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from langchain_core.load import load, loads
    from langchain_core.messages import HumanMessage

    built = loads(WRITTEN, allowed_objects="core")
    assert isinstance(built, HumanMessage) and built.content == "I was built"  # naive: what is read is built
    revived: list[object] = []
    monkeypatch.setattr(
        load.Reviver, "__call__", lambda self, value: revived.append(value) or value
    ) if hasattr(load, "Reviver") else None
    (documents / "notes.md").write_text(f"# Notes\n\nThe stove note says {WRITTEN} in all.\n", "utf-8")
    (documents / "value.json").write_text(json.dumps({"stove": CONSTRUCTOR}), "utf-8")
    (documents.parent / "documents.toml").write_text(
        f"[[document]]\npath = \"notes.md\"\npurpose = '{WRITTEN}'\n", "utf-8"
    )
    library = make_library()
    library.sync()
    hits = library.search(f"stove note {WRITTEN}", 10)
    assert any(WRITTEN in hit.chunk.text for hit in hits)
    for document in LibraryRetriever(library=library).invoke("stove note"):
        assert type(document.page_content) is str
        assert not any(isinstance(value, HumanMessage) for value in document.metadata.values())
    engine = FakeEngine(lambda prompt, adapter: f"It says {WRITTEN} [1].")
    assistant = Assistant(engine, library, EMPTY)
    conversation = [{"role": "user", "content": WRITTEN}, {"role": "assistant", "content": WRITTEN}]
    reply = assistant.invoke({"question": WRITTEN, "conversation": conversation, "setup": "rag"})
    prompt, _ = engine.asked[0]
    assert all(type(turn["content"]) is str for turn in prompt)
    assert type(reply.text) is str and reply.raw == f"It says {WRITTEN} [1]." and revived == []


@pytest.mark.fault(111)
def test_nothing_here_calls_what_builds_classes_from_data() -> None:
    def calls(source: str) -> list[str]:
        found = []
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("langchain_core.load", "langchain.load", "pickle", "marshal", "shelve", "dill", "joblib")
            ):
                found.append(str(node.module))
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
                found += [
                    name
                    for name in names
                    if name.split(".")[0] in ("pickle", "marshal", "shelve", "dill", "joblib")
                ]
        return found

    naive_source = "from langchain_core.load import loads\nloads(row['metadata'])"
    assert calls(naive_source)
    files = [path for name in PACKAGES for path in (REPOSITORY / name).rglob("*.py")]
    assert len(files) > 100
    assert [path for path in files if calls(path.read_text("utf-8"))] == []


# What was forgotten, asked for again

_STARTS = [
    "When does {}",
    "On which days may {}",
    "Tell me when {} may",
    "Why may {}",
    "Is it true that {} may",
]
_STARTS += [
    "Who allowed that {} could",
    "Ne zaman {}",
    "Please look up whether {} can",
    "Remind me: {} will",
    "Does {}",
]
_ENDS = [
    "work from home?",
    "stay at home on Mondays?",
    "be away on Mondays because of her son?",
    "evden çalışıyor?",
    "do home office?",
]
PARAPHRASES = [f"{start.format(NAME)} {end}" for start in _STARTS for end in _ENDS]
SECRETS = ("Mondays, because", "her son is ill")


@pytest.mark.fault(123)
def test_what_was_forgotten_is_in_no_passage_prompt_or_reply_however_it_is_asked(
    house: Workspace, shop: Library, tmp_path: Path
) -> None:
    assert len(set(PARAPHRASES)) == 50
    engine = FakeEngine(obeys)
    assistant = Assistant(engine, shop, EMPTY, k=8)

    def leaks(setup: Setup) -> list[str]:
        engine.asked.clear()
        told = []
        for question in PARAPHRASES:
            reply = assistant.answer(question, (), setup)
            seen = [reply.text, reply.raw, *(hit.chunk.indexed_text for hit in reply.hits)]
            seen += [turn["content"] for prompt, _ in engine.asked for turn in prompt]
            told += [question for one in seen if any(secret in one for secret in SECRETS)]
        return told

    assert leaks(Setup.RAG)  # before: it is found, and the model that says what it reads says it
    with naive.ChromaIndex(tmp_path / "naive") as index:
        index.add({name: shop.text(name) or "" for name in shop.sources()})
        assert forget(house, shop, subject=NAME).remaining == ()
        answered = sum(
            any(SECRETS[0] in (text or "") for _, text in index.ask(question)) for question in PARAPHRASES
        )
        assert answered == 50  # naive: an index that nobody told goes on giving it
    for setup in (Setup.PROMPT, Setup.RAG, Setup.HYBRID):
        assert leaks(setup) == []
        assert len(engine.asked) == 50
