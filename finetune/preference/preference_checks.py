"""Looks preferences over before anybody aligns a model with them, and says which of them may be learned from.

Uses the doctor's words for what it finds. Knows nothing of models, of passages, or of who chose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.examples import Example
from finetune.form import Form, count_words
from finetune.preference.preferences import Preference
from finetune.privacy.personal import Find, find_personal
from finetune.quality.damage import Kind, find_damage
from finetune.quality.findings import Code, Finding, Severity, table_of
from finetune.quality.similar import similar_examples
from finetune.text import clip, words

AT_LEAST = 20
"""Pairs without an error below which nothing is aligned: an own bound, of which 14 are learned from and 3 measured by. Published
runs use thousands; a few hundred of a house's own are a first signal."""
_FEWEST_WORDS = 2
_LONGER = 4.0  # one answer so many times as long as the other: what was chosen may be the length


@dataclass(frozen=True)
class Checked:
    """What was found in a set of preferences."""

    items: tuple[Finding, ...]
    """The worst first, then by line."""
    pairs: int
    """How many preferences were looked at."""
    usable: tuple[Preference, ...]
    """Those without an error, in the order of the file; of copies the first."""

    @property
    def ok(self) -> bool:
        """Whether there are enough to align with."""
        return len(self.usable) >= AT_LEAST

    @property
    def advice(self) -> str:
        """What so many are good for, in a sentence."""
        if self.ok:
            return "What has an error is left out."
        return f"At least {AT_LEAST} are needed; collect more votes and edited answers."

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "pairs": self.pairs,
            "usable": len(self.usable),
            "ok": self.ok,
            "advice": self.advice,
            "findings": [item.to_dict() for item in self.items],
        }


def check_preferences(
    preferences: Sequence[Preference],
    form: Form,
    standard: Sequence[str] = (),
    tests: Sequence[Example] = (),
    find: Find = find_personal,
    max_tokens: int | None = None,
    count: Callable[[str], int] | None = None,
) -> Checked:
    """Look preferences over.

    Args:
        preferences: As `load_preferences` gives them.
        form: The form that chosen answers must keep.
        standard: Abstentions that count besides the form's own.
        tests: The test questions, as conversations that end in any answer: what asks the same is left out.
        find: Finds personal data.
        max_tokens: The most tokens that a conversation and an answer may have; passages are not counted here.
        count: How many tokens a text has; None: lengths are not checked against `max_tokens`.
    """
    found = [finding for one in preferences for finding in _check_one(one, form, standard, find)]
    if max_tokens is not None and count is not None:
        found += _too_long(preferences, max_tokens, count)
    found += _repeated(preferences)
    found += _alike(preferences, tests)
    order, codes = list(Severity), list(Code)
    found.sort(key=lambda item: (order.index(item.severity), codes.index(item.code), item.lines))
    out = {name for item in found if item.severity is Severity.ERROR for name in item.ids}
    out |= {item.ids[-1] for item in found if item.code is Code.DUPLICATE}
    return Checked(tuple(found), len(preferences), tuple(one for one in preferences if one.id not in out))


def checked_text(checked: Checked) -> str:
    """Return what was found as a text table."""
    head = f"{checked.pairs} preferences, {len(checked.usable)} usable. {checked.advice}"
    return "\n".join([head, *table_of(checked.items)])


def _finding(code: Code, severity: Severity, about: Sequence[Preference], message: str, fix: str) -> Finding:
    return Finding(
        code, severity, tuple(one.line for one in about), tuple(one.id for one in about), message, fix
    )


def _check_one(one: Preference, form: Form, standard: Sequence[str], find: Find) -> Iterator[Finding]:
    if words(one.chosen) == words(one.rejected):
        seen = f'"{clip(one.question)}" has the same answer as chosen and as rejected'
        yield _finding(Code.SAME_ANSWER, Severity.ERROR, [one], seen, "Remove it: it prefers nothing.")
    abstains = form.abstains(one.chosen, standard)
    score = form.check(
        one.chosen, len(one.sources) or None, answerable=False if abstains or not one.sources else None
    )
    if not score.value:
        fix = "Write the chosen answer in the form, or leave the pair out: the form is not put to the vote."
        yield _finding(Code.FORM, Severity.ERROR, [one], score.reason, fix)
    lengths = [count_words(text) for text in (one.chosen, one.rejected)]
    if not form.labels and lengths[0] < _FEWEST_WORDS:
        seen = f'the chosen answer "{clip(one.chosen)}" is too short to be learned from'
        yield _finding(Code.LENGTHS, Severity.ERROR, [one], seen, "Write a whole answer, or drop the row.")
    elif min(lengths) and max(lengths) > _LONGER * min(lengths):
        seen = f"chosen has {lengths[0]} words, rejected {lengths[1]}: what was preferred may be the length"
        fix = "Look whether the answers differ in anything else."
        yield _finding(Code.LENGTHS, Severity.NOTE, [one], seen, fix)
    yield from _damage(one, find)


def _damage(one: Preference, find: Find) -> Iterator[Finding]:
    """Yield one finding for each kind of damage; nothing of a value is shown but its first letters."""
    texts = [*(turn["content"] for turn in one.conversation), one.chosen, one.rejected]
    spots = {spot.kind: spot for text in texts for spot in reversed(find_damage(text, find))}
    for kind, spot in spots.items():
        if kind is Kind.ENCODING:
            fix = "Read the source as what it is and save as UTF-8."
            yield _finding(Code.ENCODING, Severity.ERROR, [one], f'broken characters "{spot.shown}"', fix)
        elif kind is Kind.SECRET:
            fix = "Remove it, and replace it where it is in use: weights give back what they were trained on."
            seen = f"what looks like a key or password, {spot.shown}"
            yield _finding(Code.SECRET, Severity.ERROR, [one], seen, fix)
        else:
            fix = "Replace it: `rungwise pseudonymise --in preferences.jsonl` does for all rows."
            seen = f"{'an' if kind[0] in 'eI' else 'a'} {kind}, {spot.shown}"
            yield _finding(Code.PERSONAL, Severity.WARNING, [one], seen, fix)


def _too_long(preferences: Sequence[Preference], most: int, count: Callable[[str], int]) -> Iterator[Finding]:
    for one in preferences:
        asked = sum(count(turn["content"]) for turn in one.conversation)
        tokens = asked + max(count(one.chosen), count(one.rejected))
        if tokens > most:
            seen = f"{tokens} tokens without passages, where {most} are allowed"
            yield _finding(Code.TOO_LONG, Severity.ERROR, [one], seen, "Shorten it, or drop the row.")


def _repeated(preferences: Sequence[Preference]) -> Iterator[Finding]:
    """Yield pairs that are there twice, and those that were chosen the other way round, too."""
    seen: dict[tuple[object, ...], Preference] = {}
    ways: defaultdict[tuple[object, ...], list[Preference]] = defaultdict(list)
    for one in preferences:
        asked = tuple(tuple(words(turn["content"])) for turn in one.conversation)
        chosen, rejected = tuple(words(one.chosen)), tuple(words(one.rejected))
        first = seen.setdefault((asked, chosen, rejected), one)
        if first is not one:
            told = f'"{clip(one.question)}" is there twice with the same choice'
            yield _finding(
                Code.DUPLICATE, Severity.NOTE, [first, one], told, "It counts once; nothing is to be done."
            )
        if chosen != rejected:
            ways[asked, frozenset((chosen, rejected))].append(one)
    for members in ways.values():
        if len({tuple(words(one.chosen)) for one in members}) > 1:
            told = f'"{clip(members[0].question)}": each of the two answers was chosen over the other'
            fix = "Keep the choice that the house stands by. Until then none of them is learned from."
            yield _finding(Code.CONTRADICTION, Severity.ERROR, members, told, fix)


def _alike(preferences: Sequence[Preference], tests: Sequence[Example]) -> Iterator[Finding]:
    """Yield what asks nearly the same as an earlier pair, and what asks a test question."""
    every = [*(one.example for one in preferences), *tests]
    n = len(preferences)
    for pair in similar_examples(every):
        if pair.first >= n:
            continue
        first = preferences[pair.first]
        if pair.second >= n:
            told = f'"{clip(first.question)}" is a question of the test, too'
            fix = "It is left out: an answer that was learned by heart would pass the test."
            yield _finding(Code.TESTED, Severity.ERROR, [first], told, fix)
        elif pair.similarity < 1:
            told = f'"{clip(preferences[pair.second].question)}" asks what "{clip(first.question)}" asks'
            fix = "Nothing is to be done: the split keeps them on one side."
            yield _finding(Code.NEAR_DUPLICATE, Severity.NOTE, [first, preferences[pair.second]], told, fix)
