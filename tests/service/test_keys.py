"""API keys: made, listed, revoked; every route by every kind of key."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api_keys.scopes import scope_of
from tests.service.asking import problem_in
from tests.service.tables import iris_csv
from tests.serving import ROOT, LiveService, start_service
from tools.routes_of_keys import PAGE, rules, table
from warmtune.vocabulary.api_key import Scope
from warmtune.wire import examples

GIVEN = "the-key-of-the-settings"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make(service: LiveService, scope: str, by: str = GIVEN, **more: object) -> tuple[str, str]:
    body = {"name": f"for {scope}", "owner": "tests", "scope": scope, **more}
    answer = service.http.post("/v1/keys", json=body, headers=bearer(by))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return made["key"], made["made"]["key_id"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("keys"), api_keys=GIVEN)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def keys(service: LiveService) -> dict[str, str]:
    """A key of every kind; the empty one is none at all."""
    made = {scope.value: make(service, scope.value)[0] for scope in Scope}
    revoked, key_id = make(service, "admin")
    assert service.http.delete(f"/v1/keys/{key_id}", headers=bearer(GIVEN)).status_code == 200
    expired, _ = make(service, "admin", expires_in_days=1)
    with sqlite3.connect(service.database) as database:
        database.execute("UPDATE api_keys SET expires_at = '2020-01-01' WHERE key_id = ?", [expired[:11]])
    others = {"name": "other"}
    assert service.http.post("/v1/workspaces", json=others, headers=bearer(GIVEN)).status_code == 201
    of_other = {f"other {scope.value}": make(service, scope.value, workspace="other")[0] for scope in Scope}
    without = {"revoked": revoked, "expired": expired, "unknown": "wt_00000000_nobody", "none": ""}
    return {**made, **of_other, **without, "settings": GIVEN}


def documented(service: LiveService) -> set[tuple[str, str]]:
    paths = service.http.get("/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, of in paths.items() for method in of}


def test_every_route_lets_in_whom_the_table_says(service: LiveService, keys: dict[str, str]) -> None:
    """The table of docs/teams.md, row by row."""
    wrong = []
    found = list(rules())
    assert {(rule.method, rule.path) for rule in found} == documented(service)
    for rule in found:
        path = re.sub(r"\{[^}]*\}", "nothing", rule.path)
        for kind, key in keys.items():
            headers = bearer(key) if key else {}
            body: dict[str, object] | None = {} if rule.method == "POST" else None
            status = service.http.request(rule.method, path, headers=headers, json=body).status_code
            if rule.scope is None:
                expected = status not in (401, 403)
            elif kind in ("revoked", "expired", "unknown", "none"):
                expected = status == 401
            else:
                held = Scope.ADMIN if kind == "settings" else Scope(kind.removeprefix("other "))
                is_let_in = held.includes(rule.scope) and not (rule.is_of_operators and kind.startswith("other"))
                expected = (status == 403) != is_let_in and status != 401
            if not expected:
                wrong.append((rule.method, path, kind, status))
    assert wrong == []
    assert len(found) * len(keys) > 11 * 40


def test_the_documented_table_is_the_codes() -> None:
    assert table() in PAGE.read_text(), "run: python -m tools.routes_of_keys"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/tasks", Scope.READ),
        ("GET", "/metrics", Scope.READ),
        ("POST", "/v1/recommendations", Scope.READ),
        ("POST", "/v1/studies/s/suggestions", Scope.READ),
        ("POST", "/v1/studies/s/trials", Scope.WRITE),
        ("POST", "/v1/tasks", Scope.WRITE),
        ("POST", "/v1/imports", Scope.WRITE),
        ("PUT", "/v1/search-spaces/s", Scope.WRITE),
        ("DELETE", "/v1/jobs/j", Scope.WRITE),
        ("PATCH", "/v1/suggestions", Scope.WRITE),
        ("GET", "/v1/keys", Scope.ADMIN),
        ("POST", "/v1/keys", Scope.ADMIN),
        ("DELETE", "/v1/keys/k", Scope.ADMIN),
        ("GET", "/v1/keystone", Scope.READ),
        ("GET", "/v1/workspaces", Scope.ADMIN),
        ("DELETE", "/v1/workspaces/w", Scope.ADMIN),
        ("GET", "/v1/audit", Scope.ADMIN),
    ],
)
def test_what_takes_which_scope(method: str, path: str, scope: Scope) -> None:
    assert scope_of(method, path) is scope


def test_reading_keys_keep_nothing_by_a_recommendation(service: LiveService, keys: dict[str, str]) -> None:
    files = {"file": ("iris.csv", iris_csv())}
    asked = {"target": "target", "search_space": "mlp", "keep": True, "n_configurations": 1}
    for kind, status in (("read", 403), ("write", 200)):
        answer = service.http.post(
            "/v1/recommendations", files=files, data={"request": json.dumps(asked)}, headers=bearer(keys[kind])
        )
        assert answer.status_code == status, answer.text
    del asked["keep"]
    answer = service.http.post(
        "/v1/recommendations", files=files, data={"request": json.dumps(asked)}, headers=bearer(keys["read"])
    )
    assert answer.status_code == 200


def test_a_key_is_shown_once_and_stored_as_a_hash(service: LiveService) -> None:
    key, key_id = make(service, "write", expires_in_days=3)
    assert key.startswith(f"{key_id}_")
    listed = service.http.get("/v1/keys", params={"limit": 1}, headers=bearer(GIVEN)).json()["items"][0]
    assert (listed["key_id"], listed["owner"], listed["scope"], listed["last_used_at"]) == (
        key_id,
        "tests",
        "write",
        None,
    )
    assert listed["expires_at"] > listed["created_at"]
    secret = key.removeprefix(key_id)
    assert secret not in json.dumps(listed)
    for left in service.database.parent.glob("warmtune.db*"):
        assert secret.encode() not in left.read_bytes()
    assert secret not in service.log.read_text()


def test_use_is_noted_and_logged_by_the_keys_identifier(service: LiveService) -> None:
    key, key_id = make(service, "write")
    assert service.http.post("/v1/tasks", json=examples.TASK, headers=bearer(key)).status_code == 200
    deadline = time.monotonic() + 30
    while not any(line.get("caller") == key_id and line["event"] == "request" for line in service.log_lines()):
        assert time.monotonic() < deadline  # the line is written once the answer is sent
        time.sleep(0.05)
    while True:
        items = service.http.get("/v1/keys", headers=bearer(GIVEN)).json()["items"]
        if next(item for item in items if item["key_id"] == key_id)["last_used_at"]:
            break
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_revoked_key_is_revoked_at_once(service: LiveService) -> None:
    key, key_id = make(service, "read")
    assert service.http.get("/v1/tasks", headers=bearer(key)).status_code == 200
    for _ in range(2):
        assert service.http.delete(f"/v1/keys/{key_id}", headers=bearer(GIVEN)).json()["revoked_at"]
        assert problem_in(service.http.get("/v1/tasks", headers=bearer(key))).code == "unauthorized"
    assert service.http.delete("/v1/keys/wt_nothing", headers=bearer(GIVEN)).status_code == 404


def command(service: LiveService, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WARMTUNE_DATABASE_URL": f"sqlite:///{service.database}"}
    return subprocess.run(
        [sys.executable, "-m", "service.api_keys", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_command_makes_lists_and_revokes_while_it_serves(tmp_path: Path) -> None:
    service = start_service(tmp_path)
    assert service.http.get("/v1/tasks").status_code == 200  # open, on this machine
    made = command(service, "create", "a script", "--owner", "me", "--scope", "read", "--days", "2")
    key = made.stdout.strip().splitlines()[-1]

    def status(**headers: str) -> int:
        return httpx.get(f"{service.url}/v1/tasks", headers=headers).status_code

    deadline = time.monotonic() + 30
    while status() != 401:  # seen within seconds
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert status(**bearer(key)) == 200
    assert "me\ta script" in command(service, "list").stdout
    key_id = key.rsplit("_", 1)[0] if key.count("_") == 2 else "_".join(key.split("_")[:2])
    assert "revoked" in command(service, "revoke", key_id).stdout
    while status(**bearer(key)) != 401:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert status() == 401  # the last key's end opens nothing
    gone = command(service, "revoke", "wt_nothing")
    assert (gone.returncode, gone.stderr.strip()) == (1, "there is no such key")
    assert service.stop() == 0


def test_made_keys_protect_a_service_that_others_can_reach(tmp_path: Path) -> None:
    start_service(tmp_path).stop()
    database = tmp_path / "warmtune.db"
    environment = {**os.environ, "WARMTUNE_DATABASE_URL": f"sqlite:///{database}"}
    made = subprocess.run(
        [sys.executable, "-m", "service.api_keys", "create", "k", "--owner", "me"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    given: dict[str, Any] = {"host": "0.0.0.0"}
    service = start_service(tmp_path, **given)
    assert service.http.get("/v1/tasks").status_code == 401
    assert service.http.get("/v1/tasks", headers=bearer(made.stdout.strip().splitlines()[-1])).status_code == 200
    assert service.stop() == 0


def test_a_secret_is_not_kept_for_repeated_requests(tmp_path: Path) -> None:
    service = start_service(tmp_path, api_keys=GIVEN)
    headers = {**bearer(GIVEN), "Idempotency-Key": "twice"}
    body = {"name": "n", "owner": "tests", "scope": "read"}
    secrets = [service.http.post("/v1/keys", json=body, headers=headers).json()["key"] for _ in range(2)]
    assert secrets[0] != secrets[1]
    assert service.stop() == 0
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("warmtune.db*"))
    assert secrets[0].encode() not in stored
