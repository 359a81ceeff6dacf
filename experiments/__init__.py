"""Which setup wins, and how sure are we? Asks the same questions in every setup, compares answers in pairs.

`load_questions` reads the cases, `measure` asks and scores them, `compare` gives the verdict, `attribute`
says why questions were lost, `climb` tries rung after rung, and the `*_text`, `*_markdown` and `*_dict`
functions show it. `tally` counts blind votes, `live_result` a live split, and `judge_results` has a model compare
answers in pairs. Knows nothing of models or libraries: whatever fits `Asker` and `FormLike` can be measured.
"""

from experiments.against import Against, against
from experiments.attribute import Cause, Loss, attribute, shares, shares_with_intervals
from experiments.ballots import Choice, Vote, VoteFile, draw_pair, key_in, keyed_hash
from experiments.budget import Budget, Spent
from experiments.climb import climb
from experiments.climb_text import climb_markdown, climb_text, step_text
from experiments.compare import MARGIN, compare, settled_early
from experiments.evidence import to_evidence
from experiments.holding import holder
from experiments.html import Page, report_html
from experiments.judge import Judged, JudgeLike, judge_results
from experiments.live import LiveResult, live_dict, live_result
from experiments.policy import Decision, Tried, next_rung
from experiments.preferences import Tally, tally, votes_dict, votes_for
from experiments.protocols import Asker, Case, FormLike, Refused, ReplyLike, ScoreLike
from experiments.published import climb_dict, comparison_dict, schema
from experiments.questions import Kind, Part, Question, Turn, load_questions
from experiments.records import Failure, Passage, Record
from experiments.report import comparison_markdown, comparison_text
from experiments.run import GREEDY, Measured, Meter, Progress, Result, Sampling, measure, until_sure
from experiments.runs import Made, Run
from experiments.scorers import Score, Scores, score
from experiments.split import Event, Outcome, OutcomeFile, Split, Unit, assign
from experiments.stats import Interval
from experiments.steps import ClimbReport, Need, Step, Target, Want
from experiments.verdict import LADDER, Difference, Effect, PairTest, Pays, Rate, Standing, Verdict, Worth
from experiments.votes_text import live_text, votes_text
from experiments.ways import Ways
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
