"""Extreme but valid input: answered, or refused with the field named; never a failure of the service."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.service.asking import problem_in
from tests.serving import LiveService, start_service

TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0, "n_classes": 2.0}}
TINY, HUGE = 5e-324, 1.7976931348623157e308
NUMBERS = [-HUGE, -1e300, -1.0, -TINY, 0.0, TINY, 1e-300, 0.1, 1.0, 1e16, 1e100, 1e300, HUGE]
WHOLE = [-(10**308), -(2**63), -(2**53) - 1, -1, 0, 1, 2**31, 2**53, 2**53 + 1, 2**64, 10**308, 10**400]


def float_of(low: float, high: float, **rest: object) -> dict[str, object]:
    return {"name": "FloatDistribution", "attributes": {"low": low, "high": high, "step": None, "log": False, **rest}}


def int_of(low: int, high: int, **rest: object) -> dict[str, object]:
    return {"name": "IntDistribution", "attributes": {"low": low, "high": high, "step": 1, "log": False, **rest}}


def recommended(service: LiveService, distribution: Mapping[str, object]) -> int:
    body = {"task": TASK, "search_space": {"parameters": {"x": distribution}}, "n_configurations": 3}
    answer = service.http.post("/v1/recommendations", json=body)
    assert answer.status_code in (200, 422), (distribution, answer.text)
    if answer.status_code == 422:
        problem = problem_in(answer)
        assert problem.field is not None
        assert problem.field.startswith("search_space")
        return 422
    configurations = [one["params"] for one in answer.json()["configurations"]]
    trials = [{"number": n, "params": params, "value": float(n)} for n, params in enumerate(configurations)]
    asked = {"task": TASK, "search_space": body["search_space"], "metric": "accuracy", "trials": trials, "n": 2}
    suggested = service.http.post("/v1/suggestions", json=asked)
    assert suggested.status_code == 200, (distribution, suggested.text)
    return 200


PAIR = {"parameters": {"C": float_of(0.0, 1.0), "gamma": float_of(0.0, 1.0)}}


@pytest.mark.parametrize("log", [False, True])
def test_floats_of_any_bounds(live_service: LiveService, log: bool) -> None:
    found = {
        recommended(live_service, float_of(low, high, log=log)) for low, high in itertools.product(NUMBERS, NUMBERS)
    }
    assert found == {200, 422}


def test_floats_of_any_step(live_service: LiveService) -> None:
    bounds = [(0.0, 1.0), (-1e100, 1e100), (0.1, 0.3), (1e16, 1e16 + 4), (0.0, TINY)]
    steps = [TINY, 1e-320, 1e-40, 1e-28, 1e-9, 1e-6, 0.1, 1.0, 1e300]
    found = {recommended(live_service, float_of(*pair, step=step)) for pair, step in itertools.product(bounds, steps)}
    assert found == {200, 422}


@pytest.mark.parametrize("log", [False, True])
def test_integers_of_any_bounds(live_service: LiveService, log: bool) -> None:
    found = {recommended(live_service, int_of(low, high, log=log)) for low, high in itertools.product(WHOLE, WHOLE)}
    assert found == {200, 422}


def test_integers_of_any_step(live_service: LiveService) -> None:
    steps = [1, 2, 3, 2**31, 2**53, 2**63, 10**308]
    found = {
        recommended(live_service, int_of(low, high, step=step))
        for (low, high), step in itertools.product([(0, 10), (-(2**53), 2**53), (1, 1)], steps)
    }
    assert 200 in found


@pytest.mark.parametrize(
    "choice", [10**308, 10**400, -HUGE, TINY, 2**64, "$x_1^2$", "\u202e", "\\", "x" * 10_000], ids=repr
)
def test_choices_of_any_value(live_service: LiveService, choice: object) -> None:
    found = {
        recommended(live_service, {"name": "CategoricalDistribution", "attributes": {"choices": [choice, 1, None]}})
    }
    assert found <= {200, 422}


@pytest.mark.parametrize("value", NUMBERS, ids=repr)
def test_meta_features_of_any_size(live_service: LiveService, value: float) -> None:
    task = {"kind": "binary", "meta_features": {"n_rows": value, "n_classes": 2.0, "other": -value}}
    for space in ("mlp", "random_forest"):
        answer = live_service.http.post(
            "/v1/recommendations", json={"task": task, "search_space": space, "explain": True}
        )
        assert answer.status_code == 200, answer.text
    kept = live_service.http.post("/v1/tasks", json=task)
    assert kept.status_code == 200
    assert live_service.http.get(f"/v1/tasks/{kept.json()['task_id']}/neighbours").status_code == 200


@pytest.mark.parametrize("scores", [(HUGE, -HUGE), (1e300, 0.0), (TINY, -TINY), (HUGE, HUGE)], ids=repr)
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_scores_of_any_size_are_learned_from(
    live_service: LiveService, scores: tuple[float, float], direction: str
) -> None:
    metric = f"m {scores} {direction}"
    for number in range(7):
        task = {"kind": "binary", "meta_features": {"n_rows": 10.0 + number}, "name": f"{metric} {number}"}
        task_id = live_service.http.post("/v1/tasks", json=task).json()["task_id"]
        study = {"task_id": task_id, "search_space": PAIR, "metric": metric, "direction": direction}
        path = f"/v1/studies/{live_service.http.post('/v1/studies', json=study).json()['study_id']}"
        trials = [
            {
                "number": n,
                "params": {"C": 0.1 * (n + 1), "gamma": 0.01 * (n + 1)},
                "value": scores[n % 2] if n < 6 else n / 10 + number,
                "duration_s": abs(scores[0]),
                "intermediate_values": {0: scores[1]},
            }
            for n in range(8)
        ]
        answer = live_service.http.post(f"{path}/trials", json=trials)
        assert answer.status_code == 200, answer.text
        assert live_service.http.post(f"{path}/suggestions", json={"n": 2}).status_code == 200
        assert live_service.http.get(path).status_code == 200
        assert live_service.http.get(f"{path}/trials").status_code == 200
    asked = {"task": TASK, "search_space": PAIR, "metric": metric, "direction": direction, "time_budget_s": HUGE}
    assert live_service.http.post("/v1/recommendations", json=asked).status_code == 200


def test_a_refit_over_extremes_and_its_picture(tmp_path: Path) -> None:
    import time

    service = start_service(tmp_path, mapping_until_tasks="0", backtest_trials="5")
    http = service.http
    name, metric = "a$b$ {x} \\frac", "m$_1$ \\alpha $"
    space = {"parameters": {"C": float_of(-1e100, 1e100), "k": int_of(-(2**53), 2**53)}}
    assert http.put(f"/v1/search-spaces/{name}", json=space).status_code == 201
    for number in range(7):
        task = {"kind": "binary", "meta_features": {"n_rows": 10.0**number, "x": HUGE if number % 2 else -HUGE}}
        task_id = http.post("/v1/tasks", json=task).json()["task_id"]
        study = {"task_id": task_id, "search_space": name, "metric": metric, "direction": "minimize"}
        path = f"/v1/studies/{http.post('/v1/studies', json=study).json()['study_id']}/trials"
        values = [HUGE, -HUGE, 0.0, 1.0, TINY, 1e300, -1.0]
        trials = [
            {"number": n, "params": {"C": (n - 3) * 1e99, "k": n - 3}, "value": values[(n + number) % 7]}
            for n in range(7)
        ]
        assert http.post(path, json=trials).status_code == 200
    asked = {"search_space": name, "kind": "binary", "metric": metric, "direction": "minimize", "surrogate": "none"}
    job = http.post("/v1/models/refit", json=asked).json()
    deadline = time.monotonic() + 150
    while (job := http.get(f"/v1/jobs/{job['job_id']}").json())["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert job["state"] == "succeeded", job
    where = {"kind": "binary", "metric": metric, "direction": "minimize"}
    picture = http.get(f"/v1/search-spaces/{name}/backtest", params=where, headers={"Accept": "image/png"})
    assert picture.status_code == 200, picture.text
    assert picture.content.startswith(b"\x89PNG")
    assert service.stop() == 0
