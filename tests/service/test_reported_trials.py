"""Studies, their reported trials, and what is suggested after them."""

import json
import time

from tests.service.api_studies import SPACE, TASK, loss, make_study, post, trial
from tests.service.asking import problem_in
from tests.serving import LiveService
from warmtune.wire import examples
from warmtune.wire.recommendations import RecommendationResponse, SuggestionsResponse


def test_a_study_learns_from_what_is_reported(live_service: LiveService) -> None:
    study = make_study(live_service, metric="distance", direction="minimize")
    for number in range(12):
        body = post(live_service, f"/v1/studies/{study}/suggestions", {"n": 1})
        suggested = SuggestionsResponse.model_validate(body).configurations[0].params
        SPACE.validate(suggested)
        report = [{"number": number, "params": suggested, "value": loss(suggested), "duration_s": 0.1}]
        post(live_service, f"/v1/studies/{study}/trials", report)
    kept = live_service.http.get(f"/v1/studies/{study}").json()
    assert kept["n_trials"] == 12
    trials = live_service.http.get(f"/v1/studies/{study}/trials").json()["items"]
    assert kept["best_value"] == min(t["value"] for t in trials)
    assert len({json.dumps(t["params"], sort_keys=True) for t in trials}) == 12


def test_parallel_workers_get_different_configurations(live_service: LiveService) -> None:
    study = make_study(live_service)
    path = f"/v1/studies/{study}"
    first = post(live_service, f"{path}/suggestions", {"n": 3})["configurations"]
    assert isinstance(first, list)
    running = [{"number": i, "params": c["params"], "state": "running"} for i, c in enumerate(first[:2])]
    post(live_service, f"{path}/trials", running)
    pending = [first[2]["params"]]
    second = post(live_service, f"{path}/suggestions", {"n": 3, "pending": pending})["configurations"]
    assert isinstance(second, list)
    seen = [json.dumps(c["params"], sort_keys=True) for c in (*first, *second)]
    assert len(set(seen)) == 6


def test_what_is_pending_elsewhere_is_not_suggested_again(live_service: LiveService) -> None:
    path = f"/v1/studies/{make_study(live_service)}/suggestions"

    def suggested(pending: list[object]) -> object:
        return (
            SuggestionsResponse.model_validate(post(live_service, path, {"pending": pending})).configurations[0].params
        )

    first = suggested([])
    assert suggested([]) == first
    assert suggested([first]) != first


def test_suggestions_without_keeping_anything(live_service: LiveService) -> None:
    body = {
        "task": TASK,
        "search_space": "svm_rbf",
        "trials": [],
        "n": 3,
    }
    answer = SuggestionsResponse.model_validate(post(live_service, "/v1/suggestions", body))
    assert len(answer.configurations) == 3
    assert answer.study_id is None
    tried = [{"number": i, "params": c.params, "value": 0.5} for i, c in enumerate(answer.configurations)]
    following = SuggestionsResponse.model_validate(post(live_service, "/v1/suggestions", {**body, "trials": tried}))
    before = [c.params for c in answer.configurations]
    assert all(c.params not in before for c in following.configurations)


def test_reporting_is_idempotent_by_number(live_service: LiveService) -> None:
    path = f"/v1/studies/{make_study(live_service)}/trials"
    batch = [trial(0), trial(1, None, state="running"), trial(2, None, state="fail", params={})]
    assert post(live_service, path, batch) | {"study_id": ""} == {
        "study_id": "",
        "accepted": 3,
        "unchanged": 0,
        "n_trials": 3,
        "quarantined": [],
    }
    moved = [trial(0), trial(1, 0.7), trial(2, None, state="fail", params={})]
    answer = post(live_service, path, moved)
    assert (answer["accepted"], answer["unchanged"], answer["n_trials"]) == (1, 2, 3)
    problem = problem_in(live_service.http.post(path, json=[trial(3), trial(0, 0.6)]))
    assert (problem.status, problem.value) == (409, "0")
    assert live_service.http.get(path).json()["items"][1]["value"] == 0.7


def test_numbers_come_back_as_their_distributions_have_them(live_service: LiveService) -> None:
    path = f"/v1/studies/{make_study(live_service)}/trials"
    post(live_service, path, [trial(0, params={"C": 1, "kernel": "rbf", "gamma": 1})])
    post(live_service, path, [trial(0, params={"C": 1.0, "kernel": "rbf", "gamma": 1.0})])
    kept = live_service.http.get(path).json()["items"][0]["params"]
    assert kept == {"C": 1.0, "kernel": "rbf", "gamma": 1.0}


def test_a_kept_tasks_own_past_speaks_unless_excluded(live_service: LiveService) -> None:
    for seed in range(10):
        n_rows = 1e6 if seed == 9 else 101.5 + seed
        study = make_study(live_service, n_rows=n_rows, metric="own_past", direction="minimize")
        batch = [trial(i, float(i), params={"C": 10.0**i, "kernel": "linear"}) for i in range(3)]
        post(live_service, f"/v1/studies/{study}/trials", batch)
    own = live_service.http.get(f"/v1/studies/{study}").json()["task_id"]
    body = {
        "task_id": own,
        "search_space": examples.SEARCH_SPACE,
        "metric": "own_past",
        "direction": "minimize",
        "n_configurations": 3,
    }

    def speaking(excluded: list[str]) -> set[str]:
        answered = post(live_service, "/v1/recommendations", {**body, "exclude_task_ids": excluded})
        answer = RecommendationResponse.model_validate(answered)
        return {source.task_id for c in answer.configurations for source in c.sources}

    assert own in speaking([])
    assert own not in speaking([own])


def test_a_model_is_learned_anew_after_trials_came_in(live_service: LiveService) -> None:
    body = {"task": TASK, "search_space": examples.SEARCH_SPACE, "metric": "refit", "direction": "maximize"}
    before = post(live_service, "/v1/recommendations", body)["model_version"]
    study = make_study(live_service, metric="refit", direction="maximize")
    post(live_service, f"/v1/studies/{study}/trials", [trial(i, float(i)) for i in range(3)])
    deadline = time.monotonic() + 120.0  # it is learned in the background, and a busy machine is slow to begin
    while post(live_service, "/v1/recommendations", body)["model_version"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
