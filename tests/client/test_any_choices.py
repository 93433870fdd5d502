"""Searches over choices of any type, as grids of scikit-learn have them."""

import warnings
from collections.abc import Sequence

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from sklearn.base import clone
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from tests.client.small_searches import table_of_classes
from warmtune.client import Client
from warmtune.sklearn import WarmSearchCV
from warmtune.sklearn.candidates import own_space
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError


def test_tuples_are_choices_as_in_a_grid() -> None:
    X, y = table_of_classes(80)
    network = MLPClassifier((4, 4), max_iter=5, solver="lbfgs", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the networks haven't converged
        search = WarmSearchCV(
            network, {"hidden_layer_sizes": [(3,), (4, 4), (5, 5, 5)]}, n_trials=6, cv=2, warm=False, random_state=0
        ).fit(X, y)
    assert search.best_params_["hidden_layer_sizes"] in [(3,), (4, 4), (5, 5, 5)]
    assert search.best_estimator_.hidden_layer_sizes == search.best_params_["hidden_layer_sizes"]
    tried = search.cv_results_["param_hidden_layer_sizes"]
    assert {type(value) for value in tried} == {tuple}
    assert len(set(tried)) >= 2
    assert network.set_params(**search.best_params_)


def test_estimators_and_functions_are_choices_and_stay_unfitted() -> None:
    X, y = table_of_classes(80)
    scalers = [StandardScaler(), MinMaxScaler(), "passthrough"]
    steps = [("scale", StandardScaler()), ("select", SelectKBest(k=2)), ("model", LogisticRegression())]
    choices: dict[str, Sequence[object]] = {"scale": scalers, "select__score_func": [f_classif, mutual_info_classif]}
    search = WarmSearchCV(Pipeline(steps), {**choices}, n_trials=6, cv=2, warm=False, random_state=0).fit(X, y)
    assert not hasattr(scalers[0], "mean_")
    assert {type(value) for value in search.cv_results_["param_scale"]} <= {StandardScaler, MinMaxScaler, str}
    assert set(search.cv_results_["param_select__score_func"]) <= {f_classif, mutual_info_classif}
    assert search.cv_results_["origin"][0] == "default"  # the pipeline's own scaler is one of the choices
    again = clone(Pipeline(steps)).set_params(**search.best_params_).fit(X, y)
    assert np.array_equal(again.predict(X), search.predict(X))


def test_texts_are_the_same_in_every_process_and_distinct() -> None:
    space, choices = own_space({"p": [(1, 2), "(1, 2)", f_classif, None, np.int64(3), {0: 1}]})
    distribution = space.parameters["p"]
    assert isinstance(distribution, CategoricalDistribution)
    assert distribution.choices == (
        "(1, 2) (0)",
        "(1, 2)",
        "sklearn.feature_selection._univariate_selection.f_classif",
        None,
        3,
        "{0: 1}",
    )
    assert choices.settings({"p": "(1, 2) (0)"}) == {"p": (1, 2)}
    assert choices.settings({"p": "(1, 2)"}) == {"p": "(1, 2)"}
    assert choices.settings({"p": "{0: 1}"}) == {"p": {0: 1}}


def test_optuna_distributions_with_such_choices_are_taken() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna says that no storage holds them
        given = CategoricalDistribution([None, {0: 1.0, 1: 2.0}])  # type: ignore[list-item]
    X, y = table_of_classes(80)
    search = WarmSearchCV(
        LogisticRegression(), {"class_weight": given}, n_trials=4, cv=2, warm=False, random_state=0
    ).fit(X, y)
    assert search.best_params_["class_weight"] in (None, {0: 1.0, 1: 2.0})


def test_a_second_search_learns_from_the_first(client: Client) -> None:
    X, y = table_of_classes(90)
    for _ in range(2):
        search = WarmSearchCV(
            LogisticRegression(), {"class_weight": [None, {0: 1.0, 1: 2.0}]}, n_trials=3, cv=2, client=client
        ).fit(X, y)
        assert len(search.study_.trials) == 3
    assert {type(trial.params["class_weight"]) for trial in search.study_.trials} <= {type(None), str}
    assert all(trial.state is optuna.trial.TrialState.COMPLETE for trial in search.study_.trials)


def test_no_choice_is_refused_as_that() -> None:
    with pytest.raises(InvalidSearchSpaceError, match="has no choice") as caught:
        own_space({"C": []})
    assert caught.value.field == "param_distributions.C"


def test_metrics_paths_and_names_in_the_place_of_scorers_tables_and_columns_are_refused_with_the_remedy() -> None:
    X, y = table_of_classes(80)
    with pytest.raises(InvalidInputError, match=r"make_scorer\(accuracy_score\)") as caught:
        WarmSearchCV("svm_rbf", scoring=accuracy_score, warm=False).fit(X, y)
    assert caught.value.field == "scoring"
    with pytest.raises(InvalidInputError, match="read the file") as caught:
        WarmSearchCV("svm_rbf", warm=False).fit("data.csv", y)
    assert caught.value.field == "X"
    with pytest.raises(InvalidInputError, match=r"X\['target'\]") as caught:
        WarmSearchCV("svm_rbf", warm=False).fit(X, "target")
    assert caught.value.field == "y"
    with pytest.raises(InvalidInputError, match=r"groups=X\['patient'\]") as caught:
        WarmSearchCV("svm_rbf", warm=False).fit(X, y, groups="patient")
    assert caught.value.field == "groups"
