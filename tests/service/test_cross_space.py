"""Somebody who has tuned one search space on a table is no stranger under the next one."""

import time

import pytest

from tests.service.api_studies import post
from tests.serving import LiveService

ASKED = "extra_trees"
TRIED = "knn"
METRIC = {"metric": "accuracy", "direction": "maximize"}


@pytest.fixture(scope="module")
def tuned_task(live_service: LiveService) -> str:
    """A task that is nearly one of those that ship, with trials over `TRIED`."""
    like = next(
        one
        for one in live_service.http.get("/v1/tasks", params={"limit": 50}).json()["items"]
        if one["kind"] == "binary"
    )
    known = live_service.http.get(f"/v1/tasks/{like['task_id']}").json()
    values = {**known["meta_features"], "n_rows": known["meta_features"].get("n_rows", 100.0) + 1.0}
    body = {"kind": "binary", "name": "tuned before", "meta_features": values, "version": known.get("version")}
    task_id = str(post(live_service, "/v1/tasks", {key: value for key, value in body.items() if value})["task_id"])
    asked = {"task_id": task_id, "search_space": TRIED, "n_configurations": 8, **METRIC}
    first = post(live_service, "/v1/recommendations", asked)["configurations"]
    assert isinstance(first, list)
    study = post(live_service, "/v1/studies", {"task_id": task_id, "search_space": TRIED, **METRIC}, status=201)
    trials = [
        {"number": i, "params": one["params"], "value": 0.6 + 0.04 * i, "duration_s": 0.1}
        for i, one in enumerate(first)
    ]
    post(live_service, f"/v1/studies/{study['study_id']}/trials", trials)
    return task_id


def settled(service: LiveService, task_id: str) -> dict[str, object]:
    """The recommendation once no model behind it is being learned anew: other tests report trials, too."""
    deadline = time.monotonic() + 120.0
    now = recommended(service, task_id)
    while (before := now["model_version"]) != (now := recommended(service, task_id))["model_version"]:
        assert time.monotonic() < deadline, (before, now)
        time.sleep(0.2)
    return now


def recommended(service: LiveService, task_id: str, **change: object) -> dict[str, object]:
    return post(service, "/v1/recommendations", {"task_id": task_id, "search_space": ASKED, **METRIC, **change})


def test_a_recommendation_says_that_it_knows_the_other_trials(live_service: LiveService, tuned_task: str) -> None:
    knowing = settled(live_service, tuned_task)
    without = recommended(live_service, tuned_task, exclude_task_ids=[tuned_task])
    assert f"this task's trials over {TRIED}" in str(knowing["reason"])
    assert "trials over" not in str(without["reason"])
    assert str(knowing["model_version"]).partition("+")[0] == str(without["model_version"]).partition("+")[0]
    assert knowing["model_version"] != without["model_version"]


def test_further_trials_there_are_known_here_at_once(live_service: LiveService, tuned_task: str) -> None:
    before = settled(live_service, tuned_task)["model_version"]
    study = post(live_service, "/v1/studies", {"task_id": tuned_task, "search_space": TRIED, **METRIC}, status=201)
    path = f"/v1/studies/{study['study_id']}"
    one = post(live_service, f"{path}/suggestions", {"n": 1})["configurations"]
    assert isinstance(one, list)
    post(live_service, f"{path}/trials", [{"number": 0, "params": one[0]["params"], "value": 0.99, "duration_s": 0.1}])
    assert recommended(live_service, tuned_task)["model_version"] != before


def test_a_study_is_suggested_to_by_the_other_trials(live_service: LiveService, tuned_task: str) -> None:
    study = post(live_service, "/v1/studies", {"task_id": tuned_task, "search_space": ASKED, **METRIC}, status=201)
    path = f"/v1/studies/{study['study_id']}"
    suggested = post(live_service, f"{path}/suggestions", {"n": 1})
    assert f"trials over {TRIED}" in str(suggested["reason"])


def test_a_task_without_other_trials_is_answered_as_ever(live_service: LiveService) -> None:
    task = {"kind": "binary", "meta_features": {"n_rows": 71.0, "n_columns": 3.0}}
    task_id = str(post(live_service, "/v1/tasks", task)["task_id"])
    assert "trials over" not in str(recommended(live_service, task_id)["reason"])
