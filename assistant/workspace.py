"""A workspace: one folder with everything that a house brings, and `.rungwise/` for everything built from it.

Knows nothing of what is in the documents, and builds nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from assistant.config.settings import Settings, read_settings
from assistant.instructions import USUAL, Instructions, Instructor, read_own
from finetune.form import EMPTY, Form, load_form
from finetune.lineage import Lineage
from foundation.database import Database
from foundation.errors import UserError
from foundation.files import sha256_of, sha256_text, write_text_atomic
from rag.storage.ledger_file import LEDGER

CONFIG = "rungwise.toml"


class NotMoved(UserError):
    """The settings name a database, and rows that belong there still stand in files.

    Args:
        workspace: The workspace.
    """

    def __init__(self, workspace: Workspace) -> None:
        names = ", ".join(path.relative_to(workspace.root).as_posix() for path in workspace.unmoved)
        super().__init__(
            f"{workspace.root}: [storage] names a database, but some of what belongs there still stands in files, which other "
            f"replicas never see: {names}. Run `rungwise migrate`, which moves them; or take url out of rungwise.toml."
        )


@dataclass(frozen=True)
class Workspace:
    """A workspace's folder and settings."""

    root: Path
    """The folder."""
    settings: Settings
    """What `rungwise.toml` says."""

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open a workspace.

        Raises:
            UserError: The folder or its settings are missing, or the settings hold mistakes; all are named at once.
        """
        if not root.is_dir():
            raise UserError(f"{root}: there is no such folder. Make a workspace with `rungwise init {root}`.")
        if not (root / CONFIG).is_file():
            raise UserError(
                f"{root}: this is not a workspace, {CONFIG} is missing. Name one with --workspace, or make one "
                "with `rungwise init DIR`."
            )
        settings = read_settings(root / CONFIG)
        named = root / settings.retrieval.embedder
        if not named.is_dir():
            return cls(root, settings)
        # a folder of the workspace, from wherever the command is run
        retrieval = replace(settings.retrieval, embedder=str(named))
        return cls(root, replace(settings, retrieval=retrieval))

    @property
    def database(self) -> Database | None:
        """Where ledger, votes, thumbs and chats are kept; None: in files of this workspace.

        Raises:
            NotMoved: They still stand in files.
        """
        if self.unmoved:
            raise NotMoved(self)
        return self.settings.storage.database

    @property
    def unmoved(self) -> tuple[Path, ...]:
        """The files whose rows belong into the database that the settings name; none where they name none."""
        if not self.settings.storage.url:
            return ()
        files = (self.library / LEDGER, *self.journals, self.votes_key)
        return tuple(path for path in files if path.is_file())

    @property
    def journals(self) -> tuple[Path, ...]:
        """The files that only grow and whose rows a database keeps instead: votes, live outcomes, thumbs, clicks."""
        return self.votes, self.outcomes, self.built / "thumbs.jsonl", self.clicks

    @property
    def documents(self) -> Path:
        """The folder of documents."""
        return self.root / "documents"

    @property
    def records(self) -> Path:
        """What is known about the documents besides their text."""
        return self.root / "documents.toml"

    @property
    def examples(self) -> Path:
        """The training examples."""
        return self.root / "examples.jsonl"

    @property
    def preferences(self) -> Path:
        """Which of two answers people preferred, where the workspace keeps their text."""
        return self.root / "preferences.jsonl"

    @property
    def own_instructions(self) -> Path:
        """The wordings of the instructions that people wrote, where they did."""
        return self.root / "instructions.toml"

    @property
    def questions(self) -> Path:
        """The questions that setups are measured on."""
        return self.root / "questions.jsonl"

    @property
    def answers(self) -> Path:
        """The filled-in questionnaire."""
        return self.root / "answers.yaml"

    @property
    def built(self) -> Path:
        """Everything that Rungwise makes."""
        return self.root / ".rungwise"

    @property
    def library(self) -> Path:
        """The ledger and its indexes."""
        return self.built / "library"

    @property
    def answerability(self) -> Path:
        """The score of answerability, as fitted on the dev questions."""
        return self.built / "answerability.json"

    @property
    def adapters(self) -> Lineage:
        """Every adapter of the house."""
        return Lineage(self.built / "adapters")

    @property
    def adapter(self) -> Path:
        """The adapter that serves; a folder that is not there where none does."""
        return self.adapters.serving

    @property
    def trainings(self) -> Path:
        """A directory for each training: its plan, its curve, how it ended, and states to go on from."""
        return self.built / "trainings"

    @property
    def sweeps(self) -> Path:
        """A directory for each search over training settings: its plan and its journal of numbers."""
        return self.built / "sweeps"

    @property
    def embedders(self) -> Path:
        """A directory for each embedder that was taught on the workspace's documents."""
        return self.built / "embedders"

    @property
    def clicks(self) -> Path:
        """Questions of the page with the passage that was opened, where the settings keep texts and no database."""
        return self.built / "clicks.jsonl"

    @property
    def retrains(self) -> Path:
        """A record of each retraining: what asked for it, what was decided, and why."""
        return self.built / "retrains"

    @property
    def judged(self) -> Path:
        """What was measured of each adapter: numbers only, a file by its name."""
        return self.built / "judged"

    @property
    def runs(self) -> Path:
        """Answers of comparisons, kept so that nothing is asked twice."""
        return self.built / "runs"

    @property
    def votes(self) -> Path:
        """Blind votes of the chat: hashes, setups and choices, no text."""
        return self.built / "votes" / "votes.jsonl"

    @property
    def outcomes(self) -> Path:
        """Outcomes of a live split: hashes, setups and thumbs, no text."""
        return self.built / "votes" / "live.jsonl"

    @property
    def votes_key(self) -> Path:
        """The key of the hashes in them."""
        return self.built / "votes" / "key"

    @property
    def traces(self) -> Path:
        """A file a day with a trace of every answer that was served: hashes, ids, scores and times."""
        return self.built / "traces"

    @property
    def comparison(self) -> Path:
        """The last comparison, as JSON."""
        return self.built / "comparison.json"

    @property
    def evidence(self) -> Path:
        """What the last comparison tells the advisor."""
        return self.built / "evidence.json"

    @cached_property
    def form(self) -> Form:
        """The house's form; the empty one where there is no `form.yaml`.

        Raises:
            UserError: `form.yaml` holds mistakes.
        """
        path = self.root / "form.yaml"
        return load_form(path) if path.exists() else EMPTY

    @cached_property
    def instructor(self) -> Instructor:
        """What tells the house's instructions, in its own wordings too.

        Raises:
            UserError: `form.yaml` or `instructions.toml` holds mistakes, or the settings name a wording that is not there.
        """
        found = Instructor(self.form, read_own(self.own_instructions))
        found.of(self.settings.prompt.instructions, retrieved=True)
        return found

    def told(self, retrieved: bool) -> Instructions:
        """Return the instructions as they are served, with passages or without.

        Raises:
            UserError: As `instructor`.
        """
        return self.instructor.of(self.settings.prompt.instructions, retrieved)

    def ingredients(self) -> dict[str, str]:
        """Return a hash of everything that an adapter is made from, by name; documents are not in the weights."""
        told = "".join(self.told(retrieved).whole for retrieved in (True, False))
        wording = told if self.settings.prompt.instructions not in ("", USUAL) else ""
        chosen = (self.settings.training, self.settings.rows, self.settings.retrieval.k)
        return {
            "examples": sha256_of(self.examples) if self.examples.is_file() else "-",
            "form": sha256_text(repr(self.form) + wording),
            "training settings": sha256_text(repr(chosen)),
        }

    def changed_since(self, made_from: Mapping[str, str]) -> str:
        """Return which ingredients differ from those of an adapter, as a clause; empty where none does."""
        names = self.changes(made_from)
        return f"the {' and the '.join(names)} changed" if names else ""

    def changes(self, made_from: Mapping[str, str]) -> list[str]:
        """Return the names of the ingredients that differ from those of an adapter."""
        return [name for name, value in self.ingredients().items() if made_from.get(name) != value]


# ---------------------------------------------------------------- making one

_EMPTY_CONFIG = """\
# What `rungwise` needs to know about this workspace. Every line may be left out; the value shown is the default.
name = "My house"

[model]
# "starter" is a tiny model for trying and testing. For work: base = "Qwen/Qwen3-0.6B", or any causal LM on the hub,
# or endpoint = "http://127.0.0.1:8000/v1" of an OpenAI-compatible server with base and adapter as it names them.
base = "starter"

[retrieval]
k = 4

[target]
pass_rate = 0.8
margin = 0.05
"""
_EMPTY_FORM = """\
# The form that every answer keeps. It writes the prompt's instructions and scores the answers.
name: House form
opening: ""
closing: ""
max_words: 60
citations: true
abstain: "The documents do not say."
"""


def create(root: Path, demo: bool) -> Workspace:
    """Make a workspace: an empty one, or a copy of the demo.

    Raises:
        UserError: The folder holds something already.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UserError(f"{root}: this folder is not empty. Name a new one, or remove what is in it.")
    try:
        if demo:
            shutil.copytree(demo_source(), root, dirs_exist_ok=True)
        else:
            (root / "documents").mkdir(parents=True)
            write_text_atomic(root / CONFIG, _EMPTY_CONFIG)
            write_text_atomic(root / "form.yaml", _EMPTY_FORM)
    except OSError as error:
        raise UserError(f"{root}: the workspace can't be made ({error.strerror}).") from None
    return Workspace.open(root)


def demo_source() -> Path:
    """Return the folder of the demo workspace: packed beside this file in a wheel, under `examples/` in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "demo" / "tarn-and-timber"
    return packed if packed.is_dir() else here.parent / "examples" / "tarn-and-timber"
