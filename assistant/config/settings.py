"""What `rungwise.toml` says: every setting with its default, read and checked, every mistake named at once with its line.

Knows nothing of what else is in a workspace.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from assistant.config import settings_env
from assistant.config.adapters_settings import AdaptersSettings
from assistant.config.asking_settings import JudgeSettings, LiveSettings, VotesSettings
from assistant.config.governance_settings import GovernanceSettings
from assistant.config.monitor_settings import MonitorSettings
from assistant.config.serve_settings import ServeSettings
from assistant.config.storage_settings import StorageSettings
from assistant.setup import Prompting
from finetune.training.settings import TrainingSettings
from foundation.errors import UserError, did_you_mean
from foundation.files import listed, read_text
from rag import LibrarySettings

_WHAT = "the workspace's settings"


@dataclass(frozen=True)
class ModelSettings:
    """Which model answers."""

    base: str = "starter"
    """`starter`, a folder, a name on the hub, or, with an endpoint, the name that it serves the base under. With
    `+4bit` behind it, it is loaded in four bits a weight, for training (QLoRA) and serving alike (extra `qlora`)."""
    endpoint: str | None = None
    """URL of an OpenAI-compatible server (`http://127.0.0.1:8000/v1`); None: the base is loaded here."""
    adapter: str | None = None
    """With an endpoint: the name that it serves base and adapter together under."""
    api_key_env: str = "OPENAI_API_KEY"
    """With an endpoint: the environment variable that holds its key."""
    max_new_tokens: int = 96
    """An answer is cut off after so many tokens."""
    batch: int = 32
    """Prompts that are answered at once where the base is loaded here; fewer where memory is short."""
    at_once: int = 4
    """Questions that an endpoint is asked at the same time."""
    per_minute: int = 0
    """Questions that an endpoint is asked in a minute at most, by this process; 0: any number."""
    retries: int = 2
    """How often an endpoint is asked again where it is busy or a connection breaks, each time later."""

    def __post_init__(self) -> None:
        """Check what an endpoint is asked."""
        for name, low in (("at_once", 1), ("per_minute", 0), ("retries", 0)):
            if getattr(self, name) < low:
                raise UserError(f"{name} must be {low} or more, but is {getattr(self, name)}.")


@dataclass(frozen=True)
class RowSettings:
    """What training rows are made of, beside the example itself."""

    distractors_only: float = 0.15
    """Share of rows whose passages do not answer: they teach to abstain. More of them abstain more, wrongly too."""
    without_passages: float = 0.1
    """Share of rows without passages, answered with the abstention: without them `lora` babbles."""
    seed: int = 7
    """Of what is drawn."""
    purpose: str = ""
    """Only documents that `documents.toml` keeps for this purpose are trained on; empty: all of them."""
    test_share: float = 0.0
    """Share of the examples that is kept from training and stopping, 0 to 0.5: how well they are answered is in the adapter's
    papers. 0: the questions are test enough."""

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 <= self.test_share <= 0.5:
            raise UserError(f"test_share must be 0 to 0.5, but is {self.test_share:g}.")


@dataclass(frozen=True)
class TargetSettings:
    """What is good enough."""

    pass_rate: float = 0.8
    """Share of questions with the right facts in the right form that a setup must reach."""
    margin: float = 0.05
    """A setup this much below the best still counts as no worse."""


@dataclass(frozen=True)
class GuardSettings:
    """What answers may not say, beside what none may."""

    withhold: tuple[str, ...] = ()
    """Words that are never to be said, in whatever disguise; of six letters and digits or more."""
    most_quoted: int = 2_000
    """Letters and digits that an answer may repeat of its passages word for word; 0: all."""

    def __post_init__(self) -> None:
        """Check what is set."""
        short = [word for word in self.withhold if sum(map(str.isalnum, word)) < 6]
        if short:
            raise UserError(
                f'withhold names "{short[0]}", which has fewer than six letters and digits: it would come by chance. '
                "Name a longer piece of it."
            )
        if self.most_quoted < 0:
            raise UserError(f"most_quoted must be 0 (all) or a number of letters, but is {self.most_quoted}.")


@dataclass(frozen=True)
class PersonalSettings:
    """Which personal data is looked for."""

    names: bool = False
    """Names of people and postal addresses too; needs the extra `rungwise[names]`."""


@dataclass(frozen=True)
class Settings:
    """Everything in `rungwise.toml`; each section may be absent."""

    name: str = "My house"
    """What the workspace is called."""
    model: ModelSettings = field(default_factory=ModelSettings)
    """Which model answers."""
    retrieval: LibrarySettings = field(default_factory=LibrarySettings)
    """How documents are cut and searched."""
    prompt: Prompting = field(default_factory=Prompting)
    """What prompts are made of beside instructions, passages and question."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    """How the adapter is trained."""
    rows: RowSettings = field(default_factory=RowSettings)
    """What it is trained on."""
    adapters: AdaptersSettings = field(default_factory=AdaptersSettings)
    """Which adapter answers what, where there are several."""
    target: TargetSettings = field(default_factory=TargetSettings)
    """What is good enough."""
    personal: PersonalSettings = field(default_factory=PersonalSettings)
    """Which personal data is looked for."""
    guard: GuardSettings = field(default_factory=GuardSettings)
    """What answers may not say."""
    live: LiveSettings = field(default_factory=LiveSettings)
    """Which setup each conversation or user of the chat gets by lot."""
    votes: VotesSettings = field(default_factory=VotesSettings)
    """What is kept of votes beside the choice."""
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    """Which model judges answers in pairs."""
    serve: ServeSettings = field(default_factory=ServeSettings)
    """Where the page and the API are served, and to whom."""
    storage: StorageSettings = field(default_factory=StorageSettings)
    """Where rows are kept that grow: in files, or in one database."""
    governance: GovernanceSettings = field(default_factory=GovernanceSettings)
    """By which law, by when, and who answers for it."""
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    """What is kept of every answer that is served."""


_SECTIONS: dict[str, type] = {
    "model": ModelSettings,
    "retrieval": LibrarySettings,
    "prompt": Prompting,
    "training": TrainingSettings,
    "rows": RowSettings,
    "adapters": AdaptersSettings,
    "target": TargetSettings,
    "personal": PersonalSettings,
    "guard": GuardSettings,
    "live": LiveSettings,
    "votes": VotesSettings,
    "judge": JudgeSettings,
    "serve": ServeSettings,
    "storage": StorageSettings,
    "governance": GovernanceSettings,
    "monitor": MonitorSettings,
}


def read_settings(path: Path) -> Settings:
    """Read and check `rungwise.toml`; what the environment sets goes before it.

    Raises:
        UserError: It can't be read, or holds unknown keys or unfit values; all are named with their lines.
    """
    return parse_settings(read_text(path, _WHAT), path, settings_env.given(os.environ))


def parse_settings(text: str, path: Path, over: Mapping[str, Mapping[str, str]] | None = None) -> Settings:
    """Check the text of a `rungwise.toml`.

    Args:
        text: What stands in the file.
        path: Its name, for the sentences.
        over: What goes before the file, by section and key, as the environment writes it.

    Raises:
        UserError: As `read_settings`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {_WHAT} are not TOML: {error}.") from None
    mistakes: list[str] = []
    values: dict[str, Any] = {}
    over = over or {}
    for key, value in ({name: {} for name in over} | data).items():
        where = f"line {_line_of(text, key)}"
        if key in _SECTIONS:
            if isinstance(value, dict):
                values[key] = _section(key, value, over.get(key, {}), text, mistakes)
            else:
                mistakes.append(f"{where}: {key} is a section: write [{key}] and its keys below.")
        elif key in over and key not in data:
            named = settings_env.variable(key, next(iter(over[key])))
            mistakes.append(f'{named}: "{key}" is not a section.{did_you_mean(key, _SECTIONS)}')
        elif key == "name" and isinstance(value, str):
            values[key] = value
        elif key == "name":
            mistakes.append(f"{where}: name must be text, but is {value!r}.")
        else:
            mistakes.append(f'{where}: "{key}" is not a setting.{did_you_mean(key, ["name", *_SECTIONS])}')
    if mistakes:
        raise UserError(listed(path, _WHAT, mistakes))
    return Settings(**values)


def _section(
    name: str, values: Mapping[str, Any], over: Mapping[str, str], text: str, mistakes: list[str]
) -> Any:
    section = _SECTIONS[name]
    known = {one.name: str(one.type) for one in fields(section) if one.name != "limits"}
    fit: dict[str, Any] = {}
    before = len(mistakes)
    from_outside = {key: settings_env.value_of(told, known.get(key, "str")) for key, told in over.items()}
    for key, value in {**values, **from_outside}.items():
        where = settings_env.variable(name, key) if key in over else f"line {_line_of(text, key, name)}"
        if key not in known:
            mistakes.append(f'{where}: "{key}" is not a setting of [{name}].{did_you_mean(key, known)}')
        elif not _fits(value, known[key]):
            mistakes.append(f"{where}: {name}.{key} must be {_kind(known[key])}, but is {value!r}.")
        else:
            fit[key] = (
                float(value) if known[key] == "float" else tuple(value) if isinstance(value, list) else value
            )
    if len(mistakes) > before:
        return section()
    try:
        return section(**fit)
    except UserError as error:
        outside = ", ".join(settings_env.variable(name, key) for key in over)
        mistakes.append(f"[{name}]: {error}" + (f" The environment sets {outside}." if outside else ""))
        return section()


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind in ("bool", "bool | None")
    if kind == "tuple[str, ...]":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    allowed: dict[str, tuple[type, ...]] = {
        "int": (int,), "float": (int, float), "str": (str,), "str | None": (str,), "int | None": (int,)
    }  # fmt: skip
    return isinstance(value, allowed.get(kind, ()))


def _kind(kind: str) -> str:
    words = {
        "bool": "true or false",
        "bool | None": "true or false",
        "int": "a whole number",
        "float": "a number",
        "str": "text",
        "str | None": "text",
        "int | None": "a whole number",
        "tuple[str, ...]": "a list of texts",
    }
    return words.get(kind, kind)


def _line_of(text: str, key: str, section: str | None = None) -> int:
    """Return the line of a key; tomllib gives none."""
    inside = section is None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\]\s]+)\s*\]", line):
            inside = section is None or header[1] == section
            if section is None and header[1] == key:
                return number
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return 1
