"""Two services and two workers on one PostgreSQL, of which some are killed: `benchmarks.replicas` for a short time."""

import threading
from pathlib import Path

from tests.fleet import Killer, start_fleet
from tests.fleet_work import counted, worked

N_KILLS = 5


def test_killed_services_and_workers_lose_nothing_and_do_no_job_twice(postgres_url: str, tmp_path: Path) -> None:
    fleet = start_fleet(tmp_path, postgres_url, n_services=2, n_workers=2)
    stop = threading.Event()
    try:
        fleet.wait_until_up()
        writers, submitter = worked(fleet, tmp_path, stop, n_writers=2, job_pause_s=1.0)
        killer = Killer(fleet, pause_s=(1.0, 3.0), n_kills=N_KILLS, seed=0)
        killer.start()
        killer.join()
        stop.set()
        counts = counted(writers, submitter)
    finally:
        stop.set()
        fleet.close()
    assert sum(member.n_kills for member in fleet.members) == N_KILLS
    assert not fleet.faults
    assert counts.acknowledged > 0
    assert counts.jobs > 0
    assert counts.is_sound, counts
