"""Failures of the network and of the service, injected: what the real service can't be made to do on demand."""

import asyncio
import itertools
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import pytest

from warmtune.client import AsyncClient, Client
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TableUpload
from warmtune.vocabulary.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTableError,
    LimitExceededError,
    NotFoundError,
    ServiceError,
    UnauthorizedError,
    UnavailableError,
    WarmtuneError,
)

URL = "http://warmtune.test"
AT_ONCE = Retry(first_delay_s=0, max_delay_s=0)
READY = httpx.Response(200, json={"status": "ok", "service": "warmtune"})
STUDY = {
    "study_id": "s1",
    "task_id": "t1",
    "search_space": None,
    "search_space_key": "k",
    "metric": "accuracy",
    "direction": "maximize",
    "name": None,
    "n_trials": 0,
    "created_at": "2026-01-01T00:00:00Z",
}
Outcome = httpx.Response | Exception


class Scripted:
    """Outcomes in turn, with the requests that met them."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self._outcomes = iter(outcomes)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _client(*outcomes: Outcome, retry: Retry = AT_ONCE) -> tuple[Client, Scripted]:
    script = Scripted(outcomes)
    return Client(URL, retry=retry, transport=httpx.MockTransport(script)), script


def _problem(status: int, code: str, **more: str) -> httpx.Response:
    body = {"type": f"urn:{code}", "title": "t", "status": status, "detail": "what is wrong", "code": code, **more}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json"})


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(502),
        httpx.Response(408),
        httpx.Response(425),
        httpx.Response(503, headers=[(b"Retry-After", "١".encode())]),  # no charset that httpx could write again
    ],
)
def test_what_may_pass_is_tried_again(failure: Outcome) -> None:
    client, script = _client(failure, failure, READY)
    client.health()
    assert len(script.requests) == 3


@pytest.mark.parametrize("failure", [httpx.Response(500), httpx.Response(422), httpx.ReadTimeout("busy")])
def test_what_will_not_pass_is_not_tried_again(failure: Outcome) -> None:
    client, script = _client(failure, READY)
    with pytest.raises(WarmtuneError):
        client.health()
    assert len(script.requests) == 1


def test_trying_ends_after_the_last_attempt() -> None:
    client, script = _client(*itertools.repeat(httpx.ConnectError("refused"), 9), retry=Retry(3, 0, 0))
    with pytest.raises(UnavailableError, match=r"http://warmtune\.test can't be reached \(refused\)") as caught:
        client.health()
    assert len(script.requests) == 3
    assert caught.value.field == "url"


def test_all_attempts_of_a_post_carry_one_key_and_other_posts_another() -> None:
    client, script = _client(httpx.Response(503), *[httpx.Response(201, json=STUDY)] * 2)
    client.create_study("t1", "random_forest")
    client.create_study("t1", "random_forest")
    keys = [request.headers["Idempotency-Key"] for request in script.requests]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.slow
def test_an_attempt_that_is_still_under_way_is_waited_for() -> None:
    under_way = _problem(409, "conflict", field="header.idempotency-key")
    client, script = _client(httpx.ReadError("reset"), *[under_way] * 5, httpx.Response(201, json=STUDY))
    assert client.create_study("t1", "random_forest").study_id == "s1"
    assert len({request.headers["Idempotency-Key"] for request in script.requests}) == 1
    client, script = _client(under_way, httpx.Response(201, json=STUDY))
    with pytest.raises(ConflictError):
        client.create_study("t1", "random_forest")
    assert len(script.requests) == 1


def test_a_conflict_is_not_tried_again() -> None:
    client, script = _client(httpx.ReadError("reset"), _problem(409, "conflict", field="name"), READY)
    with pytest.raises(ConflictError):
        client.create_study("t1", "random_forest")
    assert len(script.requests) == 2


def test_reading_needs_no_key() -> None:
    client, script = _client(httpx.Response(200, json=STUDY))
    client.get_study("s1")
    assert "Idempotency-Key" not in script.requests[0].headers


@pytest.mark.parametrize("as_file", [True, False])
def test_a_repeated_upload_sends_the_whole_table_again(tmp_path: Path, as_file: bool) -> None:
    content = b"a,y\n" + b"1,2\n" * 50_000
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    task = TableUpload(path if as_file else content, "y", filename="table.csv")
    client, script = _client(httpx.Response(503), httpx.Response(503), _problem(422, "invalid_table"))
    with pytest.raises(InvalidTableError):
        client.create_task(task)
    assert len(script.requests) == 3
    for request in script.requests:
        assert content in request.read()
        assert b'filename="table.csv"' in request.content


def test_identifiers_and_names_are_quoted() -> None:
    client, script = _client(httpx.Response(200, json=STUDY))
    client.get_study("a/../b c?d#e")
    assert script.requests[0].url.raw_path == b"/v1/studies/a%2F..%2Fb%20c%3Fd%23e"


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (_problem(422, "invalid_table"), InvalidTableError, "invalid_table"),
        (_problem(422, "invalid_request"), InvalidInputError, "invalid_request"),
        (_problem(413, "limit_exceeded"), LimitExceededError, "limit_exceeded"),
        (_problem(404, "not_found"), NotFoundError, "not_found"),
        (_problem(404, "route_not_found"), NotFoundError, "route_not_found"),
        (_problem(409, "conflict"), ConflictError, "conflict"),
        (_problem(401, "unauthorized"), UnauthorizedError, "unauthorized"),
        (_problem(500, "internal_error"), ServiceError, "internal_error"),
        (httpx.Response(403, text="<html>"), UnauthorizedError, "unauthorized"),
        (httpx.Response(404, text="nginx"), NotFoundError, "not_found"),
        (httpx.Response(400, text="?"), InvalidInputError, "invalid_input"),
        (httpx.Response(503, text="busy"), UnavailableError, "unavailable"),
        (httpx.Response(408), UnavailableError, "unavailable"),
        (httpx.Response(511, text="<html>sign in"), UnavailableError, "unavailable"),
        (httpx.Response(522, text="cloudflare"), UnavailableError, "unavailable"),
        (httpx.Response(500, json={"detail": "other"}), ServiceError, "service_error"),
        (httpx.Response(307, headers={"Location": "/x"}), ServiceError, "redirected"),
    ],
)
def test_each_failure_becomes_its_error(response: httpx.Response, kind: type[WarmtuneError], code: str) -> None:
    client, _ = _client(*[response] * 4)
    with pytest.raises(WarmtuneError) as caught:
        client.health()
    assert type(caught.value) is kind
    assert caught.value.code == code


def test_a_problem_keeps_field_value_limit_and_request_id() -> None:
    client, _ = _client(_problem(422, "invalid_input", field="n", value="0", limit=">= 1", request_id="abc"))
    with pytest.raises(InvalidInputError, match="what is wrong") as caught:
        client.health()
    assert (caught.value.field, caught.value.value, caught.value.limit) == ("n", "0", ">= 1")
    assert caught.value.__notes__ == ["request id abc"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"study_id": "s1"}', b"\xff", b"<html></html>"])
def test_an_answer_of_something_else_is_a_service_error(content: bytes) -> None:
    client, _ = _client(httpx.Response(200, content=content))
    with pytest.raises(ServiceError) as caught:
        client.get_study("s1")
    assert caught.value.code == "unreadable_answer"


def test_a_page_for_people_is_named_as_such() -> None:
    client, _ = _client(httpx.Response(200, content=b"\n<!DOCTYPE html><p>Sign in</p>"))
    with pytest.raises(ServiceError, match="web page, as of a network that asks to sign in"):
        client.health()


def test_fields_of_later_versions_are_ignored() -> None:
    client, _ = _client(httpx.Response(200, json={**STUDY, "invented_later": 1}))
    assert client.get_study("s1").study_id == "s1"


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host", "http://", "http://user:secret@host", "//host"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client(url)
    assert caught.value.field == "url"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan")])
def test_a_timeout_is_positive(timeout_s: float) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client(URL, timeout_s=timeout_s)
    assert caught.value.field == "timeout_s"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Retry(attempts=0), "attempts"),
        (lambda: Retry(first_delay_s=-1), "first_delay_s"),
        (lambda: Retry(max_delay_s=float("nan")), "max_delay_s"),
    ],
)
def test_a_refused_retry_names_the_field(make: Callable[[], Retry], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make()
    assert caught.value.field == field


def test_waits_double_up_to_the_longest_and_heed_the_service() -> None:
    retry = Retry(attempts=6, first_delay_s=1, max_delay_s=5)
    refused = httpx.ConnectError("refused")
    assert [retry.delay_s(attempt, refused, jitter=1) for attempt in range(1, 7)] == [1, 2, 4, 5, 5, None]
    assert retry.delay_s(1, refused, jitter=0) == 0.5
    assert retry.delay_s(1, httpx.Response(503, headers={"Retry-After": "3"}), jitter=0) == 3
    assert retry.delay_s(1, httpx.Response(503, headers={"Retry-After": "99"}), jitter=0) == 5
    assert retry.delay_s(1, httpx.Response(503, headers={"Retry-After": "Fri, 01 Jan"}), jitter=0) == 0.5


def test_the_key_travels_as_a_bearer_token_and_is_never_shown() -> None:
    script = Scripted([READY])
    client = Client(URL, api_key="s3cret", transport=httpx.MockTransport(script))
    client.health()
    assert script.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert repr(client) == "Client('http://warmtune.test', api_key='***')"
    assert repr(AsyncClient(URL)) == "AsyncClient('http://warmtune.test', api_key=None)"


def test_the_async_client_retries_and_raises_alike() -> None:
    script = Scripted([httpx.ConnectError("refused"), httpx.Response(200, json=STUDY), _problem(404, "not_found")])

    async def use() -> str:
        async with AsyncClient(URL, retry=AT_ONCE, transport=httpx.MockTransport(script)) as client:
            study = await client.get_study("s1")
            with pytest.raises(NotFoundError):
                await client.get_study("s2")
            return study.study_id

    assert asyncio.run(use()) == "s1"
    assert len(script.requests) == 3


def test_a_closed_client_lets_go_of_its_connections() -> None:
    with Client(URL, transport=httpx.MockTransport(Scripted([READY]))) as client:
        client.health()
    with pytest.raises(UnavailableError, match="closed"):
        client.health()


def test_a_pickled_client_opens_connections_of_its_own_with_the_same_key(service_url: str) -> None:
    with Client(service_url, api_key="secret", timeout_s=9.0) as client:
        with pickle.loads(pickle.dumps(client)) as copied:
            copied.health()
            assert repr(copied) == repr(client)
            assert copied._http.headers["Authorization"] == "Bearer secret"
            assert copied._http.timeout == client._http.timeout
        client.health()
