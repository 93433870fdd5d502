"""Constraints and failures over HTTP: kept, never the best, weighed in suggestions and recommendations."""

from typing import Any

import numpy as np
import pytest

from tests.service.asking import problem_in
from tests.service.past_studies import LINE, ok, peak_at, random_lines
from tests.serving import LiveService
from warmtune.wire.spaces import SearchSpaceBody

SPACE = SearchSpaceBody.from_domain(LINE).model_dump(mode="json")
PEAK = peak_at(0.9)


def _study(service: LiveService, metric: str) -> str:
    task = ok(service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": 77.0}})
    body = {"task_id": task["task_id"], "search_space": SPACE, "metric": metric, "direction": "maximize"}
    return f"/v1/studies/{ok(service, 'POST', '/v1/studies', body)['study_id']}"


def test_a_study_keeps_to_what_is_feasible(live_service: LiveService) -> None:
    path = _study(live_service, "limited")
    for number in range(20):
        (one,) = ok(live_service, "POST", f"{path}/suggestions", {"n": 1})["configurations"]
        trial = {
            "number": number,
            "params": one["params"],
            "value": PEAK(one["params"]),
            "constraints": [one["params"]["x"] - 0.6],
        }
        ok(live_service, "POST", f"{path}/trials", [trial])
    kept = ok(live_service, "GET", f"{path}/trials", limit=100)["items"]
    feasible = [t for t in kept if t["constraints"][0] <= 0.0]
    assert any(t["constraints"][0] <= 0.0 for t in kept[8:])
    assert ok(live_service, "GET", path)["best_value"] == max(t["value"] for t in feasible)
    assert max(t["params"]["x"] for t in feasible) > 0.5  # near the border, behind which the peak lies
    (one,) = ok(live_service, "POST", f"{path}/suggestions", {"n": 1})["configurations"]
    assert 0.0 < one["feasible_probability"] <= 1.0
    assert one["expected_gain"]["low"] <= one["expected_gain"]["high"]


def test_what_failed_on_other_tasks_is_avoided_and_reported(live_service: LiveService) -> None:
    for number in range(9):
        task = ok(
            live_service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": 10.0 + number, "f": 1.0}}
        )
        body = {"task_id": task["task_id"], "search_space": SPACE, "metric": "frail", "direction": "maximize"}
        study = ok(live_service, "POST", "/v1/studies", body)["study_id"]
        trials = [
            {"number": n, "params": params, "value": PEAK(params)}
            if params["x"] < 0.5  # type: ignore[operator]
            else {"number": n, "params": params, "state": "fail"}
            for n, params in enumerate(random_lines(20, seed=1)(number))
        ]
        assert live_service.http.post(f"/v1/studies/{study}/trials", json=trials).status_code == 200
    asked = {
        "task": {"kind": "binary", "meta_features": {"n_rows": 15.0, "f": 1.0}},
        "search_space": SPACE,
        "metric": "frail",
        "direction": "maximize",
        "n_configurations": 5,
    }
    answer = ok(live_service, "POST", "/v1/recommendations", asked)
    assert all(one["params"]["x"] <= 0.5 for one in answer["configurations"])
    assert all(0.0 <= one["failure_probability"] <= 0.5 for one in answer["configurations"])


@pytest.mark.parametrize(
    ("constraints", "field"),
    [("much", "constraints"), ([None], "constraints"), (["a"], "constraints"), ([0.0] * 1_001, "constraints")],
)
def test_mistakes_are_named(live_service: LiveService, constraints: object, field: str) -> None:
    path = _study(live_service, "mistaken")
    trial = {"number": 0, "params": {"x": 0.5, "y": 0.5}, "value": 1.0, "constraints": constraints}
    problem = problem_in(live_service.http.post(f"{path}/trials", json=[trial]))
    assert problem.status == 422
    assert problem.field is not None and f"trials.0.{field}" in problem.field


def test_seconds_that_are_left_count(live_service: LiveService) -> None:
    asked: dict[str, Any] = {
        "task": {"kind": "binary", "meta_features": {"n_rows": 1_000.0, "n_columns": 20.0}},
        "search_space": "random_forest",
        "metric": "accuracy",
    }
    (first,) = ok(live_service, "POST", "/v1/recommendations", {**asked, "n_configurations": 1})["configurations"]
    asked["trials"] = [{"number": 0, "params": first["params"], "value": 0.8, "duration_s": 2.0}]
    free, hurried = (
        ok(live_service, "POST", "/v1/suggestions", {**asked, **more, "n": 5})["configurations"]
        for more in ({}, {"time_budget_s": 1.0})
    )
    seconds = [np.mean([one["expected_duration_s"] for one in answer]) for answer in (free, hurried)]
    assert seconds[1] < seconds[0]
    problem = problem_in(live_service.http.post("/v1/suggestions", json={**asked, "time_budget_s": 0.0}))
    assert (problem.status, problem.field) == (422, "time_budget_s")
    two = {name: value for name, value in asked.items() if name not in ("metric", "trials")}
    two |= {"metrics": ["accuracy", "duration_s"], "time_budget_s": 1.0}
    assert problem_in(live_service.http.post("/v1/suggestions", json=two)).field == "time_budget_s"
