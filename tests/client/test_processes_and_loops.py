"""One client in several processes and event loops, and after its end."""

import asyncio
import copy
import datetime
import functools
import gc
import multiprocessing
import os
import pickle
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.client.fronts import READY, front
from warmtune.client import AsyncClient, Client
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, UnavailableError, WarmtuneError
from warmtune.vocabulary.task import MetaFeatures, TaskKind

URL = "http://127.0.0.1:9"
ONCE = Retry(attempts=1)
FORK = multiprocessing.get_context("fork")


def _in_fork(work: Callable[[], object]) -> object:
    """What `work` gives in a forked process."""
    answers: SimpleQueue[object] = FORK.SimpleQueue()
    child = FORK.Process(target=lambda: answers.put(work()))
    child.start()
    answer = answers.get()
    child.join()
    return answer


def _failure(call: Callable[[], object]) -> tuple[str, str | None]:
    try:
        call()
    except WarmtuneError as error:
        return type(error).__name__, error.field
    return "none", None


def test_forked_processes_get_their_own_answers(client: Client) -> None:
    def task(place: int) -> TaskDescription:
        return TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 10.0 + place}, version="by hand"))

    ids = [client.create_task(task(place)).task_id for place in range(3)]
    answers: SimpleQueue[list[str]] = FORK.SimpleQueue()

    def ask(own: str) -> None:
        answers.put(sorted({client.get_task(own).task_id for _ in range(40)}))

    children = [FORK.Process(target=ask, args=(one,)) for one in ids]
    for child in children:
        child.start()
    seen = sorted(answers.get() for _ in children)
    for child in children:
        child.join()
    assert seen == sorted([one] for one in ids)
    assert client.get_task(ids[0]).task_id == ids[0]


@pytest.mark.slow
def test_a_fork_opens_a_connection_and_leaves_the_parents_alone() -> None:
    idle_for_long = functools.partial(httpx.HTTPTransport, limits=httpx.Limits(keepalive_expiry=200.0))
    with front() as server, Client(f"http://127.0.0.1:{server.port}", transport=idle_for_long) as client:
        client.health()

        def use_and_close() -> int:
            client.health()
            client.close()
            return os.getpid()

        assert _in_fork(use_and_close) != os.getpid()
        client.health()
        ports = [port for _, _, port in server.requests]
    assert ports[0] == ports[2] != ports[1]


@pytest.mark.slow
def test_a_transport_of_ones_own_stays_in_its_process_unless_it_can_be_made_anew() -> None:
    with front() as server:
        url = f"http://127.0.0.1:{server.port}"
        with Client(url, transport=httpx.HTTPTransport()) as client:
            client.health()
            assert _in_fork(lambda: _failure(client.health)) == ("UnavailableError", "transport")
        with Client(url, transport=httpx.HTTPTransport) as client:
            client.health()
            assert _in_fork(lambda: _failure(client.health)) == ("none", None)


def test_what_can_not_be_pickled_is_named() -> None:
    with Client(URL, transport=httpx.HTTPTransport()) as client:
        with pytest.raises(InvalidInputError) as caught:
            pickle.dumps(client)
        assert caught.value.field == "transport"
        copy.deepcopy(client)  # within a process it may be shared
        copy.copy(client)
    with Client(URL, transport=httpx.HTTPTransport) as client:
        pickle.loads(pickle.dumps(client)).close()


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
@pytest.mark.slow
def test_a_copy_outlives_the_client(make: Callable[[Client], Client]) -> None:
    with front() as server:
        with Client(f"http://127.0.0.1:{server.port}", timeout_s=float("inf")) as client:
            copied = make(client)
        copied.health()
        assert copied._opening.timeout_s is None
        copied.close()


def test_every_call_of_a_closed_client_says_so(described: TaskDescription) -> None:
    with Client(URL) as client:
        pass
    for call in (client.health, lambda: client.recommend(described, "random_forest"), client.list_tasks):
        with pytest.raises(UnavailableError, match="the client is closed") as caught:
            call()
        assert caught.value.code == "client_closed"
    client.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # sockets of a loop that has ended can't be closed any more
@pytest.mark.slow
def test_an_async_client_serves_one_event_loop_after_another() -> None:
    async def ask(client: AsyncClient, n: int) -> None:
        await asyncio.gather(*(client.health() for _ in range(n)))

    with front() as server:
        client = AsyncClient(f"http://127.0.0.1:{server.port}")
        for n in (1, 3, 2):
            asyncio.run(ask(client, n))
        asyncio.run(client.close())
        gc.collect()
        with pytest.raises(UnavailableError, match="closed"):
            asyncio.run(ask(client, 1))
    assert len(server.requests) == 6


def test_an_async_transport_is_of_one_loop() -> None:
    script = httpx.MockTransport(lambda request: httpx.Response(200, content=READY))
    client = AsyncClient(URL, transport=script)

    async def ask() -> None:
        await client.health()

    asyncio.run(ask())
    with pytest.raises(UnavailableError, match="a second event loop") as caught:
        asyncio.run(ask())
    assert caught.value.field == "transport"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_transport_is_one(kind: type[Client]) -> None:
    wrong: object = httpx.AsyncHTTPTransport() if kind is Client else httpx.HTTPTransport()
    with pytest.raises(InvalidInputError) as caught:
        made = kind(URL, transport=wrong)  # type: ignore[arg-type]
        asyncio.run(made.health())  # type: ignore[arg-type]
    assert caught.value.field == "transport"
    with pytest.raises(InvalidInputError) as caught:
        kind(URL, transport=httpx.HTTPTransport(), verify=False)
    assert caught.value.field == "verify"


@pytest.mark.parametrize(
    "timeout_s",
    [None, True, "60", (3, 27), 0, -1, -float("inf"), float("nan"), datetime.timedelta(seconds=5), httpx.Timeout(5)],
)
def test_a_timeout_is_a_positive_number_of_seconds(timeout_s: float) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client(URL, timeout_s=timeout_s)
    assert caught.value.field == "timeout_s"


@pytest.mark.parametrize("timeout_s", [float("inf"), 1e30, 10**12, np.float32(5), np.int64(5)])
@pytest.mark.slow
def test_long_timeouts_and_numpys_numbers_will_do(timeout_s: float) -> None:
    with front() as server, Client(f"http://127.0.0.1:{server.port}", timeout_s=timeout_s) as client:
        client.health()


@pytest.mark.parametrize("retry", [3, {"attempts": 3}, "3", 0.5])
def test_a_retry_is_one(retry: Retry) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Client(URL, retry=retry)
    assert (caught.value.field, caught.value.limit) == ("retry", "warmtune.Retry(attempts=...)")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"attempts": 2.5}, "attempts"),
        ({"attempts": "3"}, "attempts"),
        ({"attempts": True}, "attempts"),
        ({"max_delay_s": None}, "max_delay_s"),
        ({"first_delay_s": float("inf")}, "first_delay_s"),
        ({"first_delay_s": "1"}, "first_delay_s"),
    ],
)
def test_a_retry_takes_numbers_only(given: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Retry(**given)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_file_that_is_gone_when_it_is_sent_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,y\n1,2\n")
    task = TableUpload(path, "y")
    path.unlink()
    with Client(URL, retry=ONCE) as client, pytest.raises(InvalidInputError) as caught:
        client.create_task(task)
    assert caught.value.field == "file"


def test_a_query_that_nothing_can_send_is_refused() -> None:
    with Client(URL, retry=ONCE) as client, pytest.raises(InvalidInputError) as caught:
        client.list_studies(search_space="\ud800")
    assert caught.value.field == "query"
