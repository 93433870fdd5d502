"""The audit trail: every write, done or refused, and nothing of what was sent."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.serving import LiveService, start_service
from warmtune import Client
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.wire import examples

GIVEN = "the-key-of-the-settings"
END_S = 30.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("audit"), api_keys=GIVEN)
    yield started
    assert started.stop() == 0


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def trail(service: LiveService, **asked: str) -> list[dict[str, Any]]:
    answer = service.http.get("/v1/audit", params={"limit": 500, **asked}, headers=bearer(GIVEN))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def awaited(service: LiveService, key_id: str, n: int) -> list[tuple[Any, ...]]:
    """The key's rows, oldest first, once there are so many: refusals are noted a moment later."""
    deadline = time.monotonic() + END_S
    while len(found := trail(service, caller=key_id)) < n:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return [(row["method"], row["route"], row["object"], row["status"], row["code"]) for row in reversed(found)]


def test_writes_and_refusals_are_noted_and_reads_are_not(service: LiveService) -> None:
    with Client(service.url, api_key=GIVEN) as operator:
        key = operator.create_key("k", owner="o", scope="write")
        reading = operator.create_key("r", owner="o", scope="read")
    http, headers = service.http, {**bearer(key.key), "X-Request-ID": "the-request"}
    body = {**examples.TASK, "name": "a secret name"}
    task = http.post("/v1/tasks", json=body, headers={**headers, "Idempotency-Key": "once"}).json()["task_id"]
    http.post("/v1/tasks", json=body, headers={**headers, "Idempotency-Key": "once"})  # a replay writes nothing
    http.get("/v1/tasks", headers=headers)
    asked = {"task_id": task, "search_space": "mlp", "metric": "accuracy"}
    study = http.post("/v1/studies", json=asked, headers=headers).json()["study_id"]
    trial = {"number": 0, "params": {}, "state": "fail", "value": None}
    http.post(f"/v1/studies/{study}/trials", json=[trial], headers=headers)
    http.post(f"/v1/studies/{study}/suggestions", json={"n": 1}, headers=headers)
    http.delete("/v1/studies/study_none", headers=headers)
    http.post("/v1/studies", json={"task_id": 3}, headers=headers)
    http.delete(f"/v1/studies/{study}", headers=headers)
    assert sorted(awaited(service, key.key_id, 6), key=str) == sorted(
        [
            ("POST", "/v1/tasks", task, 200, None),
            ("POST", "/v1/studies", study, 201, None),
            ("POST", "/v1/studies/{study_id}/trials", study, 200, None),
            ("DELETE", "/v1/studies/{study_id}", "study_none", 404, "not_found"),
            ("POST", "/v1/studies", None, 422, "invalid_request"),
            ("DELETE", "/v1/studies/{study_id}", study, 204, None),
        ],
        key=str,
    )
    http.post("/v1/tasks", json=examples.TASK, headers=bearer(reading.key))
    http.get("/v1/audit", headers=bearer(reading.key))
    assert awaited(service, reading.key_id, 1) == [("POST", "/v1/tasks", None, 403, "forbidden")]
    rows = trail(service)
    assert {row["request_id"] for row in rows if row["caller"] == key.key_id} == {"the-request"}
    assert any(row["route"] == "/v1/keys" and row["object"] == key.key_id for row in rows)
    stored = str(rows)
    for secret in ("a secret name", key.key, GIVEN, reading.key):
        assert secret not in stored


def test_each_workspace_has_its_own_trail(service: LiveService) -> None:
    with Client(service.url, api_key=GIVEN) as operator:
        operator.create_workspace("team")
        admin = operator.create_key("k", owner="o", scope="admin", workspace="team")
        with Client(service.url, api_key=admin.key) as own:
            own.create_task(TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 77.0})))
            assert [entry.route for entry in own.list_audit().items] == ["/v1/tasks"]
        assert not any(entry.caller == admin.key_id for entry in operator.list_audit(limit=500).items)
        assert [entry.caller for entry in operator.list_audit(workspace="team").items] == [admin.key_id]
