"""Settings of several adapters: [adapters] in `rungwise.toml`. Knows nothing of which adapters there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.setup import NAMED
from foundation.errors import UserError, did_you_mean

ROUTES = ("rules", "classifier")
_PART = re.compile(r"\s*(/(?:\\.|[^/\\])+/|[^,/]+)\s*(?:,|$)")


@dataclass(frozen=True)
class AdaptersSettings:
    """Which adapter answers what, in the setups that are `+routed`."""

    route: str = ""
    """How the task of a question is told: by `rules`, by a `classifier` of the examples' questions; empty: nothing is routed."""
    rules: tuple[str, ...] = ()
    """With `rules`: each task with the words or /patterns/ in a question that tell it, as in "returns: return, refund, /R-\\d+/".
    The first task that fits a question is its task."""
    serve: tuple[str, ...] = ()
    """Which adapter answers a task, as in "returns: 20261128-005553-9712c4e8"; a task that stands in none of them is answered by
    the adapter that was trained for it last, or that `rungwise adapters use NAME --task TASK` named."""
    least: float = 0.6
    """With a `classifier`: how sure it must be of a task, 0 to 1; below that the adapter that serves answers."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if self.route and self.route not in ROUTES:
            meant = did_you_mean(self.route, ROUTES)
            raise UserError(f'route must be "rules" or "classifier", not "{self.route}".{meant}')
        if self.route == "rules" and not self.rules:
            raise UserError(
                'route is "rules", but rules names no task. Write rules = ["TASK: word, /pattern/", …].'
            )
        if not 0 <= self.least <= 1:
            raise UserError(f"least must be 0 to 1, but is {self.least:g}.")
        _ = self.signs, self.served

    @property
    def signs(self) -> dict[str, tuple[str, ...]]:
        """What tells each task, in the order of the file: words, and patterns between slashes.

        Raises:
            UserError: A rule can't be understood.
        """
        found = {task: tuple(_parts(told)) for task, told in _named("rules", self.rules)}
        for task, signs in found.items():
            if not signs:
                raise UserError(
                    f'rules says nothing that tells the task "{task}". Write "{task}: word, /pattern/".'
                )
            for sign in signs:
                _compiled(task, sign)
        return found

    @property
    def served(self) -> dict[str, str]:
        """The adapters that answer tasks, where they are named.

        Raises:
            UserError: A line can't be understood.
        """
        found = dict(_named("serve", self.serve))
        for task, adapter in found.items():
            if not NAMED.fullmatch(adapter):
                raise UserError(
                    f'serve: the adapter of "{task}" is named by letters, digits, - and _, but by "{adapter}" here.'
                )
        return found


def _named(key: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each task with what is said of it.

    Raises:
        UserError: A line names no task, or a task stands in two.
    """
    seen: set[str] = set()
    for line in lines:
        task, colon, told = (part.strip() for part in line.partition(":"))
        if not colon or not NAMED.fullmatch(task):
            raise UserError(
                f'{key} holds "{line}", which begins with no task. Write "TASK: …", the task of letters, digits, - and _.'
            )
        if task in seen:
            raise UserError(f'{key} names the task "{task}" twice. Write all of it in one line.')
        seen.add(task)
        yield task, told


def _parts(told: str) -> Iterator[str]:
    """Yield what stands between commas, a pattern between slashes whole."""
    at = 0
    while at < len(told):
        part = _PART.match(told, at)
        if part is None:
            raise UserError(
                f'rules: "{told[at:]}" can\'t be read. Write words with commas between, a pattern as /pattern/.'
            )
        yield part[1].strip()
        at = part.end()


def _compiled(task: str, sign: str) -> None:
    if not sign.startswith("/"):
        return
    try:
        re.compile(sign[1:-1])
    except re.error as error:
        raise UserError(f'rules: the pattern {sign} of the task "{task}" is none: {error}.') from None
