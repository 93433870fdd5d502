"""What a search makes of its arguments: the kind of task, mistakes, and what it logs."""

import logging
from typing import Any

import numpy as np
import optuna
import pandas as pd
import polars as pl
import pytest
from optuna.distributions import FloatDistribution
from sklearn.datasets import make_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

import warmtune
from tests.client.small_searches import search_of_c, table_of_classes
from warmtune.sklearn import WarmSearchCV
from warmtune.vocabulary.errors import InvalidInputError


@pytest.mark.slow
def test_auto_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in ("lightgbm", "xgboost", "catboost"):
        monkeypatch.setitem(sys.modules, name, None)
    X, y = table_of_classes(60)
    search = WarmSearchCV("auto", n_trials=6, cv=2, warm=False, random_state=0).fit(X, y)
    assert not {params["algorithm"] for params in search.cv_results_["params"]} & {"lightgbm", "xgboost", "catboost"}
    assert not (search.cv_results_["state"] == "failed").any()
    with pytest.raises(warmtune.MissingExtraError, match=r"warmtune\[lightgbm\]"):
        WarmSearchCV("lightgbm", warm=False).fit(X, y)


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (np.array([True, False] * 30), "binary"),
        (pd.Series(["a", "b", "c"] * 20, dtype="category"), "multiclass"),
        (pd.Series([0, 1] * 30, dtype="Int64"), "binary"),
        (pl.Series(["x", "y"] * 30), "binary"),
        (np.arange(60.0) / 7, "regression"),
        (np.arange(60), "regression"),
        (["yes", "no"] * 30, "binary"),
    ],
    ids=range(7),
)
@pytest.mark.slow
def test_the_kind_of_task_follows_from_the_target(y: Any, kind: str) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    search = WarmSearchCV("linear", n_trials=1, cv=2, warm=False).fit(X, y)
    assert search.kind_ == kind
    predicted = np.asarray(search.predict(X))
    if kind == "regression":
        assert np.isfinite(predicted).all()
    else:
        assert set(predicted.tolist()) <= set(np.asarray(y).tolist())


@pytest.mark.parametrize("y", [[1.0, np.nan] * 30, ["a", None] * 30, pd.Series(["a", pd.NA] * 30), [1.5, np.inf] * 30])
def test_gaps_in_the_target_are_named(y: Any) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(warmtune.InvalidTableError, match=r"30 rows, first in row 1 ") as caught:
        WarmSearchCV("linear", n_trials=1, cv=2, warm=False).fit(X, y)
    assert caught.value.field == "y"


class Heard(logging.Handler):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def test_optuna_says_nothing_unless_asked(capfd: pytest.CaptureFixture[str]) -> None:
    before, heard = optuna.logging.get_verbosity(), Heard()
    optuna.logging.set_verbosity(optuna.logging.INFO)
    logging.getLogger("optuna").addHandler(heard)
    try:
        X, y = table_of_classes(60)
        search_of_c(n_trials=2).fit(X, y)
        search_of_c(n_trials=2, verbose=1).fit(X, y)
        assert heard.said == []
        assert "2/2" in capfd.readouterr().err
        optuna.create_study()
        assert "A new study created" in heard.said[0]
        search_of_c(n_trials=2, verbose=2).fit(X, y)
        assert any("Trial 1 finished" in line for line in heard.said)
    finally:
        logging.getLogger("optuna").removeHandler(heard)
        optuna.logging.set_verbosity(before)


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("n_trials", {"n_trials": 0}, "integer from 1"),
    ("n_trials", {"n_trials": 2.5}, "integer from 1"),
    ("n_trials", {"n_trials": None}, "a number"),
    ("timeout", {"timeout": -1}, "> 0"),
    ("timeout", {"timeout": "5"}, "> 0"),
    ("patience", {"patience": 0}, "integer from 1"),
    ("min_gain", {"min_gain": float("nan")}, "> 0"),
    ("scoring", {"scoring": "acuracy"}, "accuracy"),
    ("scoring", {"scoring": ["accuracy", "f1"]}, "the name of a scorer"),
    ("callbacks", {"callbacks": "print"}, "list of callables"),
    ("refit", {"refit": "accuracy"}, "boolean"),
    ("error_score", {"error_score": "nan"}, "'raise'"),
    ("param_distributions.D", {"param_distributions": {"D": FloatDistribution(0, 1)}}, "get_params"),
    ("param_distributions.C", {"param_distributions": {"C": 3.0}}, "optuna.distributions"),
    ("param_distributions", {"param_distributions": None}, "optuna.distributions"),
    ("param_distributions", {"estimator": "linear"}, "None beside the name"),
    ("search_space", {"estimator": "lightbgm", "param_distributions": None}, "lightgbm"),
    ("estimator", {"estimator": "scikit_pipelines", "param_distributions": None}, "no pipeline that fits"),
    ("estimator", {"estimator": LogisticRegression}, "fit and get_params"),
    ("kind", {"estimator": "linear", "param_distributions": None, "kind": "clustering"}, "binary"),
    ("kind", {"kind": "class"}, "binary"),
    ("n_jobs", {"n_jobs": "2"}, "integer from 1"),
    ("n_jobs", {"n_jobs": 0}, "integer from 1"),
    ("warm", {"warm": "no"}, "True or False"),
    ("report", {"report": "no"}, "True or False"),
    ("prune", {"prune": 1}, "True or False"),
    ("nominal", {"estimator": "linear", "param_distributions": None, "nominal": ["zip"]}, "x0"),
    ("client", {"client": "http://127.0.0.1:1", "warm": True}, "warmtune.Client"),
    ("exclude_task_ids", {"exclude_task_ids": "task_0a1b", "warm": True}, "sequence of ids"),
    ("url", {"url": "127.0.0.1:8000", "warm": True}, "http"),
]


@pytest.mark.parametrize(
    ("field", "given", "limit"), WRONG, ids=[f"{i}-{field}" for i, (field, _, _) in enumerate(WRONG)]
)
def test_mistakes_are_refused_with_field_and_remedy(field: str, given: dict[str, object], limit: str) -> None:
    X, y = table_of_classes(60)
    with pytest.raises((InvalidInputError, warmtune.NotFoundError)) as caught:
        search_of_c().set_params(**given).fit(X, y)
    assert caught.value.field == field
    assert limit in f"{caught.value.limit} {caught.value.message}"


def test_regressors_of_one_s_own_and_targets_of_several_columns() -> None:
    X, y = make_regression(80, 5, n_targets=2, random_state=0)
    search = WarmSearchCV(
        Pipeline([("model", Ridge())]), {"model__alpha": FloatDistribution(0.1, 10.0)}, n_trials=3, warm=False
    ).fit(X, y)
    assert np.shape(search.predict(X)) == (80, 2)
    assert search.kind_ is None


def test_frames_reach_estimators_as_they_are() -> None:
    X, y = table_of_classes()
    frame = pd.DataFrame(X, columns=list("abcdef"))
    search = search_of_c().fit(frame, y)
    assert list(search.feature_names_in_) == list("abcdef")
