"""Answers kept for an Idempotency-Key: apart by caller, and none that is too large."""

from collections.abc import Iterator

import httpx
import pytest

from tests.serving import LiveService, start_service
from warmtune.wire import examples

ALICE, BOB = "key-of-alice-0123456789", "key-of-bob-0123456789"
REPLAYED = "idempotency-replayed"
MAX_ANSWER_BYTES = 4_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(
        tmp_path_factory.mktemp("repeats"),
        api_keys=f"{ALICE},{BOB}",
        idempotency_answer_bytes=str(MAX_ANSWER_BYTES),
    )
    yield started
    assert started.stop() == 0


def post(service: LiveService, path: str, body: object, *, key: str, **caller: str) -> httpx.Response:
    headers = {"Idempotency-Key": key, **{name.replace("_", "-"): value for name, value in caller.items()}}
    response = service.http.post(path, json=body, headers=headers)
    assert response.is_success, response.text
    return response


@pytest.mark.parametrize("header", ["x_api_key", "authorization"])
def test_callers_never_get_each_others_answers(service: LiveService, header: str) -> None:
    alice, bob = ({header: f"Bearer {key}" if header == "authorization" else key} for key in (ALICE, BOB))
    key = f"the same key of both, by {header}".replace(" ", "-")
    first = post(service, "/v1/tasks", examples.TASK, key=key, **alice)
    assert REPLAYED not in first.headers
    again = post(service, "/v1/tasks", examples.TASK, key=key, **alice)
    assert again.headers[REPLAYED] == "true"
    assert again.content == first.content
    assert REPLAYED not in post(service, "/v1/tasks", examples.TASK, key=key, **bob).headers
    # nor does the key that one has used stand in the way of another request of the other
    other = {**examples.TASK, "name": "of bob alone"}
    assert REPLAYED not in post(service, "/v1/tasks", other, key=f"{key}-2", **bob).headers
    assert REPLAYED not in post(service, "/v1/tasks", examples.TASK, key=f"{key}-2", **alice).headers


@pytest.mark.parametrize(("n", "is_stored"), [(1, True), (100, False)])
def test_answers_that_are_too_large_are_not_kept(service: LiveService, n: int, is_stored: bool) -> None:
    task = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
    body = {"task": task, "search_space": "mlp", "metric": "accuracy", "n_configurations": n}
    answers = [post(service, "/v1/recommendations", body, key=f"{n}-configurations", x_api_key=ALICE) for _ in range(2)]
    assert (len(answers[0].content) <= MAX_ANSWER_BYTES) == is_stored
    assert (REPLAYED in answers[1].headers) == is_stored


def test_what_was_made_and_deleted_is_neither_there_nor_made_again(service: LiveService) -> None:
    alice = {"x_api_key": ALICE}
    task = {**examples.TASK, "name": "made and deleted", "meta_features": {"n_rows": 4711.0}}
    made = post(service, "/v1/tasks", task, key="a-task", **alice).json()["task_id"]
    about = {"task_id": made, "search_space": "knn", "metric": "accuracy"}
    study = post(service, "/v1/studies", about, key="a-study", **alice).json()["study_id"]
    trials = [{"number": 0, "params": {}, "state": "waiting"}]
    for _ in range(2):
        post(service, f"/v1/studies/{study}/trials", trials, key="trials", **alice)
    headers = {"X-API-Key": ALICE}
    assert service.http.delete(f"/v1/tasks/{made}", headers=headers).status_code == 204
    for path, body, key, status, code in (
        (f"/v1/studies/{study}/trials", trials, "trials", 404, "not_found"),
        ("/v1/studies", about, "a-study", 409, "made_and_deleted"),
        ("/v1/tasks", task, "a-task", 409, "made_and_deleted"),
    ):
        answer = service.http.post(path, json=body, headers={**headers, "Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    assert post(service, "/v1/tasks", task, key="a-task-again", **alice).json()["task_id"] == made
    assert post(service, "/v1/tasks", task, key="a-task", **alice).headers[REPLAYED] == "true"  # it is there again


def test_a_deleted_workspace_is_not_said_to_have_been_made(service: LiveService) -> None:
    headers = {"X-API-Key": ALICE}
    assert REPLAYED not in post(service, "/v1/workspaces", {"name": "short"}, key="ws", x_api_key=ALICE).headers
    assert REPLAYED in post(service, "/v1/workspaces", {"name": "short"}, key="ws", x_api_key=ALICE).headers
    assert service.http.delete("/v1/workspaces/short", headers=headers).status_code == 204
    answer = service.http.post("/v1/workspaces", json={"name": "short"}, headers={**headers, "Idempotency-Key": "ws"})
    assert (answer.status_code, answer.json()["code"]) == (409, "made_and_deleted")
