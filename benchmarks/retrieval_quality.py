"""How well the library finds, and how well it knows that it did not: measured on SQuAD 2.0.

Run `python benchmarks/retrieval_quality.py FOLDER`, with a folder that holds `dev-v2.0.json`. Every paragraph becomes a
document, and a seeded sample of questions is asked. Three sorts of question that can't be answered are told apart:
those that SQuAD's authors wrote against a paragraph that nearly answers them (adversarial), answerable ones whose
paragraph is taken away (absent), and answerable ones asked of a library about other topics (foreign).

`--fit` fits the score of answerability on the questions of every second article and prints the constants that stand in
`rag/retrieval/answerability.py`; the AUROC of the shipped score is always measured on the other articles.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from experiments.finding.abstention import auroc, judge, threshold_for
from experiments.finding.retrieval import Found, Search, difference, look_up, measured, retrieval_report
from experiments.finding.tuning import tune
from experiments.questions import Kind, Part, Question
from experiments.shown.retrieval_text import retrieval_text, tuning_text, value
from experiments.shown.tables import points
from rag import Library, LibrarySettings
from rag.retrieval.answerability import FEATURES, SHIPPED, Fit, features, fit
from rag.retrieval.choose import Lookup, choose, joined

FILE = "dev-v2.0.json"
DRAWS = 25
SORTS = ("adversarial", "absent", "foreign")


def documents_and_questions(path: Path, folder: Path) -> list[Question]:
    """Write every paragraph as a document under its article's title and return all questions."""
    questions = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        name = "".join(letter if letter.isalnum() else "-" for letter in article["title"])
        (folder / name).mkdir(parents=True)
        for number, paragraph in enumerate(article["paragraphs"]):
            source = f"{name}/{number:03}.md"
            title = article["title"].replace("_", " ")
            (folder / source).write_text(f"# {title}\n\n{paragraph['context']}\n", encoding="utf-8")
            questions += [_question(row, source) for row in paragraph["qas"]]
    return questions


def _question(row: dict, source: str) -> Question:
    """Return a question with the paragraph that it was written for as its gold, answerable or not."""
    told = not row["is_impossible"]
    kind = Kind.SINGLE if told else Kind.UNANSWERABLE
    return Question(row["id"], Part.TEST, kind, row["question"], (("-",),), told, (source,))


def article_of(found: Found) -> str:
    return found.question.gold[0].split("/")[0]


def without_its_paragraph(found: Found) -> Found:
    """Return what would be found had the paragraph that tells never been written."""
    gold = found.question.gold
    kept = tuple(one for one in found.lookup.candidates if one.chunk.source not in gold)
    return Found(found.question, Lookup(kept, found.lookup.words))


def telling(name: str, good: list[Found], bad: list[Found], score: Fit) -> None:
    """Print how well a score tells two sorts of question apart."""
    scores = [score.score(features(one.lookup)) for one in [*good, *bad]]
    judged = judge(scores, [True] * len(good) + [False] * len(bad), score.threshold)
    assert judged is not None
    print(
        f"  {name:12} n = {judged.answerable} + {judged.unanswerable}   AUROC {value(judged.auroc)}   "
        f"Brier {judged.brier:.3f} ({judged.brier_of_share:.3f} without looking)   abstains on "
        f"{100 * judged.caught.mean:.0f} %, wrongly on {100 * judged.false_abstention.mean:.0f} %"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help=f"holds {FILE}")
    parser.add_argument("--questions", type=int, default=700, help="of each sort, answerable and not")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--fit", action="store_true", help="also fit the score that is shipped")
    parser.add_argument(
        "--strengths",
        action="store_true",
        help="also try how strongly a small fit is drawn to the shipped score",
    )
    chosen = parser.parse_args()
    if not (chosen.folder / FILE).is_file():
        print(f"{chosen.folder}: there is no {FILE}, so nothing is measured. Put SQuAD 2.0's dev file there.")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        measure(chosen, Path(scratch))
    return 0


def measure(chosen: argparse.Namespace, scratch: Path) -> None:
    """Build both libraries, ask, and print every figure."""
    questions = documents_and_questions(chosen.folder / FILE, scratch / "documents")
    random.Random(chosen.seed).shuffle(questions)
    sample = [one for one in questions if one.answerable][: chosen.questions]
    sample += [one for one in questions if not one.answerable][: chosen.questions]
    settings = LibrarySettings()
    with Library(scratch / "documents", scratch / "state", settings) as library:
        report = library.sync()
        print(f"{len(library.sources())} documents, {report.chunks} chunks, {report.seconds:.0f} s to build")
        began = time.monotonic()
        found = look_up(sample, library)
        print(f"{len(found)} questions, {1000 * (time.monotonic() - began) / len(found):.0f} ms each\n")
        sources = library.sources()
    good = [one for one in found if one.question.answerable]
    print(retrieval_text(retrieval_report(good, settings, SHIPPED, "test", sources)))
    print("\n" + tuning_text(tune(good, settings)) + "\n")
    options(good, found, settings)
    articles = sorted({path.name for path in (scratch / "documents").iterdir()})
    held = set(articles[1::2])
    halves = {name: asked_of(name, good, articles, scratch, settings) for name in ("held out", "fitted on")}
    groups = {}
    for half, foreign in halves.items():
        mine = [one for one in found if (article_of(one) in held) == (half == "held out")]
        told = [one for one in mine if one.question.answerable]
        groups[half] = {
            "answerable": told,
            "adversarial": [one for one in mine if not one.question.answerable],
            "absent": [without_its_paragraph(one) for one in told],
            "foreign": foreign,
        }
    if chosen.strengths:
        strengths(groups["held out"])
    score = fit_and_print(groups["fitted on"]) if chosen.fit else SHIPPED
    which = "fitted" if chosen.fit else "shipped"
    print(f"Answerability, the {which} score, on the articles that it was not fitted on")
    for name in SORTS:
        telling(name, groups["held out"]["answerable"], groups["held out"][name], score)


def options(good: list[Found], found: list[Found], settings: LibrarySettings) -> None:
    """Print what the options of a search cost or gain on questions that one passage answers."""
    now = [measured(one, Search.FUSED, settings)[-1] for one in good]
    for name, tried in {
        "diversity 0.2": replace(settings, diversity=0.2),
        "diversity 0.5": replace(settings, diversity=0.5),
        "max_per_source 1": replace(settings, max_per_source=1),
    }.items():
        values = [measured(one, Search.FUSED, tried)[-1] for one in good]
        print(f"{name:17} {points(difference(values, now))} points of nDCG@10")
    changed = sum(
        [hit.chunk.id for hit in choose(one.lookup, settings, 10).hits]
        != [key for key, _ in joined({c.chunk.id: c for c in one.lookup.candidates}, settings)[:10]]
        for one in found
    )
    print(f"Near-duplicates changed the first ten hits of {changed} of {len(found)} questions.\n")


def strengths(group: dict[str, list[Found]]) -> None:
    """Print how well fits on few questions tell the others, by how strongly they are drawn to the shipped score."""
    import numpy as np

    rows = {name: [features(one.lookup) for one in asked] for name, asked in group.items()}
    print(f"Mean AUROC and log loss of {DRAWS} small fits, by strength: {', '.join(SORTS)}")
    for few, fewer in ((40, 8), (80, 20), (200, 100)):
        for strength in (1.0, 3.0, 10.0, 30.0, 1e6):
            told = []
            for name in SORTS:
                rng, seen = np.random.default_rng(0), []
                for _ in range(DRAWS):
                    good = [rows["answerable"][place] for place in rng.permutation(len(rows["answerable"]))]
                    bad = [rows[name][place] for place in rng.permutation(len(rows[name]))]
                    truth = [True] * few + [False] * fewer
                    fitted = fit([*good[:few], *bad[:fewer]], truth, "", strength=strength)
                    yes, no = ([fitted.score(row) for row in side] for side in (good[few:], bad[fewer:]))
                    loss = -(few * np.mean(np.log(yes)) + fewer * np.mean(np.log1p(-np.array(no)))) / (
                        few + fewer
                    )
                    seen.append((auroc(yes, no), loss))
                told.append("{:.3f} {:.3f}".format(*np.mean(seen, axis=0)))
            print(f"  {few:3} + {fewer:3}   {strength:9g}   " + "   ".join(told))
    print()


def asked_of(
    half: str, good: list[Found], articles: list[str], scratch: Path, settings: LibrarySettings
) -> list[Found]:
    """Ask one half's answerable questions of a library that holds the other half only."""
    other = set(articles[0::2] if half == "held out" else articles[1::2])
    folder, state = scratch / half / "documents", scratch / half / "state"
    for name in other:
        (folder / name).mkdir(parents=True)
        for path in (scratch / "documents" / name).iterdir():
            (folder / name / path.name).write_bytes(path.read_bytes())
    asked = [one.question for one in good if article_of(one) not in other]
    with Library(folder, state, settings) as library:
        library.sync()
        return look_up(asked, library)


def fit_and_print(group: dict[str, list[Found]]) -> Fit:
    """Fit on as many answerable questions as unanswerable ones, the three sorts of these in equal parts."""
    import numpy as np

    good, third = group["answerable"], len(group["answerable"]) // 3
    bad = [one for name in SORTS for one in group[name][:third]]
    rows = np.array([features(one.lookup) for one in [*good, *bad]])
    truth = [True] * len(good) + [False] * len(bad)
    fitted = fit(rows, truth, "", prior=replace(SHIPPED, weights=(0.0,) * len(FEATURES)), strength=0.1)
    threshold = threshold_for([fitted.score(row) for row in rows], truth, 0.05)
    print(f"Fitted on {len(good)} + {len(bad)} questions: " + ", ".join(FEATURES))
    print(f"  bias {fitted.bias:.3f}, weights {[round(weight, 3) for weight in fitted.weights]}")
    print(f"  threshold {threshold:.3f}, spread {[round(float(s), 3) for s in rows.std(axis=0)]}\n")
    return replace(fitted, threshold=threshold)


if __name__ == "__main__":
    sys.exit(main())
