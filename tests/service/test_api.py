"""The whole way: task, study, trials, suggestions; and what is stored of it."""

import json
import uuid
from collections.abc import Callable

import httpx
import pytest

from tests.service.asking import problem_in
from tests.serving import LiveService
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.wire import examples
from warmtune.wire.recommendations import RecommendationResponse, SuggestionsResponse
from warmtune.wire.spaces import SearchSpaceBody

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


def test_a_recommendation_from_meta_features_keeps_nothing(live_service: LiveService) -> None:
    body = {"task": TASK, "search_space": "random_forest", "n_configurations": 7}
    answer = RecommendationResponse.model_validate(post(live_service, "/v1/recommendations", body))
    assert [c.rank for c in answer.configurations] == list(range(1, 8))
    assert answer.task_id is None
    assert (answer.metric, answer.direction) == ("accuracy", "maximize")
    assert answer.strategy in ("neighbours", "portfolio")
    again = RecommendationResponse.model_validate(post(live_service, "/v1/recommendations", body))
    assert again.configurations == answer.configurations


@pytest.mark.parametrize("name", ["random_forest", "hist_gradient_boosting", "svm_rbf", "mlp"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_configurations_are_of_the_asked_space(live_service: LiveService, name: str, kind: str) -> None:
    kept = live_service.http.get(f"/v1/search-spaces/{name}", params={"kind": kind}).json()
    space = SearchSpaceBody.model_validate(kept["search_space"]).to_domain()
    body = {"task": {**TASK, "kind": kind}, "search_space": name, "n_configurations": 12}
    answer = RecommendationResponse.model_validate(post(live_service, "/v1/recommendations", body))
    for configuration in answer.configurations:
        assert space.validate(configuration.params) == configuration.params
    assert kept["n_studies"] > 0


def test_excluded_tasks_never_speak(live_service: LiveService) -> None:
    body = {"task": TASK, "search_space": "mlp", "n_configurations": 5}
    answer = RecommendationResponse.model_validate(post(live_service, "/v1/recommendations", body))
    named = {source.task_id for c in answer.configurations for source in c.sources}
    assert named
    body["exclude_task_ids"] = sorted(named)
    answer = RecommendationResponse.model_validate(post(live_service, "/v1/recommendations", body))
    assert not named & {source.task_id for c in answer.configurations for source in c.sources}


def test_an_unknown_search_space_starts_from_its_default(live_service: LiveService) -> None:
    body = {"task": TASK, "search_space": examples.SEARCH_SPACE, "metric": "accuracy", "n_configurations": 4}
    answer = RecommendationResponse.model_validate(post(live_service, "/v1/recommendations", body))
    assert answer.strategy in ("defaults", "space_filling")
    assert answer.configurations[0].params == SPACE.default_configuration()
    for configuration in answer.configurations:
        SPACE.validate(configuration.params)


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
    versions = {before}
    for _ in range(200):
        versions.add(post(live_service, "/v1/recommendations", body)["model_version"])
        if len(versions) == 2:
            break
    assert len(versions) == 2


def test_neighbours_are_kept_tasks_most_alike_first(live_service: LiveService) -> None:
    task_id = post(live_service, "/v1/tasks", examples.TASK)["task_id"]
    answer = live_service.http.get(f"/v1/tasks/{task_id}/neighbours", params={"n": 5}).json()
    similarity = [n["similarity"] for n in answer["neighbours"]]
    assert len(similarity) == 5
    assert similarity == sorted(similarity, reverse=True)
    assert task_id not in {n["task_id"] for n in answer["neighbours"]}


def test_a_task_that_shares_nothing_known_has_no_similar_tasks_and_the_answer_says_why(
    live_service: LiveService,
) -> None:
    body = {"kind": "binary", "meta_features": {"nobody_knows_this": 1.0}, "name": "foreign"}
    task_id = post(live_service, "/v1/tasks", body)["task_id"]
    answer = live_service.http.get(f"/v1/tasks/{task_id}/neighbours", params={"n": 3}).json()
    assert [(near["similarity"], near["n_shared"]) for near in answer["neighbours"]] == [(0.0, 0)] * 3
    assert all("known of both" in near["reason"] for near in answer["neighbours"])


def test_the_same_content_is_the_same_task(live_service: LiveService) -> None:
    first = post(live_service, "/v1/tasks", {**examples.TASK, "name": "first"})
    assert post(live_service, "/v1/tasks", {**examples.TASK, "name": "second"}) == first


def test_lists_hold_everything_once(live_service: LiveService) -> None:
    for path, key in (("/v1/tasks", "task_id"), ("/v1/search-spaces", "content_key")):
        few, many = (_all_keys(live_service, path, key, limit=limit) for limit in (17, 500))
        assert few == many
        assert path != "/v1/tasks" or len(few) == len(set(few)) > 17


def _all_keys(service: LiveService, path: str, key: str, *, limit: int) -> list[str]:
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": limit}
    while True:
        page = service.http.get(path, params=params).json()
        seen += [item[key] for item in page["items"]]
        if page["next_cursor"] is None:
            return seen
        params["cursor"] = page["next_cursor"]


def test_a_search_space_is_registered_once(live_service: LiveService) -> None:
    path = "/v1/search-spaces/my%20svm"
    first = live_service.http.put(path, json=examples.SEARCH_SPACE)
    again = live_service.http.put(path, json=examples.SEARCH_SPACE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert live_service.http.get(path).json()["search_space"] == examples.SEARCH_SPACE
    study = make_study(live_service, search_space="my svm")
    assert live_service.http.get(f"/v1/studies/{study}").json()["search_space"] == "my svm"
    other = {"parameters": {"C": examples.SEARCH_SPACE["parameters"]["C"]}}  # type: ignore[index,call-overload]
    assert problem_in(live_service.http.put(path, json=other)).status == 409
    kinds = live_service.http.put("/v1/search-spaces/two", params={"kind": ["binary", "multiclass"]}, json=other)
    assert kinds.json()["kinds"] == ["binary", "multiclass"]


def test_what_is_read_of_a_search_space_can_be_sent(live_service: LiveService) -> None:
    path = "/v1/search-spaces/there%20and%20back"
    sent = {**examples.SEARCH_SPACE, "kinds": ["regression"]}
    assert live_service.http.put(path, json=sent).status_code == 201
    read = live_service.http.get(path).json()
    assert read["kinds"] == ["regression"]
    again = live_service.http.put(path, json=read)
    assert (again.status_code, again.json()) == (200, read)
    wrong = {**read, "search_space": {**read["search_space"], "defaults": {"nothing": 1}}}
    assert problem_in(live_service.http.put(path, json=wrong)).code == "invalid_search_space"
    assert problem_in(live_service.http.put(path, json={**read, "more": 1})).status == 422


def repeated(service: LiveService, path: str, body: object, key: str) -> httpx.Response:
    return service.http.post(path, json=body, headers={"Idempotency-Key": key})


def test_a_repeated_request_gets_the_first_answer(live_service: LiveService) -> None:
    task = post(live_service, "/v1/tasks", examples.TASK)
    body = {"task_id": task["task_id"], "search_space": "mlp"}
    key = uuid.uuid4().hex
    first = repeated(live_service, "/v1/studies", body, key)
    again = repeated(live_service, "/v1/studies", body, key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert repeated(live_service, "/v1/studies", body, uuid.uuid4().hex).json() != first.json()
    problem = problem_in(repeated(live_service, "/v1/studies", {**body, "name": "other"}, key))
    assert (problem.status, problem.code) == (422, "idempotency_key_reused")
    problem = problem_in(repeated(live_service, "/v1/suggestions", body, key))
    assert problem.code == "idempotency_key_reused"


def test_a_failed_request_may_be_tried_again_under_its_key(live_service: LiveService) -> None:
    path = f"/v1/studies/{make_study(live_service)}/trials"
    key = uuid.uuid4().hex
    assert repeated(live_service, path, [trial(0, None)], key).status_code == 422
    assert repeated(live_service, path, [trial(0)], key).status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "x" * 201])
def test_an_unusable_key_is_refused(live_service: LiveService, key: str) -> None:
    problem = problem_in(repeated(live_service, "/v1/tasks", examples.TASK, key))
    assert (problem.status, problem.field) == (422, "header.idempotency-key")


def test_a_repeated_upload_gets_the_first_answer(live_service: LiveService) -> None:
    def upload(content: bytes) -> httpx.Response:
        request = b'{"target": "y", "search_space": "mlp"}'
        files: dict[str, tuple[str | None, bytes]] = {"file": ("t.csv", content), "request": (None, request)}
        return live_service.http.post("/v1/recommendations", files=files, headers={"Idempotency-Key": key})

    key = uuid.uuid4().hex
    content = b"x,y\n" + b"1,0\n2,1\n3,0\n4,1\n" * 10
    first, again = upload(content), upload(content)  # each with a boundary of its own
    assert first.json()["recommendation_id"] == again.json()["recommendation_id"]
    assert problem_in(upload(content + b"5,1\n")).code == "idempotency_key_reused"


def test_answers_carry_identifiers_and_guards(live_service: LiveService) -> None:
    given: Callable[[str], str] = lambda sent: live_service.http.get(  # noqa: E731
        "/healthz", headers={"X-Request-ID": sent}
    ).headers["x-request-id"]
    assert given("my-request.1") == "my-request.1"
    assert given("not one") != "not one"
    headers = live_service.http.get("/v1/tasks").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    lines = [line for line in live_service.log_lines() if line.get("request_id") == "my-request.1"]
    assert lines[-1]["event"] == "request"
    assert lines[-1]["status"] == 200


def test_measures_count_by_route(live_service: LiveService) -> None:
    live_service.http.get("/v1/tasks/none")
    text = live_service.http.get("/metrics").text
    assert 'warmtune_requests_total{method="GET",route="/v1/tasks/{task_id}",status="404"}' in text
    assert "warmtune_fit_seconds_count" in text


def test_every_request_example_can_be_sent(live_service: LiveService) -> None:
    task_id = post(live_service, "/v1/tasks", examples.TASK)["task_id"]
    assert task_id == examples.TASK_ID
    study = post(live_service, "/v1/studies", examples.STUDY, status=201)
    assert study["search_space_key"] == examples.SEARCH_SPACE_KEY
    path = f"/v1/studies/{study['study_id']}"
    post(live_service, f"{path}/trials", [examples.TRIAL])
    post(live_service, f"{path}/suggestions", examples.STUDY_SUGGESTIONS_REQUEST)
    post(live_service, "/v1/suggestions", examples.SUGGESTIONS_REQUEST)
    post(live_service, "/v1/recommendations", examples.RECOMMENDATION_REQUEST)
