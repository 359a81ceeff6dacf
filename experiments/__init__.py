"""Which setup wins, and how sure are we? Asks the same questions in every setup, compares answers in pairs.

`load_questions` reads the cases, `measure` asks and scores them, `compare` gives the verdict, `attribute`
says why questions were lost, `climb` tries rung after rung, and the `*_text`, `*_markdown` and `*_dict`
functions show it. Knows nothing of models or libraries: whatever fits `Asker` and `FormLike` can be measured.
"""

from experiments.attribute import Cause, Loss, attribute, shares, shares_with_intervals
from experiments.budget import Budget, Spent
from experiments.climb import climb
from experiments.climb_text import climb_markdown, climb_text, step_text
from experiments.compare import MARGIN, compare, settled_early
from experiments.evidence import to_evidence
from experiments.holding import holder
from experiments.policy import Decision, Tried, next_rung
from experiments.protocols import Asker, Case, FormLike, Refused, ReplyLike, ScoreLike
from experiments.published import climb_dict, comparison_dict, schema
from experiments.questions import Kind, Part, Question, Turn, load_questions
from experiments.records import Failure, Passage, Record
from experiments.report import comparison_markdown, comparison_text
from experiments.run import GREEDY, Measured, Meter, Progress, Result, Sampling, measure, until_sure
from experiments.scorers import Score, Scores, score
from experiments.stats import Interval
from experiments.steps import ClimbReport, Need, Step, Target, Want
from experiments.verdict import LADDER, Difference, Effect, PairTest, Pays, Rate, Standing, Verdict, Worth
from experiments.ways import Ways
from experiments.worth import Prices, Stakes

__all__ = [
    "GREEDY",
    "LADDER",
    "MARGIN",
    "Asker",
    "Budget",
    "Case",
    "Cause",
    "ClimbReport",
    "Decision",
    "Difference",
    "Effect",
    "Failure",
    "FormLike",
    "Interval",
    "Kind",
    "Loss",
    "Measured",
    "Meter",
    "Need",
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
    "Sampling",
    "Score",
    "ScoreLike",
    "Scores",
    "Spent",
    "Stakes",
    "Standing",
    "Step",
    "Target",
    "Tried",
    "Turn",
    "Verdict",
    "Want",
    "Ways",
    "Worth",
    "attribute",
    "climb",
    "climb_dict",
    "climb_markdown",
    "climb_text",
    "compare",
    "comparison_dict",
    "comparison_markdown",
    "comparison_text",
    "holder",
    "load_questions",
    "measure",
    "next_rung",
    "schema",
    "score",
    "settled_early",
    "shares",
    "shares_with_intervals",
    "step_text",
    "to_evidence",
    "until_sure",
]
