PYTHON ?= python3
BIN := .venv/bin
# one thread each: the numbers are the same on every machine, and parallel tests don't fight over cores
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1

.PHONY: setup demo test lint types format lock bench clean

setup: .venv/installed

.venv/installed: requirements.lock pyproject.toml client/pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e ./client -e .
	touch $@

demo: setup
	$(BIN)/python -m examples.demo

test: setup
	sh tests/ensure_browser.sh
	$(BIN)/pytest -q

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	sh tools/lock.sh

bench: setup
	$(BIN)/python -m benchmarks.leave_one_out

clean:
	rm -rf .venv out runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
