"""How long somebody waits for an answer who has no server: seconds from the command, or the script, to its end.

    python -m benchmarks.first_answer [--runs 5] [--search-space lightgbm]

Each run is a user of its own, without a database and without a service: the first answer starts a service, which makes
the database and loads the knowledge base. The second is asked for at once; the third when the service has been idle for
some seconds, as it is when people read what was printed; the fourth after the service has ended with its last user,
which leaves the database. A script does the same in one process: it makes a client, describes a table in memory and
asks, then asks for another table. The table has 569 rows and 30 columns of numbers.

What this doesn't show: a disk that is read for the first time, and an installation whose Python files have yet to be
compiled. Processes of one user need three cores for a moment: on two they wait for each other.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.datasets import load_breast_cancer

from benchmarks.stats import print_table, write_results

GRACE_S: Final = 8.0
"""After the last user the service runs so long; by default two minutes, which nobody wants to wait here."""
IDLE_S: Final = 4.0
SCRIPT: Final = """
import time
from sklearn.datasets import load_breast_cancer
data = load_breast_cancer(as_frame=True)
began = time.perf_counter()
import warmtune
with warmtune.Client() as client:
    for frame in (data.data, data.data.iloc[:400]):
        client.recommend(warmtune.describe_task(frame, data.target[frame.index]), {space!r})
        print(time.perf_counter() - began)
        began = time.perf_counter()
"""


def _seconds(command: list[str], environment: Mapping[str, str]) -> tuple[float, str]:
    began = time.perf_counter()
    ended = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    took_s = time.perf_counter() - began
    if ended.returncode:
        raise RuntimeError(f"{command} failed: {ended.stderr}")
    return took_s, ended.stdout


def one_user(search_space: str, table: Path, folder: Path) -> dict[str, float]:
    """Seconds of each answer to a user who has nothing yet."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    environment |= {"XDG_DATA_HOME": str(folder / "commands"), "WARMTUNE_EMBEDDED_GRACE_S": str(GRACE_S)}
    command = [sys.executable, "-m", "warmtune", "recommend", str(table)]
    command += ["--target", "target", "--search-space", search_space]
    found = {}
    for name, pause_s in (("first", 0.0), ("at once", 0.0), ("idle service", IDLE_S), ("ended service", 3 * GRACE_S)):
        time.sleep(pause_s)
        found[f"command, {name}"], _ = _seconds(command, environment)
    environment["XDG_DATA_HOME"] = str(folder / "scripts")
    _, printed = _seconds([sys.executable, "-c", SCRIPT.format(space=search_space)], environment)
    found["script, first"], found["script, another table"] = map(float, printed.split())
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--search-space", default="lightgbm")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        table = place / "table.csv"
        load_breast_cancer(as_frame=True).frame.to_csv(table, index=False)
        runs = [one_user(asked.search_space, table, place / str(run)) for run in range(asked.runs)]
        time.sleep(2 * GRACE_S)  # services end before their folder does
    rows = [
        {"answer": name, "median_s": float(np.median(all_s)), "least_s": min(all_s), "most_s": max(all_s)}
        for name in runs[0]
        for all_s in [[run[name] for run in runs]]
    ]
    print_table(
        ("answer", "median, s", "least", "most"),
        [(str(row["answer"]), *(f"{row[key]:.2f}" for key in ("median_s", "least_s", "most_s"))) for row in rows],
    )
    print("written to", write_results("first_answer", rows))


if __name__ == "__main__":
    main()
