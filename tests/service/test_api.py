"""The whole way: task, study, trials, suggestions; and what is stored of it."""

import uuid
from collections.abc import Callable

import httpx
import pytest

from tests.service.api_studies import SPACE, TASK, make_study, post, trial
from tests.service.asking import problem_in
from tests.serving import LiveService
from warmtune.wire import examples
from warmtune.wire.recommendations import RecommendationResponse
from warmtune.wire.spaces import SearchSpaceBody


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
