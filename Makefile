PYTHON ?= python3
BIN := .venv/bin
# one thread each: the numbers are the same on every machine, and parallel tests don't fight over cores
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1

.PHONY: setup demo test test-fast test-optuna4 test-lowest coverage lint types format fuzz lock lock-hashes mutants hooks bench clean

setup: .venv/installed

# torch after what it needs, so that only torch itself is installed without a hash (and, from PyPI, its GPU's libraries)
.venv/installed: requirements.lock requirements-torch.lock pyproject.toml client/pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-torch.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e ./client -e .
	$(BIN)/python -m metafeatures.compilation
	touch $@

demo: setup
	$(BIN)/python -m examples.demo

# installs nothing: tests of pages are skipped where there is no Chromium
test: setup
	$(BIN)/pytest -q -n 2 --dist loadfile

# what needs no process beside it, in under a minute
test-fast: setup
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not slow" tests/test_house.py tests/client tests/metafeatures tests/metamodel tests/store

# all tests with the slowest named, and branch coverage of the core rooms and the store: fails below the floors
coverage: setup
	$(BIN)/pytest -q -n 2 --dist loadfile --durations=30 --durations-min=5 --cov --cov-report=term --cov-report=json:.coverage.json
	$(BIN)/python -m tools.coverage_floors .coverage.json

# the bridge under the oldest Optuna it supports, and with MLflow; everything else is borrowed from .venv
test-optuna4: .venv-optuna4/installed
	.venv-optuna4/bin/python -m pytest -q tests/client/test_optuna_*.py tests/integrations/test_mlflow.py

# not in requirements.lock: it needs an older importlib-metadata than the rest
MLFLOW := mlflow-skinny==3.17.2 importlib-metadata==9.1.0 cachetools==7.3.3 databricks-sdk==0.156.0 sqlparse==0.6.1

.venv-optuna4/installed: .venv/installed Makefile
	$(BIN)/python -m venv .venv-optuna4
	.venv-optuna4/bin/pip install --quiet --disable-pip-version-check --no-deps optuna==4.2.0 $(MLFLOW)
	$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
		> "$$(.venv-optuna4/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/borrowed.pth"
	touch $@

# the lowest versions that both distributions claim; pytest and torch are borrowed from .venv
test-lowest: .venv-lowest/installed
	.venv-lowest/bin/python -m pytest -q -p no:cacheprovider -o filterwarnings=default --disable-warnings \
		tests/metafeatures tests/store tests/client tests/service/test_api.py

.venv-lowest/installed: .venv/installed tools/lowest.py
	$(BIN)/python -m venv .venv-lowest
	$(BIN)/python -m tools.lowest > .venv-lowest/requirements.txt
	.venv-lowest/bin/pip install --quiet --disable-pip-version-check -r .venv-lowest/requirements.txt
	$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
		> "$$(.venv-lowest/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/borrowed.pth"
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs_tables --check
	$(BIN)/python -m tools.routes_of_keys --check
	$(BIN)/python -m tools.operations --check

types: setup
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# requests made from the API's description, valid and not, in sequences; schemathesis needs packages of its own
FUZZ_SECONDS ?= 120
fuzz: .venv-fuzz/installed
	$(BIN)/python -m tools.fuzz --schemathesis .venv-fuzz/bin/st --seconds $(FUZZ_SECONDS)

.venv-fuzz/installed: .venv/installed
	$(BIN)/python -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5
	touch $@

lock:
	sh tools/lock.sh

lock-hashes:
	sh tools/lock.sh --hashes

# changes of operators and constants, one at a time, that no test notices: `make mutants ROOM=store`
ROOM ?= store
mutants: setup
	$(BIN)/python -m tools.mutants $(ROOM)

hooks: setup
	pre-commit install

bench: setup
	$(BIN)/python -m benchmarks.leave_one_out

clean:
	rm -rf .venv .venv-optuna4 .venv-lowest .venv-fuzz out runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
