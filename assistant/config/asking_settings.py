"""Settings of what is asked of people and of a judge: [live], [votes] and [judge] in `rungwise.toml`.

Knows nothing of how votes, splits or verdicts are counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from assistant.setup import variant
from foundation.errors import UserError, did_you_mean

_UNITS = ("conversation", "user")


@dataclass(frozen=True)
class LiveSettings:
    """Which setup each conversation or user of the chat gets by lot."""

    on: bool = False
    """Whether the chat is split; off: whoever asks chooses."""
    setups: str = ""
    """The setups with commas between them, each with its weight where they are not equal: `rag: 1, hybrid: 3`."""
    unit: str = "conversation"
    """What is assigned: each `conversation`, or each `user`."""
    salt: str = ""
    """A word of your own. Another one is another lot; where users are assigned it keeps their names from being guessed."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if self.unit not in _UNITS:
            meant = did_you_mean(self.unit, list(_UNITS))
            raise UserError(f'unit must be "conversation" or "user", not "{self.unit}".{meant}')
        weights = self.weights
        if self.on and len(weights) < 2:
            raise UserError(
                'on = true needs two setups at least. Name them, as in setups = "rag, hybrid", or write on = false.'
            )
        if self.on and self.unit == "user" and not self.salt:
            raise UserError('unit = "user" needs a salt. Write any word of your own, as in salt = "spring".')

    @property
    def weights(self) -> dict[str, float]:
        """Each setup's weight, in the order written.

        Raises:
            UserError: A name is no setup or stands twice, or a weight is no number above 0.
        """
        found: dict[str, float] = {}
        for part in filter(None, (one.strip() for one in self.setups.split(","))):
            name, _, weight = (one.strip() for one in part.partition(":"))
            name = str(variant(name))
            if name in found:
                raise UserError(f"setups names {name} twice.")
            found[name] = _weight(name, weight)
        return found


@dataclass(frozen=True)
class VotesSettings:
    """What is kept of votes beside the choice, and of what else people do with answers."""

    keep_text: bool = False
    """Whether a vote that chose a side keeps question and both answers in `preferences.jsonl`, to align an adapter with; answers
    can be written better in the chat then, too, and the passage that somebody opens is kept with their question, to teach the
    embedder with. Whoever votes, asks or searches is told before."""


@dataclass(frozen=True)
class JudgeSettings:
    """Which model judges answers in pairs, where one is wanted (`rungwise compare --judge`)."""

    endpoint: str | None = None
    """URL of an OpenAI-compatible server, which questions and answers are sent to; None: there is no judge."""
    model: str = ""
    """The name that it serves the judge under."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds its key."""
    repeats: int = 3
    """How often each order of two answers is asked."""
    temperature: float = 0.7
    """How freely it words its verdicts; at 0 its repeats say little of its noise."""
    guided: bool = True
    """Whether it is shown the facts that an answer must hold."""
    max_new_tokens: int = 600
    """A verdict is cut off after so many tokens."""

    def __post_init__(self) -> None:
        """Check what is set."""
        if self.repeats < 1:
            raise UserError(f"repeats must be at least 1, but is {self.repeats}.")
        if not 0 <= self.temperature <= 2:
            raise UserError(f"temperature must be 0 to 2, but is {self.temperature:g}.")
        if self.max_new_tokens < 1:
            raise UserError(f"max_new_tokens must be at least 1, but is {self.max_new_tokens}.")
        if self.endpoint is not None and not self.model:
            raise UserError("endpoint needs a model: name what the server serves the judge under.")


def _weight(name: str, written: str) -> float:
    if not written:
        return 1.0
    try:
        weight = float(written)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise UserError(f'The weight of {name} must be a number above 0, but is "{written}".')
    return weight
