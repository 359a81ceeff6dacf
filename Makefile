# Two commands do everything: `make demo` and `make test`. Both set up .venv first, and do nothing twice.
PYTHON ?= python3
PIP_ARGS ?=
APP ?= 1
PORT ?= 8501
BIN := .venv/bin

.PHONY: demo test check audit docs setup format starter clean

setup: .venv/.ready

# constraints.txt pins every version that the tests ran with.
.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Rungwise needs Python 3.11 or newer, but this is " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	@echo "Setting up .venv (a few minutes the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup
	@$(BIN)/rungwise demo $(if $(filter 0,$(APP)),--no-app,--port $(PORT))

test: setup
	@$(BIN)/python -m pytest -m "not slow and not browser"
	@$(BIN)/python -m pytest -m "slow or browser"

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# The reference is written from the code first; a test holds that what is checked in is the same.
docs: setup
	@$(BIN)/python docs/generate.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "site/index.html"

audit: setup
	@$(BIN)/python .ci/audit.py

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

starter: setup
	@$(BIN)/python -m finetune.starter train --preset cpu

clean:
	rm -rf demo-workspace build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
