"""One study of several processes and threads over Optuna's gRPC proxy, journal files and databases: nothing is lost."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from tests.client.sampling import SPACE, kept_study, score_of
from tests.serving import LiveService
from warmtune import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures, TaskKind

N_PROCESSES, N_TRIALS = 3, 4
PATIENCE_S = 180.0
"""An address alone is waited for 30 s, after which a sampler goes on without: a busy machine may take longer."""
TASK = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 100.0}, version="by hand"), name="shared")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


def opened(where: str) -> BaseStorage:
    """The storage behind an address of this module's own: ``journal:``, ``grpc:`` or a database."""
    kind, _, rest = where.partition(":")
    if kind == "journal":
        return JournalStorage(JournalFileBackend(rest))
    if kind == "grpc":
        from optuna.storages import GrpcStorageProxy  # needs grpcio

        return GrpcStorageProxy(host="127.0.0.1", port=int(rest))
    return RDBStorage(where)


def work(where: str, name: str, url: str) -> None:
    """What each process does."""
    with Client(url, timeout_s=PATIENCE_S) as client:
        sampler = WarmtuneSampler(client, TASK, search_space=SPACE, metric=name)
        optuna.load_study(study_name=name, storage=opened(where), sampler=sampler).optimize(score_of, n_trials=N_TRIALS)


def serve(database: str, port: int) -> None:
    """Optuna's proxy, until it is ended."""
    from optuna.storages import run_grpc_proxy_server  # needs grpcio

    run_grpc_proxy_server(RDBStorage(database), host="127.0.0.1", port=port)


@pytest.fixture(params=["sqlite", "journal", "grpc"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the study is kept."""
    database = f"sqlite:///{tmp_path}/studies.db"
    if request.param != "grpc":
        yield database if request.param == "sqlite" else f"journal:{tmp_path}/studies.log"
        return
    pytest.importorskip("grpc", reason="not installed: pip install grpcio protobuf")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    RDBStorage(database)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(database, port), daemon=True)
    server.start()
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline and not is_open(port):
        time.sleep(0.1)
    yield f"grpc:{port}"
    server.kill()
    server.join(30.0)


def is_open(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_several_processes_make_one_study_of_the_service_and_lose_no_trial(
    live_service: LiveService, where: str
) -> None:
    name = f"shared over {where.partition(':')[0]}"
    optuna.create_study(study_name=name, storage=opened(where), direction="maximize")
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=work, args=(where, name, live_service.url)) for _ in range(N_PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(180.0)
    assert [worker.exitcode for worker in workers] == [0] * N_PROCESSES
    study = optuna.load_study(study_name=name, storage=opened(where))
    with Client(live_service.url) as client:
        client.report(study)
        kept = kept_study(client, study)
        assert kept.n_trials == len(study.trials) == N_PROCESSES * N_TRIALS
        assert len([one for one in client.list_studies(limit=200).items if one.name == name]) == 1


def test_threads_take_different_configurations(live_service: LiveService, where: str) -> None:
    name = f"threads over {where.partition(':')[0]}"
    barrier = threading.Barrier(3, timeout=60.0)

    def objective(trial: optuna.Trial) -> float:
        value = score_of(trial)
        if trial.number < 3:
            barrier.wait()  # three are under way at once
        return value

    with Client(live_service.url) as client:
        sampler = WarmtuneSampler(client, TASK, search_space=SPACE, metric=name)
        study = optuna.create_study(study_name=name, storage=opened(where), direction="maximize", sampler=sampler)
        study.optimize(objective, n_trials=9, n_jobs=3)
        client.report(study)
        assert kept_study(client, study).n_trials == 9
    assert len({tuple(sorted(trial.params.items())) for trial in study.trials}) == 9


def test_a_trial_whose_sampler_refuses_the_study_waits_for_another(where: str, live_service: LiveService) -> None:
    with Client(live_service.url, timeout_s=PATIENCE_S) as client:
        sampler = WarmtuneSampler(client, TASK, search_space=SPACE, metric="accuracy")
        study = optuna.create_study(direction="minimize", storage=opened(where), sampler=sampler)
        with pytest.raises(InvalidInputError):  # accuracy goes up
            study.optimize(score_of, n_trials=1)
    assert [trial.state for trial in study.trials] == [TrialState.WAITING]
