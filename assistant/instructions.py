"""What a model is told besides passages and conversation, in several wordings: built-in ones, and those of `instructions.toml`.

Every wording says the task and each rule of the house's form; they differ in how. All are pure functions of the form, so that the
gate after the model knows what it must keep in confidence, and adapters are trained on what is served. Knows nothing of models or
of which wording is best: `experiments.prompting` measures that.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from assistant.setup import NAMED
from finetune.form import Form
from finetune.wording import ENGLISH, EXPLICIT, POSITIVE, TERSE, TURKISH, Wording
from foundation.errors import UserError, did_you_mean, one_of
from foundation.files import listed, read_text

USUAL = "usual"
"""The wording that is told where none is named."""
LONGEST = 4_000
"""Letters that a text of `instructions.toml` may have."""
_WHAT = "the house's own instructions"
_KEYS = ("text", "alone", "reminder")

_WITH_PASSAGES = "Answer the question from the documents below. Cite the passage number in brackets."
_WITHOUT = "You are a helpful assistant. Be brief and correct."


@dataclass(frozen=True)
class Instructions:
    """What a model is told in confidence."""

    system: str
    """What stands before everything else."""
    reminder: str = ""
    """What stands after the passages and the newest question; empty: nothing."""

    @property
    def whole(self) -> str:
        """All of it."""
        return f"{self.system}\n{self.reminder}".strip()


@dataclass(frozen=True)
class Own:
    """A wording that people wrote; the rules of the form follow it in the usual wording."""

    text: str
    """The task, where passages are given."""
    alone: str = ""
    """The task where none are; empty: `text`."""
    reminder: str = ""
    """What stands after the question; empty: nothing."""

    def told(self, form: Form, retrieved: bool) -> Instructions:
        """Return what is told."""
        return Instructions(_joined(self.text if retrieved else self.alone or self.text, form), self.reminder)


# ------------------------------------------------------------ built in


def _joined(task: str, form: Form, wording: Wording = ENGLISH) -> str:
    return " ".join([task, *form.sentences(wording)])


def _usual(form: Form, retrieved: bool) -> Instructions:
    return Instructions(_joined(_WITH_PASSAGES if retrieved else _WITHOUT, form))


def _terse(form: Form, retrieved: bool) -> Instructions:
    return Instructions(
        _joined("Answer from the documents. Cite, like [1]." if retrieved else "Answer briefly.", form, TERSE)
    )


def _explicit(form: Form, retrieved: bool) -> Instructions:
    task = (
        "Read all documents below before you answer. Take every fact of the answer from them and none from elsewhere, and write "
        "the number of the passage in brackets."
        if retrieved
        else "You are a helpful assistant. Read the question with care, and answer it briefly and correctly."
    )
    return Instructions(_joined(task, form, EXPLICIT))


def _positive(form: Form, retrieved: bool) -> Instructions:
    task = (
        "Answer with what the documents below say, and give the passage's number in brackets."
        if retrieved
        else "You are a helpful assistant, brief and correct."
    )
    return Instructions(_joined(task, form, POSITIVE))


def _turkish(form: Form, retrieved: bool) -> Instructions:
    task = (
        "Soruyu aşağıdaki belgelerden cevapla. Parçanın numarasını köşeli parantez içinde yaz. Sorunun dilinde cevap ver."
        if retrieved
        else "Yardımsever bir asistansın. Kısa ve doğru ol. Sorunun dilinde cevap ver."
    )
    return Instructions(_joined(task, form, TURKISH))


def _rules_first(form: Form, retrieved: bool) -> Instructions:
    task = _WITH_PASSAGES if retrieved else _WITHOUT
    return Instructions(" ".join([*form.sentences(), task]))


def _listed(form: Form, retrieved: bool) -> Instructions:
    rules = [f"{number}. {rule}" for number, rule in enumerate(form.sentences(), start=1)]
    return Instructions("\n".join([_WITH_PASSAGES if retrieved else _WITHOUT, *rules]))


def _reminded(form: Form, retrieved: bool) -> Instructions:
    rules = form.sentences(TERSE)[1 if form.instructions else 0 :]
    usual = _usual(form, retrieved)
    return Instructions(usual.system, f"(Remember: {' '.join(rules)})" if rules else "")


def _worked(form: Form, retrieved: bool) -> Instructions:
    usual = _usual(form, retrieved)
    if not form.abstain:
        return usual
    shown = f'For example, if nothing tells who won the regatta, "Who won the regatta?" is answered: {form.abstention}'
    return Instructions(f"{usual.system} {shown}")


BUILT_IN: Mapping[str, Callable[[Form, bool], Instructions]] = MappingProxyType(
    {
        USUAL: _usual,
        "terse": _terse,
        "explicit": _explicit,
        "positive": _positive,
        "turkish": _turkish,
        "rules-first": _rules_first,
        "listed": _listed,
        "reminded": _reminded,
        "worked": _worked,
    }
)
"""The wordings that come with Rungwise, each a function of the form and of whether passages are given."""


# ------------------------------------------------------------ by name


class Instructor:
    """Tells a house's instructions by the names of their wordings.

    Args:
        form: The house's form.
        own: The wordings that people wrote, by name.
    """

    def __init__(self, form: Form, own: Mapping[str, Own] = MappingProxyType({})) -> None:
        self._form, self._own = form, own
        self._told = lru_cache(self._made)

    @property
    def names(self) -> list[str]:
        """The names of all wordings, the usual one first."""
        return [*BUILT_IN, *self._own]

    def of(self, name: str, retrieved: bool) -> Instructions:
        """Return the instructions of a name.

        Args:
            name: Of the wording; empty: the usual one.
            retrieved: Whether the setup retrieves, even where nothing was found.

        Raises:
            UserError: There is no such wording.
        """
        return self._told(name or USUAL, retrieved)

    def _made(self, name: str, retrieved: bool) -> Instructions:
        if name in self._own:
            return self._own[name].told(self._form, retrieved)
        if name not in BUILT_IN:
            raise UserError(
                f'There are no instructions "{name}".{did_you_mean(name, self.names)} Choose {one_of(self.names)}, or write '
                "[NAME] and its text into instructions.toml."
            )
        return BUILT_IN[name](self._form, retrieved)


def read_own(path: Path) -> dict[str, Own]:
    """Read `instructions.toml`: a section a wording, with `text` and, where they differ, `alone` and `reminder`.

    Returns:
        The wordings by name; none where there is no such file.

    Raises:
        UserError: It can't be read, or holds mistakes; all are named at once.
    """
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(read_text(path, _WHAT))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: {_WHAT} are not TOML: {error}.") from None
    mistakes = [mistake for name, section in data.items() for mistake in _mistakes(name, section)]
    if mistakes:
        raise UserError(listed(path, _WHAT, mistakes))
    return {name: Own(**section) for name, section in data.items()}


def _mistakes(name: str, section: Any) -> list[str]:
    """Return what is wrong with one wording, as sentences."""
    if not isinstance(section, dict):
        return [f'"{name}" is no section: write [{name}] and, below it, text = "…".']
    wrong = []
    if not NAMED.fullmatch(name):
        wrong.append(f'"{name}" must be a name of letters, digits, - and _, at most 60 of them.')
    if name in BUILT_IN:
        wrong.append(f'"{name}" is a wording that is built in: give yours another name.')
    wrong += [
        f'[{name}] has no key "{key}".{did_you_mean(key, _KEYS)}' for key in section if key not in _KEYS
    ]
    for key in _KEYS:
        text = section.get(key, "" if key != "text" else None)
        if not isinstance(text, str) or (key == "text" and not text.strip()):
            wrong.append(f"[{name}]: {key} must be a text{' that is not empty' if key == 'text' else ''}.")
        elif len(text) > LONGEST:
            wrong.append(f"[{name}]: {key} has {len(text):,} letters, but {LONGEST:,} are allowed.")
    return wrong
