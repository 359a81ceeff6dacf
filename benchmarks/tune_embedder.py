"""What teaching an embedder brings: nDCG@10 of the live search before and after, beside sentence-transformers' plain recipe.

Run `python benchmarks/tune_embedder.py WORKSPACE` on a workspace with an index, or `--squad FOLDER` with a folder that holds
SQuAD 2.0's `dev-v2.0.json`: a workspace of `--paragraphs` documents is made of it, with a test question for each and up to two
dev questions. Both arms learn from the same pairs for `--minutes` each, from the same weights, and are asked the same questions:

- plain: MultipleNegativesRankingLoss on shuffled batches, the last weights kept, as the library's own examples do it;
- taught: what `rungwise tune-embedder` does: hard negatives, no two passages of a family in a batch, the best epoch kept.

The workspace is copied first; nothing of it changes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assistant import Workspace
from assistant.open import open_library
from experiments.finding.acceptance import Acceptance, accept
from experiments.finding.material import material
from experiments.finding.retrieval import look_up
from experiments.finding.teaching import teach
from experiments.shown.teaching_text import teaching_text
from rag import SentenceEmbedder
from rag.tuning.embedder_training import Row, TrainingPlan, train_embedder
from rag.tuning.trial import Trial, embedded, stored

FILE = "dev-v2.0.json"


def squad(folder: Path, root: Path, paragraphs: int) -> Path:
    """Make a workspace of SQuAD's paragraphs, taken evenly from its articles."""
    articles = json.loads((folder / FILE).read_text("utf-8"))["data"]
    each = -(-paragraphs // len(articles))
    chosen = [
        (article["title"].replace("_", " "), paragraph)
        for article in articles
        for paragraph in article["paragraphs"][:each]
    ][:paragraphs]
    (root / "documents").mkdir(parents=True)
    rows = []
    for number, (title, paragraph) in enumerate(chosen):
        name = f"p{number:04}.md"
        (root / "documents" / name).write_text(f"# {title}\n\n{paragraph['context']}\n", "utf-8")
        asked = [one for one in paragraph["qas"] if not one["is_impossible"]][:3]
        for place, one in enumerate(asked):
            rows.append(
                {"id": one["id"], "part": "dev" if place else "test", "kind": "single", "question": one["question"],
                 "facts": [[one["answers"][0]["text"]]], "answerable": True, "gold": [name]}
            )  # fmt: skip
    (root / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (root / "rungwise.toml").write_text('name = "SQuAD"\n[retrieval]\nchunk_tokens = 96\n', "utf-8")
    with open_library(Workspace.open(root)) as library:
        library.sync()
    return root


def plain(house: Workspace, scratch: Path, minutes: float) -> tuple[Acceptance, float, int]:
    """Train without hard negatives and without families; return what it brings, its seconds and its steps."""
    with open_library(house) as library:
        base = library.embedder
        assert isinstance(base, SentenceEmbedder)
        found = material(house, library, house.settings.training.seed)
        rows = [Row(pair.query, pair.passage, "", place) for place, pair in enumerate(found.pairs)]
        end = time.monotonic() + 60 * minutes
        fitted = train_embedder(
            base.folder, rows, lambda encode: 0.0, scratch / "states", scratch / "plain", TrainingPlan(epochs=1),
            over=lambda: time.monotonic() > end,
        )  # fmt: skip
        taught = SentenceEmbedder(str(scratch / "plain"), "torch")
        with Trial(library, base, stored(library)) as now:
            before = look_up(found.test, now)
        with Trial(library, taught, embedded(library, taught)) as then:
            after = look_up(found.test, then)
        return (
            accept(before, after, house.settings.retrieval, found.held_out),
            fitted.seconds,
            fitted.steps,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", nargs="?", type=Path)
    parser.add_argument("--squad", type=Path)
    parser.add_argument("--paragraphs", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=20.0)
    wanted = parser.parse_args()
    if wanted.squad is not None and not (wanted.squad / FILE).is_file():
        print(f"{wanted.squad / FILE} is not here, so this is skipped.")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "house"
        if wanted.squad is not None:
            squad(wanted.squad, root, wanted.paragraphs)
        else:
            shutil.copytree(wanted.workspace, root)
        house = Workspace.open(root)
        found, seconds, steps = plain(house, Path(folder), wanted.minutes)
        gain = found.gain
        print(
            f"plain: {steps} steps, {seconds:.0f} s; nDCG@10 {found.before.mean:.3f} -> {found.after.mean:.3f}, "
            f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}); by meaning alone {found.dense.mean:+.3f} "
            f"({found.dense.low:+.3f} to {found.dense.high:+.3f})",
            flush=True,
        )
        print("taught:", teaching_text(teach(house, lambda *told: None, wanted.minutes)), sep="\n")


if __name__ == "__main__":
    main()
