"""What pages work out is worked out once, however many ask for it at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.http.request_work import ClientGoneError
from service.pages.cache import PageCache
from store.connections.scope import Workspace
from warmtune.vocabulary.work import work_checked_by

N_CALLERS = 8


def test_of_many_callers_one_works_and_all_get_it() -> None:
    cache, begun, go_on = PageCache(), threading.Event(), threading.Event()
    made: list[int] = []

    def make() -> int:
        made.append(1)
        begun.set()
        assert go_on.wait(timeout=60.0)
        return 7

    with ThreadPoolExecutor(N_CALLERS) as callers:
        answers = [callers.submit(cache.get, (make, "key"), make) for _ in range(N_CALLERS)]
        assert begun.wait(timeout=60.0)
        assert cache.get((max, "another key"), lambda: 8) == 8  # nobody waits for another's
        go_on.set()
        assert [answer.result() for answer in answers] == [7] * N_CALLERS
    assert made == [1]
    assert not cache._turns


def test_where_the_first_fails_the_next_one_works() -> None:
    cache = PageCache()
    attempts: list[int] = []

    def make() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise ClientGoneError("gone")
        return 7

    with pytest.raises(ClientGoneError):
        cache.get((make, "key"), make)
    assert cache.get((make, "key"), make) == 7
    assert not cache._turns


def test_who_is_not_wanted_any_more_works_on_nothing() -> None:
    def gone() -> None:
        raise ClientGoneError("nobody waits")

    def make() -> int:
        raise AssertionError("worked for nobody")

    cache = PageCache()
    with work_checked_by(gone), pytest.raises(ClientGoneError):
        cache.get((make, "key"), make)


def test_workspaces_work_for_themselves() -> None:
    cache = PageCache()
    ours, theirs = (cache.of(Workspace(seq, name, b"s" * 32)) for seq, name in ((2, "ours"), (3, "theirs")))
    assert ours.get((str, "key"), lambda: "ours") == "ours"
    assert theirs.get((str, "key"), lambda: "theirs") == "theirs"
