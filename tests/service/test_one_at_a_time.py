"""Answers are computed one at a time, in the order in which they were asked for, and nothing else waits for them."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.app import create_app
from service.http.request_work import ClientGoneError
from service.settings import Settings
from service.thread_turns import FEW_TRIALS, TurnQueue
from warmtune.vocabulary.work import work_checked_by

SPACE = {"parameters": {"x": {"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}}}
TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
ASKED = {"search_space": SPACE, "task": TASK}
WAIT_S = 60.0


def with_trials(n: int) -> dict[str, object]:
    trials = [{"number": i, "params": {"x": i / n}, "value": i / n} for i in range(n)]
    return {**ASKED, "trials": trials}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=f"sqlite:///{tmp_path}/w.db", warm_up=False, run_jobs=False))


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/recommendations", {**ASKED, "n_configurations": 3}), ("/v1/suggestions", with_trials(3))],
)
def test_an_answer_waits_for_the_one_that_is_computed(app: FastAPI, path: str, body: dict[str, object]) -> None:
    with TestClient(app, base_url="http://127.0.0.1") as http, ThreadPoolExecutor(1) as another:
        before = ASKED if path == "/v1/recommendations" else body  # a remembered answer waits for nobody
        assert http.post(path, json=before).status_code == 200
        with app.state.services.turns.short.taken():
            waiting = another.submit(http.post, path, json=body)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1.0)
            assert http.get("/v1/tasks").status_code == 200
        assert waiting.result(timeout=WAIT_S).status_code == 200


def test_an_answer_that_needs_long_keeps_no_short_one_waiting(app: FastAPI) -> None:
    with TestClient(app, base_url="http://127.0.0.1") as http, ThreadPoolExecutor(1) as another:
        assert http.post("/v1/recommendations", json=ASKED).status_code == 200
        with app.state.services.turns.long.taken():
            waiting = another.submit(http.post, "/v1/suggestions", json=with_trials(FEW_TRIALS + 1))
            until(lambda: app.state.services.turns.long.n_waiting == 1)
            assert http.post("/v1/recommendations", json=ASKED).status_code == 200
            assert http.post("/v1/suggestions", json=with_trials(3)).status_code == 200
            assert not waiting.done()
        assert waiting.result(timeout=WAIT_S).status_code == 200


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = TurnQueue(), list[int]()

    def work(number: int) -> None:
        with turns.taken():
            order.append(number)

    with ThreadPoolExecutor(9) as pool:
        with turns.taken():
            queued: list[Future[None]] = []
            for number in range(9):
                queued.append(pool.submit(work, number))
                until(lambda n=number: turns.n_waiting == n + 1)  # type: ignore[misc]
        for one in queued:
            one.result(timeout=WAIT_S)
    assert order == list(range(9))
    assert turns.n_waiting == 0


def test_one_has_the_turn_at_a_time() -> None:
    turns, under_way, most = TurnQueue(), [0], [0]

    def work(_: int) -> None:
        for _round in range(50):
            with turns.taken():
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
                time.sleep(0)
                under_way[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8), timeout=WAIT_S))
    assert most == [1]


def test_who_is_not_wanted_any_more_leaves_the_queue() -> None:
    turns, is_gone, order = TurnQueue(), threading.Event(), list[str]()

    def check() -> None:
        if is_gone.is_set():
            raise ClientGoneError("the client has disconnected")

    def work(name: str) -> None:
        with work_checked_by(check if name == "gone" else lambda: None), turns.taken():
            order.append(name)

    with ThreadPoolExecutor(2) as pool:
        with turns.taken():
            gone = pool.submit(work, "gone")
            until(lambda: turns.n_waiting == 1)
            stays = pool.submit(work, "stays")
            until(lambda: turns.n_waiting == 2)
            is_gone.set()
            with pytest.raises(ClientGoneError):
                gone.result(timeout=WAIT_S)
            assert turns.n_waiting == 1
        stays.result(timeout=WAIT_S)
    assert order == ["stays"]


def test_a_turn_that_fails_or_comes_too_late_is_passed_on() -> None:
    turns = TurnQueue()
    with pytest.raises(ValueError, match="broken"), turns.taken():
        raise ValueError("broken")
    with turns.taken():  # nobody is left to hold it
        called = threading.Lock()
        called.acquire()
    with turns.taken():
        turns._waiting.append(called)
    assert called.acquire(blocking=False)  # the turn has come to one that has just given up
    turns._leave(called)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_take, turns).result(timeout=WAIT_S)


def _take(turns: TurnQueue) -> None:
    with turns.taken():
        pass


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)
