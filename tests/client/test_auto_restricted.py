"""The search over whole pipelines where some libraries are not installed."""

import numpy as np
import pandas as pd
import pytest

from warmtune.client import Client
from warmtune.sklearn import candidates
from warmtune.sklearn.search import WarmSearchCV

BOOSTERS = {"lightgbm", "xgboost", "catboost"}


def test_the_service_is_asked_about_what_is_installed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_is_installed", lambda entry: entry.name not in BOOSTERS)
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc"))
    search = WarmSearchCV("auto", n_trials=6, client=client, report=False, cv=2, random_state=0, scoring="accuracy")
    search.fit(X, np.where(X.a > 0.0, "yes", "no"))
    algorithms = {one["algorithm"] for one in search.cv_results_["params"]}
    assert not algorithms & BOOSTERS
    assert len(algorithms) >= 2
    assert set(search.cv_results_["origin"]) <= {"recommended", "suggested", "default"}
