# What there is to do here. On a fresh machine it takes Python 3.11 or newer, make and a connection to a package index:
# `make run` creates the environment in .venv, installs the simulator into it and computes the odds of Dakar 2026.

# The first of these that is new enough; another one is named by hand: make PYTHON=/path/to/python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.11 python3; do "$$name" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$name" && break; done)
SCENARIO := scenarios/dakar-2026.toml
OUT := out

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run history figures test check verify format clean

help:
	@echo "make run        the finish odds of every crew of Dakar 2026 (SCENARIO=file for another rally)"
	@echo "make history    what happened in 2026 against what the rules make of it"
	@echo "make figures    the odds and one rally as pictures, in $(OUT)/figures"
	@echo "make test       all fast tests"
	@echo "make verify     the statistical tests, which take minutes"
	@echo "make check      linters and types"
	@echo "make format     put the code into the common format"
	@echo "make clean      remove the environment and everything that was computed"

run: $(VENV)/run.stamp
	$(BIN)/rally odds $(SCENARIO)

history: $(VENV)/run.stamp
	$(BIN)/rally history

figures: $(VENV)/run.stamp
	$(BIN)/rally odds $(SCENARIO) --figures $(OUT)/figures
	$(BIN)/rally replay $(SCENARIO) --figures $(OUT)/figures

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto -m "not large"

verify: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto -m large

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The environment. A stamp is written when its step is complete, so that an interrupted step is done again and a
# finished one is not; both installations are made anew when the project's dependencies change.

$(VENV)/made.stamp:
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed and was not found. If it is installed under another name," >&2; \
		echo "give that name: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Creating the environment in $(VENV)"
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp pyproject.toml
	@echo "Installing the simulator"
	@$(PIP) --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/made.stamp pyproject.toml
	@echo "Installing the simulator with its tests and linters"
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp
