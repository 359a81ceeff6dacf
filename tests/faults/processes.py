"""What the fault cases of an index that must last share: processes at work on it, and what it holds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rag import Library
from rag.indexing import generations
from tests.rag.rag_fakes import LETTERS, REPOSITORY, homes

Make = Callable[..., Library]
SYNC = """
import sys, time
from pathlib import Path
from rag import Library
from tests.rag.rag_fakes import LetterEmbedder
class Slow(LetterEmbedder):
    def embed(self, texts, progress=None):
        time.sleep(float(sys.argv[3]))
        return super().embed(texts, progress)
print("ready", flush=True)
with Library(Path(sys.argv[1]), Path(sys.argv[2]), embedder=Slow()) as library:
    library.sync()
print("done", flush=True)
"""


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY
    )


def at_work(folder: Path, first: int, last: int, at_once: int, wait: float = 0.0) -> subprocess.Popen[str]:
    code = "import sys; from pathlib import Path; from tests import naive; naive.chroma_at_work(Path(sys.argv[1]), " \
        "int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))"  # fmt: skip
    return started(code, folder, first, last, at_once, wait)


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=120)
    return process.returncode


def many(documents: Path, count: int, start: int = 0) -> None:
    """Write documents whose letters differ."""
    for number in range(start, start + count):
        drawn = random.Random(number).choices(LETTERS, k=8)
        (documents / f"many{number}.txt").write_text(" ".join(letter * 2 for letter in drawn), "utf-8")


def content(library: Library) -> tuple[list[str], list[bytes]]:
    ledger = library._opened()
    places = ledger.places()
    ids = sorted(places)
    return ids, [vector.tobytes() for vector in ledger.vectors([places[one][1] for one in ids])]


def sealed(library: Library, home: int) -> generations.Sealed:
    found = generations.find(homes(library.state)[home], library.generation)
    assert found is not None
    return found
