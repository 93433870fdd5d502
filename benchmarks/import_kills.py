"""Kill a service while an import of it runs: is anything acknowledged lost, or imported twice?

    python -m benchmarks.import_kills [--kills 20] [--studies 40] [--trials 1000] [--seed 0]

A real service on SQLite gets a table of --studies studies with --trials trials each and answers that the job is there.
The first table is imported without a kill: that is how long a job runs. Each kill (SIGKILL) waits until the job is
running, then a random time up to that length. It counts only if the killed service's database has the job as running:
then it was hit within. A job that ends before its kill is followed by another table. After every kill the service is
started again: it must know the job, and have every trial that it had. In the end every job must have succeeded, every
study must be there once, with every trial in order, its best value, and one record of each import. All tables are sent
a second time, which must change nothing.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.stats import write_results
from tests.serving import LiveService, start_service

REQUEST = json.dumps({"metric": "accuracy", "kind": "binary", "sent_by": "a benchmark"})
END_S = 900.0
_LOOK_S = 0.005
_OPEN = ("queued", "running")


@dataclass(slots=True)
class KillCounts:
    """What was seen.

    Attributes:
        kills_within_running_jobs: Those after which the database had the job as running.
        of_them_while_reading: Before any trial of that table was stored.
        of_them_while_storing: After some were.
        progress_at_kills: Of the job, as it was last reported.
        jobs: That were killed or seen to their end.
        failed_jobs: That didn't succeed.
        trials_lost: That were stored before a kill and not after the next start.
        studies: That must be there in the end.
        wrong_studies: Missing, there twice, or without some of their trials.
        changed_by_sending_again: Trials.
    """

    kills_within_running_jobs: int = 0
    of_them_while_reading: int = 0
    of_them_while_storing: int = 0
    progress_at_kills: list[float] = field(default_factory=list)
    jobs: int = 0
    failed_jobs: int = 0
    trials_lost: int = 0
    studies: int = 0
    wrong_studies: int = 0
    changed_by_sending_again: int = 0


@dataclass(frozen=True, slots=True)
class HistorySize:
    """Of a table."""

    n_studies: int
    n_trials: int


class KilledService:
    """A service that is killed and started again on the same files."""

    def __init__(self, directory: Path, *, attempts: int) -> None:
        self._directory = directory
        self._settings = {"max_job_attempts": str(attempts), "mapping_until_tasks": "0"}
        self.live: LiveService = start_service(directory, **self._settings)

    def send(self, source: Path) -> str:
        """The path of the job that imports a table."""
        with source.open("rb") as file:
            answer = self.live.http.post("/v1/imports", files={"file": (source.name, file)}, data={"request": REQUEST})
        assert answer.status_code == 202, answer.text
        return f"/v1/jobs/{answer.json()['job_id']}"

    def job(self, path: str) -> dict[str, Any]:
        """It, as it stands."""
        answer = self.live.http.get(path)
        assert answer.status_code == 200, answer.text  # what was acknowledged is known
        return dict(answer.json())

    def kill(self) -> None:
        """End it as a power cut would."""
        self.live.kill()

    def start(self) -> None:
        """Start it again."""
        self.live = start_service(self._directory, **self._settings)

    def stored(self, path: str) -> tuple[str, float, int]:
        """A job's state and progress, and how many imported trials there are, by the database of a killed service."""
        job_id = path.rsplit("/", 1)[1]
        with closing(sqlite3.connect(self._directory / "warmtune.db")) as connection:
            state, progress = connection.execute(
                "SELECT state, progress FROM jobs WHERE job_id = ?", (job_id,)
            ).fetchone()
            (n_trials,) = connection.execute(
                "SELECT count(*) FROM trials WHERE study_seq IN (SELECT study_seq FROM imported_studies)"
            ).fetchone()
        return str(state), float(progress), int(n_trials)


def table(path: Path, size: HistorySize, seed: int) -> Path:
    """Trials of several studies, whose values no other seed gives."""
    rng = random.Random(seed)
    with path.open("w") as file:
        file.write("study,number,x,depth,accuracy,seconds\n")
        for study in range(size.n_studies):
            for number in range(size.n_trials):
                cells = [number, rng.random(), rng.randint(1, 20), rng.random(), rng.random()]
                file.write(f"table {seed} study {study},{','.join(map(repr, cells))}\n")
    return path


def running_s(service: KilledService, path: str) -> float:
    """How long a job runs that nobody disturbs."""
    wait_for_state(service, path, "running")
    started = time.monotonic()
    assert see_through(service, path)["state"] == "succeeded"
    return time.monotonic() - started


def wait_for_state(service: KilledService, path: str, state: str) -> str:
    """Wait until a job is in a state, or has ended; what it is in then."""
    deadline = time.monotonic() + END_S
    while (found := service.job(path)["state"]) in _OPEN and found != state:
        assert time.monotonic() < deadline, found
        time.sleep(_LOOK_S)
    return str(found)


def see_through(service: KilledService, path: str) -> dict[str, Any]:
    """Wait for a job's end."""
    deadline = time.monotonic() + END_S
    while (job := service.job(path))["state"] in _OPEN:
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def kill_within(service: KilledService, path: str, pause_s: float, counts: KillCounts, *, n_before: int) -> bool:
    """Kill the service so long after the job is seen running; whether that hit it.

    Args:
        service: It runs before and after.
        path: Of the job.
        pause_s: Seconds.
        counts: Where the kill is counted, if it is one.
        n_before: Trials that were there when the job was sent.
    """
    if wait_for_state(service, path, "running") != "running":
        return False
    time.sleep(pause_s)
    service.kill()
    state, progress, n_trials = service.stored(path)
    service.start()
    counts.trials_lost += max(n_trials - service.stored(path)[2], 0)
    if state != "running":
        return False
    counts.kills_within_running_jobs += 1
    counts.of_them_while_reading += n_trials == n_before
    counts.of_them_while_storing += n_trials > n_before
    counts.progress_at_kills.append(round(progress, 3))
    return True


def check_whole(service: KilledService, seeds: list[int], size: HistorySize, counts: KillCounts) -> None:
    """Count what isn't there, or is there more than once."""
    found: dict[str, list[dict[str, Any]]] = {}
    cursor: str | None = None
    while True:
        page: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        body = service.live.http.get("/v1/studies", params={"limit": 500, "own": "true", **page}).json()
        for study in body["items"]:
            found.setdefault(study["name"], []).append(study)
        if (cursor := body["next_cursor"]) is None:
            break
    counts.studies = len(seeds) * size.n_studies
    for seed in seeds:
        for number in range(size.n_studies):
            same = found.pop(f"table {seed} study {number}", [])
            is_whole = len(same) == 1 and same[0]["n_trials"] == size.n_trials
            counts.wrong_studies += not (is_whole and numbers_of(service, same[0]) == list(range(size.n_trials)))
    counts.wrong_studies += len(found)
    records = service.live.http.get("/v1/imports", params={"limit": 500}).json()["items"]
    counts.wrong_studies += sorted(one["n_studies"] for one in records) != [size.n_studies] * len(seeds)


def numbers_of(service: KilledService, study: dict[str, Any]) -> list[int]:
    """Of a study's trials, as they are listed."""
    numbers: list[int] = []
    cursor: str | None = None
    while True:
        page: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        path = f"/v1/studies/{study['study_id']}/trials"
        body = service.live.http.get(path, params={"limit": 500, **page}).json()
        numbers += [trial["number"] for trial in body["items"]]
        if (cursor := body["next_cursor"]) is None:
            return numbers


def measure(place: Path, size: HistorySize, *, kills: int, seed: int) -> KillCounts:
    """Kill until so many kills have hit a running job, and look at everything."""
    rng, counts, seeds = random.Random(seed), KillCounts(), [0]
    service = KilledService(place / "service", attempts=kills + 5)
    try:
        longest_s = running_s(service, service.send(table(place / "0.csv", size, 0)))
        print(f"a job runs for {longest_s:.1f} s", flush=True)
        while counts.kills_within_running_jobs < kills:
            seeds.append(len(seeds))
            path = service.send(table(place / f"{seeds[-1]}.csv", size, seeds[-1]))
            n_before = (len(seeds) - 1) * size.n_studies * size.n_trials
            while counts.kills_within_running_jobs < kills and service.job(path)["state"] in _OPEN:
                is_hit = kill_within(service, path, rng.uniform(0.0, longest_s), counts, n_before=n_before)
                print(f"{counts.kills_within_running_jobs} kills; table {seeds[-1]}, hit: {is_hit}", flush=True)
            counts.failed_jobs += see_through(service, path)["state"] != "succeeded"
        counts.jobs = len(seeds)
        check_whole(service, seeds, size, counts)
        for number in seeds:
            again = see_through(service, service.send(place / f"{number}.csv"))
            counts.changed_by_sending_again += sum(int(one["n_new"]) for one in again["result"]["studies"])
    finally:
        service.live.stop()
    return counts


def main() -> None:
    """Print the counts; the status is 1 if anything was lost, or done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--trials", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        size = HistorySize(args.studies, args.trials)
        counts = measure(Path(place), size, kills=args.kills, seed=args.seed)
    print(json.dumps(asdict(counts), indent=1))
    print(write_results("import_kills", asdict(counts)))
    wrong = counts.failed_jobs + counts.trials_lost + counts.wrong_studies + counts.changed_by_sending_again
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
