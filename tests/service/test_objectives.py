"""Several objectives over HTTP."""

import uuid
from typing import Any

import pytest

from tests.service.asking import problem_in
from tests.service.past_studies import LINE, ok
from tests.serving import LiveService
from warmtune.wire.spaces import SearchSpaceBody

SPACE = SearchSpaceBody.from_domain(LINE).model_dump(mode="json")
TASK = {"kind": "binary", "meta_features": {"n_rows": 500.0, "n_columns": 12.0}}
TWO = {"metrics": ["gain", "price"], "directions": ["maximize", "minimize"]}


def _study(service: LiveService, **objectives: object) -> str:
    features = {"n_rows": float(uuid.uuid4().int % 10**9)}
    task = ok(service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": features})
    body = {"task_id": task["task_id"], "search_space": SPACE, **(objectives or TWO)}
    return f"/v1/studies/{ok(service, 'POST', '/v1/studies', body)['study_id']}"


def _trial(number: int, **change: object) -> dict[str, Any]:
    x = 0.1 * number
    return {"number": number, "params": {"x": x, "y": 0.5}, "values": [x, x * x], **change}


def test_a_study_keeps_all_values_and_suggests_by_them(live_service: LiveService) -> None:
    path = _study(live_service)
    ok(live_service, "POST", f"{path}/trials", [_trial(number) for number in range(6)])
    study = ok(live_service, "GET", path)
    assert (study["metric"], study["direction"]) == ("gain", "maximize")
    assert (study["metrics"], study["directions"]) == (TWO["metrics"], TWO["directions"])
    assert study["best_value"] == 0.5
    kept = ok(live_service, "GET", f"{path}/trials")["items"]
    assert [(t["value"], t["values"]) for t in kept] == [(0.1 * n, [0.1 * n, 0.1 * n * (0.1 * n)]) for n in range(6)]
    answer = ok(live_service, "POST", f"{path}/suggestions", {"n": 3})
    assert len({str(one["params"]) for one in answer["configurations"]}) == 3
    assert "by their hypervolume" in answer["reason"]
    stateless = {"task": TASK, "search_space": SPACE, **TWO, "trials": [_trial(n) for n in range(6)], "n": 2}
    assert len(ok(live_service, "POST", "/v1/suggestions", stateless)["configurations"]) == 2


def test_seconds_are_known_of_every_past(live_service: LiveService) -> None:
    asked = {
        "task": TASK,
        "search_space": "random_forest",
        "metrics": ["accuracy", "duration_s"],
        "n_configurations": 5,
    }
    answer = ok(live_service, "POST", "/v1/recommendations", asked)
    assert "hypervolume of accuracy, duration_s" in answer["reason"]
    one = ok(
        live_service,
        "POST",
        "/v1/recommendations",
        {"task": TASK, "search_space": "random_forest", "metric": "accuracy", "n_configurations": 5},
    )
    seconds = [min(c["expected_duration_s"] for c in body["configurations"]) for body in (answer, one)]
    assert seconds[0] <= seconds[1]
    assert (answer["metric"], answer["direction"]) == ("accuracy", "maximize")


@pytest.mark.parametrize(
    ("objectives", "field"),
    [
        ({"metrics": ["a"], "directions": ["minimize"]}, "metrics"),
        ({"metrics": ["a", "a"], "directions": ["minimize", "minimize"]}, "metrics"),
        ({"metrics": ["a", "b"], "directions": ["minimize"]}, "directions"),
        ({"metrics": ["a", "b"]}, "direction"),
        ({"metrics": ["accuracy", "b"], "directions": ["minimize", "minimize"]}, "direction"),
        ({"metrics": ["a", "b"], "metric": "a"}, "metric"),
        ({"metrics": ["a", "b"], "direction": "minimize"}, "direction"),
        ({"directions": ["minimize", "minimize"]}, "directions"),
        ({"metrics": ["rmse", "b"], "directions": ["minimize", "minimize"]}, "metric"),
        ({"metrics": [f"m{n}" for n in range(11)]}, "metrics"),
    ],
)
def test_mistakes_in_objectives_are_named(live_service: LiveService, objectives: dict[str, Any], field: str) -> None:
    asked = {"task": TASK, "search_space": SPACE, **objectives}
    for path in ("/v1/recommendations", "/v1/suggestions"):
        problem = problem_in(live_service.http.post(path, json=asked))
        assert (problem.status, problem.field) == (422, field)


@pytest.mark.parametrize(
    "change", [{"values": [1.0]}, {"values": [1.0, 2.0, 3.0]}, {"values": [], "value": 1.0}, {"value": 9.0}]
)
def test_other_numbers_of_values_are_named(live_service: LiveService, change: dict[str, Any]) -> None:
    problem = problem_in(live_service.http.post(f"{_study(live_service)}/trials", json=[_trial(1, **change)]))
    assert problem.status == 422
    assert problem.field is not None and problem.field.startswith("trials.0.value")


def test_a_study_with_one_objective_takes_one_value_either_way(live_service: LiveService) -> None:
    path = _study(live_service, metric="gain", direction="maximize")
    assert problem_in(live_service.http.post(f"{path}/trials", json=[_trial(1)])).field == "trials.0.values"
    ok(live_service, "POST", f"{path}/trials", [_trial(1, values=[0.5])])
    (kept,) = ok(live_service, "GET", f"{path}/trials")["items"]
    assert (kept["value"], kept["values"]) == (0.5, [])


def test_a_time_budget_is_for_one_objective(live_service: LiveService) -> None:
    asked = {"task": TASK, "search_space": SPACE, **TWO, "time_budget_s": 3.0}
    assert problem_in(live_service.http.post("/v1/recommendations", json=asked)).field == "time_budget_s"
