"""Past learning curves over HTTP."""

from typing import Any

import pytest

from tests.service.asking import problem_in
from tests.service.past_studies import LINE, ok
from tests.serving import LiveService
from warmtune.vocabulary.learning_curve import MAX_STEPS
from warmtune.wire.spaces import SearchSpaceBody

SPACE = SearchSpaceBody.from_domain(LINE).model_dump(mode="json")
ASKED = {"search_space": SPACE, "kind": "binary", "metric": "curve", "direction": "maximize"}
PATH = "/v1/suggestions/learning-curves"


def _report(service: LiveService, n_rows: float, trials: list[dict[str, Any]]) -> str:
    task = ok(service, "POST", "/v1/tasks", {"kind": "binary", "meta_features": {"n_rows": n_rows, "curved": 1.0}})
    body = {"task_id": task["task_id"], "search_space": SPACE, "metric": "curve", "direction": "maximize"}
    study = ok(service, "POST", "/v1/studies", body)["study_id"]
    params = {"x": 0.5, "y": 0.5}
    sent = [{"number": n, "params": params, **trial} for n, trial in enumerate(trials)]
    assert service.http.post(f"/v1/studies/{study}/trials", json=sent).status_code == 200
    return str(task["task_id"])


def test_complete_feasible_trials_with_curves_come_back(live_service: LiveService) -> None:
    first = _report(
        live_service,
        11.0,
        [
            {"value": 0.9, "intermediate_values": {"1": 0.1, "2": 0.5, "10": 0.8}},
            {"value": 0.8, "intermediate_values": {"1": 0.1}},
            {"value": 0.7},
            {"value": 0.95, "intermediate_values": {"1": 0.1, "2": 0.2}, "constraints": [1.0]},
            {"state": "pruned", "value": 0.3, "intermediate_values": {"1": 0.1, "2": 0.3}},
            {"state": "fail", "intermediate_values": {"1": 0.1, "2": 0.3}},
        ],
    )
    long = {str(step): step / 1_000 for step in range(1_000)}
    second = _report(live_service, 12.0, [{"value": 1.0, "intermediate_values": long}])
    items = ok(live_service, "POST", PATH, ASKED)["items"]
    assert [one["task_id"] for one in items] == [second, first]
    assert items[1] == {"task_id": first, "values": {"1": 0.1, "2": 0.5, "10": 0.8}, "value": 0.9}
    assert 2 <= len(items[0]["values"]) <= MAX_STEPS
    without = ok(live_service, "POST", PATH, {**ASKED, "exclude_task_ids": [second]})
    assert [one["task_id"] for one in without["items"]] == [first]
    assert len(ok(live_service, "POST", PATH, {**ASKED, "n": 1})["items"]) == 1
    assert ok(live_service, "POST", PATH, {**ASKED, "metric": "nobody's"})["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [({"n": 0}, "n"), ({"n": 2_001}, "n"), ({"kind": "sorting"}, "kind"), ({"metric": "r2"}, "metric")],
)
def test_mistakes_are_named(live_service: LiveService, change: dict[str, Any], field: str) -> None:
    problem = problem_in(live_service.http.post(PATH, json={**ASKED, **change}))
    assert (problem.status, problem.field) == (422, field)
