"""Naive targets: the smallest honest thing that a build without Rungwise's care does, so that an attack can be seen to work.

Each is what a tutorial or a library's defaults lead to. A test of a fault runs its attack against the naive target too, and
says what goes wrong there: an attack that nothing falls to would prove nothing. Knows nothing of Rungwise.
"""

from __future__ import annotations

import base64
import codecs
import fcntl
import itertools
import json
import os
import re
import sqlite3
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Embed = Callable[[str], Vector]


def letters(text: str) -> Vector:
    """Embed a text by the letters in it; 26 numbers, length 1."""
    counts = np.array([text.lower().count(chr(97 + n)) + 0.01 for n in range(26)], dtype=np.float32)
    return counts / np.linalg.norm(counts)


# Reading files


def load_folder(folder: Path) -> dict[str, str]:
    """Read every path of a folder as text, as a first script does: no kinds, no limits, no second try."""
    return {path.name: path.read_text("utf-8") for path in sorted(folder.rglob("*"))}


def read_anything(path: Path) -> str:
    """Read a file by its name alone: undecodable bytes are dropped, whatever the file is."""
    return path.read_bytes().decode("utf-8", errors="ignore")


def pdf_text(data: bytes) -> str:
    """Read a PDF with stock pypdf, in this process and without a limit."""
    import io

    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def unpack(data: bytes, folder: Path) -> None:
    """Unpack an archive by its names and without counting (`extractall` leaves out `..`; joining paths does not)."""
    import io

    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in file.namelist():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(file.read(name))


def fetch_links(text: str) -> list[bytes]:
    """Fetch every address that a text names, following redirects, as loaders of web pages do."""
    return [
        urllib.request.urlopen(address, timeout=5).read()
        for address in re.findall(r"https?://[^\s\"')>]+", text)
    ]


def lowered_span(text: str, name: str) -> str:
    """Find a name without case through `str.lower`, and cut it out of the text as it was written."""
    start = text.lower().index(name.lower())
    return text[start : start + len(name)]


# An index


class ChromaIndex:
    """Stock Chroma, held open: texts and vectors in one folder that is written in place.

    Args:
        folder: Where; made when it is not there.
        at_once: Rows after which Chroma writes its graph; its default is 1,000, and a test needs fewer rows with less.
    """

    def __init__(self, folder: Path, at_once: int = 1_000) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb

        self.client = chromadb.PersistentClient(path=str(folder))
        settings: Any = {"hnsw": {"sync_threshold": at_once, "batch_size": min(at_once, 100)}}
        self.texts = self.client.get_or_create_collection(
            "texts", configuration=settings, embedding_function=None
        )

    def __enter__(self) -> ChromaIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def add(self, texts: Mapping[str, str], embed: Embed = letters) -> None:
        """Add texts by id; one whose id is there already is passed over in silence."""
        vectors = np.array([embed(text) for text in texts.values()])
        self.texts.add(ids=list(texts), embeddings=vectors, documents=list(texts.values()))

    def add_unnamed(self, texts: Iterable[str]) -> None:
        """Add texts under new ids, as `from_documents` does without ids."""
        self.add({str(uuid.uuid4()): text for text in texts})

    def ask(
        self, question: str, n: int = 5, embed: Embed = letters, **where: Any
    ) -> list[tuple[str, str | None]]:
        """Return id and text of the nearest."""
        found = self.texts.query(query_embeddings=np.array([embed(question)]), n_results=n, **where)
        return list(zip(found["ids"][0], (found["documents"] or [[]])[0], strict=True))

    def reached(self, texts: Mapping[str, str]) -> int:
        """Return how many texts are among the ten nearest to their own vector."""
        return sum(name in {found for found, _ in self.ask(text, 10)} for name, text in texts.items())


def chroma_at_work(folder: Path, first: int, last: int, at_once: int, wait: float = 0.0) -> None:
    """Add the texts of `numbered` one by one, as a second process that knows nothing of the first."""
    with ChromaIndex(folder, at_once) as index:
        for name, text in numbered(first, last).items():
            index.add({name: text})
            time.sleep(wait)


def numbered(first: int, last: int) -> dict[str, str]:
    """Return texts whose letters differ, by id."""
    found = {}
    for number in range(first, last):
        drawn = np.random.default_rng(number).integers(0, 26, size=30)
        found[f"t{number}"] = "".join(chr(97 + letter) for letter in drawn)
    return found


class JsonIndex:
    """An index in one JSON file, written in place, and a list of what is done, written first.

    Args:
        folder: Where both files are.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.index, self.done = folder / "index.json", folder / "done.json"

    def _read(self, path: Path) -> dict[str, str]:
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}

    def sync(self, documents: Path, before_write: Callable[[str], None] = lambda name: None) -> None:
        """Add what is not marked as done, file by file."""
        for path in sorted(documents.iterdir()):
            done = self._read(self.done)
            if path.name in done:
                continue
            self.done.write_text(json.dumps({**done, path.name: "done"}), "utf-8")
            before_write(path.name)
            index = {**self._read(self.index), path.name: path.read_text("utf-8")}
            with self.index.open("w", encoding="utf-8") as file:
                json.dump(index, file)

    def texts(self) -> dict[str, str]:
        """Return what can be found."""
        return self._read(self.index)


def matrix_nearest(vectors: Vector, question: Vector) -> int:
    """Return the place of the best dot product, unchecked."""
    return int(np.argsort(vectors @ question)[-1])


def search_sql(db: sqlite3.Connection, tenant: str) -> list[str]:
    """Return a tenant's texts by a filter that is put together as text."""
    return [row[0] for row in db.execute(f"SELECT text FROM texts WHERE tenant = '{tenant}'")]


def where_of(tenant: str) -> dict[str, Any]:
    """Return Chroma's filter for a tenant, put together as JSON text."""
    return dict(json.loads(f'{{"tenant": "{tenant}"}}'))


def lock_forever(path: Path) -> int:
    """Wait for a file lock without a limit."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


# Prompts and answers


def prompt(passages: Sequence[tuple[str, str]], question: str) -> str:
    """Return the prompt of most tutorials: titles and texts as they are, between lines of dashes."""
    told = "\n---\n".join(f"{title}\n{text}" for title, text in passages)
    return f"Answer from the context.\n---\n{told}\n---\nQuestion: {question}"


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "capitals": lambda text: text.upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a part": lambda text: base64.b64encode(text[7:].encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal bytes": lambda text: " ".join(f"0x{byte:02X}" for byte in text.encode()),
    "backwards": lambda text: text[::-1],
    "spaced": lambda text: " ".join(text),
    "hyphenated": lambda text: "-".join(text),
    "one letter a line": lambda text: "\n".join(text),
    "ROT13": lambda text: codecs.encode(text, "rot13"),
    "between asterisks": lambda text: " ".join(f"**{word}**" for word in text.split()),
    "zero-width spaces": lambda text: "\u200b".join(text),
}
"""Ways in which an obeying model is asked to tell what it was told."""


def readings(text: str) -> list[str]:
    """Return the small letters and digits of a text, as somebody could read them: as they stand, backwards, through ROT13."""
    plain = "".join(letter for letter in text.lower() if letter.isalnum())
    return [plain, plain[::-1], codecs.encode(plain, "rot13")]


def unguarded(answer: str) -> str:
    """Show an answer as the model wrote it."""
    return answer


def filtered(answer: str) -> str:
    """Take images and links out of a whole answer, as a first filter does; called on each piece of a stream, it finds none."""
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", answer)


def unstoppable(letters: Iterable[str], most: int) -> Iterable[str]:
    """Read a stream to its end or to a limit, though nobody looks any more."""
    return itertools.islice(letters, most)


CHAT_PAGE = """
import streamlit as st

if question := st.chat_input("Ask anything"):
    st.chat_message("assistant").write("Yes.")
"""
"""The chat page of most tutorials: whoever comes may take it for a person."""


class Session:
    """A chat whose memory is the module's, so that whoever comes next inherits it."""

    memory: list[str] = []  # noqa: RUF012 - the fault itself

    def ask(self, question: str, model: Callable[[str], str]) -> str:
        """Ask with everything that was ever said."""
        self.memory.append(question)
        return model("\n".join(self.memory))


def csv_row(*cells: str) -> str:
    """Return a row of a spreadsheet as most exports write it."""
    return ",".join(f'"{cell}"' for cell in cells)


# A training


def fine(curve: Sequence[Mapping[str, float]]) -> bool:
    """Call an adapter fine because its validation loss fell."""
    return curve[-1]["validation_loss"] < curve[0]["validation_loss"]


def first_guess(losses: Vector, secret: int) -> bool:
    """Call a secret known only where it is what the model says first."""
    return int(np.argmin(losses)) == secret


def said_whole(rest: Sequence[int], said: Sequence[int]) -> bool:
    """Call an answer said again only where all of its rest is."""
    return list(said[: len(rest)]) == list(rest)


def by_loss_alone(before: Vector, after: Vector) -> Vector:
    """Score rows for "trained on" by the trained model's loss alone, without asking how hard a row is."""
    return -after


def lower_loss(losses: Mapping[str, float]) -> str:
    """Choose a training by its validation loss alone."""
    return min(losses, key=lambda name: losses[name])


# A build


def audited(told: str, ignored: Sequence[str]) -> bool:
    """Call pins sound where no name is printed that is not on a list of names to ignore, which has no end."""
    names = re.findall(r'"id": "([^"]+)"|"((?:CVE|GHSA)-[^"]+)"', told)
    return not names or any(name in ignored for pair in names for name in pair)


# Advice and comparisons


def flowchart(answers: Mapping[str, object]) -> str | None:
    """Choose a rung as most blog posts draw it: the first arrow that fits, in the order in which things were said."""
    for name, value in answers.items():
        if name == "change_rate" and value in ("daily", "hourly", "weekly"):
            return "rag"
        if name == "examples" and isinstance(value, int) and value >= 50:
            return "finetune"
        if name == "tone" and value == "ours":
            return "finetune"
    return None


def higher(one: Sequence[bool], other: Sequence[bool]) -> bool:
    """Call the setup with the higher rate the winner."""
    return sum(one) / len(one) > sum(other) / len(other)


def unpaired(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the p-value of a test that takes two setups' answers for those of two groups of strangers."""
    from scipy.stats import ttest_ind

    return float(ttest_ind(one, other).pvalue)


def of_those_that_answered(outcomes: Sequence[bool | None]) -> float:
    """Return a pass rate over what came back; timeouts and refusals are dropped."""
    came = [one for one in outcomes if one is not None]
    return sum(came) / len(came)
