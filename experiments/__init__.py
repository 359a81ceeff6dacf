"""Which setup wins, and how sure are we? Asks the same questions in every setup, compares answers in pairs.

`load_questions` reads the cases, `measure` asks and scores them, `compare` gives the verdict, `attribute`
says why questions were lost, `climb` tries rung after rung, and the `*_text`, `*_markdown` and `*_dict`
functions show it. `tally` counts blind votes, `live_result` a live split, and `judge_results` has a model compare
answers in pairs. Knows nothing of models or libraries: whatever fits `Asker` and `FormLike` can be measured.
"""

from experiments.against import Against, against
from experiments.attribute import Cause, Loss, attribute, shares, shares_with_intervals
from experiments.climbing.budget import Budget, Spent
from experiments.climbing.climb import climb
from experiments.climbing.policy import Decision, Tried, next_rung
from experiments.climbing.steps import ClimbReport, Need, Step, Target, Want
from experiments.climbing.ways import Ways
from experiments.compare import MARGIN, compare, settled_early
from experiments.evidence import to_evidence
from experiments.holding import holder
from experiments.opinions.ballots import Choice, Vote, VoteFile, draw_pair, key_in, keyed_hash
from experiments.opinions.judge import Judged, JudgeLike, judge_results
from experiments.opinions.live import LiveResult, live_dict, live_result
from experiments.opinions.preferences import Tally, tally, votes_dict, votes_for
from experiments.opinions.split import Event, Outcome, OutcomeFile, Split, Unit, assign
from experiments.protocols import Asker, Case, FormLike, Refused, ReplyLike, ScoreLike
from experiments.questions import Kind, Part, Question, Turn, load_questions
from experiments.records import Failure, Passage, Record
from experiments.run import GREEDY, Measured, Meter, Progress, Result, Sampling, measure, until_sure
from experiments.runs import Made, Run
from experiments.scorers import Score, Scores, score
from experiments.shown.climb_text import climb_markdown, climb_text, step_text
from experiments.shown.html import Page, report_html
from experiments.shown.published import climb_dict, comparison_dict, schema
from experiments.shown.report import comparison_markdown, comparison_text
from experiments.shown.votes_text import live_text, votes_text
from experiments.statistics.stats import Interval
from experiments.verdict import LADDER, Difference, Effect, PairTest, Pays, Rate, Standing, Verdict, Worth
from experiments.worth import Prices, Stakes

__all__ = [
    "GREEDY",
    "LADDER",
    "MARGIN",
    "Against",
    "Asker",
    "Budget",
    "Case",
    "Cause",
    "Choice",
    "ClimbReport",
    "Decision",
    "Difference",
    "Effect",
    "Event",
    "Failure",
    "FormLike",
    "Interval",
    "JudgeLike",
    "Judged",
    "Kind",
    "LiveResult",
    "Loss",
    "Made",
    "Measured",
    "Meter",
    "Need",
    "Outcome",
    "OutcomeFile",
    "Page",
    "PairTest",
    "Part",
    "Passage",
    "Pays",
    "Prices",
    "Progress",
    "Question",
    "Rate",
    "Record",
    "Refused",
    "ReplyLike",
    "Result",
    "Run",
    "Sampling",
    "Score",
    "ScoreLike",
    "Scores",
    "Spent",
    "Split",
    "Stakes",
    "Standing",
    "Step",
    "Tally",
    "Target",
    "Tried",
    "Turn",
    "Unit",
    "Verdict",
    "Vote",
    "VoteFile",
    "Want",
    "Ways",
    "Worth",
    "against",
    "assign",
    "attribute",
    "climb",
    "climb_dict",
    "climb_markdown",
    "climb_text",
    "compare",
    "comparison_dict",
    "comparison_markdown",
    "comparison_text",
    "draw_pair",
    "holder",
    "judge_results",
    "key_in",
    "keyed_hash",
    "live_dict",
    "live_result",
    "live_text",
    "load_questions",
    "measure",
    "next_rung",
    "report_html",
    "schema",
    "score",
    "settled_early",
    "shares",
    "shares_with_intervals",
    "step_text",
    "tally",
    "to_evidence",
    "until_sure",
    "votes_dict",
    "votes_for",
    "votes_text",
]
