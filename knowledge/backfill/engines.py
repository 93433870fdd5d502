"""Where evaluations run: in this process, in local processes, or on a Dask cluster."""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol as Port

from knowledge.backfill.child_process import Child, EvaluationLimits, read_result
from knowledge.backfill.evaluator import answer
from knowledge.backfill.jobs import EvaluationJob, Outcome
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError


class Engine(Port):
    """Evaluates jobs; outcomes come as they finish, each job's exactly once."""

    def run(self, jobs: Iterable[EvaluationJob]) -> Iterator[Outcome]:
        """Take jobs in their order, as many at a time as there is room for."""


@dataclass(frozen=True, slots=True)
class ThisProcess:
    """One job after another, in this process: without limits, since nothing could be killed. For debugging."""

    def run(self, jobs: Iterable[EvaluationJob]) -> Iterator[Outcome]:
        """Evaluate in order."""
        for job in jobs:
            result = read_result(answer(job))
            yield Outcome(job, result, 0.0 if not hasattr(result, "seconds") else sum(result.seconds))


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """`n_workers` processes on this machine, each with one thread."""

    n_workers: int
    limits: EvaluationLimits

    def run(self, jobs: Iterable[EvaluationJob]) -> Iterator[Outcome]:
        """Evaluate in parallel; the processes end with the iterator."""
        waiting: queue.Queue[EvaluationJob | None] = queue.Queue()
        finished: queue.Queue[Outcome | None] = queue.Queue()
        children = [Child(self.limits) for _ in range(self.n_workers)]
        threads = [threading.Thread(target=_serve, args=(child, waiting, finished), daemon=True) for child in children]
        for thread in threads:
            thread.start()
        source = iter(jobs)
        try:
            n_out = 0
            for job in islice(source, self.n_workers):
                waiting.put(job)
                n_out += 1
            while n_out:
                outcome = finished.get()
                n_out -= 1
                if outcome is None:
                    raise RuntimeError("a worker thread ended by itself")
                following = next(source, None)
                if following is not None:
                    waiting.put(following)
                    n_out += 1
                yield outcome
        finally:
            for child in children:
                child.interrupt()
            for _ in threads:
                waiting.put(None)
            for thread in threads:
                thread.join()


def _serve(child: Child, waiting: "queue.Queue[EvaluationJob | None]", finished: "queue.Queue[Outcome | None]") -> None:
    try:
        while (job := waiting.get()) is not None:
            finished.put(child.evaluate(job))
    finally:
        child.stop()
        finished.put(None)


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """The threads of a Dask cluster's workers, each with a killable process of its own.

    A job whose worker dies goes to another worker; after `RETRIES` such deaths it is a failure. Tables are read where
    the worker runs, so the folder must be there under the same path.
    """

    address: str
    limits: EvaluationLimits
    in_flight: int = field(default=2)

    def run(self, jobs: Iterable[EvaluationJob]) -> Iterator[Outcome]:
        """Evaluate on the cluster; what wasn't finished when the iterator ends is cancelled."""
        try:
            from knowledge.backfill.dask_engine import run_on_cluster  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise MissingExtraError(
                "a Dask cluster needs the extra: pip install 'warmtune-server[dask]'", field="engine"
            ) from error
        yield from run_on_cluster(self.address, jobs, limits=self.limits, in_flight=self.in_flight)


def engine_of(name: str, *, n_workers: int, limits: EvaluationLimits) -> Engine:
    """The engine of a name: "here", "processes", or ``dask://HOST:PORT``.

    Raises:
        InvalidInputError: Any other name.
    """
    if name == "here":
        return ThisProcess()
    if name == "processes":
        return LocalProcesses(n_workers, limits)
    if name.startswith("dask://"):
        return DaskCluster("tcp://" + name.removeprefix("dask://"), limits)
    raise InvalidInputError(
        f"there is no engine {name!r}: pass here, processes or dask://HOST:PORT",
        field="engine",
        value=name,
        limit="here, processes, or dask://HOST:PORT",
    )
