"""Which encoder makes the vectors of one model: the policy of `embedding_backend`.

Two families: exact (torch, or the same network in ONNX Runtime: equal but for rounding) and int8. Each has a fingerprint,
and an index keeps the family that it was built with. Knows nothing of documents or indexes.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from foundation.files import sha256_text
from rag import fork
from rag.embedding import calibrate, convert, converted
from rag.embedding.calibration_texts import mixed
from rag.embedding.encode_onnx import EXACT_BUDGET, INT8_BUDGET, OnnxEncoder, threads
from rag.embedding.encode_torch import TorchEncoder

MANY = 2_000
"""Texts waiting from which `auto` converts the model and times the exact encoders: it pays within this one build."""
LARGE = 10_000
"""Texts of a first build from which `auto` also tries int8."""

_log = logging.getLogger(__name__)


class Encoder(Protocol):
    """Texts to vectors of length 1."""

    def encode(self, texts: Sequence[str], lengths: Sequence[int]) -> NDArray[np.float32]:
        """Encode passages, whose tokens were counted: shape (texts, dimension)."""
        ...

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Encode one question: shape (dimension,)."""
        ...


class Encoders:
    """The encoders of one model, each made when it is first needed.

    Args:
        folder: Holds the model.
        name: What the user calls it.
        backend: `auto`, `torch`, `onnx` or `int8`.
        source: Tells the model's fingerprint.
        max_tokens: Tells where texts are cut.

    Raises:
        UserError: `onnx` or `int8` was asked for, and this model can't be converted.
    """

    def __init__(
        self, folder: Path, name: str, backend: str, source: Callable[[], str], max_tokens: Callable[[], int]
    ) -> None:
        self.folder, self.name, self.backend = folder, name, backend
        self.int8 = backend == "int8"
        self._why_not = convert.why_not(folder)
        if backend in ("onnx", "int8") and self._why_not:
            raise UserError(
                f'The embedder "{name}" can\'t be converted for embedding_backend = "{backend}": {self._why_not}. '
                'Set it to "auto" or "torch".'
            )
        self.reference = TorchEncoder(folder)
        """The model as its makers run it."""
        self._made: dict[str, OnnxEncoder] = {}
        self._looked = False
        self._lock = threading.RLock()
        fork.watch(self)
        self._source, self._max_tokens = source, max_tokens

    def abandon(self) -> object:
        """Take a lock of its own, in a forked process: a thread of the parent may hold the old one."""
        self._lock = threading.RLock()
        return None

    @functools.cached_property
    def source(self) -> str:
        """Fingerprint of the model, read when it is first asked for: it costs a look at every byte."""
        return self._source()

    # Families

    def fingerprint(self, int8: bool) -> str:
        """Return the fingerprint of a family's vectors; the exact one's is the model's own."""
        return sha256_text(f"{self.source}\nint8 {convert.RECIPE}") if int8 else self.source

    def adopt(self, held: str) -> bool:
        """With `auto`, take the family of an index that is there; return whether it is this model's."""
        if self.backend == "auto" and held in (self.fingerprint(False), self.fingerprint(True)):
            self.int8 = held == self.fingerprint(True)
        return held == self.fingerprint(self.int8)

    def settle(self, waiting: int) -> None:
        """With `auto`, choose the family of a new index of so many texts: int8 where it is large and int8 pays here."""
        if self.backend != "auto" or self._why_not:
            return
        self.int8 = False
        if waiting >= LARGE:
            try:
                self.int8 = calibrate.int8_pays(self._measured_int8())
            except UserError as error:
                _log.warning("int8 is not tried: %s", error)

    # Encoders

    def for_query(self) -> Encoder:
        """Return what encodes a question; the exact family neither converts nor measures for one."""
        return self._chosen(0)

    def for_passages(self, waiting: int) -> Encoder:
        """Return what encodes passages, of which so many wait."""
        return self._chosen(waiting)

    def using(self) -> tuple[str, calibrate.Measured]:
        """Return which encoder a question would get (`torch`, `onnx`, `int8`), and what was measured here."""
        if self.int8:
            return "int8", calibrate.read(self._record)
        return "torch" if self._ready() is None else "onnx", calibrate.read(self._record)

    def _chosen(self, waiting: int) -> Encoder:
        with self._lock:
            if self.int8:
                return self._onnx("int8")
            if self.backend == "torch" or self._why_not:
                return self.reference
            if self.backend == "onnx":
                return self._onnx("exact")
            if waiting >= MANY or (waiting and self._damaged()):
                try:
                    self._measured_exact()
                except UserError as error:
                    _log.warning("torch is used: %s", error)
            return self._ready() or self.reference

    def _ready(self) -> OnnxEncoder | None:
        """Return the converted exact encoder where it is there, whole, wanted, and not slower than torch here."""
        if self.backend == "torch" or self._why_not:
            return None
        with self._lock:
            if "exact" not in self._made:
                path = None if self._looked else converted.whole(self._home("exact"), self.source)
                self._looked = True  # a damaged file is read once, not at every question
                if path is None:
                    return None
                self._made["exact"] = self._opened(path, "exact")
        quickest = calibrate.quickest_exact(calibrate.read(self._record))
        return self._made["exact"] if self.backend == "onnx" or quickest == "onnx" else None

    def _damaged(self) -> bool:
        """Whether the model was converted and its file is not what was written."""
        self._ready()
        return "exact" not in self._made and self._home("exact").exists()

    def _onnx(self, kind: str) -> OnnxEncoder:
        """Return a converted encoder, converted now where it is not there or is damaged.

        Raises:
            UserError: It can't be converted, or the cache can't be written.
        """
        with self._lock:
            if kind not in self._made:
                home = self._home(kind)
                path = converted.whole(home, self.source)
                if path is None:
                    write = self._write_exact if kind == "exact" else self._write_int8
                    path = converted.make(home, self.source, write)
                self._made[kind] = self._opened(path, kind)
            return self._made[kind]

    def _write_exact(self, target: Path) -> dict[str, Any]:
        reference = TorchEncoder(self.folder, device="cpu")
        convert.export(reference.model, self.folder, target)
        texts = convert.sample(mixed(8))
        agrees = convert.agreement(
            self._opened(target, "exact").encode(texts, []), reference.encode(texts, [1] * len(texts))
        )
        if not agrees >= convert.AGREEMENT:
            raise UserError(
                f'The embedder "{self.name}" gives other vectors once it is converted (least cosine {agrees:.5f}, '
                f'{convert.AGREEMENT} is asked for). Set embedding_backend = "torch" under [retrieval].'
            )
        return {"agreement": agrees}

    def _write_int8(self, target: Path) -> dict[str, Any]:
        exact = self._onnx("exact")
        convert.quantise(exact.path, target)
        texts = convert.sample(mixed(8))
        made = self._opened(target, "int8").encode(texts, [])
        return {"agreement": convert.agreement(made, exact.encode(texts, []))}

    def _opened(self, path: Path, kind: str) -> OnnxEncoder:
        budget = INT8_BUDGET if kind == "int8" else EXACT_BUDGET
        return OnnxEncoder(path, self.folder / "tokenizer.json", self._max_tokens(), budget)

    def _home(self, kind: str) -> Path:
        return converted.folder_of(self.source, kind, convert.RECIPE)

    # Measuring

    @functools.cached_property
    def _record(self) -> Path:
        return calibrate.record(converted.cache_folder(), self.source, convert.RECIPE, threads())

    def _measured_exact(self) -> calibrate.Measured:
        """Convert where that was not done, and time torch and ONNX Runtime where that was not done here."""
        exact = self._onnx("exact")
        known = calibrate.read(self._record)
        if {"torch", "onnx"} <= known.rates.keys():
            return known
        rates = calibrate.rates({"torch": self._plain(self.reference), "onnx": self._plain(exact)})
        return calibrate.keep(
            self._record, calibrate.Measured({**known.rates, **rates}, known.lost, known.lost_at_most)
        )

    def _measured_int8(self) -> calibrate.Measured:
        known = self._measured_exact()
        int8, exact = self._onnx("int8"), self._onnx("exact")
        if "int8" in known.rates and known.lost_at_most is not None:
            return known
        encoders: dict[str, Encoder] = {"torch": self.reference, "onnx": exact, "int8": int8}
        rates = calibrate.rates({name: self._plain(one) for name, one in encoders.items()})
        lost = calibrate.loss(self._plain(exact), self._plain(int8))
        return calibrate.keep(self._record, calibrate.with_int8(known, rates, lost))

    def _plain(self, encoder: Encoder) -> calibrate.Encode:
        """Return an encoder as a function of texts; letters stand for tokens, which only torch's batches look at."""
        return lambda texts: encoder.encode(texts, [1 + len(text) // 4 for text in texts])
