"""Building the index, and bringing it up to date, against LangChain's stock way, in one run on the same chunks.

Run `python benchmarks/index_build.py` with langchain-chroma, langchain-huggingface and langchain-classic installed beside the
project (they are no dependency of it). The texts are docstrings of numpy, scipy and torch, as files of five paragraphs: real
English, on every machine that has the project. Three comparisons:

- build: `Library.sync()` from files to a searchable index, against `Chroma.from_documents` + `HuggingFaceEmbeddings` with the
  same model on the very chunks that the library made (reading and cutting are given to LangChain for nothing);
- the same where a third of the chunks' text is repeated under other names;
- one file of 500 changed: `Library.sync()` again, against LangChain's `index(cleanup="full")` over the folder, which has to
  read and cut every file to know (with `RecursiveCharacterTextSplitter` by the model's tokens), and against its indexing alone.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

from rag import Chunk, Library, LibrarySettings, SentenceEmbedder
from rag.embedding.embed import get_ready
from rag.embedding.model_folder import model_folder

PARAGRAPHS_A_FILE = 5
CHUNKS_A_FILE = 11
MODULES = ("numpy", "numpy.linalg", "numpy.random", "numpy.fft", "scipy.stats", "scipy.optimize", "scipy.signal", "scipy.sparse",
           "scipy.linalg", "scipy.spatial", "scipy.special", "scipy.interpolate", "scipy.ndimage", "torch", "torch.nn",
           "torch.nn.functional", "torch.distributions", "torch.optim")  # fmt: skip


def paragraphs() -> list[str]:
    """Return the prose paragraphs of the docstrings, each once."""
    found: dict[str, None] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for label in sorted(dir(module)):
            with contextlib.suppress(Exception):
                for part in re.split(r"\n\s*\n", inspect.getdoc(getattr(module, label)) or ""):
                    text = " ".join(part.split())
                    if text.count(" ") >= 25 and ">>>" not in text:
                        found[text] = None
    return list(found)


def write_files(folder: Path, texts: list[str], files: int) -> None:
    """Write the texts as `files` files, five paragraphs each."""
    folder.mkdir(parents=True)
    for number in range(files):
        part = texts[number * PARAGRAPHS_A_FILE : (number + 1) * PARAGRAPHS_A_FILE]
        (folder / f"{number:04}.txt").write_text("\n\n".join(part), encoding="utf-8")


@contextlib.contextmanager
def timed(told: dict[str, float], name: str) -> Iterator[None]:
    """Add the seconds of a block to `told`."""
    began = time.perf_counter()
    yield
    told[name] = time.perf_counter() - began


class Stock:
    """LangChain's stock index over our chunks."""

    def __init__(self, folder: Path) -> None:
        from langchain_huggingface import HuggingFaceEmbeddings

        self.folder = folder
        self.embeddings = HuggingFaceEmbeddings(
            model_name=str(model_folder("minilm")), encode_kwargs={"normalize_embeddings": True}
        )
        self.embeddings.embed_query("warm")

    def documents(self, chunks: list[Chunk]) -> list[object]:
        """Return the chunks as LangChain documents."""
        from langchain_core.documents import Document

        return [
            Document(page_content=chunk.indexed_text, metadata={"source": chunk.source, "place": chunk.index})
            for chunk in chunks
        ]

    def build(self, chunks: list[Chunk]) -> object:
        """Build from nothing."""
        from langchain_chroma import Chroma

        return Chroma.from_documents(
            self.documents(chunks), self.embeddings, persist_directory=str(self.folder),
            collection_metadata={"hnsw:space": "cosine"},
        )  # fmt: skip

    def indexed(self, documents: Path) -> tuple[float, float]:
        """Read, cut and index a folder by LangChain's indexing API; return the seconds of all, and of indexing alone."""
        from langchain_chroma import Chroma
        from langchain_classic.indexes import SQLRecordManager
        from langchain_core.documents import Document
        from langchain_core.indexing import index
        from langchain_text_splitters import RecursiveCharacterTextSplitter
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(model_folder("minilm")))
        cut = RecursiveCharacterTextSplitter.from_huggingface_tokenizer(
            tokenizer, chunk_size=64, chunk_overlap=0
        )
        store = Chroma("indexed", self.embeddings, persist_directory=str(self.folder))
        records = SQLRecordManager("chroma/indexed", db_url=f"sqlite:///{self.folder}/records.sqlite3")
        records.create_schema()
        began = time.perf_counter()
        read = [
            Document(page_content=path.read_text("utf-8"), metadata={"source": str(path)})
            for path in sorted(documents.glob("*.txt"))
        ]
        pieces, cutting = cut.split_documents(read), time.perf_counter()
        index(pieces, records, store, cleanup="full", source_id_key="source", key_encoder="sha256")
        return time.perf_counter() - began, time.perf_counter() - cutting


def build(files: int, repeated: bool, texts: list[str]) -> None:
    """Compare building from nothing, then, without repeats, bringing up to date."""
    with tempfile.TemporaryDirectory() as place:
        house, told = Path(place), {}
        write_files(house / "documents", texts, files * 2 // 3 if repeated else files)
        if repeated:  # a third of all files are copies of others, in another folder
            (house / "documents" / "copies").mkdir()
            for path in sorted((house / "documents").glob("*.txt"))[: files - files * 2 // 3]:
                shutil.copy(path, house / "documents" / "copies")
        library = Library(house / "documents", house / "state", LibrarySettings(), SentenceEmbedder())
        library.embedder.embed_query("warm")
        with timed(told, "once"):  # a model is converted and timed once a machine
            get_ready(library.embedder, files * CHUNKS_A_FILE)
        with timed(told, "ours"):
            report = library.sync()
        chunks = library.chunks()
        stock = Stock(house / "stock")
        with timed(told, "stock"):
            store = stock.build(chunks)
        ratio = told["stock"] / told["ours"]
        some = chunks[:: max(1, len(chunks) // 200)]
        same = alike(library, store, [chunk.text.split(".")[0] for chunk in some])
        what = "a third repeated" if repeated else "all different"
        print(
            f"| build, {what} | {report.chunks:,} | {told['ours']:.1f} | {told['stock']:.1f} | **{ratio:.2f}×** "
            f"| {library.embedder.encoders.using()[0]}; same nearest for {same:.1%} of questions; once: {told['once']:.0f} s |",
            flush=True,
        )
        if not repeated:
            refresh(library, house, stock)
        library.close()
        shutil.rmtree(house, ignore_errors=True)


def alike(library: Library, store: object, asked: list[str]) -> float:
    """Return the share of questions whose nearest passage by meaning is the same text in both."""
    hits, asked = 0, [question for question in asked if question.strip()]
    for question in asked:
        ours = max(library.lookup(question).candidates, key=lambda one: one.dense).chunk.indexed_text
        theirs = store.similarity_search(question, k=1)[0].page_content
        hits += ours == theirs
    return hits / len(asked)


def refresh(library: Library, house: Path, stock: Stock) -> None:
    """Compare bringing the index up to date after one file changed, the median of five."""
    shutil.rmtree(stock.folder, ignore_errors=True)
    stock.folder = house / "indexed"
    stock.folder.mkdir()
    stock.indexed(house / "documents")
    changed, ours, theirs = house / "documents" / "0007.txt", [], []
    for number in range(5):
        changed.write_text(f"The answer is now {number}.\n\n" + changed.read_text())
        began = time.perf_counter()
        report = library.sync()
        ours.append(time.perf_counter() - began)
        theirs.append(stock.indexed(house / "documents"))
    mine = float(np.median(ours))
    whole, indexing = (float(value) for value in np.median(theirs, axis=0))
    files = len(list((house / "documents").iterdir()))
    print(
        f"| one of {files} files changed | {report.chunks:,} | {mine:.2f} | {whole:.2f} | **{whole / mine:.1f}×** "
        f"| {report.embedded} embedded; its indexing alone {indexing:.2f} s, {indexing / mine:.1f}× |",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=500)
    chosen = parser.parse_args()
    texts = paragraphs()
    print(
        f"{len(texts):,} paragraphs\n\n| what | chunks | ours (s) | LangChain (s) | ratio | |\n|---|---|---|---|---|---|",
        flush=True,
    )
    build(chosen.files, False, texts)
    build(chosen.files, True, texts)


if __name__ == "__main__":
    main()
