"""A fact that changes: one question asked before and after its document is replaced, with the same weights.

Works on a copy of the documents and of the index, so that a kill leaves nothing to restore and the
workspace's own answers stay valid. Knows nothing of how it is shown.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assistant.assistant import Assistant
from assistant.reply import Reply
from assistant.setup import Setup
from assistant.workspace import Workspace
from experiments import Question, load_questions, score
from experiments.records import record_of
from rag import Library, Outcome, Progress


@dataclass(frozen=True)
class Change:
    """One question before and after."""

    question: str
    """What was asked."""
    source: str
    """The document that was replaced, relative to `documents/`."""
    before: Reply
    """The answer from the old documents."""
    after: Reply
    """The answer from the new ones."""
    changed: int
    """Documents that the sync read anew."""
    unchanged: int
    """Documents that it left alone."""
    seconds: float
    """How long the sync took."""
    followed: bool
    """Whether the old fact was in the answer before and is not in the answer after."""


def change(workspace: Workspace, assistant: Assistant, progress: Progress | None = None) -> Change | None:
    """Ask a question whose fact the updates change, before and after; None where they change none.

    Of all such questions the first is taken that was answered rightly before.

    Raises:
        UserError: There is no index or adapter, or the copy can't be written.
    """
    updates = workspace.root / "updates"
    if assistant.library is None or not updates.is_dir():
        return None
    workspace.built.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=workspace.built, prefix="change.") as scratch,
        _copy(workspace, Path(scratch)) as library,
    ):
        old = {path: library.text(path) for path in _relative(updates)}
        shutil.copytree(updates, library.documents, dirs_exist_ok=True)
        report = library.sync(progress)
        new = {path: library.text(path) for path in old}
        questions = [one for one in load_questions(workspace.questions) if _changed(one, old, new)]
        if not questions:
            return None
        replies = assistant.answer_batch([(one.question, one.turns) for one in questions], Setup.HYBRID)
        right = [_right(one, reply, workspace) for one, reply in zip(questions, replies, strict=True)]
        place = right.index(True) if True in right else 0
        question = questions[place]
        later = Assistant(assistant.engine, library, workspace.form, assistant.k)
        after = later.answer(question.question, question.turns, Setup.HYBRID)
        return Change(
            question.question,
            question.gold[0],
            replies[place],
            after,
            report.counts[Outcome.INDEXED],
            report.counts[Outcome.UNCHANGED],
            report.seconds,
            right[place] and not _right(question, after, workspace),
        )


def _copy(workspace: Workspace, scratch: Path) -> Library:
    shutil.copytree(workspace.documents, scratch / "documents")
    shutil.copytree(workspace.library, scratch / "library")
    return Library(scratch / "documents", scratch / "library", workspace.settings.retrieval)


def _relative(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def _changed(question: Question, old: dict[str, str | None], new: dict[str, str | None]) -> bool:
    """Whether a question's one fact stood in the old text of its document and not in the new one."""
    if len(question.facts) != 1 or len(question.gold) != 1 or question.conversation:
        return False
    before, after = (texts.get(question.gold[0]) or "" for texts in (old, new))
    (writings,) = question.facts
    return any(fact in before for fact in writings) and not any(fact in after for fact in writings)


def _right(question: Question, reply: Reply, workspace: Workspace) -> bool:
    return bool(score(question, record_of(reply), workspace.form).facts.value)
