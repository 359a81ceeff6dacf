"""Texts to vectors on a Ray cluster: actors that hold the model, a bounded number of slices under way. The only home of ray.

A slice that a worker took to its grave is handed out again, to the same worker started anew or to another; what comes back is
put where it belongs, so that the order of ends changes nothing. Each slice is cut and batched as the local encoder cuts and
batches it, so that the vectors are the same. Knows nothing of chunks, ledgers or indexes.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import UserError
from rag.embedding.batches import by_length
from rag.embedding.embed import SLICE, SentenceEmbedder, Vectors

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

AHEAD = 2
"""Slices that are under way for each worker: one that it works on, one that waits for it; more would only fill memory."""
_TRIES = 3  # how often a slice is handed out again after its worker was lost
_STORE = (
    256 * 2**20
)  # bytes of shared memory for what goes to and fro on this machine; Ray would take a third of all memory


class RayEmbedder(SentenceEmbedder):
    """A sentence-transformers model on a Ray cluster; questions are embedded here.

    Args:
        name: As for `SentenceEmbedder`; a folder must be there on every machine of the cluster.
        backend: As for `SentenceEmbedder`.
        workers: Actors, each with one core and the model.
        address: Of a running cluster (`ray://…`, `host:port`, `auto`); None: one is begun on this machine and ended with it.

    Raises:
        UserError: Ray is not installed, or as `SentenceEmbedder`.
    """

    def __init__(
        self, name: str, backend: str = "auto", workers: int = 2, address: str | None = None
    ) -> None:
        super().__init__(name, backend)
        if workers < 1:
            raise UserError(f"workers must be 1 or more, but is {workers}.")
        self._ray = _imported()
        self._workers, self._address = workers, address
        self._actors: list[Any] = []
        self._began = False

    @property
    def at_once(self) -> int:
        """Texts that are best handed over in one call: as many as keep every worker busy for a while."""
        return SLICE * AHEAD * self._workers * 4

    def embed(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Embed passages as `SentenceEmbedder.embed` does, slice by slice on the cluster.

        Raises:
            UserError: The cluster can't be reached, a worker has another model, or a slice failed again and again.
        """
        lengths = self.count_tokens(texts)
        order = by_length(lengths)
        slices = [order[start : start + SLICE] for start in range(0, len(order), SLICE)]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        done = 0

        def took(place: int, made: NDArray[np.float32]) -> None:
            nonlocal done
            vectors[slices[place]] = made
            done += len(slices[place])
            if progress:
                progress(done, len(order))

        self._spread(
            [([texts[one] for one in part], [2 + lengths[one] for one in part]) for part in slices], took
        )
        return vectors

    def _spread(
        self, tasks: Sequence[tuple[list[str], list[int]]], took: Callable[[int, NDArray[np.float32]], None]
    ) -> None:
        """Have workers encode slices, never more than `AHEAD` under way for each."""
        actors = self._ready()
        busy: dict[Any, tuple[int, int]] = {}  # what is under way: which slice, at which worker
        for place, task in enumerate(tasks):
            if len(busy) >= AHEAD * len(actors):
                self._one(busy, took)
            loads = [sum(at == one for _, at in busy.values()) for one in range(len(actors))]
            idlest = loads.index(min(loads))
            busy[actors[idlest].encode.remote(*task)] = (place, idlest)
        while busy:
            self._one(busy, took)

    def _one(
        self, busy: dict[Any, tuple[int, int]], took: Callable[[int, NDArray[np.float32]], None]
    ) -> None:
        """Wait for the slice that ends next, and take it in."""
        (first, *_), _ = self._ray.wait(list(busy), num_returns=1)
        place, _at = busy.pop(first)
        try:
            took(place, self._ray.get(first))
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            raise UserError(
                f"A Ray worker could not embed a slice of texts ({type(cause).__name__}: {cause}). The index is as it was; "
                "what was embedded is kept. Mend that and run `rungwise sync` again."
            ) from None
        except self._ray.exceptions.RayError as error:
            raise UserError(
                f"A Ray worker was lost {_TRIES + 1} times with the same slice of texts ({type(error).__name__}). The index is "
                "as it was; what was embedded is kept. Give its machine more memory, or name fewer --workers."
            ) from None

    def _ready(self) -> list[Any]:
        """Return the workers, begun when they are first needed and held to this model."""
        if not self._actors:
            self._begin()
            kind = self.encoders.using()[0]
            # started anew when it dies; what it had is handed out again then
            made = self._ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=_TRIES)(_Worker)
            self._actors = [made.remote(self._called, kind, self.fingerprint) for _ in range(self._workers)]
            self._greet()
        return self._actors

    def _greet(self) -> None:
        """Wait until every worker has its model.

        Raises:
            UserError: One has another model or none.
        """
        try:
            self._ray.get([actor.hello.remote() for actor in self._actors], timeout=300)
        except self._ray.exceptions.GetTimeoutError:
            raise UserError(
                f"{self._workers} Ray workers were asked for, but the cluster has no room for them within 5 minutes. "
                "Name fewer --workers, or give the cluster more cores."
            ) from None
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None) or error
            raise UserError(f"A Ray worker could not begin: {str(cause).strip().splitlines()[-1]}") from None

    def _begin(self) -> None:
        if self._ray.is_initialized():
            return
        # nothing of this is a service for others: no page, no statistics, no lines of workers on our terminal
        quiet: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
        if self._address is None:
            quiet |= {"num_cpus": self._workers, "object_store_memory": _STORE, "address": "local"}
        else:
            quiet = {"address": self._address, "log_to_driver": False, "logging_level": "ERROR"}
        try:
            _knock(self._address)
            self._ray.init(**quiet)
        except (OSError, ValueError, RuntimeError) as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise UserError(
                f"The Ray cluster at {self._address or 'this machine'} can't be reached: {first}. Begin it with "
                "`ray start --head`, name it in RAY_ADDRESS, or leave --engine out."
            ) from None
        self._began = True

    def close(self) -> None:
        """End the workers, and the cluster where it was begun here."""
        if self._ray.is_initialized():
            for actor in self._actors:
                self._ray.kill(actor)
        self._actors = []
        if self._began:
            self._ray.shutdown()
            self._began = False

    def __enter__(self) -> RayEmbedder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    """One model on one core of the cluster.

    Args:
        name: The model's.
        kind: `torch`, `onnx` or `int8`: the encoder that the driver would use.
        fingerprint: Of the vectors that are asked for.

    Raises:
        UserError: What is there under this name is another model.
    """

    def __init__(self, name: str, kind: str, fingerprint: str) -> None:
        embedder = SentenceEmbedder(name, kind, fetch=False)
        if embedder.fingerprint != fingerprint:
            raise UserError(
                f'The model "{name}" of this worker is not the one that the index is made with. Install the same version '
                "of Rungwise and of the model on every machine."
            )
        self._embedder = embedder

    def hello(self) -> int:
        """Return this worker's process id, once the model is there."""
        return os.getpid()

    def encode(self, texts: list[str], lengths: list[int]) -> NDArray[np.float32]:
        """Encode a slice, shape (texts, dimension)."""
        return self._embedder.encoders.for_passages(0).encode(texts, lengths)


def _knock(address: str | None) -> None:
    """Look whether anybody answers at an address: Ray itself would try for minutes.

    Raises:
        OSError: Nobody does.
    """
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


def _imported() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns of a change to come
    try:
        import ray
    except ImportError:
        raise UserError(
            "`--engine ray` needs Ray, which is not installed. Run `pip install 'rungwise[ray]'`, or leave --engine out."
        ) from None
    module: ModuleType = ray
    return module
