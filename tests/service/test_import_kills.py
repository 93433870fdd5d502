"""An import whose service, or whose reading process, is killed at random moments."""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import create_trial

from learning.job_context import JobCancelledError
from service.imports.readers import HistoryReaders
from service.settings import Settings
from tests.knowledge.importers.optuna_studies import journal
from tests.serving import LiveService, start_service
from warmtune.vocabulary.work import work_checked_by

N_STUDIES, N_TRIALS = 12, 150
END_S = 200.0
REQUEST = json.dumps({"metric": "accuracy", "kind": "binary", "sent_by": "a test"})


def history(path: Path) -> Path:
    """A journal of many studies."""
    storage = journal(path)
    for number in range(N_STUDIES):
        study = optuna.create_study(storage=storage, study_name=f"study {number}", direction="maximize")
        study.add_trials(
            [
                create_trial(
                    params={"x": n / N_TRIALS}, distributions={"x": FloatDistribution(0, 1)}, value=n / N_TRIALS
                )
                for n in range(N_TRIALS)
            ]
        )
    return path


def killed_until_done(directory: Path, source: Path, *, n_kills: int, seed: int) -> tuple[LiveService, object, int]:
    """Send a history, kill the service so many times, and see its job through; how many kills found it unfinished."""
    rng = random.Random(seed)
    settings = {"max_job_attempts": str(n_kills + 5), "mapping_until_tasks": "0"}
    service = start_service(directory, **settings)
    with source.open("rb") as file:
        answer = service.http.post("/v1/imports", files={"file": (source.name, file)}, data={"request": REQUEST})
    assert answer.status_code == 202, answer.text
    path = f"/v1/jobs/{answer.json()['job_id']}"
    n_unfinished = 0
    for place in range(n_kills):
        time.sleep(rng.uniform(0.0, 2.0 / (1 + place % 4)))  # moments close to the start, too
        n_unfinished += service.http.get(path).json()["state"] in ("queued", "running")
        service.kill()
        service = start_service(directory, **settings)
        assert service.http.get(path).status_code == 200  # what was acknowledged is known
    return service, see_through(service, path)["state"], n_unfinished


def see_through(service: LiveService, path: str) -> dict[str, Any]:
    """Wait for a job's end."""
    deadline = time.monotonic() + END_S
    while True:
        job: dict[str, Any] = service.http.get(path).json()
        if job["state"] not in ("queued", "running"):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.1)


def reading_processes(service: LiveService) -> list[psutil.Process]:
    """Those that read a history now: forks of the service's child."""
    return [fork for child in psutil.Process(service.process.pid).children() for fork in child.children()]


def check_whole(service: LiveService) -> None:
    """Everything is there, and once."""
    studies = service.http.get("/v1/studies", params={"limit": 500, "own": "true"}).json()["items"]
    assert sorted(s["name"] for s in studies) == sorted(f"study {n}" for n in range(N_STUDIES))
    assert {s["n_trials"] for s in studies} == {N_TRIALS}
    assert {s["best_value"] for s in studies} == {(N_TRIALS - 1) / N_TRIALS}
    trials = service.http.get(f"/v1/studies/{studies[0]['study_id']}/trials", params={"limit": 500}).json()["items"]
    assert [trial["number"] for trial in trials] == list(range(N_TRIALS))
    (record,) = service.http.get("/v1/imports").json()["items"]
    assert (record["n_studies"], record["sent_by"]) == (N_STUDIES, "a test")


def test_killed_services_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    source = history(tmp_path / "optuna.log")
    service, state, _ = killed_until_done(tmp_path / "service", source, n_kills=2, seed=0)
    try:
        assert state == "succeeded"
        check_whole(service)
        service.kill()  # perhaps before it has cleared away what the job has read: the next start does
        service = start_service(tmp_path / "service", mapping_until_tasks="0")
        assert not list((tmp_path / "service" / "jobs").glob("job_*"))
    finally:
        service.stop()


def test_a_killed_reading_process_is_reported(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n / 7},{1 / (n + 1)}\n" for n in range(400_000))  # takes seconds to read
    service = start_service(tmp_path / "service", mapping_until_tasks="0")
    try:
        sent = {"file": ("trials.csv", f"number,x,accuracy\n{rows}")}
        answer = service.http.post("/v1/imports", files=sent, data={"request": REQUEST})
        path = f"/v1/jobs/{answer.json()['job_id']}"
        deadline = time.monotonic() + END_S
        while not (reading := reading_processes(service)):
            assert time.monotonic() < deadline
        reading[0].kill()
        while (job := service.http.get(path).json())["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        assert job["failure"]["code"] == "limit_exceeded"
        assert "memory" in job["failure"]["message"]
        assert service.http.get("/v1/studies", params={"own": "true"}).json()["items"] == []
    finally:
        service.stop()


def test_who_is_cancelled_waits_for_no_loading(tmp_path: Path) -> None:
    def check() -> None:
        raise JobCancelledError("the job was cancelled")

    readers = HistoryReaders(Settings())
    try:
        with work_checked_by(check), pytest.raises(JobCancelledError):
            readers.begin(tmp_path)
        with readers.begin(tmp_path) as reading:  # of a process of its own: no answer of the first order is left
            assert reading.pid != os.getpid()
            assert reading.has_ended(END_S)  # there is nothing to read
    finally:
        readers.close()


def test_a_killed_process_that_waits_for_histories_is_replaced(tmp_path: Path) -> None:
    source = history(tmp_path / "optuna.log")
    service = start_service(tmp_path / "service", mapping_until_tasks="0")
    try:
        for _ in range(2):
            with source.open("rb") as file:
                sent = {"file": ("optuna.log", file)}
                answer = service.http.post("/v1/imports", files=sent, data={"request": REQUEST})
            assert see_through(service, f"/v1/jobs/{answer.json()['job_id']}")["state"] == "succeeded"
            children = psutil.Process(service.process.pid).children()  # one that describes tables among them
            (waiting,) = (child for child in children if "service.imports.worker" in child.cmdline())
            waiting.kill()
        check_whole(service)
    finally:
        service.stop()


def test_processes_that_read_end_with_their_service(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n / 7},{1 / (n + 1)}\n" for n in range(400_000))
    service = start_service(tmp_path / "service", mapping_until_tasks="0")
    sent = {"file": ("trials.csv", f"number,x,accuracy\n{rows}")}
    service.http.post("/v1/imports", files=sent, data={"request": REQUEST})
    deadline = time.monotonic() + END_S
    while not (reading := reading_processes(service)):
        assert time.monotonic() < deadline
    both = [*psutil.Process(service.process.pid).children(), *reading]
    service.kill()
    _, alive = psutil.wait_procs(both, timeout=END_S)
    assert not alive, alive
