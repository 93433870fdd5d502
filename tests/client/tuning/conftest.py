"""A tuned model that several files of tests look at."""

from pathlib import Path

import pytest

from tests.client.tuning.commands import messy, run


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("tuned")
    options = ["--target", "y <b>", "--search-space", "random_forest", "--trials", "3", "--folds", "3", "--cold"]
    output = run("tune", messy(base / "data.csv"), *options, "--out", base / "model")
    assert "column 'price' is read as numbers" in output
    assert "held-out rows" in output
    return base / "model"
