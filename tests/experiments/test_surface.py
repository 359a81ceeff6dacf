"""The public surface is one list, and importing it is cheap."""

from __future__ import annotations

import subprocess
import sys

import experiments


def test_everything_listed_exists_and_is_explained() -> None:
    for name in experiments.__all__:
        assert getattr(experiments, name).__doc__ or not callable(getattr(experiments, name)), name
    assert experiments.__all__ == sorted(
        experiments.__all__, key=lambda name: (name[0].islower(), not name.isupper(), name)
    )


def test_importing_experiments_loads_no_heavy_library() -> None:
    heavy = ("torch", "transformers", "scipy", "numpy", "chromadb", "langchain_core", "streamlit")
    code = f"import sys, experiments; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
