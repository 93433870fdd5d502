"""Files of Optuna that several modules of tests read."""

from pathlib import Path

import pytest

from tests.knowledge.importers.optuna_studies import fill, journal


@pytest.fixture(scope="module")
def journal_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "optuna.log"
    fill(journal(path))
    return path
