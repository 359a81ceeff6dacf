"""How well the alignment of answers with passages tells what a passage carries: measured on made statements.

Run `python benchmarks/citation_support.py FOLDER`, with a folder that holds SQuAD 2.0's `dev-v2.0.json`; without one, only the
demo's examples are measured. Every case is one sentence that cites the first of four passages. Supported are a question whose
asking word was replaced by its answer (crude, and in other words than the passage's), and the passage's own sentence;
unsupported are the same with the value exchanged for another of its kind, with "not" put in, or held against another paragraph
of the same article. `--tune` tries thresholds on every second article instead; all other figures are of the other ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import rag.attribution.support as alignment
from experiments.statistics.stats import Interval, wilson
from foundation.normalise import contains
from rag import Library, LibrarySettings
from rag.attribution.support import Support, Verdict, support
from rag.sentences import sentence_spans

FILE = "dev-v2.0.json"
DEMO = ROOT / "examples" / "tarn-and-timber"
PASSAGES = 4
_ASKING = re.compile(
    r"\b(?:how (?:many|much|long|old|far|often|tall|large|high)|what|which|who|whom|whose|when|where|why|how)\b",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(r"\b(is|was|are|were|can|will|has|have|had|could|would|may|must)\b")


@dataclass(frozen=True)
class Passage:
    """A passage as the alignment reads it."""

    label: str
    text: str


@dataclass(frozen=True)
class Case:
    """A sentence and the passages that were shown with it; it cites the first."""

    sort: str
    """How it was made."""
    supported: bool
    """The truth, by how it was made."""
    text: str
    passages: tuple[Passage, ...]
    question: str
    place: int | None = None
    """Where the answer stands in the first passage, in characters."""

    def judged(self) -> Support:
        """Return what the alignment says."""
        found = support(f"{self.text.rstrip('.')} [1].", self.passages, self.question)
        claims = [one for one in found if one.verdict is not Verdict.NO_CLAIM]
        worst = [one for one in claims if one.verdict is Verdict.UNSUPPORTED]
        return (worst or claims or list(found))[0]


def kind(value: str) -> str:
    """Return what sort of value an answer is, so that it is exchanged for one that could stand in its place."""
    if re.fullmatch(r"(?:1\d|20)\d\d", value):
        return "year"
    if re.search(r"\d", value):
        unit = re.sub(r"[\d.,:\s-]+", " ", value).strip().lower()
        return f"figure {unit}" if len(unit) < 12 else "figure"
    words = value.split()
    return (
        f"name {len(words)}"
        if all(word[0].isupper() for word in words if len(word) > 3)
        else f"words {len(words)}"
    )


def statement(question: str, answer: str) -> str:
    """Return a question with its asking word replaced by the answer."""
    said, count = _ASKING.subn(lambda _: answer, question.rstrip(" ?"), count=1)
    return said if count else f"{question.rstrip(' ?')}: {answer}"


def sentence_at(text: str, place: int) -> str:
    """Return the sentence of a text that a character stands in."""
    return next((text[a:b] for a, b in sentence_spans(text.replace("\n", " ")) if a <= place < b), text)


def exchanged(rng: random.Random, answer: str, pool: Sequence[str], text: str, inside: bool) -> str | None:
    """Return another value of an answer's kind, which stands in the text or does not."""
    others = sorted(
        {
            one
            for one in pool
            if kind(one) == kind(answer) and contains(text, one) == inside
            and not contains(one, answer) and not contains(answer, one)
        }
    )  # fmt: skip
    return rng.choice(others) if others else None


def squad(path: Path, rng: random.Random) -> dict[str, list[Case]]:
    """Return cases of every article of SQuAD 2.0, by article."""
    found = {}
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        pool = [a["text"] for p in article["paragraphs"] for q in p["qas"] for a in q["answers"][:1]]
        cases: list[Case] = []
        for number, paragraph in enumerate(article["paragraphs"]):
            others = [text for place, text in enumerate(texts) if place != number]
            beside = [Passage(title, text) for text in rng.sample(others, min(PASSAGES - 1, len(others)))]
            shown = (Passage(title, paragraph["context"]), *beside)
            own = [a["text"] for q in paragraph["qas"] for a in q["answers"][:1]]
            for row in paragraph["qas"]:
                cases += _cases(rng, row, shown, pool, own)
        found[title] = cases
    return found


def _cases(
    rng: random.Random, row: dict, shown: tuple[Passage, ...], pool: list[str], own: list[str]
) -> Iterator[Case]:
    question, text = row["question"], shown[0].text
    if row["is_impossible"]:
        for plausible in row.get("plausible_answers", [])[:1]:
            yield Case(
                "a question that nearly fits, answered",
                False,
                statement(question, plausible["text"]),
                shown,
                question,
            )
        return
    answer, place = row["answers"][0]["text"], row["answers"][0]["answer_start"]
    said, own_sentence = statement(question, answer), sentence_at(text, place)
    yield Case("question with its answer", True, said, shown, question, place)
    yield Case("sentence of the passage", True, own_sentence, shown, question, place)
    if (other := exchanged(rng, answer, pool, text, inside=False)) is not None:
        yield Case("question with another value", False, statement(question, other), shown, question)
        yield Case("sentence with another value", False, own_sentence.replace(answer, other), shown, question)
    if (other := exchanged(rng, answer, own, text, inside=True)) is not None:
        yield Case(
            "question with another value of the passage", False, statement(question, other), shown, question
        )
    if _AUXILIARY.search(own_sentence):
        yield Case(
            'sentence with "not"', False, _AUXILIARY.sub(r"\1 not", own_sentence, count=1), shown, question
        )
    wrong = [one for one in shown[1:] if not contains(one.text, answer)]
    if wrong:
        rest = tuple(one for one in shown if one is not wrong[0])[1:]
        yield Case("question with its answer, another paragraph", False, said, (wrong[0], *rest), question)


def demo(rng: random.Random) -> list[Case]:
    """Return cases of the demo's examples, whose answers are in its form and cite their sources."""
    rows = [json.loads(line) for line in (DEMO / "examples.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [row for row in rows if len(row.get("facts") or ()) == 1 and len(row.get("sources") or ()) == 1]
    pool = [row["facts"][0] for row in told]
    cases: list[Case] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        Library(DEMO / "documents", Path(scratch) / "state", LibrarySettings()) as library,
    ):
        library.sync()
        for row in told:
            question, fact = row["messages"][-2]["content"], row["facts"][0]
            answer = re.sub(r"\s*\[\d+\]", "", row["messages"][-1]["content"])
            answer = answer.removeprefix("Hello from the tarn!").removesuffix("Happy trails.").strip()
            chunks = library.search(question, PASSAGES + 2)
            right = [
                hit.chunk
                for hit in chunks
                if hit.chunk.source == row["sources"][0] and contains(hit.chunk.text, fact)
            ]
            if not right or not contains(answer, fact):
                continue
            first = Passage(right[0].label, right[0].text)
            beside = [Passage(hit.chunk.label, hit.chunk.text) for hit in chunks if hit.chunk is not right[0]]
            shown = (first, *beside[: PASSAGES - 1])
            cases.append(
                Case(
                    "answer of an example",
                    True,
                    answer,
                    shown,
                    question,
                    first.text.find(fact) if fact in first.text else None,
                )
            )
            if (other := exchanged(rng, fact, pool, first.text, inside=False)) is not None and fact in answer:
                cases.append(Case("with another value", False, answer.replace(fact, other), shown, question))
            wrong = [one for one in beside if not contains(one.text, fact)]
            if wrong:
                cases.append(Case("another passage", False, answer, (wrong[0], first), question))
    return cases


def percent(share: Interval) -> str:
    """Return a share with its interval."""
    return f"{100 * share.mean:5.1f} % ({100 * share.low:.1f}–{100 * share.high:.1f})"


def table(name: str, cases: Sequence[Case]) -> None:
    """Print what is called supported of each sort, and precision and recall of all together."""
    judged = [(case, case.judged()) for case in cases]
    print(f"\n{name}: {len(cases)} sentences\n{'sort':48} {'n':>5}  called right")
    for sort in dict.fromkeys(case.sort for case in cases):
        rows = [(case, one) for case, one in judged if case.sort == sort]
        right = sum((one.verdict is Verdict.SUPPORTED) == case.supported for case, one in rows)
        print(f"{sort:48} {len(rows):5}  {percent(wilson(right, len(rows)))}")
    called = [(case, one) for case, one in judged if one.verdict is Verdict.SUPPORTED]
    true = sum(case.supported for case, _ in called)
    flagged = [(case, one) for case, one in judged if one.verdict is not Verdict.SUPPORTED]
    rightly = sum(not case.supported for case, _ in flagged)
    bad = sum(not case.supported for case in cases)
    print(f"called supported, and is:       {percent(wilson(true, len(called)))}")
    print(f"called unsupported, and is:     {percent(wilson(rightly, len(flagged)))}")
    print(f"unsupported, and called so:     {percent(wilson(rightly, bad))}")
    print(
        f"cited = supported would be right on {percent(wilson(len(cases) - bad, len(cases)))} of what it calls so (all)"
    )
    placed = [(case, one) for case, one in called if case.place is not None and case.supported]
    held = sum(
        any(e.passage == 1 and e.start <= case.place < e.end for e in one.evidence) for case, one in placed
    )
    marked = [
        sum(e.end - e.start for e in one.evidence if e.passage == 1) / len(case.passages[0].text)
        for case, one in placed
    ]
    size = 100 * sum(marked) / len(marked)
    print(
        f"the marked span holds the answer: {percent(wilson(held, len(placed)))}; it is {size:.0f} % of the passage"
    )


def balanced(cases: Sequence[Case], each: int, rng: random.Random) -> list[Case]:
    """Return so many cases of every sort."""
    chosen: list[Case] = []
    for sort in dict.fromkeys(case.sort for case in cases):
        rows = [case for case in cases if case.sort == sort]
        chosen += rng.sample(rows, min(each, len(rows)))
    return chosen


def tune(cases: Sequence[Case]) -> None:
    """Print what other thresholds and weights would do on the articles that may choose them."""
    print(
        "\nTried on the articles that choose: balanced accuracy, supported called so, unsupported called so"
    )
    kept = {name: getattr(alignment, name) for name in ("ENOUGH", "_NAME", "_UNSEEN", "_RIVAL", "_GROW")}
    tried: list[dict[str, float]] = [{}]
    tried += [
        {"ENOUGH": enough, "_UNSEEN": unseen, "_GROW": grow}
        for enough in (0.5, 0.55, 0.6)
        for unseen in (0.6, 0.8)
        for grow in (0.08, 0.12)
    ]
    tried += [{"_NAME": 1.0}, {"_NAME": 2.0}, {"_RIVAL": 0.1}, {"_RIVAL": 0.3}]
    for change in tried:
        for name, value in {**kept, **change}.items():
            setattr(alignment, name, value)
        shares = []
        for truth in (True, False):
            by_sort: dict[str, list[bool]] = {}
            for case in cases:
                if case.supported == truth:
                    by_sort.setdefault(case.sort, []).append(
                        (case.judged().verdict is Verdict.SUPPORTED) == truth
                    )
            shares.append(sum(sum(rows) / len(rows) for rows in by_sort.values()) / len(by_sort))
        said = ", ".join(f"{name.strip('_').lower()} {value}" for name, value in change.items()) or "as it is"
        print(f"  {said:40} {sum(shares) / 2:.3f}   {shares[0]:.3f}   {shares[1]:.3f}", flush=True)
    for name, value in kept.items():
        setattr(alignment, name, value)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help=f"holds {FILE}")
    parser.add_argument("--each", type=int, default=400, help="cases of each sort")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--tune", action="store_true", help="try other thresholds instead, on the other articles"
    )
    parser.add_argument("--no-demo", action="store_true", help="leave the demo's examples out")
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    path = chosen.folder / FILE if chosen.folder else None
    if path is not None and path.is_file():
        articles = squad(path, rng)
        names = sorted(articles)
        if chosen.tune:
            tune(balanced([case for name in names[0::2] for case in articles[name]], chosen.each, rng))
        held = [case for name in names[1::2] for case in articles[name]]
        if not chosen.tune:
            table("SQuAD 2.0, articles that chose nothing", balanced(held, chosen.each, rng))
    elif path is not None:
        print(
            f"{chosen.folder}: there is no {FILE}, so only the demo is measured. Put SQuAD 2.0's dev file there."
        )
    if not chosen.no_demo:
        table("The demo's examples", demo(rng))
    return 0


if __name__ == "__main__":
    sys.exit(main())
