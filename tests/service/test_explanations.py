"""Explanations: on which kinds of tasks what wins."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from learning.tree_cache import deciding_parameter
from tests.metamodel.trees import tree_from_json
from tests.service.asking import problem_in
from tests.service.past_studies import ok
from tests.serving import LiveService
from warmtune import Client
from warmtune.vocabulary.rendering import importance_text
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures
from warmtune.wire.parameter_importance import ImportanceResponse

PATH = "/v1/search-spaces/random_forest/explanation"


def test_a_tree_is_given_in_words_and_as_json(live_service: LiveService) -> None:
    found = ok(live_service, "GET", PATH, kind="regression", metric="r2")
    tree = tree_from_json(found["tree"])
    assert (tree.n_tasks, tree.as_text()) == (found["n_tasks"], found["text"])
    assert max(map(len, str(found["text"]).splitlines())) <= 80
    assert found["by"] is None
    assert found["sentence"]
    assert found == ok(live_service, "GET", PATH, kind="regression", metric="r2")


def test_choices_of_a_category_compete_where_asked_for(live_service: LiveService) -> None:
    found = ok(live_service, "GET", PATH, kind="binary", by="class_weight")
    candidates = found["tree"]["candidates"]
    assert candidates == [{"class_weight": None}, {"class_weight": "balanced"}]


def test_the_sentence_is_about_the_asked_task(live_service: LiveService) -> None:
    name, kind = _with_a_split(live_service)
    items = ok(live_service, "GET", "/v1/tasks", kind=kind, limit=100)["items"]
    shipped = items[-1]["task_id"]
    split = f"/v1/search-spaces/{name}/explanation"
    found = ok(live_service, "GET", split, kind=kind, task_id=shipped)
    known = ok(live_service, "GET", f"/v1/tasks/{shipped}")["meta_features"]
    tree = tree_from_json(found["tree"])
    assert found["sentence"] == tree.as_sentence(MetaFeatures(known))
    assert found["sentence"] != ok(live_service, "GET", split, kind=kind)["sentence"]
    metric = "r2" if kind == "regression" else "accuracy"
    body = {"task_id": shipped, "search_space": name, "metric": metric, "n_configurations": 1}
    explained = ok(live_service, "POST", "/v1/recommendations", {**body, "explain": True})
    assert explained["explanation"] == found["sentence"]
    assert ok(live_service, "POST", "/v1/recommendations", body)["explanation"] is None


def _with_a_split(service: LiveService) -> tuple[str, str]:
    """A shipped search space and a kind whose tree asks at least one question: not every knowledge base has one."""
    for name in ("svm_rbf", "hist_gradient_boosting", "random_forest", "mlp", "lightgbm", "linear"):
        for kind in ("regression", "multiclass"):
            found = ok(service, "GET", f"/v1/search-spaces/{name}/explanation", kind=kind)
            if len(str(found["text"]).splitlines()) > 2:
                return name, kind
    raise AssertionError("no tree has a split")


def test_the_category_that_decides_which_others_there_are_competes() -> None:
    parameters = {
        "scaler": CategoricalDistribution(["none", "standard"]),
        "algorithm": CategoricalDistribution(["svm", "forest"]),
        "kernel": CategoricalDistribution(["rbf", "poly"]),
        "degree": FloatDistribution(1, 5),
    }
    conditions = (Condition("kernel", "algorithm", ("svm",)), Condition("degree", "kernel", ("poly",)))
    assert deciding_parameter(SearchSpace(parameters, conditions)) == "algorithm"
    assert deciding_parameter(SearchSpace(parameters)) is None


def test_a_recommendation_without_past_tasks_explains_nothing(live_service: LiveService) -> None:
    body = {
        "task": {"kind": "binary", "meta_features": {"n_rows": 10.0}},
        "search_space": {"parameters": {"a": _choices("x", "y"), "b": _choices("u", "v")}},
        "metric": "accuracy",
        "explain": True,
    }
    assert ok(live_service, "POST", "/v1/recommendations", body)["explanation"] is None


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"kind": "regression", "by": "n_estimators"}, 422, "by"),
        ({"kind": "regression", "task_id": "task_nothing"}, 404, "task_id"),
        ({"kind": "regression", "metric": "accuracy"}, 422, "metric"),
        ({"kind": "regression", "metric": "mine", "direction": "maximize"}, 404, "search_space"),
        ({}, 422, "kind"),
    ],
)
def test_what_is_wrong_is_named(live_service: LiveService, query: dict[str, str], status: int, field: str) -> None:
    problem = problem_in(live_service.http.get(PATH, params=query))
    assert (problem.status, problem.field) == (status, field)


IMPORTANCE = "/v1/search-spaces/lightgbm/importance"


def test_importance_is_that_of_the_past_with_ranges_within_the_space(live_service: LiveService) -> None:
    found = ok(live_service, "GET", IMPORTANCE, kind="regression", metric="r2")
    definition = ok(live_service, "GET", "/v1/search-spaces/lightgbm", kind="regression")["search_space"]
    names = [one["name"] for one in found["parameters"]]
    assert sorted(names) == sorted(definition["parameters"])
    shares = [one["share"] for one in found["parameters"]]
    assert shares == sorted(shares, reverse=True)
    assert 0.0 < sum(shares) <= 1.0
    assert all(one["low"] <= one["share"] <= one["high"] for one in found["parameters"])
    assert found["n_tasks"] > 50
    assert 0.0 <= found["mean_loss"] < 0.1
    suggested = {one["name"]: one["suggested"] for one in found["parameters"]}
    rate, whole = suggested["learning_rate"], definition["parameters"]["learning_rate"]["attributes"]
    assert whole["low"] <= rate["low"] < rate["high"] <= whole["high"]
    assert rate["kept"] < 1.0
    assert set(suggested["extra_trees"]["choices"]) <= {True, False}
    assert found == ok(live_service, "GET", IMPORTANCE, kind="regression", metric="r2")
    with Client(live_service.url) as client:
        said = client.parameter_importance("lightgbm", kind="regression")
    assert (
        ImportanceResponse.from_domain(said, search_space="lightgbm", kind_group="regression").model_dump(mode="json")
        == found
    )
    assert max(map(len, importance_text(said).splitlines())) <= 80


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"kind": "regression", "metric": "accuracy"}, 422, "metric"),
        ({"kind": "regression", "metric": "mine", "direction": "maximize"}, 404, "search_space"),
        ({}, 422, "kind"),
    ],
)
def test_where_nothing_is_known_of_parameters_it_is_named(
    live_service: LiveService, query: dict[str, str], status: int, field: str
) -> None:
    problem = problem_in(live_service.http.get(IMPORTANCE, params=query))
    assert (problem.status, problem.field) == (status, field)


def _choices(*choices: str) -> dict[str, object]:
    return {"name": "CategoricalDistribution", "attributes": {"choices": choices}}
