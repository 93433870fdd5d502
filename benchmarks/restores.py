"""A backup taken while trials come in, restored into the other kind of database: is it whole, and of one moment?

``python -m benchmarks.restores`` starts a service on a SQLite file and one on a PostgreSQL of its own. Four processes
report trials in batches; meanwhile ``warmtune backup`` writes a file, which ``warmtune restore`` puts into a new
database of the other kind. A service on that is asked for every trial. Each study must have what was acknowledged
before the backup began and nothing that was sent after its end, in whole batches, with the values that were sent. Ends
with status 1 if anything is amiss.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.load import SPACE, TASK
from benchmarks.load_clients import write_trials
from tests.postgres_server import new_database
from tests.serving import LiveService, start_service

N_STUDIES: Final = 4
OTHER: Final = {"sqlite": "postgresql", "postgresql": "sqlite"}


def main() -> None:
    """Run, and print a line for each kind of database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=25_000, help="of each of four processes")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--after", type=float, default=2.0, help="seconds of load before the backup begins")
    asked = parser.parse_args()
    faults = [fault for kind in OTHER for fault in _one(kind, asked)]
    print(f"faults: {faults or 'none'}")
    sys.exit(1 if faults else 0)


def _one(kind: str, asked: argparse.Namespace) -> list[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wtb-", ignore_cleanup_errors=True)))
        source = stack.enter_context(new_database(kind, folder / "source"))
        target = stack.enter_context(new_database(OTHER[kind], folder / "target"))
        service = start_service(folder / "source", database_url=source)
        stack.callback(service.stop)
        studies = _new_studies(service)
        load = threading.Thread(
            target=write_trials, args=(service.url, studies), kwargs={"n_trials": asked.trials, "batch": asked.batch}
        )
        load.start()
        while sum(_counts(service, studies).values()) == 0:
            time.sleep(0.1)  # the processes are getting ready
        time.sleep(asked.after)
        before = _counts(service, studies)
        backup_s = _command("backup", str(folder / "backup.zip"), database=source)
        after = _counts(service, studies)
        load.join()
        restore_s = _command("restore", str(folder / "backup.zip"), database=target)
        restored = start_service(folder / "restored", database_url=target)
        stack.callback(restored.stop)
        found = {study: _trials(restored, study) for study in studies}
        size = (folder / "backup.zip").stat().st_size
        print(
            f"{kind} to {OTHER[kind]}: {sum(before.values()):,} trials before the backup, {sum(after.values()):,} "
            f"after it, {sum(map(len, found.values())):,} restored; backup {backup_s:.1f} s, {size / 1e6:.1f} MB, "
            f"restore {restore_s:.1f} s",
            flush=True,
        )
        return [
            f"{kind}, {study}: {fault}"
            for study in studies
            for fault in _faults(found[study], before[study], after[study], asked.batch)
        ]


def _new_studies(service: LiveService) -> list[str]:
    task_id = service.http.post("/v1/tasks", json=TASK).raise_for_status().json()["task_id"]
    body = {"task_id": task_id, "search_space": SPACE, "metric": "accuracy"}
    made = [service.http.post("/v1/studies", json=body).raise_for_status().json() for _ in range(N_STUDIES)]
    return [str(one["study_id"]) for one in made]


def _counts(service: LiveService, studies: list[str]) -> dict[str, int]:
    return {one: int(service.http.get(f"/v1/studies/{one}").raise_for_status().json()["n_trials"]) for one in studies}


def _command(name: str, file: str, *, database: str) -> float:
    """Run it; its seconds by the clock."""
    started = time.perf_counter()
    environment = {**os.environ, "WARMTUNE_DATABASE_URL": database}
    subprocess.run([sys.executable, "-m", "warmtune", name, file], check=True, env=environment, timeout=600)
    return time.perf_counter() - started


def _trials(service: LiveService, study: str) -> dict[int, float]:
    """Values by number."""
    found: dict[int, float] = {}
    query: Mapping[str, str | int] = {"limit": 500}
    while True:
        page = service.http.get(f"/v1/studies/{study}/trials", params=query).raise_for_status().json()
        found |= {int(one["number"]): float(one["value"]) for one in page["items"]}
        if page["next_cursor"] is None:
            return found
        query = {"limit": 500, "cursor": page["next_cursor"]}


def _faults(found: Mapping[int, float], before: int, after: int, batch: int) -> list[str]:
    faults = []
    if not before <= len(found) <= after:
        faults.append(f"{len(found)} trials restored, {before} before the backup and {after} after it")
    if sorted(found) != list(range(len(found))) or len(found) % batch:
        faults.append("a batch in part")
    if any(value != number % 83 / 83 for number, value in found.items()):
        faults.append("another value than was sent")
    return faults


if __name__ == "__main__":
    main()
