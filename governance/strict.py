"""Strict mode: nothing is trained on or served whose purpose, legal basis, retention and owner the house does not state, and
nothing with an embedder that learned from what was erased.

`strict = true` in [retrieval] asks for it; documents are held to it at each sync (`rag.sync`). GDPR article 5(1)(b) and (2), KVKK
(Turkish law no. 6698) article 4(2). Knows nothing of how anything is trained or served.
"""

from __future__ import annotations

from enum import StrEnum

from assistant.workspace import Workspace
from foundation.errors import UserError
from foundation.files import listed
from governance.datasets import DATA_SETS, FILE, files_of, read_register
from governance.standing import Unsaid, unsaid
from governance.weights import embedder_text, embedding
from rag import Library


class Use(StrEnum):
    """What data is about to be used for."""

    TRAIN = "train"
    """To learn from it."""
    SERVE = "serve"
    """To answer people, which keeps new data of theirs."""


_LEARNED_FROM = ("examples", "preferences")
_WRITTEN_BY_SERVING = ("conversations", "votes", "logs", "audit")
_WITH_TEXTS = ("clicks",)
"""Written by serving, too, where the settings keep texts."""


def check_strict(workspace: Workspace, use: Use, library: Library | None = None) -> None:
    """Check that all data of a use is accounted for, where the workspace is strict; nothing is opened where it is not.

    Args:
        workspace: Whose settings say whether it is strict.
        use: What is about to be done.
        library: Its library; None: it is opened, which loads no model.

    Raises:
        UserError: Something is not stated; all of it is named.
    """
    if not workspace.settings.retrieval.strict:
        return
    if library is None:
        from assistant.open import open_library

        with open_library(workspace) as opened:
            return check_strict(workspace, use, opened)
    mistakes = [_sentence(one) for one in _missing(workspace, use, library)]
    if use is Use.TRAIN:
        mistakes += _purposes(workspace)
    if name := embedding(workspace):
        mistakes.append(embedder_text(name))
    if mistakes:
        what = "what strict mode asks for" if use is Use.TRAIN else "what strict mode asks for before serving"
        raise UserError(listed(workspace.root, what, mistakes))


def _missing(workspace: Workspace, use: Use, library: Library) -> list[Unsaid]:
    """Return what is not stated of documents and of the data sets of a use, there or about to be written."""
    register = read_register(workspace)
    found = [one for one in unsaid(workspace, library) if one.kind == "document"]
    serving = (*_WRITTEN_BY_SERVING, *(_WITH_TEXTS if workspace.settings.votes.keep_text else ()))
    for data_set in DATA_SETS:
        there = bool(files_of(workspace, data_set))
        needed = data_set.name in _LEARNED_FROM if use is Use.TRAIN else data_set.name not in _LEARNED_FROM
        written = use is Use.SERVE and data_set.name in serving
        lacking = register.of(data_set.name).lacking
        if lacking and needed and (there or written):
            found.append(Unsaid(data_set.name, data_set.name, lacking, FILE))
    return found


def _purposes(workspace: Workspace) -> list[str]:
    """Return what is wrong with the purposes of a training: it has one, and what it learns from is kept for that."""
    purpose = workspace.settings.rows.purpose
    if not purpose:
        return [
            "rungwise.toml does not say what is trained for: write purpose under [rows], as documents.toml words it; documents "
            "that are kept for another purpose are left out then."
        ]
    register = read_register(workspace)
    return [
        f'the {name} are kept for "{kept}" ({FILE}), but the training is for "{purpose}" (rungwise.toml): data is not used for '
        "another purpose than it was collected for."
        for name in _LEARNED_FROM
        if (kept := register.of(name).purpose) and kept != purpose
    ]


def _sentence(one: Unsaid) -> str:
    what = one.name if one.kind == "document" else f"the data set {one.name}"
    return f"{what}: {one.file} does not say its {', '.join(one.lacking)}."
