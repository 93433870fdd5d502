"""What `load_model` loads are the classes that the shipped pipelines consist of, by the names that they have today."""

import importlib
import inspect
import pkgutil
import runpy
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import warmtune
import warmtune.pipelines
from warmtune.tuning.folder import write_folder
from warmtune.tuning.model_folder import TRUSTED
from warmtune.tuning.predictions import predict_file
from warmtune.tuning.tables import read_training_table
from warmtune.tuning.tune import tune
from warmtune.tuning.tuned import TuneOptions
from warmtune.vocabulary.dataset import NO_HINTS

OWN = "warmtune.pipelines."


def own_estimators() -> set[str]:
    found = set()
    for module in pkgutil.iter_modules(warmtune.pipelines.__path__, OWN):
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and hasattr(kind, "get_params"):
                found.add(f"{module.name}.{name}")
    return found


def test_every_estimator_of_the_pipelines_can_be_stored_and_no_name_is_left_over() -> None:
    assert {name for name in TRUSTED if name.startswith(OWN)} == own_estimators()


@pytest.mark.slow
@pytest.mark.parametrize("search_space", ["knn", "catboost", "linear"])
@pytest.mark.parametrize("target", ["label", "number"])
def test_a_model_of_either_kind_comes_back(search_space: str, target: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.choice(["x", "y"], 60)})
    frame["label"] = np.where(frame["a"] > 0, "yes", "no")
    frame["number"] = 2 * frame["a"] + 0.1 * rng.normal(size=60)
    data = tmp_path / "data.csv"
    frame[["a", "b", target]].to_csv(data, index=False)
    table = read_training_table(data, target, NO_HINTS)
    found = tune(table, TuneOptions(trials=1, folds=2, warm=False, search_space=search_space))
    write_folder(found, tmp_path)
    again = predict_file(warmtune.load_model(tmp_path), data)
    assert again[target].tolist() == found.model.predict(table.X).tolist()


@pytest.mark.slow
def test_decimals_are_classes_as_the_numbers_that_they_are(tmp_path: Path) -> None:
    a = np.random.default_rng(0).normal(size=60)
    labels = [Decimal(int(value > 0)) for value in a]
    pd.DataFrame({"a": a, "y": labels}).to_parquet(tmp_path / "data.parquet")
    table = read_training_table(tmp_path / "data.parquet", "y", NO_HINTS)
    assert table.y.dtype.kind == "i" and set(table.y) == {0, 1}
    found = tune(table, TuneOptions(trials=1, folds=2, warm=False, search_space="knn"))
    write_folder(found, tmp_path)
    script = runpy.run_path(str(tmp_path / "train.py"))
    X, y = script["read_table"]()
    assert list(y) == list(table.y)
    assert np.array_equal(script["make_model"]().fit(X, y).predict(X), found.model.predict(table.X))
