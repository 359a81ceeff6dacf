"""The published JSON Schemas (draft 2020-12) of everything that `--json` prints, by name.

Knows nothing of how any of it is made.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from foundation.errors import UserError, did_you_mean, one_of

_HOMES = {
    "recommendation": "advisor",
    "rule": "advisor",
    "diff": "advisor",
    "comparison": "experiments",
    "climb": "experiments",
    "retrieval": "experiments",
    "tuning": "experiments",
    "embedder": "experiments",
    "embedder-back": "experiments",
    "embedder-dropped": "ui",
    "prompting": "experiments",
    "prompting-plan": "experiments",
    "sync": "ui",
    "search": "ui",
    "verify": "ui",
    "forgotten": "ui",
    "subject": "ui",
    "check": "ui",
    "documents": "ui",
    "fixed": "ui",
    "imported": "ui",
    "pseudonymised": "ui",
    "train": "ui",
    "estimate": "ui",
    "preview": "ui",
    "sweep": "ui",
    "retrain": "ui",
    "align": "ui",
    "due": "ui",
    "adapters": "ui",
    "route": "ui",
    "judged": "ui",
    "reply": "ui",
    "votes": "ui",
    "live": "ui",
    "users": "ui",
    "keys": "ui",
    "audit": "ui",
    "standing": "ui",
    "deadlines": "ui",
    "destroyed": "ui",
    "request": "ui",
    "requests": "ui",
    "review": "ui",
    "papers": "ui",
    "monitor": "ui",
    "migrated": "ui",
    "doctor": "ui",
}
PRINTED_BY = {
    "recommendation": "advise",
    "rule": "advise --explain",
    "diff": "advise --diff",
    "comparison": "compare",
    "climb": "climb",
    "retrieval": "eval-retrieval",
    "tuning": "tune-retrieval",
    "embedder": "tune-embedder",
    "embedder-back": "tune-embedder --back",
    "embedder-dropped": "tune-embedder --drop",
    "prompting": "tune-prompt",
    "prompting-plan": "tune-prompt --estimate",
    "sync": "sync",
    "search": "search",
    "verify": "verify",
    "forgotten": "forget",
    "subject": "export",
    "check": "check",
    "documents": "check --documents",
    "fixed": "check --fix",
    "imported": "import",
    "pseudonymised": "pseudonymise",
    "train": "train",
    "estimate": "train --estimate",
    "preview": "train --preview",
    "due": "train --due",
    "sweep": "sweep",
    "retrain": "retrain",
    "align": "align",
    "adapters": "adapters list",
    "route": "adapters route",
    "judged": "adapters judge",
    "reply": "ask",
    "votes": "votes",
    "live": "live",
    "users": "users list",
    "keys": "keys list",
    "audit": "audit",
    "standing": "govern status",
    "deadlines": "govern due",
    "destroyed": "govern destroy",
    "request": "govern request open",
    "requests": "govern request list",
    "review": "govern review",
    "papers": "govern papers",
    "monitor": "monitor",
    "migrated": "migrate",
    "doctor": "doctor",
}
"""Which command prints what keeps a schema."""


def schema_text(name: str) -> str:
    """Return a published schema as it stands in its file.

    Raises:
        UserError: There is none of that name.
    """
    if name not in _HOMES:
        raise UserError(f'There is no schema "{name}".{did_you_mean(name, _HOMES)} Choose {one_of(_HOMES)}.')
    return resources.files(_HOMES[name]).joinpath("data", f"{name}.schema.json").read_text(encoding="utf-8")


def schema(name: str) -> dict[str, Any]:
    """Return a published schema.

    Raises:
        UserError: There is none of that name.
    """
    found: dict[str, Any] = json.loads(schema_text(name))
    return found
