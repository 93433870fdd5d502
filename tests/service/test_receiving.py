"""What receiving a request costs, and how long it may take: apart from the time for its answer."""

import asyncio
import json
import time
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.http.bodies import HOLD, BodyLimit
from service.http.request_work import RunningWork, TooLongError
from tests.service.asking import problem_in
from tests.service.tables import iris_csv
from tests.serving import start_service
from warmtune.vocabulary.work import check_wanted

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/v1/tasks", "headers": [], "query_string": b""}


def dripping(n: int, pause_s: float, body: bytes = b"x") -> Receive:
    """A body of so many pieces with pauses between them, and then nothing more."""

    left = list(range(n))

    async def receive() -> Message:
        await asyncio.sleep(pause_s if left else 3600)
        left.pop()
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    return receive


async def read_all(receive: Receive) -> int:
    n_bytes = 0
    while True:
        message = await receive()
        n_bytes += len(message["body"])
        if not message["more_body"]:
            return n_bytes


def test_the_time_for_an_answer_begins_when_its_request_is_there() -> None:
    async def answering(receive: Receive) -> Response:
        n_bytes = await read_all(receive)
        check_wanted()
        return Response(str(n_bytes))

    async def asked() -> Response:
        return await RunningWork().answer(Request(SCOPE, dripping(12, 0.1)), answering, limit_s=0.5)

    assert asyncio.run(asked()).body == b"12"


def test_and_it_ends_for_those_that_look_and_those_that_never_do() -> None:
    async def looking(receive: Receive) -> Response:
        await read_all(receive)
        while True:
            await asyncio.sleep(0.01)
            check_wanted()

    async def blind(receive: Receive) -> Response:
        await read_all(receive)
        await asyncio.sleep(3600)
        return Response()

    for answering in (looking, blind):
        with pytest.raises(TooLongError):
            asyncio.run(RunningWork().answer(Request(SCOPE, dripping(2, 0.01)), answering, limit_s=0.2))


def limited(app: object, *, receive: Receive, receive_s: float, max_bodies_bytes: int = 10**6) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    guard = BodyLimit(
        app,  # type: ignore[arg-type]  # an application
        max_json_bytes=10**6,
        max_upload_bytes={"/v1/tasks": 10**6},
        max_bodies_bytes=max_bodies_bytes,
        pause_s=60.0,
        receive_s=receive_s,
    )
    asyncio.run(asyncio.wait_for(guard({**SCOPE, "state": {}}, receive, send), 60))
    return sent


def test_a_body_that_drips_for_too_long_is_refused() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(receive)

    sent = limited(app, receive=dripping(10_000, 0.02), receive_s=0.3)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "request_timeout"


def test_fields_of_forms_count_as_bodies_in_memory_and_files_do_not(tmp_path: Path) -> None:
    service = start_service(tmp_path, max_bodies_bytes="200000")

    def post(field: str, file: bytes) -> httpx.Response:
        files = {"file": ("iris.csv", file)}
        return service.http.post("/v1/tasks", files=files, data={"request": field}, timeout=120)

    padded = json.dumps({"target": "target", "name": "n"}) + " " * 250_000
    for _ in range(3):  # what was refused is given back
        refused = problem_in(post(padded, iris_csv()))
        assert (refused.status, refused.code) == (503, "busy")
    large = iris_csv() * 80
    assert len(large) > 200_000
    answer = service.http.post(
        "/v1/tasks", files={"file": ("iris.csv", large)}, data={"request": '{"target": "target"}'}, timeout=120
    )
    assert answer.status_code in (200, 422), answer.text  # a header among the rows: it was read, and not refused before
    deadline = time.monotonic() + 60
    while service.http.post("/v1/tasks", json={"kind": "binary", "meta_features": {"n_rows": 1.0}}).status_code != 200:
        assert time.monotonic() < deadline
    assert service.stop() == 0


def test_the_function_that_counts_is_there_for_every_request() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["state"][HOLD])
        await read_all(receive)

    limited(app, receive=dripping(1, 0.0), receive_s=60.0)
    assert callable(seen[0])
