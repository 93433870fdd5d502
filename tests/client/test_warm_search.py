"""The search by itself, cold: what it promises users of scikit-learn, whatever proposes the configurations."""

import pickle

import numpy as np
import optuna
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import ArrayLike
from optuna.distributions import CategoricalDistribution, FloatDistribution
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.client.small_searches import search_of_c, table_of_classes
from tests.knowledge.tables import classes, numbers
from warmtune.sklearn import WarmSearchCV
from warmtune.vocabulary.space import Condition, SearchSpace


def test_the_first_trial_is_the_default_and_the_best_is_never_worse() -> None:
    X, y = table_of_classes()
    search = search_of_c(prune=False).fit(X, y)
    assert search.cv_results_["params"][0] == {"C": 1.0}
    assert list(search.cv_results_["origin"]) == ["default", *["sampled"] * 4]
    assert search.default_score_ == pytest.approx(cross_val_score(LogisticRegression(), X, y).mean())
    assert search.best_score_ == max(search.cv_results_["mean_test_score"]) >= search.default_score_
    assert search.stopped_by_ == "n_trials"


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_sparse_matrices() -> None:
    X, y = table_of_classes()
    X[X < 0.5] = 0
    dense = WarmSearchCV("linear", n_trials=2, cv=3, warm=False, random_state=0).fit(X, y)
    filled = WarmSearchCV("linear", n_trials=2, cv=3, warm=False, random_state=0).fit(sparse.csr_array(X), y)
    own = search_of_c().fit(sparse.coo_matrix(X), y)
    assert filled.best_score_ == pytest.approx(dense.best_score_)
    assert np.shape(own.predict(sparse.csr_matrix(X))) == (120,)


@pytest.mark.slow
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
@pytest.mark.slow
def test_ensembles_of_searches_ask_before_fitting_what_they_can_do(name: str) -> None:
    X, y = table_of_classes()
    search = WarmSearchCV(name, n_trials=1, cv=2, warm=False, random_state=0, kind="classification")
    method = "predict_proba" if name == "linear" else "decision_function"
    assert hasattr(search, method) and hasattr(search.fit(X, y), method)
    stacked = StackingClassifier([("one", search), ("other", LogisticRegression())], cv=2).fit(X, y)
    assert stacked.stack_method_ == [method, "predict_proba"]
    assert not hasattr(WarmSearchCV(name), method)
    assert not hasattr(WarmSearchCV(name, kind="regression"), method)


@pytest.mark.slow
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
