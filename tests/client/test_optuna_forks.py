"""What studies are observed by is forked, pickled and copied, while it is in use."""

import copy
import os
import pickle
import threading
import time
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution

from warmtune.client import Client
from warmtune.optuna.memory import recall
from warmtune.optuna.process_lock import ProcessLock
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.stop_callback import StopWhenNotWorth
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError

SPACE = {"x": FloatDistribution(0.0, 1.0)}
WAIT_S = 60.0

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.0, 1.0)


def _in_fork(work: Callable[[], object]) -> int:
    """Exit status of a forked process that does it; 255 where it doesn't come to an end."""
    process_id = os.fork()
    if process_id == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  # whatever it is, this process must not go on with the tests
            os._exit(1)
        os._exit(0)
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        done, status = os.waitpid(process_id, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(process_id, 9)
    os.waitpid(process_id, 0)
    return 255


def test_a_fork_does_not_wait_for_a_thread_that_only_its_parent_has() -> None:
    lock = ProcessLock()
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            is_held.set()
            is_over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait()

    def use() -> None:
        with lock:
            pass
        with lock:
            pass

    try:
        assert _in_fork(use) == 0
    finally:
        is_over.set()
        thread.join()
    with lock:  # the fork has changed nothing here
        pass


def test_a_lock_excludes_the_threads_of_a_process() -> None:
    lock = ProcessLock()
    n_within, most = 0, 0

    def work() -> None:
        nonlocal n_within, most
        for _ in range(50):
            with lock:
                n_within += 1
                most = max(most, n_within)
                time.sleep(0)
                n_within -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_study_goes_on_in_a_fork_while_a_thread_reports(
    service_url: str, described: TaskDescription, tmp_path: Path
) -> None:
    with Client(service_url) as client:
        sampler = WarmtuneSampler(service_url, described, search_space=SPACE, metric="accuracy", seed=0)
        study = optuna.create_study(
            direction="maximize", study_name="forked", storage=f"sqlite:///{tmp_path / 'o.db'}", sampler=sampler
        )
        study.optimize(_objective, n_trials=3)
        with sampler._lock:  # as the thread has it that sends late reports
            assert _in_fork(lambda: study.optimize(_objective, n_trials=3)) == 0
        client.report(study)
        memory = recall(study)
        assert memory is not None
        assert client.get_study(memory.study_id).n_trials == 6


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_callbacks_can_be_copied_to_other_processes(
    client: Client, described: TaskDescription, twin: Callable[[object], Callable[[optuna.Study, object], None]]
) -> None:
    study = optuna.create_study(direction="maximize")
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    reporter, stop = twin(client.reporter()), twin(StopWhenNotWorth(1e-9, client=client))
    study.optimize(_objective, n_trials=2, callbacks=[reporter, stop])
    memory = recall(study)
    assert memory is not None
    assert client.get_study(memory.study_id).n_trials == 2


def test_a_task_that_is_deleted_meanwhile_is_sent_again(client: Client, described: TaskDescription) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy", seed=0)
    study = optuna.create_study(direction="maximize", study_name="survivor", sampler=sampler)
    study.optimize(_objective, n_trials=3)
    memory = recall(study)
    assert memory is not None
    client.delete_task(memory.subject.task_id)
    study.optimize(_objective, n_trials=3)
    now = recall(study)
    assert now is not None
    assert now.subject.task_id == memory.subject.task_id
    assert client.get_study(now.study_id).n_trials == 6


def test_a_report_to_a_deleted_study_says_what_to_do(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="maximize")
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    memory = recall(study)
    assert memory is not None
    client.delete_study(memory.study_id)
    study.optimize(_objective, n_trials=2, callbacks=[client.reporter()])
    with pytest.raises(NotFoundError, match="warm-start it again, or report it with its data"):
        client.report(study)
    client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    assert client.report(study).complete == 2


@pytest.mark.parametrize("metric", [3, len, 0.5])
def test_a_metric_that_is_no_name_is_refused(client: Client, described: TaskDescription, metric: object) -> None:
    with pytest.raises(InvalidInputError, match="metric is a") as caught:
        client.recommend(described, SPACE, metric=metric, n=1)  # type: ignore[arg-type]
    assert caught.value.field == "metric"


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_numpy_does_not_take_is_refused(described: TaskDescription, seed: int) -> None:
    with pytest.raises(InvalidInputError, match="seed") as caught:
        WarmtuneSampler("http://127.0.0.1:9", described, seed=seed)
    assert caught.value.field == "seed"
