"""The search by itself, cold: what it promises users of scikit-learn, whatever proposes the configurations."""

import logging
import pickle
from typing import Any

import numpy as np
import optuna
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import ArrayLike, NDArray
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.ensemble import StackingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import warmtune
from tests.knowledge.tables import classes, numbers
from warmtune.sklearn import WarmSearchCV
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Condition, SearchSpace

C_RANGE = {"C": FloatDistribution(1e-3, 1e2, log=True)}


def search_of_c(**settings: Any) -> WarmSearchCV:
    return WarmSearchCV(LogisticRegression(), C_RANGE, **{"n_trials": 5, "warm": False, "random_state": 0, **settings})


def table_of_classes(n: int = 120) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    X, y = make_classification(n, 6, n_informative=3, flip_y=0.1, random_state=0)
    return X, y


def test_the_first_trial_is_the_default_and_the_best_is_never_worse() -> None:
    X, y = table_of_classes()
    search = search_of_c(prune=False).fit(X, y)
    assert search.cv_results_["params"][0] == {"C": 1.0}
    assert list(search.cv_results_["origin"]) == ["default", *["sampled"] * 4]
    assert search.default_score_ == pytest.approx(cross_val_score(LogisticRegression(), X, y).mean())
    assert search.best_score_ == max(search.cv_results_["mean_test_score"]) >= search.default_score_
    assert search.stopped_by_ == "n_trials"


def test_results_are_those_of_scikit_learn_s_grid_search_over_the_same_configurations() -> None:
    X, y = table_of_classes()
    ours = search_of_c(prune=False, return_train_score=True).fit(X, y)
    grid = {"C": [params["C"] for params in ours.cv_results_["params"]]}
    theirs = GridSearchCV(LogisticRegression(), grid, return_train_score=True).fit(X, y)
    assert set(theirs.cv_results_) <= set(ours.cv_results_)
    for column in theirs.cv_results_:
        if column.endswith("_score"):
            assert ours.cv_results_[column] == pytest.approx(theirs.cv_results_[column])
    assert list(ours.cv_results_["param_C"]) == grid["C"]
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_estimator_.coef_ == pytest.approx(theirs.best_estimator_.coef_)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y))


def test_one_seed_gives_one_search_however_many_folds_run_at_a_time() -> None:
    X, y = table_of_classes()
    one, same, parallel = (
        WarmSearchCV("linear", n_trials=6, warm=False, random_state=3, cv=4, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 1, 2)
    )
    other = WarmSearchCV("linear", n_trials=6, warm=False, random_state=4, cv=4).fit(X, y)
    assert one.cv_results_["params"] == same.cv_results_["params"] == parallel.cv_results_["params"]
    assert list(one.cv_results_["n_folds"]) == list(parallel.cv_results_["n_folds"])
    assert one.cv_results_["split0_test_score"] == pytest.approx(parallel.cv_results_["split0_test_score"])
    assert one.cv_results_["params"] != other.cv_results_["params"]


def test_configurations_that_cannot_win_lose_their_remaining_folds() -> None:
    X, y = table_of_classes(200)
    space = {"C": FloatDistribution(1e-9, 1e2, log=True)}
    scoring = "neg_log_loss"
    pruned = WarmSearchCV(LogisticRegression(), space, n_trials=15, cv=10, warm=False, random_state=0, scoring=scoring)
    pruned.fit(X, y)
    is_pruned = pruned.cv_results_["state"] == "pruned"
    assert is_pruned.sum() >= 3
    assert (pruned.cv_results_["n_folds"][is_pruned] < 10).all()
    assert np.isnan(pruned.cv_results_["mean_test_score"][is_pruned]).all()
    assert np.isnan(pruned.cv_results_["split9_test_score"][is_pruned]).all()
    n_complete = (~is_pruned).sum()
    assert (pruned.cv_results_["rank_test_score"][is_pruned] == n_complete + 1).all()
    for params in np.asarray(pruned.cv_results_["params"], dtype=object)[is_pruned]:
        whole = cross_val_score(LogisticRegression(**params), X, y, cv=10, scoring=scoring).mean()
        assert whole < pruned.best_score_
    states = [trial.state for trial in pruned.study_.trials]
    assert states.count(optuna.trial.TrialState.PRUNED) == is_pruned.sum()


def test_labels_that_are_strings_and_several_classes() -> None:
    X, codes = load_iris(return_X_y=True, as_frame=True)
    y = np.array(["setosa", "versicolor", "virginica"])[codes]
    for name in ("linear", "random_forest", "xgboost", "catboost"):
        if name in ("xgboost", "catboost"):
            pytest.importorskip(name)
        search = WarmSearchCV(name, n_trials=1, cv=2, warm=False, random_state=0, scoring="roc_auc_ovr").fit(X, y)
        assert list(search.classes_) == ["setosa", "versicolor", "virginica"]
        assert np.mean(search.predict(X) == y) > 0.9
        assert np.shape(search.predict_proba(X)) == (150, 3)
        assert search.kind_ == "multiclass"


def test_tables_of_any_container_with_gaps_and_categories_give_the_same_search() -> None:
    frame = classes(120)
    X, y = frame.drop(columns="y"), frame["y"].astype(str).to_numpy()
    containers = [X, pl.from_pandas(X), pl.from_pandas(X).lazy(), pa.Table.from_pandas(X, preserve_index=False)]
    found = [
        WarmSearchCV("hist_gradient_boosting", n_trials=3, cv=3, warm=False, random_state=0).fit(one, y)
        for one in containers
    ]
    for search, one in zip(found, containers, strict=True):
        assert search.cv_results_["split0_test_score"] == pytest.approx(found[0].cv_results_["split0_test_score"])
        assert np.array_equal(search.predict(one), found[0].predict(X))
        assert list(search.feature_names_in_) == list(X.columns)
        assert search.n_features_in_ == 3


def test_sparse_matrices() -> None:
    X, y = table_of_classes()
    X[X < 0.5] = 0
    dense = WarmSearchCV("linear", n_trials=2, cv=3, warm=False, random_state=0).fit(X, y)
    filled = WarmSearchCV("linear", n_trials=2, cv=3, warm=False, random_state=0).fit(sparse.csr_array(X), y)
    own = search_of_c().fit(sparse.coo_matrix(X), y)
    assert filled.best_score_ == pytest.approx(dense.best_score_)
    assert np.shape(own.predict(sparse.csr_matrix(X))) == (120,)


def test_numbers_are_predicted_with_losses_the_right_way_up() -> None:
    frame = numbers(120)
    search = WarmSearchCV(
        "extra_trees", n_trials=4, cv=3, warm=False, random_state=0, scoring="neg_root_mean_squared_error"
    ).fit(frame.drop(columns="y"), frame["y"])
    assert search.kind_ == "regression"
    assert search.best_score_ < 0
    assert search.study_.direction is optuna.study.StudyDirection.MINIMIZE
    assert search.study_.best_value == pytest.approx(-search.best_score_)


def test_a_default_that_the_space_has_no_room_for_is_tried_all_the_same() -> None:
    X, y = table_of_classes()
    space = {"gamma": FloatDistribution(10.0, 1e3, log=True)}  # scikit-learn's is "scale"
    search = WarmSearchCV(SVC(), space, n_trials=4, warm=False, random_state=0).fit(X, y)
    assert search.cv_results_["params"][0] == {}
    assert search.cv_results_["trial_number"][0] == -1
    assert len(search.cv_results_["params"]) == 4
    assert search.best_params_ == {}
    assert search.best_estimator_.gamma == "scale"
    assert search.best_score_ == pytest.approx(cross_val_score(SVC(), X, y).mean())


def test_conditional_spaces_set_what_is_active() -> None:
    X, y = table_of_classes()
    space = SearchSpace(
        {
            "kernel": CategoricalDistribution(["rbf", "linear"]),
            "C": FloatDistribution(0.1, 10.0, log=True),
            "gamma": FloatDistribution(0.01, 1.0, log=True),
        },
        (Condition("gamma", "kernel", ("rbf",)),),
        {"kernel": "rbf", "C": 1.0, "gamma": 0.1},
    )
    search = WarmSearchCV(SVC(), space, n_trials=8, warm=False, random_state=0).fit(X, y)
    gammas = search.cv_results_["param_gamma"]
    kernels = search.cv_results_["param_kernel"]
    assert set(kernels) == {"rbf", "linear"}
    assert list(np.ma.getmaskarray(gammas)) == [kernel == "linear" for kernel in kernels]


def test_lists_of_choices_are_distributions_and_repeated_ones_are_fitted_once() -> None:
    class Counting(DecisionTreeClassifier):  # type: ignore[misc]  # scikit-learn ships no types
        n_fits = 0

        def fit(self, X: ArrayLike, y: ArrayLike, check_input: bool = True) -> "Counting":
            Counting.n_fits += 1  # scikit-learn 1.7 searches no tree whose fit lacks check_input
            super().fit(X, y, check_input=check_input)
            return self

    X, y = table_of_classes()
    search = WarmSearchCV(
        Counting(random_state=0),
        {"max_depth": [1, 2, None]},
        n_trials=12,
        cv=3,
        warm=False,
        random_state=0,
        prune=False,
    ).fit(X, y)
    assert {params["max_depth"] for params in search.cv_results_["params"]} == {1, 2, None}
    assert len(search.cv_results_["params"]) == 12
    assert Counting.n_fits == 3 * 3 + 1


@pytest.mark.parametrize("name", ["linear", "svm_rbf"])
def test_ensembles_of_searches_ask_before_fitting_what_they_can_do(name: str) -> None:
    X, y = table_of_classes()
    search = WarmSearchCV(name, n_trials=1, cv=2, warm=False, random_state=0, kind="classification")
    method = "predict_proba" if name == "linear" else "decision_function"
    assert hasattr(search, method) and hasattr(search.fit(X, y), method)
    stacked = StackingClassifier([("one", search), ("other", LogisticRegression())], cv=2).fit(X, y)
    assert stacked.stack_method_ == [method, "predict_proba"]
    assert not hasattr(WarmSearchCV(name), method)
    assert not hasattr(WarmSearchCV(name, kind="regression"), method)


def test_it_nests_clones_and_pickles() -> None:
    X, y = table_of_classes()
    search = WarmSearchCV("linear", n_trials=2, cv=2, warm=False, random_state=0)
    scores = cross_validate(make_pipeline(StandardScaler(), search), X, y, cv=2)["test_score"]
    assert (scores > 0.6).all()
    assert clone(search).get_params() == search.get_params()
    fitted = search.fit(X, y)
    thawed = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(thawed.predict(X), fitted.predict(X))
    assert thawed.study_.best_value == fitted.study_.best_value
    assert not hasattr(clone(fitted), "best_params_")


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


def test_weights_arrive_where_metadata_are_routed() -> None:
    X, y = table_of_classes()
    weights = np.where(y == 1, 1e-9, 1.0)
    with config_context(enable_metadata_routing=True):
        shipped = WarmSearchCV("random_forest", n_trials=1, cv=2, warm=False, random_state=0)
        weighed, alike = (np.asarray(shipped.fit(X, y, sample_weight=w).predict(X)) for w in (weights, None))
        assert np.mean(weighed == 0) > np.mean(alike == 0)
        own = search_of_c(n_trials=2).fit(X, y, sample_weight=weights)
        assert np.mean(np.asarray(own.predict(X)) == 0) > 0.9


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
def test_the_kind_of_task_follows_from_the_target(y: Any, kind: str) -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    search = WarmSearchCV("linear", n_trials=1, cv=2, warm=False).fit(X, y)
    assert search.kind_ == kind
    assert set(np.asarray(search.predict(X)).tolist()) <= set(np.asarray(y).tolist()) or kind == "regression"


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
    ("param_distributions", {"estimator": "linear"}, "None"),
    ("search_space", {"estimator": "lightbgm", "param_distributions": None}, "lightgbm"),
    ("estimator", {"estimator": "scikit_pipelines", "param_distributions": None}, "None"),
    ("estimator", {"estimator": LogisticRegression}, "fit and get_params"),
    ("kind", {"estimator": "linear", "param_distributions": None, "kind": "clustering"}, "binary"),
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
    assert limit in f"{caught.value.limit} {caught.value.message}" or limit == "None"


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
