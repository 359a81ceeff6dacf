"""The libraries that fault cases are tried on: those of the tests of `rag`."""

from __future__ import annotations

from tests.rag.conftest import documents as documents
from tests.rag.conftest import embedder as embedder
from tests.rag.conftest import library as library
from tests.rag.conftest import make_library as make_library
