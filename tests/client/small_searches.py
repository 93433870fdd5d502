"""Searches of a few seconds, and their tables."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import FloatDistribution
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from warmtune.sklearn import WarmSearchCV

C_RANGE = {"C": FloatDistribution(1e-3, 1e2, log=True)}


def search_of_c(**settings: Any) -> WarmSearchCV:
    return WarmSearchCV(LogisticRegression(), C_RANGE, **{"n_trials": 5, "warm": False, "random_state": 0, **settings})


def table_of_classes(n: int = 120) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    X, y = make_classification(n, 6, n_informative=3, flip_y=0.1, random_state=0)
    return X, y
