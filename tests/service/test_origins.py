"""Other people's web pages neither read nor write; keys that protect nothing are refused; nobody is let in unasked."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from store.api_keys import ApiKeyRepository
from store.connections.database import Database
from tests.databases import sqlite_in
from tests.service.asking import problem_in
from tests.service.tables import iris_csv
from tests.serving import ROOT, LiveService, start_service
from warmtune.vocabulary.api_key import Scope
from warmtune.wire import examples

EVIL = "http://evil.example"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "a@127.0.0.1", "", "[::1"]
)
@pytest.mark.parametrize("path", ["/v1/tasks", "/", "/docs", "/metrics", "/static/pages/mark.svg", "/healthz"])
def test_a_name_that_was_rebound_reads_nothing(live_service: LiveService, host: str, path: str) -> None:
    problem = problem_in(live_service.http.get(path, headers={"Host": host}))
    assert (problem.status, problem.code, problem.field) == (403, "foreign_host", "header.host")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:8000", "192.168.1.7", "a.localhost"]
)
def test_addresses_and_localhost_are_known(live_service: LiveService, host: str) -> None:
    assert live_service.http.get("/v1/tasks", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_sites_page_writes_nothing(live_service: LiveService, headers: Mapping[str, str]) -> None:
    http = live_service.http
    before = http.get("/v1/tasks", params={"limit": 500}).json()
    files = {"file": ("evil.csv", iris_csv() + b"\n")}
    answers = [
        http.post("/v1/tasks", files=files, data={"request": '{"target": "target"}'}, headers=headers),
        http.post("/v1/tasks", json=examples.TASK, headers=headers),
        http.post("/v1/models/some/activate", headers=headers),
        http.put("/v1/search-spaces/evil", json=examples.SEARCH_SPACE, headers=headers),
        http.delete("/v1/jobs/some", headers=headers),
        http.delete("/v1/neural/models/some", headers=headers),
        http.request("PATCH", "/v1/tasks", headers=headers),
    ]
    assert {problem_in(answer).code for answer in answers} == {"foreign_origin"}
    assert http.get("/v1/tasks", params={"limit": 500}).json() == before


def test_the_services_own_pages_write(live_service: LiveService) -> None:
    own = {"Origin": live_service.url, "Sec-Fetch-Site": "same-origin"}
    assert live_service.http.post("/v1/tasks", json=examples.TASK, headers=own).status_code == 200
    assert live_service.http.get("/v1/tasks", headers={"Origin": EVIL}).status_code == 200


def test_names_and_origins_can_be_allowed(tmp_path: Path) -> None:
    service = start_service(tmp_path, allowed_hosts="tuning.example, other", allowed_origins="https://tuning.example")
    headers = {"Host": "tuning.example", "Origin": "https://tuning.example"}
    assert service.http.post("/v1/tasks", json=examples.TASK, headers=headers).status_code == 200
    assert service.http.get("/v1/tasks", headers={"Host": "third"}).status_code == 403
    assert service.stop() == 0


def test_with_keys_any_name_will_do(tmp_path: Path) -> None:
    service = start_service(tmp_path, api_keys="a-long-and-random-key")
    headers = {"Host": "tuning.example", "Authorization": "Bearer a-long-and-random-key"}
    assert service.http.get("/v1/tasks", headers=headers).status_code == 200
    assert service.http.post("/v1/tasks", json=examples.TASK, headers={**headers, "Origin": EVIL}).status_code == 403
    assert service.stop() == 0


def ended(tmp_path: Path, **settings: str) -> str:
    """What a service says that doesn't start."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    given = {"database_url": f"sqlite:///{tmp_path / 'w.db'}", "port": "0", **settings}
    done = subprocess.run(
        [sys.executable, "-m", "service.server"],
        cwd=ROOT,
        env=kept | {f"WARMTUNE_{name.upper()}": value for name, value in given.items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_open_service_is_not_shown_to_others(tmp_path: Path, host: str) -> None:
    said = ended(tmp_path, host=host)
    assert "WARMTUNE_ALLOW_UNPROTECTED" in said


def test_a_start_that_is_refused_touches_nothing(tmp_path: Path, postgres_url: str) -> None:
    ended(tmp_path, host="0.0.0.0", database_url=f"sqlite:///{tmp_path / 'new' / 'w.db'}")
    assert list(tmp_path.iterdir()) == []
    old = tmp_path / "old.db"
    with sqlite3.connect(old) as made:
        made.execute("CREATE TABLE alembic_version (version_num TEXT)")
        made.execute("INSERT INTO alembic_version VALUES ('0005')")
    made.close()
    before = old.read_bytes()
    assert "WARMTUNE_ALLOW_UNPROTECTED" in ended(tmp_path, host="0.0.0.0", database_url=f"sqlite:///{old}")
    assert (old.read_bytes(), list(tmp_path.iterdir())) == (before, [old])
    assert "WARMTUNE_ALLOW_UNPROTECTED" in ended(tmp_path, host="0.0.0.0", database_url=postgres_url)
    database = Database(postgres_url)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()


def test_a_port_that_is_taken_is_noticed_before_the_database_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = ended(tmp_path, host="127.0.0.1", port=str(taken.getsockname()[1]))
    assert "in use" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_open_elsewhere", [False, True])
def test_a_key_in_the_database_protects(tmp_path: Path, is_open_elsewhere: bool) -> None:
    """The key may be in the write-ahead log only, of a service that runs on the same database."""
    with sqlite_in(tmp_path, name="warmtune.db") as database:
        with database.writing() as connection:
            ApiKeyRepository(connection).make(name="one", owner="Ada", scope=Scope.READ, expires_at=None)
        if not is_open_elsewhere:
            database.close()
        service = start_service(tmp_path, host="0.0.0.0")
        assert service.http.get("/v1/tasks").status_code == 401
        assert service.stop() == 0


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"no database " * 1_000)
    said = ended(tmp_path, host="0.0.0.0")
    assert "WARMTUNE_ALLOW_UNPROTECTED" not in said
    assert "damaged" in said


@pytest.mark.parametrize("keys", [",", " , ", "x", "good-long-key-1,y", "aaaaaaaaaaaaaaaa"])
def test_keys_that_protect_nothing_are_refused(tmp_path: Path, keys: str) -> None:
    said = ended(tmp_path, api_keys=keys)
    assert "WARMTUNE_API_KEYS" in said or "API key" in said
    assert "good-long-key-1" not in said


@pytest.mark.parametrize(("name", "value"), [("allow_unprotected", "true"), ("api_keys", "a-long-and-random-key")])
def test_it_listens_everywhere_where_configured_so_or_protected(tmp_path: Path, name: str, value: str) -> None:
    given: dict[str, Any] = {name: value}
    service = start_service(tmp_path, host="0.0.0.0", **given)
    assert service.http.get("/healthz").status_code == 200
    assert service.stop() == 0


def raw(service: LiveService, request: bytes) -> tuple[int, bytes]:
    """The status and the whole of an answer to bytes that no client would send."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20.0) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(65_536)):
            answer += part
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize(
    "lines",
    [
        b"GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1, evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: evil.example.\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: localhost.evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: evil-localhost\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: evil.example#127.0.0.1\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\\evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: evil.example/127.0.0.1\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: \xe2\x93\x81ocalhost\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\x00.evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\nX-Forwarded-Host: 127.0.0.1\r\nHost: evil.example\r\n",
        b"GET /v1/tasks HTTP/1.1\r\n",
        b"GET /v1/tasks HTTP/1.0\r\n",
    ],
)
def test_no_spelling_of_a_foreign_name_reads_anything(live_service: LiveService, lines: bytes) -> None:
    status, answer = raw(live_service, lines + b"Connection: close\r\n\r\n")
    assert status in (400, 403), answer
    assert b'"items"' not in answer


@pytest.mark.parametrize(
    "lines",
    [
        b"Origin: {own}\r\nOrigin: http://evil.example\r\n",
        b"Origin: http://evil.example\r\nOrigin: {own}\r\n",
        b"Origin: {own} http://evil.example\r\n",
        b"Origin: {own}, http://evil.example\r\n",
        b"Origin: {own}.evil.example\r\n",
        b"Origin: {own}@evil.example\r\n",
        b"Origin: file://\r\n",
        b"Origin: https://127.0.0.1\r\n",
        b"Origin: http://127.0.0.1\r\n",
        b"Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
        b"Sec-Fetch-Site: CROSS-SITE\r\n",
    ],
)
def test_no_spelling_of_a_foreign_origin_writes_anything(live_service: LiveService, lines: bytes) -> None:
    own = live_service.url.encode()
    body = b'{"kind": "binary", "meta_features": {"n_foreign": 1.0}}'
    head = (
        b"POST /v1/tasks HTTP/1.1\r\nContent-Type: application/json\r\nHost: " + own.removeprefix(b"http://") + b"\r\n"
    )
    length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    status, answer = raw(live_service, head + lines.replace(b"{own}", own) + length + body)
    assert status in (400, 403), answer
