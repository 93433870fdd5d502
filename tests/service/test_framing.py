"""Requests that a proxy and the service could understand in two ways: refused, and the connection is closed."""

import json
import socket
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.service.test_odd_requests import TASK, post, request, sent
from tests.serving import LiveService, start_service

KEY, OTHER = f"key-{uuid.uuid4().hex}", f"key-{uuid.uuid4().hex}"
BODY = json.dumps(TASK).encode()
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
HOST = "Host: 127.0.0.1"
JSON = "Content-Type: application/json"
NEXT = b"GET /v1/search-spaces HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("framing"), api_keys=f"{KEY},{OTHER}")
    yield started
    assert started.stop() == 0


def lines(*headers: str, body: bytes = CHUNKS, version: str = "1.1") -> bytes:
    return "\r\n".join([f"POST /v1/tasks HTTP/{version}", HOST, *headers, "", ""]).encode() + body


def problem(answer: bytes) -> tuple[int, str | None]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), json.loads(body).get("field")


@pytest.mark.parametrize(
    "content",
    [
        lines("Transfer-Encoding: chunked", f"Content-Length: {len(CHUNKS)}", JSON),
        lines("Content-Length: 4", "Transfer-Encoding: chunked", JSON),
        lines("Transfer-Encoding: chunked", "Connection: keep-alive", JSON, version="1.0"),
    ],
    ids=["both", "both, the other way", "chunks in HTTP/1.0"],
)
def test_of_two_ends_of_a_body_neither_is_believed_and_nothing_follows(
    live_service: LiveService, content: bytes
) -> None:
    answer = sent(live_service, content + NEXT)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert problem(answer) == (400, "header.transfer-encoding")


def test_a_body_in_chunks_with_trailers_is_taken_and_what_trails_means_nothing(live_service: LiveService) -> None:
    trailing = CHUNKS[:-2] + b"Content-Type: text/plain\r\nX-API-Key: no\r\n\r\n"
    answer = sent(live_service, lines("Transfer-Encoding: chunked", JSON, "Connection: close", body=trailing))
    assert answer.split(b" ", 2)[1] in (b"200", b"201")


@pytest.mark.parametrize(
    ("header", "again"),
    [
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Idempotency-Key", "another"),
        ("Authorization", "Bearer x"),
        ("X-API-Key", "x"),
        ("Content-Encoding", "identity"),
    ],
)
def test_a_header_that_says_one_thing_comes_once(live_service: LiveService, header: str, again: str) -> None:
    first = "application/json" if header == "Content-Type" else "identity"
    content = request("POST", "/v1/tasks", BODY, f"{header}: {first}", f"{header}: {again}", json_type=False)
    assert problem(sent(live_service, content)) == (400, f"header.{header.lower()}")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "zstd", "utf-8"])
@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/recommendations", "/v1/imports", "/sign-in"])
def test_a_body_under_another_encoding_is_not_taken_for_what_it_is_not(
    live_service: LiveService, path: str, encoding: str
) -> None:
    answer = sent(live_service, post(path, TASK, f"Content-Encoding: {encoding}"))
    assert problem(answer) == (415, "header.content-encoding")
    assert b"\r\naccept-encoding: identity\r\n" in answer.lower()


def test_of_two_keys_neither_acts(service: LiveService) -> None:
    bearer, other = {"Authorization": f"Bearer {KEY}"}, {"X-API-Key": OTHER}
    refused = service.http.get("/v1/tasks", headers=bearer | other)
    assert (refused.status_code, refused.json()["field"]) == (401, "header.x-api-key")
    for headers in (bearer, other, bearer | {"X-API-Key": KEY}, other | {"Authorization": "Basic cHJveHk6cHJveHk="}):
        assert service.http.get("/v1/tasks", headers=headers).status_code == 200, headers


def test_a_repeated_request_may_send_its_key_the_other_way(service: LiveService) -> None:
    ways = ({"Authorization": f"Bearer {KEY}"}, {"Authorization": f"bearer  {KEY}"}, {"X-API-Key": KEY})
    answers = [service.http.post("/v1/tasks", json=TASK, headers={"Idempotency-Key": "one", **way}) for way in ways]
    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true", "true"]


@pytest.mark.parametrize("path", ["/v1/tasks/", "/studies///", "/docs/"])
def test_a_slash_too_many_leads_on_but_never_to_the_name_that_was_sent(service: LiveService, path: str) -> None:
    answer = service.http.get(path, headers={"Host": "evil.example", "Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 307
    assert answer.headers["location"] == path.rstrip("/")


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/%2fevil.example/", "/\\evil.example/", "/v1/nothing/", "/static"]
)
def test_no_other_slash_leads_anywhere(service: LiveService, path: str) -> None:
    parts = urlsplit(service.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30.0) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{HOST}\r\nX-API-Key: {KEY}\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 404 ")
