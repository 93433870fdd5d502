"""Requests that no client should send, over a plain socket: each is refused by name or answered, and nothing suffers.

Neighbours of faults that were found by attacking the service: sizes, encodings, framing and numbers at their ends.
"""

import contextlib
import json
import socket
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.serving import LiveService, start_service

ANSWER_S = 60.0
TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
SPACE = {"parameters": {"x": {"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}}}
ASK = {"task": TASK, "search_space": SPACE}


def sent(service: LiveService, *pieces: bytes, hang_up: bool = False) -> bytes:
    """What comes back for bytes on a connection of its own, until the service closes it."""
    parts = urlsplit(service.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=ANSWER_S) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if hang_up:
            return b""
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65_536):
                answer += chunk
        return answer or b"HTTP/1.1 0"


def request(method: str, path: str, body: bytes = b"", *headers: str, json_type: bool = True) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    if body or method in ("POST", "PUT"):
        lines += [f"Content-Length: {len(body)}"] + (["Content-Type: application/json"] if json_type else [])
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def post(path: str, content: object, *headers: str) -> bytes:
    return request("POST", path, content if isinstance(content, bytes) else json.dumps(content).encode(), *headers)


def form(*parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return request("POST", "/v1/tasks", body, "Content-Type: multipart/form-data; boundary=b", json_type=False)


def part(name: str, content: bytes, more: bytes = b"") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"'.encode() + more + b"\r\n\r\n" + content


def numbered(raw: str) -> bytes:
    """A question whose meta-feature is this text."""
    return json.dumps(ASK).replace("100.0", raw).encode()


REFUSED: dict[str, tuple[bytes, set[int]]] = {
    "a number that is infinite once it is read": (post("/v1/recommendations", numbered("1e400")), {422}),
    "a number of 5,000 digits": (post("/v1/recommendations", numbered("9" * 5_000)), {400, 422}),
    "JSON with a byte order mark": (post("/v1/recommendations", b"\xef\xbb\xbf" + json.dumps(ASK).encode()), {400}),
    "JSON in UTF-16": (post("/v1/recommendations", json.dumps(ASK).encode("utf-16")), {400}),
    "JSON that is compressed": (
        post("/v1/recommendations", b"\x1f\x8b\x08\x00" + bytes(40), "Content-Encoding: gzip"),
        {400, 415},
    ),
    "JSON nested 100,000 deep": (post("/v1/recommendations", b"[" * 100_000), {400}),
    "metadata nested 3,000 deep": (
        post("/v1/studies", b'{"metadata": {"a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}}"),
        {400, 422},
    ),
    "more configurations than there can be": (post("/v1/recommendations", {**ASK, "n_configurations": 10**9}), {422}),
    "a cursor that nobody gave": (request("GET", "/v1/tasks?cursor=%00%ff"), {422}),
    "a limit below one": (request("GET", "/v1/tasks?limit=-1"), {422}),
    "a name of control characters in the address": (request("GET", "/v1/search-spaces/%1b%5b31m%00"), {404, 422}),
    "an address that is no UTF-8": (request("GET", "/v1/tasks/%ff%fe"), {404}),
    "an address that climbs": (request("GET", "/static/..%2f..%2f..%2fetc%2fpasswd"), {404}),
    "an address of 100,000 letters": (request("GET", "/v1/tasks/" + "a" * 100_000), {400, 404, 414, 431}),
    "10,000 headers": (request("GET", "/healthz", b"", *(f"x-{n}: {n}" for n in range(10_000))), {0, 400, 431}),
    "a length that is no number": (b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ten\r\n\r\n", {400}),
    "two lengths": (
        b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        {400},
    ),
    "a chunk whose size is no number": (
        b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        {400},
    ),
    "a form of 10,000 parts": (form(*[part("request", b"{}")] * 10_000), {413, 422, 400}),
    "a part whose header never ends": (form(part("file", b"", b"; x=" + b"y" * 1_000_000)), {400, 413}),
    "a part without a name": (form(b"Content-Disposition: form-data\r\n\r\nx"), {400}),
    "a form whose boundary never comes": (
        request("POST", "/v1/tasks", b"x" * 500_000, "Content-Type: multipart/form-data; boundary=b", json_type=False),
        {400},
    ),
    "a form nested 100,000 deep": (form(part("file", b"a,y\n1,2\n"), part("request", b"[" * 100_000)), {400, 422}),
    "a key of 201 letters": (post("/v1/tasks", TASK, "Idempotency-Key: " + "k" * 201), {422}),
    "a key with a line of the log in it": (post("/v1/tasks", TASK, "Idempotency-Key: a b"), {422}),
    "a method that there isn't": (request("BREW", "/v1/tasks"), {405}),
    "a name that turns the text around": (post("/v1/tasks", {**TASK, "name": "a\u202eb"}), {422}),
    "a name with half a character": (post("/v1/tasks", json.dumps({**TASK, "name": "a\ud800"}).encode()), {400, 422}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_odd_requests_are_refused_by_name(live_service: LiveService, what: str) -> None:
    content, expected = REFUSED[what]
    answer = sent(live_service, content)
    status = int(answer.split(b" ", 2)[1])
    assert status in expected, answer[:600]
    assert live_service.http.get("/healthz").status_code == 200


def test_identifiers_with_escapes_are_not_repeated(live_service: LiveService) -> None:
    answer = sent(live_service, request("GET", "/healthz", b"", "X-Request-ID: \x9b31mred"))
    assert b"red" not in answer.partition(b"\r\n\r\n")[0]


def test_many_requests_at_once_on_one_connection_are_answered_in_turn(live_service: LiveService) -> None:
    kept = b"GET /v1/tasks?limit=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = sent(live_service, *(kept % (n + 1) for n in range(20)), request("GET", "/healthz"))
    assert answer.count(b"HTTP/1.1 200") == 21


def test_clients_that_leave_in_the_middle_leave_nothing(live_service: LiveService) -> None:
    whole = form(part("file", b"a,y\n" + b"1,2\n" * 500_000), part("request", b'{"target": "y"}'))
    for end in (300, 100_000, 1_000_000, len(whole) - 10):
        sent(live_service, whole[:end], hang_up=True)
    answer = sent(live_service, post("/v1/recommendations", ASK))
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("n_before", [0, 20_000])
def test_a_field_of_an_object_twice_is_refused(live_service: LiveService, escaped: bool, n_before: int) -> None:
    """A proxy that reads the first and a service that reads the last would judge two requests."""
    again = "\\u006e_configurations" if escaped else "n_configurations"
    excluded = json.dumps(["task_0a1b"] * min(n_before, 900) + ["x" * n_before * 4])
    before = json.dumps(ASK)[:-1] + f', "exclude_task_ids": {excluded}'
    answer = sent(
        live_service, post("/v1/recommendations", f'{before}, "n_configurations": 3, "{again}": 2}}'.encode())
    )
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (problem["status"], problem["code"], problem["field"]) == (400, "malformed_request", "body")
    assert problem["value"] == "'n_configurations'"


def test_numbers_at_their_ends_are_taken_or_refused(live_service: LiveService) -> None:
    task_id = live_service.http.post("/v1/tasks", json=TASK).json()["task_id"]
    asked = {"task_id": task_id, "search_space": SPACE, "metric": "accuracy"}
    study_id = live_service.http.post("/v1/studies", json=asked).json()["study_id"]
    path = f"/v1/studies/{study_id}/trials"
    seen = {}
    for number in (2**31 - 1, 2**31, 2**63, 2**64, -1):
        trial = {"number": number, "params": {"x": 5e-324}, "value": -0.0}
        seen[number] = live_service.http.post(path, json=[trial]).status_code
    assert set(seen.values()) <= {200, 422}
    assert (seen[2**63], seen[2**64], seen[-1]) == (422, 422, 422)
    twice = [{"number": 7, "params": {"x": 0.1}, "value": value} for value in (0.1, 0.2)]
    assert live_service.http.post(path, json=twice).status_code in (409, 422)
    assert live_service.http.get(f"{path}?limit=500").json()["items"][0]["number"] != 7


def test_an_answer_is_seen_although_its_request_was_not_read(tmp_path: Path) -> None:
    service = start_service(tmp_path, api_keys="odd-" + uuid.uuid4().hex)
    large = form(part("file", b"a,y\n" + b"1,2\n" * 2_000_000), part("request", b'{"target": "y"}'))
    answer = sent(service, large)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "unauthorized"
    assert service.stop() == 0
