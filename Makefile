PYTHON ?= python3
BIN := .venv/bin
# one thread each: the numbers are the same on every machine, and parallel tests don't fight over cores
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1

.PHONY: setup demo test test-optuna4 lint types format lock bench clean

setup: .venv/installed

.venv/installed: requirements.lock pyproject.toml client/pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e ./client -e .
	$(BIN)/python -m metafeatures.compilation
	touch $@

demo: setup
	$(BIN)/python -m examples.demo

test: setup
	sh tests/ensure_browser.sh
	$(BIN)/pytest -q -n 2 --dist loadfile

# the bridge under the oldest Optuna it supports; everything else is borrowed from .venv
test-optuna4: .venv-optuna4/installed
	.venv-optuna4/bin/python -m pytest -q tests/client/test_optuna_*.py

.venv-optuna4/installed: .venv/installed
	$(BIN)/python -m venv .venv-optuna4
	.venv-optuna4/bin/pip install --quiet --disable-pip-version-check --no-deps optuna==4.2.0
	$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
		> "$$(.venv-optuna4/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/borrowed.pth"
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs_tables --check

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
	rm -rf .venv .venv-optuna4 out runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
