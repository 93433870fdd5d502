"""Services and workers on one database, killed at random: what is lost, and what is done twice?

``python -m benchmarks.replicas --seconds 600`` runs two services and two workers on a PostgreSQL of its own and kills
one of the four every 2 to 8 s, while four clients report trials and one queues imports and refits. Clients ask another
service when one is gone, under the same Idempotency-Key. Afterwards each acknowledged trial is looked for, and each job
must have succeeded once, each import be there whole and once. ``--database sqlite --services 1 --workers 0 --no-jobs
--kills 50`` kills one service on a SQLite file fifty times while trials come in. Ends with status 1 if anything is
amiss.
"""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.fleet import Killer, start_fleet
from tests.fleet_work import counted, worked
from tests.postgres_server import new_database


def main() -> None:
    """Run, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--services", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long, unless kills are counted")
    parser.add_argument("--kills", type=int, help="stop after so many kills")
    parser.add_argument("--pause", type=float, nargs=2, default=(2.0, 8.0), help="seconds between kills, at random")
    parser.add_argument("--jobs", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="wtr-", ignore_cleanup_errors=True) as name,
        new_database(asked.database, Path(name)) as url,
    ):
        is_sound = run(asked, Path(name), url)
    sys.exit(0 if is_sound else 1)


def run(asked: argparse.Namespace, directory: Path, url: str) -> bool:
    """One run; whether nothing is amiss."""
    fleet = start_fleet(directory, url, n_services=asked.services, n_workers=asked.workers)
    fleet.wait_until_up()
    stop = threading.Event()
    writers, submitter = worked(
        fleet, directory, stop, n_writers=asked.writers, job_pause_s=0.5 if asked.jobs else None
    )
    killer = Killer(fleet, pause_s=tuple(asked.pause), n_kills=asked.kills, seed=asked.seed)
    started = time.monotonic()
    killer.start()
    killer.join(None if asked.kills else asked.seconds)
    killer.stop()
    elapsed_s = time.monotonic() - started
    stop.set()
    counts = counted(writers, submitter)
    fleet.close()
    kills = {member.name: member.n_kills for member in fleet.members}
    print(f"{asked.database}, {asked.services} services, {asked.workers} workers, {elapsed_s:.0f} s")
    print(f"kills                          {sum(kills.values())}  {kills}")
    print(f"trials acknowledged            {counts.acknowledged:,}, lost {counts.lost}")
    print(f"jobs queued                    {counts.jobs}, ended {counts.states}, begun again {counts.interrupted}")
    print(f"jobs that ended twice          {counts.repeated}")
    print(f"imports not there whole, once  {counts.wrong_imports}")
    print(f"asked again                    {dict(fleet.retries)}")
    print(f"refused                        {dict(fleet.faults)}")
    print(f"errors                         {counts.errors}")
    return counts.is_sound and not fleet.faults


if __name__ == "__main__":
    main()
