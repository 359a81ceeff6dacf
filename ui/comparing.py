"""A workspace's setups compared: asked, judged, kept as a run, and held against an earlier one.

Puts the assistant and the experiments together as a workspace's settings say. Knows nothing of how anything is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.assistant import Assistant
from assistant.setup import AnySetup
from assistant.workspace import Workspace
from experiments import GREEDY, Loss, Question, Result, Sampling, Verdict, attribute, compare, comparison_dict
from experiments.against import Against, against, against_dict
from experiments.compare import settled_early
from experiments.evidence import to_evidence
from experiments.holding import holder
from experiments.run import Measured, measure, until_sure
from experiments.runs import LAST, Made, Run, find, keep, names, run_dict
from experiments.worth import Prices, Stakes
from foundation.errors import UserError
from foundation.files import write_json_atomic
from ui.made_with import made_with
from ui.measuring import Tell, check_ready, meter

if TYPE_CHECKING:
    from experiments.opinions.judge import Judged

CURRENCY = "¤"
"""The sign for any currency: `answers.yaml` does not say in which one it counts."""
Judge = Callable[[Sequence[Result], Verdict], "Judged"]
"""Has answers judged in pairs."""


@dataclass(frozen=True)
class Wanted:
    """How a comparison is to be made."""

    part: str = "test"
    """Which questions: `test` or `dev`."""
    sampling: Sampling = GREEDY
    """How often they are asked, and how answers are drawn."""
    until_sure: bool = False
    """Whether to stop as soon as the winner is sure."""
    against: str | None = None
    """An earlier run, by its folder, its name, or `last`; None: none."""
    judge: Judge | None = None
    """Who judges answers in pairs; None: nobody."""


@dataclass(frozen=True)
class Compared:
    """What a comparison found."""

    verdict: Verdict
    """The comparison."""
    losses: tuple[Loss, ...]
    """Why questions were lost."""
    evidence: dict[str, Any]
    """What it tells the advisor."""
    results: tuple[Result, ...]
    """Every scored answer."""
    asked: int
    """Questions that were asked."""
    total: int
    """Questions that there are."""
    made: Made
    """What it was made with."""
    run: Run
    """The run that was kept."""
    against: Against | None = None
    """The earlier run that it was held against."""
    judged: Judged | None = None
    """What a judge said."""
    unjudged: str = ""
    """Why a judge that was wanted said nothing."""

    @property
    def stopped_early(self) -> bool:
        """Whether it was sure before all questions were asked."""
        return self.asked < self.total

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values, as `comparison.schema.json` says."""
        found = {
            **comparison_dict(self.verdict, self.losses),
            "stopped_early": self.stopped_early,
            "run": {
                "name": self.run.name,
                "sha256": self.run.sha256,
                "made": self.run.made,
                "part": self.run.part,
                "asked": self.asked,
                "total": self.total,
                "sampling": asdict(self.run.sampling),
                "hashes": dict(self.made.hashes),
                "packages": dict(self.made.packages),
            },
        }
        if self.against is not None:
            found["against"] = against_dict(self.against)
        if self.judged is not None:
            found["judge"] = self.judged.to_dict()
        return found


def compare_house(
    workspace: Workspace,
    assistant: Assistant,
    questions: Sequence[Question],
    setups: Sequence[AnySetup],
    tell: Tell,
    wanted: Wanted = Wanted(),
) -> Compared:
    """Ask the same questions in every setup, compare, and keep the run.

    Raises:
        UserError: A setup needs an index or an adapter that is not there, or there is no such earlier run; said
            before anything is asked.
    """
    check_ready(assistant, setups)
    if wanted.against is not None:
        find(workspace.runs, wanted.against)
    made = made_with(workspace, assistant, questions, setups)
    asked = _asked(workspace, assistant, questions, setups, tell, wanted)
    tell("Comparing", 0, 0)
    prices, stakes = money(workspace)
    verdict = compare(
        asked.results,
        margin=workspace.settings.target.margin,
        seed=wanted.sampling.seed,
        sequential=wanted.until_sure,
        prices=prices,
        stakes=stakes,
    )
    losses = tuple(attribute(asked.results, _evidence(assistant), workspace.form.undress))
    judged, unjudged = _judged(asked.results, verdict, wanted)
    found = run_dict(
        asked.results, comparison_dict(verdict, losses), losses, made, wanted.part, wanted.sampling
    )
    run = keep(workspace.runs, found)
    earlier = _earlier(workspace, wanted, run)
    return Compared(
        verdict=verdict,
        losses=losses,
        evidence=to_evidence(verdict, losses),
        results=asked.results,
        asked=asked.asked,
        total=asked.total,
        made=made,
        run=run,
        against=against(run, earlier, wanted.sampling.seed) if earlier is not None else None,
        judged=judged,
        unjudged=unjudged,
    )


def record(workspace: Workspace, found: Compared) -> bool:
    """Write what was found: `comparison.json` for the page, `evidence.json` for the advisor.

    Returns:
        False where nothing was written, because the comparison that stands there measured these setups and more, and still holds.
    """
    if _stands(workspace, found):
        return False
    write_json_atomic(workspace.comparison, found.to_dict())
    write_json_atomic(workspace.evidence, found.evidence)
    return True


def _stands(workspace: Workspace, found: Compared) -> bool:
    """Return whether the last comparison says all that this one says, and more: the same questions, answers that depend on
    the same, and further setups."""
    try:
        told = json.loads(workspace.comparison.read_text(encoding="utf-8"))
        run = find(workspace.runs, told["run"]["name"])
        asked, last = int(told["run"]["asked"]), run.made_with
    except (OSError, ValueError, LookupError, TypeError, UserError):
        return False
    now = found.made
    return (
        asked >= found.asked
        and run.sampling == found.run.sampling
        and last.setups.items() > now.setups.items()
        and last.hashes.get("questions") == now.hashes.get("questions")
        and last.hashes.get("form") == now.hashes.get("form")
    )


def _earlier(workspace: Workspace, wanted: Wanted, run: Run) -> Run | None:
    """Return the run to hold this one against; this one itself where the last one found the very same."""
    if wanted.against is None:
        return None
    if wanted.against == LAST and names(workspace.runs) == [run.name]:
        return run
    return find(workspace.runs, wanted.against, run.sha256)


def judge_of(workspace: Workspace, tell: Tell) -> Judge:
    """Return what has the winner's answers judged against those of every other setup, or all where there is no winner.

    Raises:
        UserError: `rungwise.toml` names no judge.
    """
    from assistant.endpoint_judge import EndpointJudge
    from experiments.opinions.judge import judge_results

    settings = workspace.settings
    judge = EndpointJudge(settings.judge)

    def ask(results: Sequence[Result], verdict: Verdict) -> Judged:
        pairs = [(row.setup, row.other) for row in verdict.differences]
        return judge_results(
            results,
            [pair for pair in pairs if verdict.winner is None or verdict.winner in pair],
            judge,
            workspace.runs / "judge",
            settings.judge.repeats,
            lambda done, total: tell("Judging", done, total),
            settings.judge.guided,
            settings.target.margin,
        )

    return ask


def _judged(results: Sequence[Result], verdict: Verdict, wanted: Wanted) -> tuple[Judged | None, str]:
    """Return what a judge said, or why it did not: a judge that is away is no reason to lose the comparison."""
    if wanted.judge is None:
        return None, ""
    try:
        return wanted.judge(results, verdict), ""
    except UserError as error:
        return None, str(error)


def _asked(
    workspace: Workspace,
    assistant: Assistant,
    questions: Sequence[Question],
    setups: Sequence[AnySetup],
    tell: Tell,
    wanted: Wanted,
) -> Measured:
    asker = meter(workspace, assistant, tell)
    if wanted.until_sure:
        settled = partial(settled_early, margin=workspace.settings.target.margin)
        return until_sure(questions, setups, asker, settled, wanted.sampling)
    results = measure(questions, setups, asker, wanted.sampling)
    return Measured(tuple(results), len(questions), len(questions))


def _evidence(assistant: Assistant) -> Callable[[Question], bool | None] | None:
    library = assistant.library
    if library is None or not library.status().built:
        return None
    return holder(library.text, library.sources)


def money(workspace: Workspace) -> tuple[Prices | None, Stakes | None]:
    """Return what replies cost and answers bring, as far as `answers.yaml` tells; a token out costs as one in.

    A wrong answer costs what the advisor counts: the caught share of them a hand-off, the others their damage.
    """
    if not workspace.answers.is_file():
        return None, None
    from advisor import load_answers

    try:
        told = load_answers(workspace.answers)
    except UserError:  # what is wrong in it is said by `rungwise advise`
        return None, None
    prices = None
    if told.token_price is not None:
        prices = Prices(CURRENCY, told.token_price, told.token_price)
    known = (told.gain_right, told.cost_handoff, told.cost_wrong, told.caught_share)
    if any(value is None for value in known):
        return prices, None
    gain, handoff, wrong, caught = (float(value or 0) for value in known)
    failure = caught / 100 * handoff + (1 - caught / 100) * wrong
    return prices, Stakes(gain, failure) if gain + failure > 0 else None
