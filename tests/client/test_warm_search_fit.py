"""How a cold search fits: weights and groups of rows, limits, failures, scorers and splits."""

from typing import Any

import numpy as np
import optuna
import pytest
from numpy.typing import ArrayLike, NDArray
from optuna.distributions import FloatDistribution, IntDistribution
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GroupKFold, KFold
from sklearn.tree import DecisionTreeClassifier

from tests.client.small_searches import search_of_c, table_of_classes
from warmtune.sklearn import WarmSearchCV
from warmtune.vocabulary.errors import InvalidInputError


class Weighed(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Predicts the class with the most weight, and checks that what comes along is of its rows."""

    def __init__(self, bias: float = 0.5) -> None:
        self.bias = bias

    def fit(self, X: NDArray[np.float64], y: ArrayLike, sample_weight: ArrayLike, note: str) -> "Weighed":
        assert note == "as it is"
        assert np.asarray(sample_weight) == pytest.approx(X[:, 0])
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.best_ = self.classes_[np.bincount(codes, weights=sample_weight).argmax()]
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.generic]:
        return np.full(len(X), self.best_)


def test_weights_and_other_parameters_of_fit_go_with_their_rows_and_groups_stay_together() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(10), 6)
    X = np.column_stack([rng.uniform(0.1, 5, size=60), groups])
    y = np.where(groups % 2 == 0, "even", "odd")
    seen: list[NDArray[np.float64]] = []

    def scorer(estimator: Weighed, X: NDArray[np.float64], y: ArrayLike, sample_weight: ArrayLike) -> float:
        assert np.asarray(sample_weight) == pytest.approx(X[:, 0])
        seen.append(X[:, 1])
        return float((estimator.predict(X) == y).mean())

    search = WarmSearchCV(
        Weighed(), {"bias": FloatDistribution(0, 1)}, n_trials=1, cv=GroupKFold(5), warm=False, scoring=scorer
    )
    search.fit(X, y, groups=groups, sample_weight=X[:, 0], note="as it is")
    assert search.n_splits_ == 5
    assert len(seen) == 5
    assert sorted(np.concatenate([np.unique(part) for part in seen])) == list(range(10))


@pytest.mark.slow
def test_weights_reach_the_model_of_a_shipped_space_or_are_refused() -> None:
    X, y = table_of_classes()
    weights = np.where(y == 1, 1e-9, 1.0)
    search = WarmSearchCV("random_forest", n_trials=1, cv=2, warm=False, random_state=0)
    weighed, alike = (np.asarray(search.fit(X, y, sample_weight=w).predict(X)) for w in (weights, None))
    by_hand = clone(search.best_estimator_).fit(X, y, model__sample_weight=weights)
    assert np.array_equal(weighed, by_hand.predict(X))
    assert np.mean(weighed == 0) > np.mean(alike == 0)
    with pytest.raises(InvalidInputError, match="takes no sample_weight"):
        WarmSearchCV("knn", n_trials=1, cv=2, warm=False).fit(X, y, sample_weight=weights)


@pytest.mark.slow
def test_weights_arrive_where_metadata_are_routed() -> None:
    X, y = table_of_classes()
    weights = np.where(y == 1, 1e-9, 1.0)
    with config_context(enable_metadata_routing=True):
        shipped = WarmSearchCV("random_forest", n_trials=1, cv=2, warm=False, random_state=0)
        weighed, alike = (np.asarray(shipped.fit(X, y, sample_weight=w).predict(X)) for w in (weights, None))
        assert np.mean(weighed == 0) > np.mean(alike == 0)
        own = search_of_c(n_trials=2).fit(X, y, sample_weight=weights)
        assert np.mean(np.asarray(own.predict(X)) == 0) > 0.9


@pytest.mark.slow
def test_limits_end_a_search() -> None:
    X, y = table_of_classes()
    patient = search_of_c(n_trials=50, patience=3).fit(X, y)
    assert patient.stopped_by_ == "patience"
    means = patient.cv_results_["mean_test_score"]
    assert len(means) - 1 - np.nanargmax(means) == 3
    satisfied = search_of_c(n_trials=50, min_gain=0.5).fit(X, y)
    assert satisfied.stopped_by_ == "min_gain"
    assert len(satisfied.cv_results_["params"]) == 5
    late = search_of_c(n_trials=None, timeout=1e-6, verbose=1).fit(X, y)
    assert late.stopped_by_ == "timeout"
    assert list(late.cv_results_["state"]) == ["complete"]
    assert late.best_params_ == {"C": 1.0}


def test_callbacks_see_study_and_trial_and_may_stop() -> None:
    X, y = table_of_classes()
    seen: list[int] = []

    def stop_at_two(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        seen.append(trial.number)
        if trial.number == 2:
            study.stop()

    search = search_of_c(n_trials=10, callbacks=[stop_at_two]).fit(X, y)
    assert seen == [0, 1, 2]
    assert search.stopped_by_ == "callback"
    assert len(search.cv_results_["params"]) == 3


class Fragile(DecisionTreeClassifier):  # type: ignore[misc]  # scikit-learn ships no types
    """Fails with deep trees."""

    def fit(self, X: ArrayLike, y: ArrayLike, check_input: bool = True) -> "Fragile":
        if self.max_depth > 2:
            raise RuntimeError("too deep")
        super().fit(X, y, check_input=check_input)
        return self


def test_failed_fits_are_reported_and_count_as_they_should() -> None:
    X, y = table_of_classes()
    space = {"max_depth": IntDistribution(1, 6)}
    settings: dict[str, Any] = {"n_trials": 6, "cv": 3, "warm": False, "random_state": 0}
    with pytest.warns(FitFailedWarning, match="too deep"):
        search = WarmSearchCV(Fragile(max_depth=1), space, **settings).fit(X, y)
    is_failed = search.cv_results_["state"] == "failed"
    assert 0 < is_failed.sum() < 6
    assert all(
        (params["max_depth"] > 2) == failed
        for params, failed in zip(search.cv_results_["params"], is_failed, strict=True)
    )
    with pytest.warns(FitFailedWarning):
        counted = WarmSearchCV(Fragile(max_depth=1), space, error_score=-1.0, prune=False, **settings).fit(X, y)
    assert min(counted.cv_results_["mean_test_score"]) == -1.0
    with pytest.raises(RuntimeError, match="too deep"):
        WarmSearchCV(Fragile(max_depth=1), space, error_score="raise", **settings).fit(X, y)
    with pytest.raises(InvalidInputError, match=r"(?s)All the 6 configurations failed.*too deep"):
        WarmSearchCV(Fragile(max_depth=9), {"max_depth": IntDistribution(5, 9)}, **settings).fit(X, y)


@pytest.mark.slow
def test_refit_may_be_left_out_or_choose() -> None:
    X, y = table_of_classes()
    bare = search_of_c(refit=False).fit(X, y)
    assert not hasattr(bare, "best_estimator_")
    assert not hasattr(bare, "predict")
    assert "C" in bare.best_params_

    def last(results: dict[str, Any]) -> int:
        return len(np.asarray(results["params"])) - 1

    chosen = search_of_c(refit=last, prune=False).fit(X, y)
    assert chosen.best_index_ == 4
    assert chosen.cv_results_["params"][4]["C"] == chosen.best_estimator_.C
    with pytest.raises(InvalidInputError, match="index of cv_results_"):
        search_of_c(refit=lambda results: 99).fit(X, y)


@pytest.mark.slow
def test_scorers_by_name_and_as_functions_are_the_same() -> None:
    X, y = table_of_classes()
    named = search_of_c(scoring="f1_macro").fit(X, y)
    made = search_of_c(scoring=make_scorer(f1_score, average="macro")).fit(X, y)
    own = search_of_c(scoring=lambda estimator, X, y: f1_score(y, estimator.predict(X), average="macro")).fit(X, y)
    assert named.best_score_ == made.best_score_ == own.best_score_
    assert named.score(X, y) == own.score(X, y)


def test_searches_without_a_target() -> None:
    X, _ = table_of_classes()
    from sklearn.neighbors import KernelDensity

    search = WarmSearchCV(
        KernelDensity(), {"bandwidth": FloatDistribution(0.1, 10.0, log=True)}, n_trials=5, warm=False
    )
    assert search.fit(X).score(X) < 0
    assert search.kind_ is None


def test_splitters_and_iterables_of_splits() -> None:
    X, y = table_of_classes()
    splits = list(KFold(3).split(X))
    by_splits = search_of_c(cv=iter(splits)).fit(X, y)
    by_splitter = search_of_c(cv=KFold(3)).fit(X, y)
    assert by_splits.best_score_ == by_splitter.best_score_
    assert by_splits.n_splits_ == 3
