"""Kill a service at random moments while it imports a tuning history: is anything lost, or imported twice?

    python -m benchmarks.import_kills [--kills 20] [--rounds 1] [--seed 0]

A real service on SQLite gets an Optuna journal of 12 studies with 150 trials each and answers that the job is there.
It is killed (SIGKILL) after a random time of 0 to 2 seconds and started again, --kills times; every restart must know
the job. Counted is how many of the kills found the job unfinished. Then the job is seen through: every study must be
there once, with every trial in order, the best value and one record of the import. The same history is sent a second
time, which must change nothing.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.stats import write_results
from tests.service.test_import_kills import (
    N_STUDIES,
    N_TRIALS,
    REQUEST,
    check_whole,
    history,
    killed_until_done,
    see_through,
)


def main() -> None:
    """Print the counts; a check that fails ends the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1, help="services that are killed so often each")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    found = {
        "kills": 0,
        "kills_of_unfinished_jobs": 0,
        "studies": 0,
        "trials": 0,
        "failed_jobs": 0,
        "changed_by_sending_again": 0,
    }
    for number in range(args.rounds):
        with tempfile.TemporaryDirectory() as place:
            source = history(Path(place) / "optuna.log")
            service, state, n_unfinished = killed_until_done(
                Path(place) / "service", source, n_kills=args.kills, seed=args.seed + number
            )
            try:
                found["failed_jobs"] += state != "succeeded"
                check_whole(service)
                found["kills"] += args.kills
                found["kills_of_unfinished_jobs"] += n_unfinished
                found["studies"] += N_STUDIES
                found["trials"] += N_STUDIES * N_TRIALS
                with source.open("rb") as file:
                    again = service.http.post(
                        "/v1/imports", files={"file": (source.name, file)}, data={"request": REQUEST}
                    )
                job = see_through(service, f"/v1/jobs/{again.json()['job_id']}")
                found["changed_by_sending_again"] += sum(int(study["n_new"]) for study in job["result"]["studies"])
            finally:
                service.stop()
    print(json.dumps(found, indent=1))
    print(write_results("import_kills", found))
    sys.exit(1 if found["failed_jobs"] or found["changed_by_sending_again"] else 0)


if __name__ == "__main__":
    main()
