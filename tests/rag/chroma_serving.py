"""A real Chroma server (`chroma run`) on this machine, for tests. Knows nothing of what is put into it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import chromadb
import numpy as np

from foundation.errors import UserError
from rag.indexing import chroma_server


class Server:
    """A Chroma server on this machine that can be ended and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.folder = f"http://127.0.0.1:{self.port}", folder
        self.start()

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(self.folder), "--host",
                   "127.0.0.1", "--port", str(self.port)]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                chroma_server._connect(self.url).close()
                return
            except UserError:
                time.sleep(0.1)
        raise AssertionError("the Chroma server did not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def collections(self) -> dict[str, list[str]]:
        """Return the names of the vectors in each collection."""
        client = chromadb.HttpClient(host="127.0.0.1", port=self.port)
        return {one.name: one.get(include=[])["ids"] for one in client.list_collections()}

    def vectors(self) -> dict[str, np.ndarray]:
        """Return the vectors of all collections, by name."""
        client = chromadb.HttpClient(host="127.0.0.1", port=self.port)
        held = [one.get(include=["embeddings"]) for one in client.list_collections()]
        return {
            name: vector for one in held for name, vector in zip(one["ids"], one["embeddings"], strict=True)
        }
