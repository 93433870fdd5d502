"""Studies and trials, made over HTTP."""

import uuid

from tests.serving import LiveService
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.wire import examples

SPACE = search_space_from_json(examples.SEARCH_SPACE)
TASK = {"kind": "binary", "meta_features": examples.META_FEATURES}


def post(service: LiveService, path: str, body: object, *, status: int = 200, **headers: str) -> dict[str, object]:
    response = service.http.post(path, json=body, headers=headers)
    assert response.status_code == status, response.text
    answer: dict[str, object] = response.json()
    return answer


def make_study(service: LiveService, *, n_rows: float | None = None, **change: object) -> str:
    rows = float(uuid.uuid4().int % 10**9) if n_rows is None else n_rows
    task = post(service, "/v1/tasks", {**TASK, "meta_features": {"n_rows": rows}})
    body = {"task_id": task["task_id"], "search_space": examples.SEARCH_SPACE, "metric": "accuracy", **change}
    return str(post(service, "/v1/studies", body, status=201)["study_id"])


def trial(number: int, value: float | None = 0.5, **change: object) -> dict[str, object]:
    params = {"C": 1.0 + number, "kernel": "linear"}
    return {"number": number, "params": params, "value": value, **change}


def loss(params: dict[str, ParameterValue]) -> float:
    return abs(float(str(params["C"])) - 10.0)
