"""Past studies in a live service: tasks whose best configuration is known."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from optuna.distributions import FloatDistribution

from tests.serving import LiveService
from warmtune.vocabulary.space import SearchSpace

Params = dict[str, object]
Score = Callable[[Mapping[str, object]], float]

LINE = SearchSpace({"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}, defaults={"x": 0.5, "y": 0.5})
END_S = 240.0


def peak_at(best: float) -> Score:
    """A score whose best `x` is known; `y` matters little."""
    return lambda params: 1.0 - (float(params["x"]) - best) ** 2 - 0.05 * (float(params["y"]) - 0.5) ** 2  # type: ignore[arg-type]


def ok(service: LiveService, method: str, path: str, body: object = None, **query: object) -> dict[str, Any]:
    """An answer that is no failure."""
    response = service.http.request(method, path, json=body, params=query)  # type: ignore[arg-type]
    assert response.status_code < 300, response.text
    return dict(response.json())


def keep_studies(
    service: LiveService,
    search_space: object,
    configurations: Callable[[int], list[Params]],
    score: Score,
    *,
    names: list[str],
) -> None:
    """Store a task and a study for each name, with the trials that `configurations` makes for its number."""
    for number, name in enumerate(names):
        features = {"n_rows": 100.0 + 10 * number, "n_columns": 5.0, "salt": float(sum(name.encode()))}
        task = ok(service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": features, "name": name})
        study = ok(
            service,
            "POST",
            "/v1/studies",
            {"task_id": task["task_id"], "search_space": search_space, "metric": "accuracy"},
        )
        trials = [
            {"number": i, "params": params, "value": score(params)} for i, params in enumerate(configurations(number))
        ]
        ok_list = service.http.post(f"/v1/studies/{study['study_id']}/trials", json=trials)
        assert ok_list.status_code == 200, ok_list.text


def random_lines(n: int, *, seed: int = 0) -> Callable[[int], list[Params]]:
    """So many random configurations of `LINE`, others for each task."""

    def make(number: int) -> list[Params]:
        drawn = np.random.default_rng([seed, number]).uniform(size=(n, 2)).round(6)
        return [{"x": float(x), "y": float(y)} for x, y in drawn]

    return make


def with_line_studies(service: LiveService) -> LiveService:
    """The service with eight past tasks of the search space `line`, which is best at an `x` of 0.3."""
    ok(service, "PUT", "/v1/search-spaces/line", LINE.to_json())
    keep_studies(service, "line", random_lines(16), peak_at(0.3), names=[f"past {n}" for n in range(8)])
    return service


def ended(service: LiveService, job: Mapping[str, object]) -> dict[str, Any]:
    """A job once it has ended."""
    deadline = time.monotonic() + END_S
    while (now := ok(service, "GET", f"/v1/jobs/{job['job_id']}"))["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, now
        time.sleep(0.1)
    return now
