"""Describing in child processes: too slow, too large, too many; and they end when nobody needs them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from service.description.ends import MEMORY_EXIT, error_of
from service.description.pool import DescriberPool
from service.measures import Measures
from service.settings import Settings
from tests.service.tables import csv_of, iris_csv
from tests.serving import ROOT
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import LimitExceededError, ServiceError, UnavailableError, WarmtuneError
from warmtune.vocabulary.task import TaskKind

MakePool = Callable[..., DescriberPool]


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[MakePool]:
    """Pools that are closed in the end; their children are gone then."""
    pools: list[DescriberPool] = []

    def make(**settings: object) -> DescriberPool:
        pool = DescriberPool(Settings(**settings), measures=Measures(), scratch=tmp_path)  # type: ignore[arg-type]
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pool.close()
    assert describers() == []


def describers() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [child for child in found if "service.description.worker" in command_of(child)]


def command_of(child: psutil.Process) -> list[str]:
    """Its command line, which the system shows as empty for a moment after the start."""
    deadline = time.monotonic() + 5.0
    while not (command := child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.01)
    return command


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "table"
    path.write_bytes(content)
    return path


def test_one_child_serves_many_tables(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    first = pool.describe(written(tmp_path, iris_csv()), "target")
    (child,) = describers()
    again = pool.describe(written(tmp_path, iris_csv()), "target")
    with pytest.raises(WarmtuneError):
        pool.describe(written(tmp_path, b""), "target")
    number = pool.describe(written(tmp_path, iris_csv()), "target", hints=TableHints(kind=TaskKind.REGRESSION))
    assert first == again
    assert (first.kind, first.n_rows, first.n_columns) == (TaskKind.MULTICLASS, 150, 4)
    assert number.kind is TaskKind.REGRESSION
    assert describers() == [child]


def test_a_table_that_takes_too_long_is_given_up(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(describe_timeout_s=0.05)
    with pytest.raises(LimitExceededError) as caught:
        pool.describe(written(tmp_path, csv_of(20_000, 100)), "y")
    assert (caught.value.field, caught.value.limit) == ("file", "0.05 s")
    assert describers() == []


def test_a_table_that_needs_too_much_memory_is_refused_and_the_next_is_not(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(describe_memory_bytes=380 * 2**20)
    with pytest.raises(LimitExceededError) as caught:
        pool.describe(written(tmp_path, csv_of(200_000, 100)), "y")
    assert caught.value.field == "file"
    assert pool.describe(written(tmp_path, iris_csv()), "target").n_rows == 150


def test_too_many_at_once_are_asked_to_come_back(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(describe_workers=1, describe_queue=1)
    path = written(tmp_path, csv_of(5_000, 30))
    outcomes: list[str] = []

    def describe() -> None:
        try:
            pool.describe(path, "y")
            outcomes.append("described")
        except UnavailableError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=describe) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("described") >= 2
    assert set(outcomes) == {"described", "busy"}


def test_a_closed_pool_describes_nothing(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    pool.close()
    with pytest.raises(UnavailableError):
        pool.describe(written(tmp_path, iris_csv()), "target")


def test_a_child_ends_when_its_input_does() -> None:
    command = [sys.executable, "-m", "service.description.worker", str(2**32)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {}
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


def test_a_child_ends_when_its_parent_is_gone_though_its_input_stays_open() -> None:
    held, end = os.pipe()
    code = (
        "import os, subprocess, sys;"
        "p = subprocess.Popen([sys.executable, '-m', 'service.description.worker', str(2**32)],"
        f" stdin={held}, stdout=subprocess.PIPE);"
        "p.stdout.readline(); print(p.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, pass_fds=[held]
    )
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    if psutil.pid_exists(pid):
        _, alive = psutil.wait_procs([psutil.Process(pid)], timeout=20)
        assert alive == []
    os.close(held)
    os.close(end)


@pytest.mark.parametrize(
    ("status", "last_words", "code", "word"),
    [
        (MEMORY_EXIT, "", "limit_exceeded", "memory"),
        (
            -signal.SIGABRT,
            "terminate called after throwing 'std::bad_alloc'",
            "limit_exceeded",
            "memory",
        ),
        (-signal.SIGABRT, "double free or corruption", "describer_ended", "SIGABRT"),
        (-signal.SIGSEGV, "", "describer_ended", "SIGSEGV"),
        (-signal.SIGKILL, "", "describer_killed", "killed"),
        (3, "", "describer_ended", "exit status 3"),
        (None, "", "describer_ended", "not known"),
    ],
)
def test_the_end_of_a_child_is_named_as_what_it_was(status: int | None, last_words: str, code: str, word: str) -> None:
    error = error_of(status, last_words, memory_bytes=2**30)
    assert error.code == code
    assert word in error.message


def test_a_child_that_crashes_is_distinguished_from_one_without_memory(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    pool.warm_up()
    (child,) = describers()
    path = written(tmp_path, csv_of(20_000, 60))
    ending = threading.Timer(0.2, child.send_signal, (signal.SIGSEGV,))
    ending.start()
    with pytest.raises(ServiceError) as caught:
        pool.describe(path, "y")
    ending.join()
    assert (caught.value.code, "SIGSEGV" in caught.value.message) == ("describer_ended", True)
    assert pool.describe(written(tmp_path, iris_csv()), "target").n_rows == 150
