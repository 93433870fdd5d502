"""scikit-learn's own checks of estimators, all of them, on searches of every kind. Nothing is expected to fail."""

from typing import Any

import pytest
from optuna.distributions import FloatDistribution
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from warmtune.sklearn import WarmSearchCV

RANGE = FloatDistribution(0.1, 10.0, log=True)


def searches() -> list[WarmSearchCV]:
    """As scikit-learn checks its own: two configurations, two folds, errors passed on. Cold: checks are no tasks."""
    settings: dict[str, Any] = {"n_trials": 2, "cv": 2, "warm": False, "random_state": 0, "error_score": "raise"}
    reduced = Pipeline([("pca", PCA()), ("ridge", Ridge())])
    return [
        WarmSearchCV(LogisticRegression(), {"C": RANGE}, **settings),
        WarmSearchCV(Ridge(), {"alpha": RANGE}, **settings),
        WarmSearchCV(reduced, {"ridge__alpha": RANGE}, **settings),
        WarmSearchCV("linear", **settings),
        WarmSearchCV("linear", kind="classification", **settings),
        WarmSearchCV("linear", kind="regression", **settings),
    ]


CHECKS = [
    pytest.param(estimator, check, id=f"{number}-{getattr(check, 'func', check).__name__}")
    for number, search in enumerate(searches())
    for estimator, check in estimator_checks_generator(search)
]


def test_there_are_checks() -> None:
    assert len(CHECKS) > 250


@pytest.mark.filterwarnings("ignore")  # the checks fit tables of three rows and worse: scikit-learn warns as it should
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
@pytest.mark.slow
def test_scikit_learn_s_checks(estimator: BaseEstimator, check: object) -> None:
    check(estimator)  # type: ignore[operator]  # scikit-learn ships no types
