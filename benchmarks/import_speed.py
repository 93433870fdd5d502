"""How quickly histories come in: real Optuna studies, and what an export of them writes, by one command each.

    python -m benchmarks.import_speed optuna.db [mlruns ...] [--metric accuracy] [--repeats 2] [--on postgresql]

Each SOURCE, and each format that `warmtune export` writes of the first one, goes into a fresh service by
``warmtune import`` twice; the second time has to change nothing. Printed are trials a second

- of the job, from its begin to its end, as the report has it;
- of the whole command: start of the command, upload, job, report;
- by processor seconds of the service with the process that reads (its start included), and with the command.

A source is imported --repeats times, an export once; medians are printed, and written down after each source, so that
a run that is ended has left what it had. With --on postgresql the service's database is one. Times by the clock mean
something only where processors are free: the load is written down, too.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.stats import print_table, write_results
from tests.postgres_server import new_database
from tests.serving import LiveService, start_service
from warmtune.client import Client

_COMMAND = (sys.executable, "-c", "from warmtune.cli.app import app; app()")
_SETTLED_S = 1.0


@dataclass(frozen=True, slots=True)
class Pass:
    """One import.

    Attributes:
        n_trials: That were read.
        n_stored: New or changed ones.
        job_s: Of the job, by the clock.
        command_s: Of the command, by the clock.
        service_cpu_s: Processor seconds of the service and the process that reads.
        command_cpu_s: Processor seconds of the command.
    """

    n_trials: int
    n_stored: int
    job_s: float
    command_s: float
    service_cpu_s: float
    command_cpu_s: float


def main() -> None:
    """Import, print, write down; a second pass that stores something ends the run."""
    asked = _parser().parse_args()
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        sources = {path.name: path for path in asked.sources}
        if not asked.no_exports:
            sources |= exported(scratch, asked.sources[0], asked.metric)
        results: dict[str, object] = {}
        rows = []
        for number, (name, source) in enumerate(sources.items()):
            n_passes = asked.repeats if source in asked.sources else 1
            passes = [import_twice(scratch / f"{number}-{i}", source, asked.metric, asked.on) for i in range(n_passes)]
            for which, found in (("", [one[0] for one in passes]), (", again", [one[1] for one in passes])):
                middle = median_pass(found)
                results[f"{name}{which}"] = asdict(middle)
                rows.append([f"{name}{which}", *_rates(middle)])
            print(f"{name}: done, {os.getloadavg()[0]:.1f} processes ran or waited for a processor", flush=True)
            write_results(f"import_speed_{asked.on}", results | {"load_average": os.getloadavg()[0]})
    header = (
        "source",
        "trials",
        "job /s",
        "command /s",
        "service /cpu s",
        "both /cpu s",
        "job s",
        "command s",
        "cpu s",
    )
    print_table(header, rows)
    if any(one["n_stored"] for name, one in results.items() if name.endswith(", again")):  # type: ignore[index]
        sys.exit("importing again has changed something")


def exported(scratch: Path, source: Path, metric: str) -> dict[str, Path]:
    """The first source in every format that is written, by name."""
    service = start_service(scratch / "exporting")
    targets = [scratch / name for name in ("exported.log", "exported.csv", "exported.parquet")]
    try:
        with Client(service.url, timeout_s=600.0) as client:
            client.import_history(source, metric=metric)
            for target in targets:
                client.export_history(target)
    finally:
        service.stop()
    return {target.name: target for target in targets}


def import_twice(directory: Path, source: Path, metric: str, kind: str) -> tuple[Pass, Pass]:
    """The same source two times into a fresh service whose reading process waits."""
    with ExitStack() as stack:
        url = stack.enter_context(new_database(kind, directory / "database"))
        service = start_service(directory, database_url=url)
        try:
            wait_for_reader(directory, service)
            first = import_once(service, source, metric)
            time.sleep(_SETTLED_S)
            return first, import_once(service, source, metric)
        finally:
            service.stop()


def wait_for_reader(directory: Path, service: LiveService) -> None:
    """Let a process wait for the next history, as in a service that has warmed up or imported something before.

    The service of a benchmark doesn't warm up: learning its models beside the import is not the import's time.
    """
    small = directory / "small.csv"
    small.write_text("number,x,accuracy\n" + "".join(f"{n},{n / 7},{n / 9}\n" for n in range(8)))
    with Client(service.url) as client:
        for _ in range(2):  # what reads tables is loaded for good at the order after the first table
            client.import_history(small, metric="accuracy", dry_run=True)
    time.sleep(_SETTLED_S)


def import_once(service: LiveService, source: Path, metric: str) -> Pass:
    """One command."""
    service_before, command_before, started = cpu_s_of(service.process.pid), _children_s(), time.perf_counter()
    command = [*_COMMAND, "import", str(source), "--metric", metric, "--url", service.url, "--format", "json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    command_s = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{source.name}: {done.stdout}{done.stderr}")
    report = json.loads(done.stdout)
    counts = report["n_trials"]
    return Pass(
        n_trials=sum(counts.values()),
        n_stored=counts["new"] + counts["changed"],
        job_s=report["total_s"],
        command_s=command_s,
        service_cpu_s=cpu_s_of(service.process.pid) - service_before,
        command_cpu_s=_children_s() - command_before,
    )


def cpu_s_of(pid: int) -> float:
    """Processor seconds of a process, of those of its children that have ended, and the same of its living children.

    Histories are read by forks of a child, which lives on.
    """
    process = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:4]) for one in (process, *process.children()))


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def median_pass(passes: Sequence[Pass]) -> Pass:
    """The median of each time; counts are the same in all."""
    first = passes[0]
    names = ("job_s", "command_s", "service_cpu_s", "command_cpu_s")
    times = {name: statistics.median(getattr(one, name) for one in passes) for name in names}
    return Pass(first.n_trials, first.n_stored, **times)


def _rates(one: Pass) -> list[str]:
    both_s = one.service_cpu_s + one.command_cpu_s
    seconds = (one.job_s, one.command_s, one.service_cpu_s, both_s)
    rates = [f"{one.n_trials / max(s, 1e-9):,.0f}" for s in seconds]
    return [f"{one.n_trials:,}", *rates, f"{one.job_s:.2f}", f"{one.command_s:.2f}", f"{one.service_cpu_s:.2f}"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path, nargs="+", help="files or folders, the first one filled by Optuna")
    parser.add_argument("--metric", default="accuracy")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--no-exports", action="store_true", help="only the sources that are given")
    return parser


if __name__ == "__main__":
    main()
