"""One study of the service for one Optuna study, however many workers start at once."""

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution

from warmtune.client import Client
from warmtune.optuna.memory import StudySubject, recall, remember_reported, reported_trials
from warmtune.optuna.origin import creation_key
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.stored_study import begun_study
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import ConflictError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.spaces import SearchSpaceBody

SPACE = {"x": FloatDistribution(0.0, 1.0)}


def _subject(task_id: str, **change: object) -> StudySubject:
    space = SearchSpaceBody.from_domain(SearchSpace(SPACE))
    given = {"task_id": task_id, "metric": "m", "direction": Direction.MAXIMIZE, "search_space": space}
    return StudySubject.model_validate({**given, "search_space_name": None, **change})


def test_workers_that_begin_at_once_make_one_study(
    service_url: str, described: TaskDescription, tmp_path: Path
) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.create_study(direction="maximize", storage=storage, study_name="s")
    study.ask()
    with Client(service_url) as client:
        task_id = client.create_task(described).task_id
    together = threading.Barrier(6)

    def begin(_: int) -> str:
        own = optuna.load_study(study_name="s", storage=storage)
        with Client(service_url) as client:
            together.wait()
            return begun_study(client, own, _subject(task_id)).study_id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(begin, range(6)))) == 1


def _work(url: str, storage: str, described: TaskDescription) -> None:
    sampler = WarmtuneSampler(url, described, search_space=SPACE, metric="m")
    study = optuna.load_study(study_name="together", storage=storage, sampler=sampler)
    study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=3)


def test_processes_that_start_together_make_one_study(
    service_url: str, described: TaskDescription, tmp_path: Path
) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.create_study(direction="maximize", storage=storage, study_name="together")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(service_url, storage, described)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    memory = recall(study)
    assert memory is not None
    with Client(service_url) as client:
        client.report(study)
        named = [
            s for s in client.list_studies(limit=500, task_id=memory.subject.task_id).items if s.name == "together"
        ]
        assert [s.n_trials for s in named] == [9]
        assert len(study.trials) == 9


def test_a_script_that_is_run_again_makes_another_study(client: Client, described: TaskDescription) -> None:
    ids = set()
    for _ in range(2):
        study = optuna.create_study(direction="maximize", study_name="always the same")
        ids.add(client.warm_start(study, described, search_space=SPACE, metric="m", n=1).study_id)
        study = optuna.create_study(direction="maximize", study_name="always the same")
        study.sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="m")
        study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=1)
        ids.add(client.report(study).study_id)
    assert len(ids) == 4


def test_the_key_tells_task_metric_space_and_parent_apart() -> None:
    study = optuna.create_study(study_name="s")
    other_space = SearchSpaceBody.from_domain(SearchSpace({"y": FloatDistribution(0.0, 1.0)}))
    subjects = [_subject("t"), _subject("u"), _subject("t", metric="n"), _subject("t", search_space=other_space)]
    keys = [creation_key(study, subject) for subject in subjects]
    keys.append(creation_key(study, subjects[0], parent_id="study_1"))
    assert len(set(keys)) == 5
    assert creation_key(study, subjects[0]) == keys[0]


def test_the_service_refuses_a_key_that_another_study_has(client: Client, described: TaskDescription) -> None:
    task_id = client.create_task(described).task_id
    first = client.create_study(task_id, SPACE, metric="accuracy", creation_key="k")
    assert client.create_study(task_id, SPACE, metric="accuracy", creation_key="k").study_id == first.study_id
    with pytest.raises(ConflictError):
        client.create_study(task_id, SPACE, metric="f1", creation_key="k")
    with pytest.raises(ConflictError):
        client.create_study(task_id, {"y": FloatDistribution(0.0, 1.0)}, metric="accuracy", creation_key="k")


def test_what_was_reported_is_forgotten_with_the_service(client: Client, described: TaskDescription) -> None:
    """A service that was set up anew gives the same study the same name."""
    study = optuna.create_study(direction="maximize")
    started = client.warm_start(study, described, search_space=SPACE, metric="accuracy", n=1)
    remember_reported(study, started.study_id, range(5))
    memory = recall(study)
    assert memory is not None
    assert begun_study(client, study, memory.subject).study_id == started.study_id
    assert reported_trials(study, started.study_id).numbers == set()
