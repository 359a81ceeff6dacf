"""What can be begun as a job: who may, and what it must have for itself while it runs.

Knows nothing of how any of it is done; the command line's own locks hold against what is begun in a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from foundation.errors import UserError, did_you_mean, one_of
from ui.access.permissions import Action


class Thing(StrEnum):
    """What two jobs can get into each other's way at."""

    LIBRARY = "the library"
    """The index of documents."""
    EXAMPLES = "the examples"
    """`examples.jsonl`."""
    MODEL = "the model"
    """Memory and processor for a model: two at once would be slower than one after the other, or find no room."""


@dataclass(frozen=True)
class Kind:
    """A kind of job."""

    action: Action
    """What its beginner must be allowed to do."""
    writes: frozenset[Thing] = frozenset()
    """What nobody else may touch meanwhile."""
    reads: frozenset[Thing] = frozenset()
    """What must stay as it is meanwhile."""
    candidate: bool = False
    """Whether it makes a candidate for what serves, and has no other target that can be missed."""
    discreet: bool = False
    """Whether its words can hold what is to be erased, so that only the first of them is kept."""

    def clash(self, other: Kind) -> Thing | None:
        """Return what the two can't have at once; None where they can."""
        mine, theirs = self.writes | self.reads, other.writes | other.reads
        return next(
            (thing for thing in Thing if thing in (self.writes & theirs) | (other.writes & mine)), None
        )


_L, _E, _M = frozenset({Thing.LIBRARY}), frozenset({Thing.EXAMPLES}), frozenset({Thing.MODEL})

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "sync": Kind(Action.INGEST, writes=_L),
        "verify": Kind(Action.INGEST, reads=_L),
        "forget": Kind(Action.FORGET, writes=_L | _E | _M, discreet=True),
        "destroy": Kind(Action.GOVERN, writes=_L | _E | _M),
        "import": Kind(Action.EXAMPLES, writes=_E),
        "check": Kind(Action.EXAMPLES, reads=_E),
        "personal": Kind(Action.INGEST),
        "preview": Kind(Action.EXAMPLES, reads=_L | _E),
        "pseudonymise": Kind(Action.EXAMPLES, writes=_E),
        "estimate": Kind(Action.TRAIN, writes=_M),
        "train": Kind(Action.TRAIN, writes=_M),
        "sweep": Kind(Action.TRAIN, writes=_M),
        "align": Kind(Action.TRAIN, writes=_M, reads=_L, candidate=True),
        "retrain": Kind(Action.TRAIN, writes=_M, reads=_L, candidate=True),
        "judge": Kind(Action.TRAIN, writes=_M),
        "adapter": Kind(Action.TRAIN, writes=_M),
        "compare": Kind(Action.MEASURE, writes=_M, reads=_L),
        "climb": Kind(Action.MEASURE, writes=_M | _L),
        "eval-retrieval": Kind(Action.MEASURE, reads=_L),
        "tune-retrieval": Kind(Action.MEASURE, writes=_L),
        "tune-embedder": Kind(Action.TRAIN, writes=_L | _M, reads=_E),
        "tune-prompt": Kind(Action.MEASURE, writes=_M, reads=_L | _E),
    }
)
"""Every kind by name. A training reads library and examples as it begins only, so it stands in nobody's way there; a comparison
asks the library all along, and would measure two of them where a sync came between."""


def kind_named(name: str) -> Kind:
    """Return a kind.

    Raises:
        UserError: There is none of this name.
    """
    if name not in KINDS:
        raise UserError(f'"{name}" is no kind of job.{did_you_mean(name, KINDS)} Begin {one_of(KINDS)}.')
    return KINDS[name]
