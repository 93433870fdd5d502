"""The search with a real service: what comes from it, what goes to it, and what happens without."""

import os
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from optuna.distributions import FloatDistribution
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, Ridge

import warmtune
from tests.serving import ROOT, LiveService
from warmtune.client import Client
from warmtune.sklearn import ColdStartWarning, WarmSearchCV

pytestmark = pytest.mark.slow
C_RANGE = {"C": FloatDistribution(1e-3, 1e2, log=True)}


@pytest.fixture
def asked(live_service: LiveService) -> Iterator[Client]:
    """A client that waits until a service on a busy machine has learned what it ships with."""
    with Client(live_service.url, timeout_s=200.0) as client:
        yield client


def table(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    X, y = make_classification(100, 5, n_informative=3, flip_y=0.1, random_state=seed)
    return X, y


def test_configurations_come_from_the_service_and_trials_go_back(asked: Client) -> None:
    X, y = table(1)
    search = WarmSearchCV("svm_rbf", n_trials=6, cv=3, client=asked, random_state=0).fit(X, y)
    origins = list(search.cv_results_["origin"])
    assert origins[0] == "default"
    assert "recommended" in origins[1:4]
    assert origins[-1] == "suggested"
    assert "sampled" not in origins
    task_id = asked.create_task(warmtune.describe_task(X, y)).task_id
    (study,) = asked.list_studies(task_id=task_id).items
    assert study.metric == "accuracy"
    assert study.name == search.study_.study_name
    assert str(study.name).startswith("WarmSearchCV svm_rbf 20")
    trials = {trial.number: trial for trial in asked.list_trials(study.study_id).items}
    assert len(trials) == 6
    for number, (params, state) in enumerate(
        zip(search.cv_results_["params"], search.cv_results_["state"], strict=True)
    ):
        assert dict(trials[number].configuration) == params
        assert trials[number].state.value.lower() == state


def test_what_is_not_to_be_reported_stays_here(asked: Client) -> None:
    X, y = table(2)
    WarmSearchCV("svm_rbf", n_trials=2, cv=2, client=asked, report=False, random_state=0).fit(X, y)
    task_id = asked.create_task(warmtune.describe_task(X, y)).task_id
    assert not asked.list_studies(task_id=task_id).items


def test_one_s_own_estimator_is_warm_from_one_s_own_past(asked: Client) -> None:
    X, y = table(3)
    settings: dict[str, Any] = {"cv": 3, "client": asked, "random_state": 0, "scoring": "neg_log_loss"}
    first = WarmSearchCV(LogisticRegression(), C_RANGE, n_trials=8, **settings).fit(X, y)
    again = WarmSearchCV(LogisticRegression(), C_RANGE, n_trials=4, **settings).fit(X, y)
    assert again.best_score_ >= first.default_score_
    assert "sampled" not in list(again.cv_results_["origin"])
    assert first.study_.best_value == pytest.approx(-first.best_score_)


def test_a_search_ends_where_the_service_expects_no_gain(asked: Client) -> None:
    X, y = table(4)
    search = WarmSearchCV("svm_rbf", n_trials=40, cv=3, client=asked, min_gain=0.9, report=False, random_state=0)
    search.fit(X, y)
    assert search.stopped_by_ == "min_gain"
    assert len(search.cv_results_["params"]) < 40


def test_keys_are_never_shown() -> None:
    secret = "wt-verysecret"
    search = WarmSearchCV("linear", url="http://127.0.0.1:9", api_key=secret, n_trials=1, cv=2)
    changed = clone(search).set_params(api_key=secret)
    for one in (search, changed, clone(changed)):
        assert one.api_key is not None and one.api_key.get_secret_value() == secret
        assert secret not in repr(one) + str(one) + one._repr_html_()
    unfitted: WarmSearchCV = pickle.loads(pickle.dumps(search))
    assert unfitted.api_key is not None  # a worker process needs it
    with pytest.warns(ColdStartWarning) as warned:
        search.fit(*table(9))
    assert secret not in str(warned[0].message)
    assert secret.encode() not in pickle.dumps(search)


def test_a_fitted_search_carries_no_connection_along(asked: Client, live_service: LiveService) -> None:
    X, y = table(5)
    search = WarmSearchCV("svm_rbf", n_trials=2, cv=2, url=live_service.url, report=False, random_state=0).fit(X, y)
    thawed = pickle.loads(pickle.dumps(search))
    assert np.array_equal(thawed.predict(X), search.predict(X))
    shared = clone(WarmSearchCV("svm_rbf", n_trials=2, cv=2, client=asked, report=False, random_state=0))
    assert shared.fit(X, y).cv_results_["origin"][0] == "default"
    shared.client.close()  # a clone has a client of its own


def test_without_a_service_the_search_is_cold_and_says_so_once() -> None:
    X, y = table(6)
    settings: dict[str, Any] = {"n_trials": 4, "cv": 2, "random_state": 0}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = WarmSearchCV("linear", url="http://127.0.0.1:9", **settings).fit(X, y)
    (warned,) = [one for one in caught if issubclass(one.category, ColdStartWarning)]
    assert "127.0.0.1:9" in str(warned.message)
    assert Path(warned.filename) == Path(__file__)
    cold = WarmSearchCV("linear", warm=False, **settings).fit(X, y)
    assert search.cv_results_["params"] == cold.cv_results_["params"]
    assert list(search.cv_results_["origin"]) == ["default", *["sampled"] * 3]


def test_a_service_of_one_s_own_is_started_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WARMTUNE_URL", "WARMTUNE_API_KEY", "WARMTUNE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("WARMTUNE_EMBEDDED_GRACE_S", "0.5")
    monkeypatch.setenv("WARMTUNE_WARM_UP", "false")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(ROOT / "client"))))
    X, y = table(7)
    search = WarmSearchCV("svm_rbf", n_trials=3, cv=2, random_state=0).fit(X, y)
    assert search.cv_results_["origin"][0] == "default"
    assert "sampled" not in list(search.cv_results_["origin"])
    with Client() as client:
        assert len(client.list_studies().items) >= 1


def test_what_the_service_has_no_word_for_is_searched_cold(asked: Client) -> None:
    X, _ = table(8)
    with pytest.warns(ColdStartWarning, match="one target"):
        search = WarmSearchCV(Ridge(), {"alpha": C_RANGE["C"]}, n_trials=2, cv=2, client=asked).fit(X[:, :3], X[:, 3:])
    assert search.kind_ is None
