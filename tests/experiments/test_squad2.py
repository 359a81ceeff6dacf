"""Retrieval on real questions (SQuAD 2.0), which lie beside the repository: both searches together beat each alone."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from experiments.finding.abstention import auroc
from experiments.finding.retrieval import Search, look_up, retrieval_report
from rag import Library, LibrarySettings
from rag.retrieval.answerability import SHIPPED, features

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "benchmarks" / "retrieval_quality.py"
SQUAD = REPOSITORY.parent / "shared" / "data" / "squad2"
ARTICLES = 4
QUESTIONS = 150


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("retrieval_quality", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.skipif(
    not SQUAD.is_dir(), reason="needs SQuAD 2.0's dev file beside the repository: shared/data/squad2"
)
def test_both_searches_together_find_better_than_each_alone(script: ModuleType, tmp_path: Path) -> None:
    questions = script.documents_and_questions(SQUAD / script.FILE, tmp_path / "all")
    articles = sorted(path.name for path in (tmp_path / "all").iterdir())[:ARTICLES]
    (tmp_path / "documents").mkdir()
    for name in articles:
        (tmp_path / "all" / name).rename(tmp_path / "documents" / name)
    random.Random(7).shuffle(questions)
    asked = [one for one in questions if one.gold[0].split("/")[0] in articles]
    asked = [one for one in asked if one.answerable][:QUESTIONS]
    with Library(tmp_path / "documents", tmp_path / "state") as library:
        library.sync()
        found = look_up(asked, library)
        report = retrieval_report(found, LibrarySettings(), SHIPPED, "test", library.sources())
    ndcg = {row.search: row.ndcg_10.mean for row in report.figures if row.kind == "all"}
    assert ndcg[Search.FUSED] > max(ndcg[Search.DENSE], ndcg[Search.KEYWORD])
    assert ndcg[Search.FUSED] > 0.85
    told = [SHIPPED.score(features(one.lookup)) for one in found]
    missed = [SHIPPED.score(features(script.without_its_paragraph(one).lookup)) for one in found]
    assert auroc(told, missed) > 0.75


def test_without_the_data_the_benchmark_says_so_and_ends_well(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout
        == f"{tmp_path}: there is no dev-v2.0.json, so nothing is measured. Put SQuAD 2.0's dev file there.\n"
    )
