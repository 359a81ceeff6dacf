"""The form of a house's answers: one contract that writes the prompt's instructions and scores the answers.

Knows nothing of whether an answer is true, of which passage it cites rightly, or of the model that wrote it.
`form.yaml` is read in `finetune/form_file.py`; `load_form` is the same under the name that everybody uses.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from finetune.text import clip, fold, squeeze
from finetune.wording import ENGLISH, Wording

_CITED = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")


class Clause(StrEnum):
    """What of a form can be broken."""

    EMPTY = "empty"
    """There is no answer at all."""
    OPENING = "opening"
    """It does not begin as it must."""
    CLOSING = "closing"
    """It does not end as it must."""
    WORDS = "words"
    """It is too long."""
    FORBIDDEN = "forbidden"
    """It holds a phrase that must not occur."""
    CITATION = "citation"
    """It names no passage, or one that was not given."""
    PATTERN = "pattern"
    """The regular expression finds nothing in it."""
    LABEL = "label"
    """It is none of the labels."""
    SCHEMA = "schema"
    """It is not JSON, or not JSON of the asked shape."""


@dataclass(frozen=True)
class FormScore:
    """Whether an answer keeps a form, and why."""

    value: bool
    """True when nothing is broken."""
    reason: str
    """Everything that is broken, in words; `keeps the form` when nothing is."""
    broken: tuple[Clause, ...] = ()
    """What is broken, each clause once, in the order of `Clause`."""


def cited(text: str) -> tuple[int, ...]:
    """Return the passage numbers that `text` names (`[2]`, `[1, 3]`), each once, in their order."""
    numbers = (int(number) for match in _CITED.finditer(text) for number in match[1].split(","))
    return tuple(dict.fromkeys(numbers))


def count_words(text: str) -> int:
    """Return the words of `text`; citations and lone punctuation are none."""
    return sum(any(char.isalnum() for char in word) for word in _CITED.sub(" ", text).split())


@dataclass(frozen=True)
class Form:
    """The contract that an answer's shape must keep. An empty field asks for nothing."""

    name: str = ""
    """What the house calls this form, in one line; no model reads it."""
    instructions: str = ""
    """Sentences of tone for the prompt; they are asked for and can't be checked."""
    opening: str = ""
    """Every answer begins with it."""
    closing: str = ""
    """Every answer ends with it."""
    max_words: int | None = None
    """The most words of an answer, opening and closing included, citations not."""
    citations: bool = False
    """Whether an answer from documents names its passages, as in `[1]`."""
    forbid: tuple[str, ...] = ()
    """Phrases that must not occur, compared without case as whole words."""
    abstain: str = ""
    """The answer when the documents do not tell, with or without opening and closing around it."""
    pattern: str = ""
    """A regular expression that must be found in every answer (`^` and `$` make it fit the whole)."""
    labels: tuple[str, ...] = ()
    """Every answer is one of these and nothing else: the house classifies texts."""
    json_schema: dict[str, Any] | None = field(default=None, hash=False)
    """A JSON Schema (draft 2020-12) that every answer, read as JSON, must fit."""

    @property
    def empty(self) -> bool:
        """Whether this form asks for nothing."""
        return not self.prompt()

    @property
    def abstention(self) -> str:
        """The whole answer when the documents do not tell, in the form; empty when the house has none."""
        return self.dress(self.abstain) if self.abstain else ""

    def prompt(self) -> str:
        """Return what a model is told of this form, as English sentences; empty when it asks for nothing."""
        return " ".join(self.sentences())

    def sentences(self, wording: Wording = ENGLISH) -> list[str]:
        """Return what a model is told of this form: the sentences of tone as they are, then one for each rule.

        Args:
            wording: How the rules are put; every wording says all of them.
        """
        said = [self.instructions] if self.instructions else []
        if self.opening:
            said.append(wording.opening.format(self.opening))
        if self.closing:
            said.append(wording.closing.format(self.closing))
        if self.max_words is not None:
            said.append((wording.word if self.max_words == 1 else wording.words).format(self.max_words))
        if self.json_schema is not None:
            said.append(wording.schema.format(json.dumps(self.json_schema, ensure_ascii=False)))
        if self.labels:
            said.append(wording.labels.format(", ".join(self.labels)))
        if self.pattern:
            said.append(wording.pattern.format(self.pattern))
        if self.citations:
            said.append(wording.citations)
        if self.forbid:
            said.append(wording.forbid.format(wording.or_.join(f'"{phrase}"' for phrase in self.forbid)))
        if self.abstain:
            said.append(wording.abstain.format(self.abstention))
        return said

    def dress(self, sentence: str) -> str:
        """Return `sentence` with opening and closing around it; what is already there is not put twice."""
        text = sentence.strip()
        if self.opening and not self._opens(text):
            text = f"{self.opening} {text}"
        if self.closing and not self._closes(text):
            text = f"{text} {self.closing}"
        return text.strip()

    def undress(self, text: str) -> str:
        """Return `text` squeezed, without opening and closing where it has them."""
        bare = squeeze(text)
        if self._opens(bare):
            bare = bare[len(squeeze(self.opening)) :]
        if self._closes(bare):
            bare = bare[: len(bare) - len(squeeze(self.closing))]
        return bare.strip()

    def abstains(self, text: str, standard: Sequence[str] = ()) -> bool:
        """Return whether `text` says only that the documents do not tell.

        Every sentence, citations aside, must be an abstention or go on from one without a comma ("Our
        documents do not say what it weighs."): what follows a comma may be an answer ("…, but it is usually
        30 days").

        Args:
            text: The answer, in the form or not, in any case and spacing.
            standard: Further abstentions that count, as the assistant's own.
        """
        known = [re.escape(core) for core in (self._core(each) for each in (self.abstain, *standard)) if core]
        said = self._core(text)
        if not known or not said:
            return False
        # An abstention may be of several sentences: cut it out before looking at what is left.
        found = re.compile(rf"(?:^|(?<=[.!?] ))(?:{'|'.join(known)})(?![^\W_])([^,;:.!?]*)[.!?]*(?=\s|$)")
        return bool(found.search(said)) and not re.search(r"[^\W_]", found.sub("", said))

    def check(
        self, text: str, cited_allowed: int | None = None, *, answerable: bool | None = None
    ) -> FormScore:
        """Score the shape of an answer; everything that is broken is named at once.

        Args:
            text: The answer as the user sees it.
            cited_allowed: How many numbered passages the answer was given. With 0 no citation is asked for; a
                number above it names a passage that was never there. None: unknown, so that only a
                missing citation is a break.
            answerable: False when the documents do not tell, so that there is nothing to cite. None: unknown.
        """
        if not text.strip():
            return FormScore(False, "empty: there is no answer", (Clause.EMPTY,))
        needs_citation = self.citations and cited_allowed != 0 and answerable is not False
        found = [
            *self._check_ends(text),
            *self._check_words(text),
            *self._check_citation(text, needs_citation, cited_allowed),
            *self._check_shape(text),
        ]
        if not found:
            return FormScore(True, "keeps the form")
        order = list(Clause)
        broken = tuple(sorted({clause for clause, _ in found}, key=order.index))
        return FormScore(False, "; ".join(f"{clause}: {why}" for clause, why in found), broken)

    def _check_ends(self, text: str) -> list[tuple[Clause, str]]:
        whole, found = squeeze(text), []
        if self.opening and not self._opens(whole):
            seen = clip(whole[: len(self.opening) + 10])
            found.append((Clause.OPENING, f'begins with "{seen}", not with "{self.opening}"'))
        if self.closing and not self._closes(whole):
            seen = clip(whole[-len(self.closing) - 10 :])
            found.append((Clause.CLOSING, f'ends with "{seen}", not with "{self.closing}"'))
        return found

    def _check_words(self, text: str) -> list[tuple[Clause, str]]:
        found, words = [], count_words(text)
        if self.max_words is not None and words > self.max_words:
            found.append((Clause.WORDS, f"has {words} words where {self.max_words} are allowed"))
        whole = fold(text)
        for phrase in self.forbid:
            if re.search(rf"(?<!\w){re.escape(fold(phrase))}(?!\w)", whole):
                found.append((Clause.FORBIDDEN, f'holds "{phrase}"'))
        return found

    def _check_citation(self, text: str, needed: bool, allowed: int | None) -> list[tuple[Clause, str]]:
        numbers = cited(text)
        if needed and not numbers and not self.abstains(text):
            return [(Clause.CITATION, "names no passage, as in [1]")]
        if not self.citations or allowed is None:
            return []
        strangers = [number for number in numbers if not 1 <= number <= allowed]
        given = (
            "none was given" if allowed == 0 else f"only {allowed} {'was' if allowed == 1 else 'were'} given"
        )
        return [(Clause.CITATION, f"names passage [{number}], but {given}") for number in strangers]

    def _check_shape(self, text: str) -> list[tuple[Clause, str]]:
        found = []
        if self.labels and squeeze(text) not in self.labels:
            found.append(
                (Clause.LABEL, f'is "{clip(squeeze(text))}", which is none of the {len(self.labels)} labels')
            )
        if self.pattern and not re.search(self.pattern, text.strip()):
            found.append((Clause.PATTERN, f"does not match {self.pattern}"))
        if self.json_schema is not None:
            try:
                value = json.loads(text)
            except json.JSONDecodeError as error:
                return [*found, (Clause.SCHEMA, f"is not JSON ({error.msg}, character {error.pos + 1})")]
            for breach in self._validator.iter_errors(value):
                where = "/".join(str(part) for part in breach.absolute_path) or "the whole"
                found.append((Clause.SCHEMA, f"{where}: {clip(breach.message, 120)}"))
        return found

    @cached_property
    def _validator(self) -> Any:
        # Loaded on first use: few forms have a schema. An empty registry, as the default one fetches `$ref`s.
        referencing = importlib.import_module("referencing")
        jsonschema = importlib.import_module("jsonschema")
        return jsonschema.Draft202012Validator(self.json_schema, registry=referencing.Registry())

    def _opens(self, text: str) -> bool:
        return bool(self.opening) and squeeze(text).startswith(squeeze(self.opening))

    def _closes(self, text: str) -> bool:
        return bool(self.closing) and squeeze(text).endswith(squeeze(self.closing))

    def _core(self, text: str) -> str:
        """Return the bare, folded words of an answer, without citations and without the last full stop."""
        bare = fold(_CITED.sub(" ", self.undress(text)))
        return re.sub(r" ([.!?,;:])", r"\1", bare).rstrip(" .!?")


EMPTY = Form()
"""The form of a workspace without `form.yaml`: any answer keeps it, except no answer."""


def load_form(path: Path) -> Form:
    """Read a form from `form.yaml`.

    Raises:
        UserError: The file can't be read or holds mistakes; all of them are named at once, with their lines.
    """
    from finetune.form_file import read_form  # the reader needs `Form`, so it comes after it

    return read_form(path)
