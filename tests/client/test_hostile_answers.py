"""Answers that never end, trickle, are bombs, or repeat the key; and tracebacks that show the values of variables."""

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

import pytest

from tests.client.fronts import READY, front
from warmtune.client import AsyncClient, Client
from warmtune.rest.arrival import MAX_BYTES
from warmtune.rest.retries import Retry
from warmtune.vocabulary.errors import (
    InvalidInputError,
    RateLimitError,
    ServiceError,
    UnavailableError,
    WarmtuneError,
)

SECRET = "wt_SECRET123key"
ONCE = Retry(attempts=1)
TRICKLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def trickling(head: bytes = TRICKLE, piece: bytes = b" ") -> Iterator[str]:
    """A server that sends a piece of its answer every now and then."""
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head)
                while not is_over.wait(0.02):
                    try:
                        connection.sendall(piece)
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            is_over.set()
            thread.join()


def bomb() -> bytes:
    """More than is ever answered, packed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    pieces = [packer.compress(bytes(2**20)) for _ in range(MAX_BYTES // 2**20 + 1)]
    return b"".join(pieces) + packer.flush()


def failure(url: str, *, api_key: str | None = None, timeout_s: float = 5.0, retry: Retry = ONCE) -> WarmtuneError:
    """How a question fails."""
    with (
        Client(url, api_key=api_key, timeout_s=timeout_s, retry=retry) as client,
        pytest.raises(WarmtuneError) as caught,
    ):
        client.get_task("t1")
    return caught.value


def test_an_answer_that_trickles_counts_as_none_after_the_time_for_it() -> None:
    with trickling() as url:
        error = failure(url, timeout_s=0.2)
    assert isinstance(error, UnavailableError)
    assert "bytes of the answer came within" in str(error)


def test_an_answer_that_trickles_ends_in_an_event_loop_too() -> None:
    async def ask(url: str) -> None:
        async with AsyncClient(url, timeout_s=0.2, retry=ONCE) as client:
            await client.get_task("t1")

    with trickling() as url, pytest.raises(UnavailableError, match="did not answer in time"):
        asyncio.run(ask(url))


HEADS = {
    "in a header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "header by header": (b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n"),
    "still busy": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
}


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.slow
def test_a_head_that_trickles_counts_as_none(name: str) -> None:
    with trickling(*HEADS[name]) as url:
        error = failure(url, timeout_s=0.2)
    assert isinstance(error, UnavailableError)
    assert "did not answer in time" in str(error)
    assert "ask again, or wait longer by the client's timeout_s" in str(error)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.slow
def test_a_head_that_trickles_ends_in_an_event_loop_too(name: str) -> None:
    async def ask(url: str) -> None:
        async with AsyncClient(url, timeout_s=0.2, retry=ONCE) as client:
            await client.get_task("t1")

    with trickling(*HEADS[name]) as url, pytest.raises(UnavailableError, match="did not answer in time"):
        asyncio.run(ask(url))


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.slow
def test_a_bomb_is_not_unpacked_whole(status: int) -> None:
    with front(status, bomb(), Content_Encoding="gzip") as server:
        error = failure(server.url)
    assert error.code == "answer_too_large"


@pytest.mark.parametrize("status", [200, 404, 502])
@pytest.mark.parametrize("packing", ["snappy", "gzip, snappy", "SNAPPY"])
@pytest.mark.slow
def test_a_packing_that_was_not_asked_for_is_named(status: int, packing: str) -> None:
    body = gzip.compress(bytes(range(256))) if packing.startswith("gzip") else bytes(range(256))
    with front(status, body, Content_Encoding=packing) as server, Client(server.url) as client:
        with pytest.raises(WarmtuneError, match="is packed as 'snappy', which was not asked for") as caught:
            client.health()
        assert "\\x" not in str(caught.value)
    with front(200, READY, Content_Encoding="snappy") as server, Client(server.url) as client:
        client.health()  # it claims so and isn't


@pytest.mark.slow
def test_packed_answers_are_read() -> None:
    with front(body=gzip.compress(READY), Content_Encoding="gzip") as server, Client(server.url) as client:
        client.health()  # raises where it reads nothing


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (500, f"GET /v1/tasks Authorization: Bearer {SECRET}".encode(), {}),
        (500, b"x" * 190 + SECRET.encode(), {}),  # cut for display within the key
        (200, f"<html>{SECRET}".encode(), {}),
        (
            400,
            b'{"type": "t", "status": 400, "title": "t", "code": "invalid_input", "detail": "no %s", "value": "%s"}',
            {},
        ),
        (302, b"", {"Location": f"http://login.test/?key={SECRET}"}),
        (302, b"", {"Location": f"http://{SECRET}@login.test/"}),
    ],
)
@pytest.mark.slow
def test_answers_that_repeat_the_key_are_not_quoted_with_it(status: int, body: bytes, headers: dict[str, str]) -> None:
    with front(status, body.replace(b"%s", SECRET.encode()), with_tls=False, **headers) as server:
        error = failure(server.url, api_key=SECRET)
    assert SECRET[:8] not in f"{error} {error.value} {getattr(error, '__notes__', '')}"
    assert_not_in_frames(error, SECRET)


@pytest.mark.slow
def test_a_redirect_shows_where_to_without_what_may_be_a_token() -> None:
    with front(302, b"", Location="https://login.test/start?token=abc#x") as server:
        error = failure(server.url)
    assert "redirects to https://login.test/start?***, which" in str(error)


@pytest.mark.parametrize("charset", ["bogus", "rot13", "zlib", "idna", "utf-7"])
@pytest.mark.slow
def test_a_charset_that_is_none_is_not_used(charset: str) -> None:
    with front(500, b"\xff\xfe<html>", Content_Type=f"text/html; charset={charset}") as server:
        error = failure(server.url)
    assert isinstance(error, ServiceError)
    assert "answered 500" in str(error)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[1]", b'{"retry_after_s": NaN}', b'{"retry_after_s": "soon"}'])
@pytest.mark.parametrize("after", ["Wed, 21 Oct 2099 07:28:00 GMT", "-5", "1e9", "nan", "9" * 400])
@pytest.mark.slow
def test_odd_requests_to_wait_are_an_error_of_the_family(body: bytes, after: str) -> None:
    with front(429, body, Retry_After=after) as server:
        error = failure(server.url, retry=Retry(2, 0.0, 0.0))
        assert isinstance(error, RateLimitError)
        assert 1 <= len(server.requests) <= 2


def refused_url() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_failures_of_the_way_have_no_frames_that_hold_the_key() -> None:
    assert_not_in_frames(failure(refused_url(), api_key=SECRET), SECRET)
    with trickling() as url:
        assert_not_in_frames(failure(url, api_key=SECRET, timeout_s=0.2), SECRET)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Client(refused_url(), api_key=f"{SECRET} x"),
        lambda: Client(refused_url(), api_key=SECRET.encode()),  # type: ignore[arg-type]
        lambda: Client(refused_url(), api_key=SECRET, timeout_s=0),
        lambda: AsyncClient(refused_url(), api_key=SECRET, retry=3),  # type: ignore[arg-type]
        lambda: Client(f"http://user:{SECRET}@host"),
        lambda: Client(f"user:{SECRET}@host:8000"),
        lambda: Client(f"http:/user:{SECRET}@host"),
        lambda: Client(rf"http:\\user:{SECRET}@host"),
        lambda: Client(f"http://user:a/{SECRET}@host"),
        lambda: Client(f"http://host/?key={SECRET}"),
        lambda: Client(f"host/#{SECRET}"),
    ],
)
def test_refused_arguments_are_nowhere_in_the_traceback(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make()
    assert SECRET not in f"{caught.value} {caught.value.value}"
    assert_not_in_frames(caught.value, SECRET)


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://user:{SECRET}@host:port",
        f"http://user:a/{SECRET}@:9",
        f"ftp://user:{SECRET}@host",
        f"http://user:{SECRET}",
        f"http://user:a#{SECRET}@host:x",
    ],
)
def test_a_refused_proxy_is_shown_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(InvalidInputError, match="HTTP_PROXY") as caught:
        Client("http://service.test")
    assert SECRET not in f"{caught.value} {caught.value.value}"
    assert_not_in_frames(caught.value, SECRET)


def test_a_client_whose_arguments_were_refused_can_be_shown() -> None:
    half_made = Client.__new__(Client)
    assert repr(half_made) == "Client(not opened)"


@pytest.mark.slow
def test_event_loops_in_many_threads_share_an_async_client() -> None:
    n_threads = 12
    answers: list[None] = []
    with front(Connection="close") as server:  # what a loop leaves open nobody can close after its end
        client = AsyncClient(server.url)
        together = threading.Barrier(n_threads)

        async def ask() -> None:
            together.wait()
            await client.health()

        threads = [threading.Thread(target=lambda: answers.append(asyncio.run(ask()))) for _ in range(n_threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asyncio.run(client.close())
    assert len(answers) == n_threads


def test_without_a_loop_of_asyncio_an_async_client_says_so() -> None:
    call = AsyncClient("http://127.0.0.1:9").health()
    with pytest.raises(UnavailableError, match="event loop of asyncio"):
        call.send(None)


def assert_not_in_frames(error: BaseException | None, secret: str) -> None:
    """No variable of a frame of Warmtune's or of a library's, whose value a logger might show, has it."""
    while error is not None:
        for module, name, value in _variables(error.__traceback__):
            assert secret not in repr(value), f"{module}: {name}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _variables(traceback: TracebackType | None) -> Sequence[tuple[str, str, object]]:
    found: list[tuple[str, str, object]] = []
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__"))
        if not module.startswith("tests."):
            found += [(module, name, value) for name, value in frame.f_locals.items()]
        traceback = traceback.tb_next
    return found


PAGE = b"<html>Please sign in to the network</html>"


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.delete_task("t1"),
        lambda client: client.delete_study("s1"),
        lambda client: client.delete_neural_model("own"),
        lambda client: client.delete_workspace("w1"),
        lambda client: client.end_shared_model("m1"),
        lambda client: client.get_initialisation("tabular"),
    ],
)
@pytest.mark.slow
def test_a_login_page_has_deleted_nothing_and_is_no_model(ask: Callable[[Client], object]) -> None:
    with front(body=PAGE) as server, Client(server.url, retry=ONCE) as client, pytest.raises(ServiceError) as caught:
        ask(client)
    assert "web page" in str(caught.value)
