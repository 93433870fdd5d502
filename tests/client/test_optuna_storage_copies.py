"""Copies of Optuna storages: what Optuna's own logger says while they are made."""

import logging
from pathlib import Path

import optuna
import pytest

from warmtune.histories.optuna_storage import copy_storage


def test_a_copy_logs_no_new_studies_and_leaves_the_level_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    optuna.create_study(storage=url, study_name="own").optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.INFO)
    optuna.logging.enable_propagation()
    try:
        with caplog.at_level(logging.INFO, logger="optuna"):
            copy_storage(url, tmp_path / "copy.log")
        assert optuna.logging.get_verbosity() == optuna.logging.INFO
    finally:
        optuna.logging.disable_propagation()
        optuna.logging.set_verbosity(before)
    assert not [record for record in caplog.records if "new study" in record.getMessage()]
