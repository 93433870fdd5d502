"""How the engine grows with past tasks, from a hundred to a million: learning, memory, answers, snapshot, restart.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.engine_scale [--tasks 100 1000 10000] [--own-until N]

Synthetic tasks of 50 trials each (`benchmarks.engine_scale_tasks`), over a conditional space of seven parameters. Each
number of tasks is measured in a process of its own, the loading of its snapshot in another one. Up to `--own-until`
tasks every task has tried configurations of its own; beyond, tasks draw theirs from a shared pool, since making 50
million distinct ones takes longer than learning from them. Numbers at which both are measured show the difference.

All seconds are processor seconds, of one thread, since others may be at work on the machine; those of learning leave
out what making the tasks takes. `peak` is the largest resident memory of the process while it learned. `file` is the
snapshot's size; it is loaded from a mapped file, after the imports, and `loaded` is what that and a first answer add to
the resident memory. Answers are medians, and of recommendations also what 95 % are below, in milliseconds; `reported`
is the time until a task's 50 trials are in the model. Lines replace those of the same numbers in the results.
"""

import argparse
import json
import mmap
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine_scale_tasks import SyntheticPast, asked_trials
from benchmarks.engine_speed import SPACE
from benchmarks.stats import RESULTS, print_table, write_results
from learning.models.learned import LearnedModel
from learning.snapshots.models import model_from_bytes, model_to_bytes
from metamodel.engine import SpaceModel, fit_model
from metamodel.reported import with_reported
from store.model_snapshots import SnapshotFacts, StudySet
from warmtune.vocabulary.metrics import Direction

N_ASKED = 40
N_SUGGESTIONS = 10
N_REPORTED = 10
FIRST_ASKED = 2_000_000_000
"""Numbers of tasks that no past holds."""
FACTS = SnapshotFacts({}, None, "", None, StudySet(0, {}))
HEADER = (
    "past tasks",
    "learn, s",
    "peak, MB",
    "bytes a task",
    "file, MB",
    "load, s",
    "loaded, MB",
    "recommend, ms",
    "95 %",
    "suggest after 10",
    "after 100",
    "100 after 300, s",
    "reported, ms",
)
Measured = dict[str, float | int | str]


def main() -> None:
    """Print the table and write ``results/engine_scale.json``; or measure one line of it, as JSON."""
    args = _arguments()
    if args.measure is not None:
        sys.stdout.write(json.dumps(measure(args.measure, args.pool, args.file)) + "\n")
    elif args.load:
        sys.stdout.write(json.dumps(loaded(args.file)) + "\n")
    else:
        lines = []
        for n_tasks in args.tasks:
            pools = ([None] if n_tasks <= args.own_until else []) + ([args.pool] if n_tasks >= args.own_until else [])
            lines += [_in_processes(n_tasks, pool) for pool in pools]
        print_table(HEADER, [_row(line) for line in lines])
        print(write_results("engine_scale", _among_others(lines)))


def measure(n_tasks: int, n_pool: int | None, snapshot: Path) -> Measured:
    """Learn from tasks, ask, and write the snapshot."""
    past = SyntheticPast(n_tasks, n_pool=n_pool)
    began, made_s = time.process_time(), past.spent_s
    model = fit_model(SPACE, past, metric="accuracy", direction=Direction.MAXIMIZE)
    learn_s = time.process_time() - began - (past.spent_s - made_s)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    arrays = sum(array.nbytes for array in arrays_of(model))
    a_task = model.many.n_bytes / n_tasks if model.many is not None else arrays / n_tasks
    line: Measured = {"n_tasks": n_tasks, "n_pool": n_pool or 0, "learn_s": learn_s, "peak_mb": peak_mb}
    line |= {"n_bytes": arrays, "bytes_a_task": a_task, "n_core": len(model.histories)}
    line |= asked(model, past)
    line["reported_ms"] = statistics.median(reported(model, past))
    began = time.process_time()
    content = model_to_bytes(LearnedModel(model, FACTS.sources, None, {}, FACTS.studies, FACTS.grounds))
    snapshot.write_bytes(content)
    return line | {"file_bytes": len(content), "write_s": time.process_time() - began}


def asked(model: SpaceModel, past: SyntheticPast) -> Measured:
    """Milliseconds of answers, each for another task, after a first one of each kind."""
    rng = np.random.default_rng(7)
    tasks = [past.world.task(FIRST_ASKED + i, rng)[0].meta_features for i in range(N_ASKED)]
    recommend = [partial(model.recommend, features, n=10) for features in tasks]
    after = {n: [asked_trials(FIRST_ASKED + i, n) for i in range(N_SUGGESTIONS)] for n in (10, 100)}
    suggest = {
        n: [partial(model.suggest, f, t, n=1) for f, t in zip(tasks, trials, strict=False)]
        for n, trials in after.items()
    }
    hundred = partial(model.suggest, tasks[0], asked_trials(FIRST_ASKED, 300), n=100)
    first_ms = _elapsed_ms(recommend[0])
    times = [_elapsed_ms(call) for call in recommend]
    line: Measured = {"first_ms": first_ms, "recommend_ms": statistics.median(times)}
    line["recommend_95_ms"] = float(np.quantile(times, 0.95))
    for n, calls in suggest.items():
        calls[0]()
        line[f"suggest_{n}_ms"] = statistics.median(_elapsed_ms(call) for call in calls)
    hundred()
    return line | {"hundred_s": min(_elapsed_ms(hundred) for _ in range(3)) / 1e3}


def reported(model: SpaceModel, past: SyntheticPast) -> list[float]:
    """Milliseconds until a task's trials are in the model: of known tasks and of new ones, one after the other."""
    new = SyntheticPast(N_REPORTED, n_pool=None, start=FIRST_ASKED)
    times = []
    for history in (*past[:N_REPORTED], *new):
        began = time.process_time()
        model = with_reported(model, [history])
        times.append(1e3 * (time.process_time() - began))
    return times


def loaded(snapshot: Path) -> Measured:
    """Seconds to read the snapshot, and milliseconds of the first answer after that."""
    before_mb, began = _resident_mb(), time.process_time()
    with snapshot.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    model = model_from_bytes(content, FACTS, None).model
    load_s = time.process_time() - began
    features = SyntheticPast(1, n_pool=None, start=FIRST_ASKED)[0].task.meta_features
    first_ms = _elapsed_ms(partial(model.recommend, features, n=10))
    return {"load_s": load_s, "first_after_load_ms": first_ms, "resident_mb": _resident_mb() - before_mb}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def arrays_of(model: SpaceModel) -> list[np.ndarray[Any, Any]]:
    """The distinct arrays that a model holds, however deep."""
    found: dict[int, np.ndarray[Any, Any]] = {}
    waiting: list[object] = [model]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            base = value if value.base is None or not isinstance(value.base, np.ndarray) else value.base
            found[id(base)] = base
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif hasattr(value, "__dataclass_fields__"):
            waiting.extend(getattr(value, name) for name in value.__dataclass_fields__)
    return list(found.values())


def _among_others(lines: list[Measured]) -> list[Measured]:
    """The lines together with those of other numbers that were measured before, few tasks first."""
    written = RESULTS / "engine_scale.json"
    before: list[Measured] = json.loads(written.read_text())["results"] if written.is_file() else []
    by_size = {(line["n_tasks"], line["n_pool"]): line for line in [*before, *lines]}
    return [by_size[size] for size in sorted(by_size)]


def _in_processes(n_tasks: int, n_pool: int | None) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        given = ["--file", str(Path(folder) / "snapshot"), *([] if n_pool is None else ["--pool", str(n_pool)])]
        line = _child("--measure", str(n_tasks), *given, *(["--pool", "0"] if n_pool is None else []))
        line |= min((_child("--load", *given) for _ in range(3)), key=lambda one: float(one["load_s"]))
    sys.stderr.write(json.dumps(line) + "\n")
    return line


def _child(*arguments: str) -> Measured:
    command = [sys.executable, "-m", "benchmarks.engine_scale", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def _elapsed_ms(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return 1e3 * (time.process_time() - began)


def _row(line: Measured) -> tuple[str, ...]:
    def number(name: str, digits: int, *, unit: float = 1.0) -> str:
        return f"{float(line[name]) / unit:,.{digits}f}"

    tried = "own" if not line["n_pool"] else f"of {line['n_pool']:,}"
    return (
        f"{line['n_tasks']:,}, {tried}",
        number("learn_s", 1),
        number("peak_mb", 0),
        number("bytes_a_task", 0),
        number("file_bytes", 1, unit=1e6),
        number("load_s", 3),
        number("resident_mb", 0),
        number("recommend_ms", 1),
        number("recommend_95_ms", 1),
        number("suggest_10_ms", 1),
        number("suggest_100_ms", 1),
        number("hundred_s", 2),
        number("reported_ms", 1),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument(
        "--own-until", type=int, default=10_000, help="to here every task tries configurations of its own"
    )
    parser.add_argument("--pool", type=int, default=20_000, help="configurations that tasks draw from beyond that")
    parser.add_argument("--measure", type=int, metavar="N", help=argparse.SUPPRESS)
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.pool = args.pool or None
    return args


if __name__ == "__main__":
    main()
