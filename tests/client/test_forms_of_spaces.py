"""Wherever a search space is due, all its forms are taken, or refused with what to pass instead."""

from collections.abc import Callable

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from sklearn.linear_model import LogisticRegression

import warmtune
from tests.client.small_searches import table_of_classes
from warmtune.client import Client
from warmtune.optuna.pruner import WarmtunePruner
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.sklearn import WarmSearchCV
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.wire.bodies import SearchSpaceLike

NAME = "svm_rbf"
BY_NAME: dict[str, Callable[[Client, object], object]] = {
    "explain": lambda client, space: client.explain(space, kind="binary"),  # type: ignore[arg-type]
    "importance": lambda client, space: client.parameter_importance(space, kind="binary"),  # type: ignore[arg-type]
    "backtest": lambda client, space: client.backtest(space, kind="binary"),  # type: ignore[arg-type]
    "studies": lambda client, space: client.list_studies(search_space=space),  # type: ignore[arg-type]
    "models": lambda client, space: client.list_models(search_space=space),  # type: ignore[arg-type]
}


@pytest.fixture
def named(client: Client) -> NamedSearchSpace:
    return client.get_search_space(NAME, kind="binary")


@pytest.mark.parametrize("call", BY_NAME)
def test_questions_by_name_take_a_registered_space_as_it_was_read(
    client: Client, named: NamedSearchSpace, call: str
) -> None:
    def answer(space: object) -> object:
        try:
            return BY_NAME[call](client, space)
        except NotFoundError as error:  # no refit so far
            return error.message

    assert answer(named) == answer(NAME)


@pytest.mark.parametrize("call", BY_NAME)
def test_questions_by_name_say_how_a_space_gets_one(client: Client, named: NamedSearchSpace, call: str) -> None:
    for space in (named.search_space, dict(named.search_space.parameters)):
        with pytest.raises(InvalidInputError, match="put_search_space") as caught:
            BY_NAME[call](client, space)
        assert caught.value.field == "search_space"
    for odd in (3, b"svm_rbf", ["svm_rbf"]):
        with pytest.raises(InvalidInputError, match="must be a string") as caught:
            BY_NAME[call](client, odd)
        assert (caught.value.field, caught.value.value) == ("search_space", repr(odd))


def test_a_registered_space_can_be_registered_under_another_name(client: Client, named: NamedSearchSpace) -> None:
    assert client.put_search_space("like_svm", named).content_key == named.content_key


@pytest.mark.parametrize("form", ["name", "named", "space", "distributions"])
def test_requests_samplers_and_pruners_take_every_form(
    client: Client, described: TaskDescription, named: NamedSearchSpace, form: str
) -> None:
    forms: dict[str, SearchSpaceLike] = {
        "name": NAME,
        "named": named,
        "space": named.search_space,
        "distributions": dict(named.search_space.parameters),
    }
    space = forms[form]
    assert client.recommend(described, space, metric="accuracy", n=2).configurations
    assert client.suggestions_for(described, space, metric="accuracy").configurations
    study = optuna.create_study(direction="maximize")
    assert client.warm_start(study, described, search_space=space, metric="accuracy", n=2).n_enqueued
    WarmtunePruner(client, search_space=space, kind="binary")
    sampled = optuna.create_study(
        direction="maximize", sampler=WarmtuneSampler(client, described, search_space=space, metric="accuracy")
    )
    sampled.optimize(lambda trial: float("C" in warmtune.suggest(trial, named)), n_trials=1)
    assert sampled.trials[0].params


def test_a_space_as_it_was_read_can_be_read_anew(client: Client, named: NamedSearchSpace) -> None:
    assert client.get_search_space(named, kind="binary") == named


def test_objects_in_the_place_of_their_ids_are_refused_with_the_remedy(
    client: Client, described: TaskDescription
) -> None:
    task = client.create_task(described)
    study = client.create_study(task.task_id, NAME)
    for ask, said in (
        (lambda: client.neighbours(task), r"pass its \.task_id"),  # type: ignore[arg-type]
        (lambda: client.recommend(task, NAME), r"pass its \.task_id"),  # type: ignore[arg-type]
        (lambda: client.get_study(study), r"pass its \.study_id"),  # type: ignore[arg-type]
        (lambda: client.recommend([[1.0]], NAME), r"describe_task\(X, y\)"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInputError, match=said):
            ask()


def test_build_takes_a_shipped_space_as_it_was_read(named: NamedSearchSpace) -> None:
    X, y = table_of_classes()
    built = warmtune.build(named, None, X, kind="binary").fit(X, y)
    assert (built.predict(X) == warmtune.build(NAME, None, X, kind="binary").fit(X, y).predict(X)).all()


def test_build_says_that_only_shipped_spaces_have_pipelines(named: NamedSearchSpace) -> None:
    X, _ = table_of_classes()
    for space in (named.search_space, dict(named.search_space.parameters)):
        with pytest.raises(InvalidInputError, match="set_params") as caught:
            warmtune.build(space, None, X, kind="binary")  # type: ignore[arg-type]
        assert caught.value.field == "search_space"


def test_searches_take_a_shipped_space_as_it_was_read(named: NamedSearchSpace) -> None:
    X, y = table_of_classes()
    search = WarmSearchCV(named, n_trials=2, cv=2, warm=False, random_state=0)
    assert hasattr(WarmSearchCV(named, kind="binary"), "decision_function") == hasattr(
        WarmSearchCV(NAME, kind="binary"), "decision_function"
    )
    found = search.fit(X, y)
    same = WarmSearchCV(NAME, n_trials=2, cv=2, warm=False, random_state=0).fit(X, y)
    assert np.array_equal(found.cv_results_["mean_test_score"], same.cv_results_["mean_test_score"])
    with pytest.raises(InvalidInputError, match="has its own distributions"):
        WarmSearchCV(named, {"C": [1.0]}, warm=False).fit(X, y)


def test_searches_say_what_a_space_alone_lacks(named: NamedSearchSpace) -> None:
    X, y = table_of_classes()
    for space in (named.search_space, {"C": FloatDistribution(0.1, 1.0)}):
        with pytest.raises(InvalidInputError, match="nothing that fits") as caught:
            WarmSearchCV(space, warm=False).fit(X, y)
        assert caught.value.field == "estimator"
    with pytest.raises(InvalidInputError) as caught:
        WarmSearchCV(LogisticRegression(), "svm_rbf", warm=False).fit(X, y)  # type: ignore[arg-type]
    assert caught.value.field == "param_distributions"
