"""Kill a backfill at random moments: is anything acknowledged lost, or done twice?

    python -m benchmarks.backfill_kills [--kills 20] [--pack-kills 20] [--configurations 40] [--seed 0]

A real `python -m knowledge backfill` over scikit-learn's bundled datasets. Half of the kills end its whole process
group (SIGKILL, as a power cut), and it is started again; half end one of its evaluating processes, and it goes on.
Most kills come a random number of outcomes after the last, some at any moment of a start. A line of the log that ends
is acknowledged: after every kill all earlier ones must be there unchanged. In the end every planned evaluation must be
logged once, none as a failure, with the same scores as in a backfill that nobody disturbed, and a pack that is killed
while it is written stays what it was or is the new one.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from benchmarks.stats import write_results
from knowledge.backfill.jobs import EvaluationResult
from knowledge.backfill.outcome_log import read_log
from knowledge.pack.pack_file import read_knowledge

SPACES: Final = ("linear", "knn")
MAX_ROWS: Final = 120
MOST_LINES: Final = 24
"""Between two kills up to so many evaluations are logged, so that there is work left at the last."""
STARTING: Final = 4
"""Every fourth kill comes at any moment, while the processes start too."""
END_S: Final = 600.0


@dataclass(slots=True)
class KillCounts:
    """What happened.

    Attributes:
        groups: Kills of the whole process group.
        children: Kills of one evaluating process.
        starts: Times that the backfill was started.
        lost: Acknowledged lines that weren't there any more.
        at_line: Whole lines of the log at each kill.
    """

    groups: int = 0
    children: int = 0
    starts: int = 0
    lost: int = 0
    at_line: list[int] = field(default_factory=list)


def main() -> None:
    """Print the counts; exit with 1 where something was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--configurations", type=int, default=40)
    parser.add_argument("--pack-kills", type=int, default=20, help="of the packing of the log")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = write_folder(Path(place) / "tables")
        undisturbed = Path(place) / "undisturbed.jsonl"
        first_s = run_to_end(_command(folder, undisturbed, args.configurations), undisturbed)
        log = Path(place) / "killed.jsonl"
        counts = kill_and_finish(
            _command(folder, log, args.configurations), log, args.kills, longest_s=2 * first_s, seed=args.seed
        )
        found = verdict(log, undisturbed)
        print(counts, found, flush=True)
        packs = kill_packing(folder, log, n_kills=args.pack_kills, seed=args.seed)
    body = {
        "killed": {"groups": counts.groups, "children": counts.children},
        "starts": counts.starts,
        "lines_at_kills": counts.at_line,
        "acknowledged_lost": counts.lost,
        **found,
        **packs,
    }
    print(json.dumps(body, indent=1))
    print(write_results("backfill_kills", body))
    wrong = ("acknowledged_lost", "logged_twice", "never_done", "failures", "other_scores", "broken_packs")
    sys.exit(1 if any(body[key] for key in wrong) else 0)


def write_folder(folder: Path) -> Path:
    """Scikit-learn's four small datasets as Parquet with a manifest."""
    folder.mkdir(parents=True)
    manifest = []
    for name, load, task in (
        ("iris", load_iris, "multiclass"),
        ("wine", load_wine, "multiclass"),
        ("breast_cancer", load_breast_cancer, "binary"),
        ("diabetes", load_diabetes, "regression"),
    ):
        frame = load(as_frame=True).frame
        if task != "regression":
            frame = frame.astype({"target": str})
        frame.to_parquet(folder / f"{name}.parquet")
        n_classes = None if task == "regression" else int(frame["target"].nunique())
        entry = {"name": name, "file": f"{name}.parquet", "task": task, "target": "target", "n_classes": n_classes}
        manifest.append({**entry, "n_rows": len(frame), "n_features": frame.shape[1] - 1})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _command(folder: Path, log: Path, configurations: int) -> list[str]:
    command = [sys.executable, "-m", "knowledge", "backfill", str(folder), "--log", str(log), "--workers", "2"]
    command += ["--pack", str(folder / "none.zip"), "--rounds", str(folder / "none.json"), "--no-extras"]
    command += ["--configurations", str(configurations), "--max-rows", str(MAX_ROWS)]
    return command + [option for space in SPACES for option in ("--space", space)]


def run_to_end(command: Sequence[str], log: Path) -> float:
    """Run it, and return the seconds until the first outcome was logged."""
    started, first_s = time.monotonic(), None
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if first_s is None and _whole_lines(log):
                first_s = time.monotonic() - started
            time.sleep(0.02)
    if process.returncode or first_s is None:
        raise RuntimeError(f"the undisturbed backfill ended with {process.returncode}")
    return first_s


def kill_and_finish(command: Sequence[str], log: Path, n_kills: int, *, longest_s: float, seed: int) -> KillCounts:
    """Kill it so many times, group and child by turns, and let it finish; one that has finished is started again.

    Args:
        command: The backfill.
        log: Its log.
        n_kills: How many.
        longest_s: At most so many seconds pass before a kill that doesn't wait for the log.
        seed: Of the moments.
    """
    rng = random.Random(seed)
    counts, acknowledged = KillCounts(), list[str]()
    process = _start(command, counts)
    for number in range(n_kills):
        if number % STARTING == STARTING - 1:
            time.sleep(rng.uniform(0.0, longest_s))
        else:
            _wait_for_lines(process, log, len(_whole_lines(log)) + rng.randint(1, MOST_LINES))
            time.sleep(rng.uniform(0.0, 0.1))
        if process.poll() is not None:
            process = _start(command, counts)
        if number % 2 == 0 or not _kill_child(process, rng, counts):
            _kill_group(process)
            counts.groups += 1
            process = _start(command, counts)
        now = _whole_lines(log)
        counts.lost += sum(1 for earlier, later in zip(acknowledged, now, strict=False) if earlier != later)
        counts.lost += max(len(acknowledged) - len(now), 0)
        counts.at_line.append(len(now))
        acknowledged = now
    process.wait(timeout=END_S)
    if process.returncode:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return counts


def _wait_for_lines(process: "subprocess.Popen[bytes]", log: Path, n_lines: int) -> None:
    """Until the log has so many, or the backfill has ended."""
    while process.poll() is None and len(_whole_lines(log)) < n_lines:
        time.sleep(0.002)


def _start(command: Sequence[str], counts: KillCounts) -> "subprocess.Popen[bytes]":
    counts.starts += 1
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):  # it has just finished
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _kill_child(process: "subprocess.Popen[bytes]", rng: random.Random, counts: KillCounts) -> bool:
    """Whether there was an evaluating process to kill."""
    try:
        children = psutil.Process(process.pid).children()
        if not children:
            return False
        rng.choice(children).kill()
    except psutil.NoSuchProcess:
        return False
    counts.children += 1
    return True


def _whole_lines(log: Path) -> list[str]:
    if not log.is_file():
        return []
    return [line for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def verdict(log: Path, undisturbed: Path) -> dict[str, int]:
    """What the killed backfill's log holds against that of one that nobody disturbed."""
    records, wanted = list(read_log(log)), {r.key: r.result for r in read_log(undisturbed)}
    counts = Counter(record.key for record in records)
    results = {record.key: record.result for record in records}
    other = 0
    for key in wanted.keys() & results.keys():
        expected, found = wanted[key], results[key]
        if isinstance(expected, EvaluationResult) and isinstance(found, EvaluationResult):
            other += expected.folds != found.folds
    return {
        "planned": len(wanted),
        "logged": len(records),
        "logged_twice": sum(n - 1 for n in counts.values()),
        "never_done": len(wanted.keys() - counts.keys()),
        "failures": sum(not isinstance(result, EvaluationResult) for result in results.values()),
        "other_scores": other,
    }


def kill_packing(folder: Path, log: Path, *, n_kills: int, seed: int) -> dict[str, int]:
    """Kill the packing of the log at random moments; after each kill the pack must be absent, old or new, but whole."""
    rng = random.Random(seed + 1)
    pack = folder / "pack.zip"
    command = [sys.executable, "-m", "knowledge", "pack", str(folder), "--log", str(log), "--pack", str(pack)]
    command += ["--out", str(pack), "--leave-out", "nothing"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # describes the tables, once
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    usual_s = time.monotonic() - started
    version, broken, killed = read_knowledge(pack).version, 0, 0
    for _ in range(n_kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.3, 1.0) * usual_s)
        killed += process.poll() is None
        process.kill()
        process.wait()
        broken += read_knowledge(pack).version != version
    return {"packings_killed": killed, "broken_packs": broken}


if __name__ == "__main__":
    main()
