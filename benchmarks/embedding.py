"""How fast texts become vectors, and what that costs: every encoder beside what a user would use instead, in one run.

Run `python benchmarks/embedding.py [FOLDER]`, with a folder that holds SQuAD 2.0's `dev-v2.0.json`: its paragraphs, cut at
sentences to the length of the library's chunks (`--whole`: not cut), are embedded in turns by torch, ONNX Runtime, int8,
plain `SentenceTransformer.encode` and, where it is installed, LangChain's `HuggingFaceEmbeddings`; rates are ratios of one
round's to plain encode's, as a median of rounds. Then nDCG@10 of each on question to paragraph, beside what the built-in
calibration says of int8. Without a folder the built-in texts are timed alone.

`raw` is the bare session over the same batches, tokenised, sorted and padded before the clock started; our share of it has
a bar (95 %). Other work on the machine disturbs all alike. `--budgets` tunes the tokens of a batch instead.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

from rag import SentenceEmbedder
from rag.embedding import calibrate
from rag.embedding.batches import batches
from rag.embedding.calibration_texts import mixed
from rag.embedding.encode_onnx import OnnxEncoder, threads

FILE = "dev-v2.0.json"
BAR = 0.95
BUDGETS = (1, 64, 128, 256, 512, 1024, 2048, 4096)
WORDS = 45  # of a chunk of 64 word pieces

Embed = Callable[[Sequence[str]], np.ndarray]


def squad(folder: Path) -> tuple[list[str], list[str], list[int]]:
    """Return all paragraphs, the answerable questions, and the paragraph of each."""
    paragraphs: list[str] = []
    questions: list[str] = []
    gold: list[int] = []
    for article in json.loads((folder / FILE).read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            asked = [row["question"] for row in paragraph["qas"] if not row["is_impossible"]]
            questions += asked
            gold += [len(paragraphs)] * len(asked)
            paragraphs.append(paragraph["context"])
    return paragraphs, questions, gold


def pieces(paragraph: str) -> list[str]:
    """Cut a paragraph between words into pieces about as long as the library's chunks."""
    words = paragraph.split()
    return [" ".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS)]


def encoders() -> dict[str, Embed]:
    """Return what is compared, each loaded and warm."""
    ours = {backend: SentenceEmbedder(backend=backend) for backend in ("torch", "onnx", "int8")}
    model = ours["torch"].encoders.reference.model
    found: dict[str, Embed] = {
        "plain encode": lambda texts: model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        ),
        **{backend: embedder.embed for backend, embedder in ours.items()},
    }
    try:
        from langchain_huggingface import HuggingFaceEmbeddings

        chain = HuggingFaceEmbeddings(
            model_name=str(ours["torch"].folder), encode_kwargs={"normalize_embeddings": True}
        )
        found["LangChain"] = lambda texts: np.array(chain.embed_documents(list(texts)))
    except ImportError:
        print(
            "langchain-huggingface is not installed, so it is left out; it calls plain encode and makes lists of it."
        )
    for embed in found.values():
        embed(["warm"] * 4)
    return found


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def prepared(encoder: OnnxEncoder, texts: Sequence[str], budget: int) -> Callable[[], object]:
    """Return the bare session's work on these texts, all of it ready to be run."""
    ids = [entry.ids for entry in encoder._tokenizer.encode_batch(list(texts))]
    inputs = []
    for part in batches([len(one) for one in ids], budget):
        shape = (len(part), max(len(ids[place]) for place in part))
        batch, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, place in enumerate(part):
            batch[row, : len(ids[place])] = ids[place]
            mask[row, : len(ids[place])] = 1
        inputs.append({"input_ids": batch, "attention_mask": mask})

    def run() -> None:
        with ThreadPoolExecutor(threads()) as workers:
            list(workers.map(lambda one: encoder._session.run(["vectors"], one), inputs))

    return run


def main() -> int:
    """Measure and print; 1 where the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help=f"holds {FILE}")
    parser.add_argument("--texts", type=int, default=300, help="timed in each round")
    parser.add_argument("--questions", type=int, default=500, help="asked for nDCG@10")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="whole paragraphs instead of chunks")
    parser.add_argument("--budgets", action="store_true", help="only the rates of batches of so many tokens")
    chosen = parser.parse_args()
    told = chosen.folder is not None and (chosen.folder / FILE).is_file()
    if chosen.folder is not None and not told:
        print(f"{chosen.folder}: there is no {FILE}, so the built-in texts are timed alone.")
    paragraphs, questions, gold = squad(chosen.folder) if told else (mixed(chosen.texts), [], [])
    texts = paragraphs if chosen.whole or not told else [one for p in paragraphs for one in pieces(p)]
    texts = random.Random(7).sample(texts, min(chosen.texts, len(texts)))
    onnx = {kind: SentenceEmbedder(backend=kind).encoders.for_query() for kind in ("onnx", "int8")}
    lengths = SentenceEmbedder().count_tokens(texts)
    print(
        f"{len(texts)} texts of {min(lengths)} to {max(lengths)} tokens, {threads()} threads, {chosen.rounds} rounds\n"
    )
    if chosen.budgets:
        tune(onnx, texts, chosen.rounds)
        return 0
    missed = rates(onnx, texts, chosen.rounds)
    if told:
        quality(paragraphs, questions, gold, chosen.questions)
    return int(missed)


def tune(onnx: dict[str, OnnxEncoder], texts: Sequence[str], rounds: int) -> None:
    """Print the bare session's rate for each token budget, as a share of the best."""
    for kind, encoder in onnx.items():
        works = {budget: prepared(encoder, texts, budget) for budget in BUDGETS}
        took = {budget: [] for budget in BUDGETS}
        for _ in range(rounds):
            for budget, work in works.items():
                took[budget].append(seconds(work))
        middle = {budget: statistics.median(values) for budget, values in took.items()}
        best = min(middle.values())
        print(f"{kind:5} " + "  ".join(f"{budget}: {best / value:.2f}" for budget, value in middle.items()))


def rates(onnx: dict[str, OnnxEncoder], texts: Sequence[str], rounds: int) -> bool:
    """Print every encoder's rate and ours as a share of the bare session's; return whether the bar is missed."""
    works: dict[str, Callable[[], object]] = {
        name: (lambda embed=embed: embed(texts)) for name, embed in encoders().items()
    }
    works |= {f"raw {kind}": prepared(one, texts, one._budget) for kind, one in onnx.items()}
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            took[name].append(seconds(work))
    print(f"{'encoder':14} {'texts/s':>8} {'x plain encode':>15} {'share of raw':>13}")
    missed = False
    for name, values in took.items():
        times = statistics.median(a / b for a, b in zip(took["plain encode"], values, strict=True))
        share = ""
        if name in onnx:
            part = statistics.median(a / b for a, b in zip(took[f"raw {name}"], values, strict=True))
            missed |= part < BAR
            share = f"{100 * part:.0f} % {'met' if part >= BAR else 'MISSED'}"
        print(f"{name:14} {len(texts) / statistics.median(values):8.1f} {times:15.2f} {share:>13}")
    return missed


def quality(paragraphs: Sequence[str], questions: Sequence[str], gold: Sequence[int], count: int) -> None:
    """Print nDCG@10 of each encoder, and what int8 loses here and on the built-in calibration."""
    places = random.Random(3).sample(range(len(questions)), min(count, len(questions)))
    asked, answers = [questions[place] for place in places], [gold[place] for place in places]
    ours = {backend: SentenceEmbedder(backend=backend).embed for backend in ("torch", "onnx", "int8")}
    values = {}
    for name, embed in ours.items():
        passages = embed(paragraphs)
        scores = embed(asked) @ passages.T
        ranks = 1 + (scores > scores[np.arange(len(asked)), answers][:, None]).sum(axis=1)
        values[name] = np.where(ranks <= 10, 1 / np.log2(ranks + 1.0), 0.0)
    print(f"\nnDCG@10 of {len(asked)} questions over {len(paragraphs)} paragraphs")
    for name, one in values.items():
        lost, bound = calibrate.bounded(100 * (values["torch"] - one))
        print(
            f"{name:14} {one.mean():.3f}   loses {lost:+.2f} points, at most {bound:+.2f} (80 %, one-sided)"
        )
    lost, bound = calibrate.loss(ours["onnx"], ours["int8"])
    print(f"The built-in calibration says of int8: loses {lost:+.2f} points, at most {bound:+.2f}")


if __name__ == "__main__":
    sys.exit(main())
