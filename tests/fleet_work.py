"""What clients ask of a fleet whose members are killed, and what must be there afterwards."""

import json
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import create_trial

from tests.fleet import PATIENCE_S, Fleet
from tests.knowledge.importers.optuna_studies import journal
from warmtune.vocabulary.space import SearchSpace

SPACE: Final = SearchSpace({"x": FloatDistribution(0.0, 1.0)}).to_json()
BATCH: Final = 20
N_IMPORTED: Final = 30
REFIT_EVERY: Final = 5
UNDER_WAY: Final = ("queued", "running")
MAX_WAITING: Final = 20
END_S: Final = 1_200.0
"""Until a job has ended once all clients have stopped; a starved worker alone needs minutes to begin."""


@dataclass(slots=True)
class Counts:
    """What was asked for and what was found.

    Attributes:
        acknowledged: Trials for which a client has got a 200.
        lost: Of these, trials that are not there.
        jobs: Jobs that were queued.
        states: Of these, how many ended how.
        repeated: Jobs that ended more than once, by their log.
        interrupted: Jobs that were begun more than once.
        wrong_imports: Imports that are not there whole and once.
        errors: What went wrong in clients.
    """

    acknowledged: int = 0
    lost: int = 0
    jobs: int = 0
    states: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    interrupted: int = 0
    wrong_imports: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost, doubled or refused."""
        is_done = self.states.get("succeeded", 0) == self.jobs
        return is_done and not (self.lost or self.repeated or self.wrong_imports or self.errors)


class Writer(threading.Thread):
    """Reports trials to a study of its own, batch by batch, until it is asked to stop."""

    def __init__(self, fleet: Fleet, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.fleet, self.number, self.stop = fleet, number, stop
        self.rng = random.Random(number)
        self.acknowledged: set[int] = set()
        self.study_id = ""
        self.error: str | None = None

    def run(self) -> None:
        """Report."""
        try:
            features = {"n_rows": 100.0 + self.number, "n_columns": 5.0}
            task = self._post("/v1/tasks", {"kind": "binary", "meta_features": features})
            study = {"task_id": task["task_id"], "search_space": SPACE, "metric": "accuracy"}
            self.study_id = self._post("/v1/studies", study)["study_id"]
            while not self.stop.is_set():
                first = len(self.acknowledged)
                numbers = range(first, first + BATCH)
                batch = [{"number": n, "params": {"x": n % 97 / 97}, "value": n % 89 / 89} for n in numbers]
                self._post(f"/v1/studies/{self.study_id}/trials", batch)
                self.acknowledged.update(numbers)
        except Exception as error:  # noqa: BLE001  # a thread's edge: the count of errors has it
            self.error = repr(error)

    def n_lost(self) -> int:
        """How many acknowledged trials are not there."""
        found: set[int] = set()
        cursor: str | None = None
        while True:
            query: dict[str, object] = {"limit": 500} | ({} if cursor is None else {"cursor": cursor})
            page = self.fleet.ask("GET", f"/v1/studies/{self.study_id}/trials", self.rng, params=query).json()
            found.update(item["number"] for item in page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return len(self.acknowledged - found)

    def _post(self, path: str, body: object) -> dict[str, Any]:
        answer = self.fleet.ask("POST", path, self.rng, json=body)
        answer.raise_for_status()
        return dict(answer.json())


class Submitter(threading.Thread):
    """Queues imports, and a refit now and then, until it is asked to stop."""

    def __init__(self, fleet: Fleet, directory: Path, stop: threading.Event, *, pause_s: float) -> None:
        super().__init__(daemon=True)
        self.fleet, self.directory, self.stop, self.pause_s = fleet, directory, stop, pause_s
        self.rng = random.Random(1_000)
        self.job_ids: list[str] = []
        self.names: list[str] = []
        self.error: str | None = None
        self._n_over = 0

    def run(self) -> None:
        """Queue."""
        try:
            while not self.stop.wait(self.pause_s):
                if self._n_waiting() >= MAX_WAITING:  # else a long run ends with hours of jobs
                    continue
                is_refit = len(self.job_ids) % REFIT_EVERY == REFIT_EVERY - 1
                self.job_ids.append(self._refit() if is_refit else self._import(len(self.names)))
        except Exception as error:  # noqa: BLE001  # a thread's edge: the count of errors has it
            self.error = repr(error)

    def _n_waiting(self) -> int:
        """Jobs since the first that has not ended, that one included."""
        while self._n_over < len(self.job_ids) and self._job(self.job_ids[self._n_over])["state"] not in UNDER_WAY:
            self._n_over += 1
        return len(self.job_ids) - self._n_over

    def _import(self, number: int) -> str:
        name = f"import {number}"
        file = self.directory / f"{number}.log"
        study = optuna.create_study(storage=journal(file), study_name=name, direction="maximize")
        at: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1)}
        runs = [n / 100 + number * 1e-5 for n in range(N_IMPORTED)]  # of equal ones only the first would be stored
        trials = [create_trial(params={"x": x}, distributions=at, value=x) for x in runs]
        study.add_trials(trials)
        asked = {"metric": "accuracy", "kind": "binary"}
        answer = self.fleet.ask(
            "POST",
            "/v1/imports",
            self.rng,
            files={"file": (file.name, file.read_bytes())},
            data={"request": json.dumps(asked)},
        )
        answer.raise_for_status()
        self.names.append(name)
        return str(answer.json()["job_id"])

    def _refit(self) -> str:
        asked = {"search_space": SPACE, "kind": "binary", "metric": "accuracy", "surrogate": "none"}
        answer = self.fleet.ask("POST", "/v1/models/refit", self.rng, json=asked)
        answer.raise_for_status()
        return str(answer.json()["job_id"])

    def look_after(self, counts: Counts) -> None:
        """Wait for all jobs, and count what became of them."""
        counts.jobs = len(self.job_ids)
        for job_id in self.job_ids:
            job = self._ended(job_id)
            counts.states[job["state"]] = counts.states.get(job["state"], 0) + 1
            log = self.fleet.ask("GET", f"/v1/jobs/{job_id}/log", self.rng, params={"limit": 500}).json()["items"]
            n_ends = sum(line["text"] == "succeeded" for line in log)
            counts.repeated += n_ends > 1
            counts.interrupted += job["attempt"] > 1
            if job["state"] != "succeeded":
                counts.errors.append(f"{job['kind']}: {job['failure']}")
        found: dict[str, list[int]] = {}
        cursor: str | None = None
        while True:
            query = {"limit": 500, "own": "true"} | ({} if cursor is None else {"cursor": cursor})
            page = self.fleet.ask("GET", "/v1/studies", self.rng, params=query).json()
            for item in page["items"]:
                found.setdefault(item["name"], []).append(item["n_trials"])
            cursor = page["next_cursor"]
            if cursor is None:
                break
        counts.wrong_imports = sum(found.get(name) != [N_IMPORTED] for name in self.names)

    def _job(self, job_id: str) -> dict[str, Any]:
        return dict(self.fleet.ask("GET", f"/v1/jobs/{job_id}", self.rng).json())

    def _ended(self, job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + END_S
        while True:
            job = self._job(job_id)
            if job["state"] not in UNDER_WAY or time.monotonic() > deadline:
                return job
            time.sleep(0.2)


def worked(
    fleet: Fleet, directory: Path, stop: threading.Event, *, n_writers: int, job_pause_s: float | None
) -> tuple[list[Writer], Submitter | None]:
    """Begin to write, and to queue jobs if a pause between them is given."""
    writers = [Writer(fleet, number, stop) for number in range(n_writers)]
    submitter = None if job_pause_s is None else Submitter(fleet, directory, stop, pause_s=job_pause_s)
    for thread in (*writers, *([] if submitter is None else [submitter])):
        thread.start()
    return writers, submitter


def counted(writers: list[Writer], submitter: Submitter | None) -> Counts:
    """Join the clients, which were asked to stop, and count what is there."""
    counts = Counts()
    clients: list[Writer | Submitter] = [*writers, *([] if submitter is None else [submitter])]
    for thread in clients:
        thread.join(PATIENCE_S)
        if thread.error is not None:
            counts.errors.append(thread.error)
    for writer in writers:
        counts.acknowledged += len(writer.acknowledged)
        counts.lost += writer.n_lost()
    if submitter is not None:
        submitter.look_after(counts)
    return counts
