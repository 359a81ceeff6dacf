"""A language model as judge: two answers side by side, masked, in both orders, several times; and how noisy it is.

Judges prefer a place as well as an answer (Zheng et al. 2023, arXiv 2306.05685), so a win counts only where both
orders agree, and every report says how often they did. Knows nothing of models: whatever fits `JudgeLike` judges.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from experiments.compare import MARGIN
from experiments.opinions import journal
from experiments.opinions.ballots import JUDGE, Choice, Vote
from experiments.opinions.judge_noise import Asked, Noise, noise, winner_of
from experiments.opinions.judge_prompt import Said, judged_by, prompt
from experiments.opinions.preferences import Tally, tally, votes_dict
from experiments.run import Result
from foundation.errors import UserError
from foundation.files import sha256_text

VERDICTS = "judge.jsonl"
"""The file of a folder that holds what was said: a hash and a word a line."""
REPEATS = 3
"""How often each order is asked: an odd number, so that a majority can be told."""

Tell = Callable[[int, int], None]
"""Told how many comparisons are judged, and how many there are."""


class JudgeLike(Protocol):
    """Whatever answers a prompt."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def fingerprint(self) -> str:
        """A hash of whatever else decides what it says: address, temperature."""

    def ask(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return its answer to messages with `role` and `content`.

        Raises:
            UserError: Nothing can be judged until the user mends something; judging stops with its sentence.
            Exception: Anything else is counted as a failed call, and asked again by the next run.
        """


@dataclass(frozen=True)
class Judged:
    """What a judge found."""

    judge: str
    """The model's name."""
    repeats: int
    """How often each order was asked."""
    guided: bool
    """Whether it was shown what the answer must hold."""
    votes: tuple[Vote, ...]
    """One for each question and pair that could be judged."""
    noise: Noise
    """How much of it is noise."""
    calls: int
    """Calls that this run made."""
    reused: int
    """Calls that an earlier run made."""
    failed: int
    """Calls that raised."""
    tally: Tally
    """The votes, counted as people's are."""

    def text(self) -> list[str]:
        """Return it as lines."""
        return judged_lines(self)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; the votes are in the tally."""
        told = {**asdict(self), "votes": len(self.votes), "tally": votes_dict(self.tally)}
        plain: dict[str, Any] = json.loads(json.dumps(told))
        return plain


def judge_results(
    results: Iterable[Result],
    pairs: Sequence[tuple[str, str]],
    judge: JudgeLike,
    folder: Path,
    repeats: int = REPEATS,
    progress: Tell | None = None,
    guided: bool = True,
    margin: float = MARGIN,
    seed: int = 0,
) -> Judged:
    """Have a judge compare answers in pairs; what was said is kept, so that nothing is asked twice.

    Nothing is asked where there is nothing to judge: an answer that did not come loses against one that did, two
    such are both bad, and two equal texts are a tie.

    Args:
        results: What `experiments.run.measure` returned; the first answer of each question and setup is judged.
        pairs: Which setups, two and two.
        judge: Who.
        folder: Where its verdicts are kept.
        repeats: How often each order is asked.
        progress: Told after every comparison.
        guided: Whether it is shown what the answer must hold: a judge that knows what is right fails less often.
        margin: As in every comparison.
        seed: Of the bootstrap.

    Raises:
        UserError: The judge can't be reached, or a setting is unfit; what was said before is kept.
    """
    if repeats < 1:
        raise UserError(f"A judge must be asked at least once, but repeats is {repeats}.")
    answers: dict[str, dict[str, Result]] = {}
    for result in results:
        if result.repeat == 0:
            answers.setdefault(result.question.id, {})[result.setup] = result
    bench = _Bench(judge, folder / VERDICTS, repeats, guided)
    work = [
        (by_setup[one], by_setup[other])
        for by_setup in answers.values()
        for one, other in pairs
        if one in by_setup and other in by_setup
    ]
    heard: list[Asked] = []
    for done, (one, other) in enumerate(work, 1):
        heard.append(bench.compare(one, other))
        if progress is not None:
            progress(done, len(work))
    votes = tuple(vote for asked in heard if (vote := _vote(asked, judge)) is not None)
    return Judged(
        judge=judge.name,
        repeats=repeats,
        guided=guided,
        votes=votes,
        noise=noise(heard, seed),
        calls=bench.calls,
        reused=bench.reused,
        failed=bench.failed,
        tally=tally(votes, margin, seed),
    )


class _Bench:
    """Asks a judge, or remembers what it said."""

    def __init__(self, judge: JudgeLike, path: Path, repeats: int, guided: bool) -> None:
        self._judge, self._path, self._repeats, self._guided = judge, path, repeats, guided
        rows, _ = journal.read(path)
        self._said = {str(row.get("key")): Said(row["said"]) for row in rows if row.get("said") in set(Said)}
        self.calls = self.reused = self.failed = 0

    def compare(self, one: Result, other: Result) -> Asked:
        """Return everything that was said of two answers to one question."""
        if (alone := _settled(one, other)) is not None:
            return Asked(one, other, (), (), alone)
        forth = tuple(self._ask(one, other, turn) for turn in range(self._repeats))
        back = tuple(self._ask(other, one, turn) for turn in range(self._repeats))
        return Asked(one, other, forth, back, None)

    def _ask(self, first: Result, second: Result, turn: int) -> Said | None:
        """Return what is said with `first` as A; None where the call failed."""
        told = prompt(first.question, first.record.text, second.record.text, guided=self._guided)
        key = sha256_text(
            json.dumps([self._judge.name, self._judge.fingerprint, told, turn], ensure_ascii=False)
        )
        if key in self._said:
            self.reused += 1
            return self._said[key]
        self.calls += 1
        try:
            said = judged_by(self._judge.ask(told))
        except UserError:
            raise
        except (
            Exception
        ):  # clients raise many classes; it is counted, told with the noise, and asked again by the next run
            self.failed += 1
            return None
        journal.append(self._path, [{"key": key, "said": said.value}])
        self._said[key] = said
        return said


def _settled(one: Result, other: Result) -> Choice | None:
    """Return what is plain without a judge."""
    lost = one.record.failure is not None, other.record.failure is not None
    if all(lost):
        return Choice.BOTH_BAD
    if any(lost):
        return Choice.RIGHT if lost[0] else Choice.LEFT
    return Choice.TIE if one.record.text.split() == other.record.text.split() else None


def _vote(asked: Asked, judge: JudgeLike) -> Vote | None:
    """Return a comparison as a vote; None where one of the orders gave nothing that could be read."""
    choice = winner_of(asked)
    if choice is None:
        return None
    one, other = asked.one, asked.other
    question = sha256_text(
        json.dumps([one.question.question, [turn["content"] for turn in one.question.turns]])
    )
    named = json.dumps(
        [judge.name, judge.fingerprint, question, one.setup, one.record.text, other.setup, other.record.text]
    )
    name = sha256_text(named)[:32]
    left, right = one.setup, other.setup
    if int(name[0], 16) % 2:  # by lot, as for people, so that the tally's look at sides says nothing false
        left, right = right, left
        choice = {Choice.LEFT: Choice.RIGHT, Choice.RIGHT: Choice.LEFT}.get(choice, choice)
    return Vote(name, question[:32], left, right, choice, f"{JUDGE}{judge.name}")


def judged_lines(found: Judged) -> list[str]:
    """Return what a judge found, and how far it can be trusted, as lines."""
    from experiments.shown.votes_text import noise_lines, tally_lines

    guided = "shown what the answer must hold" if found.guided else "not shown what the answer must hold"
    head = f"Judge {found.judge}, {guided}; each order asked {found.repeats} times; {found.calls} calls, {found.reused} reused."
    failed = [f"{found.failed} calls failed; the next run asks them again."] if found.failed else []
    return [head, *failed, *noise_lines(found.noise), "", *tally_lines(found.tally, "comparisons")]
