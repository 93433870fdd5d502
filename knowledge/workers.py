"""Killable workers: each evaluates one job at a time in its own process, under a time limit."""

import multiprocessing
import multiprocessing.connection
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.task import TaskKind

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Job:
    """One configuration to cross-validate on one table.

    Attributes:
        dataset: Name of the dataset.
        path: Its Parquet file.
        target: Its target column.
        kind: What is predicted.
        search_space: Shipped search space.
        index: Number of the configuration: 0 is the default.
        configuration: Its values.
        max_rows: Rows to use.
        seed: Of row sample, folds and model.
    """

    dataset: str
    path: Path
    target: str
    kind: TaskKind
    search_space: str
    index: int
    configuration: dict[str, ParameterValue]
    max_rows: int
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: scores by metric, or the reason why there are none."""

    job: Job
    scores: dict[str, float] | None
    duration_s: float
    error: str | None = None


class _Worker:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.started = 0.0

    def start(self, job: Job) -> None:
        self.job, self.started = job, time.monotonic()
        self.pipe.send(job)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_jobs(jobs: Iterable[Job], *, n_workers: int, time_limit_s: float) -> Iterator[Outcome]:
    """Evaluate jobs in parallel; outcomes come as they finish.

    A job over its limit is killed with its process, and so is one whose process dies: both are outcomes with an error.
    """
    waiting = iter(jobs)
    workers = [_Worker() for _ in range(n_workers)]
    try:
        while True:
            for worker in workers:
                if worker.job is None and (job := next(waiting, None)) is not None:
                    worker.start(job)
            busy = [worker for worker in workers if worker.job is not None]
            if not busy:
                return
            multiprocessing.connection.wait([w.pipe for w in busy] + [w.process.sentinel for w in busy], timeout=0.5)
            for position, worker in enumerate(workers):
                if worker.job is None:
                    continue
                outcome = _collect(worker, time_limit_s)
                if outcome is None:
                    continue
                if outcome.scores is None and (outcome.error or "").startswith("process"):
                    worker.stop()
                    workers[position] = _Worker()
                else:
                    worker.job = None
                yield outcome
    finally:
        for worker in workers:
            worker.stop()


def _collect(worker: _Worker, time_limit_s: float) -> Outcome | None:
    """The worker's outcome, or None while it is at work."""
    job = worker.job
    if job is None:
        return None
    elapsed = time.monotonic() - worker.started
    if worker.pipe.poll():
        try:
            scores, duration_s, error = worker.pipe.recv()
        except EOFError:
            return Outcome(job, None, elapsed, "process died")
        return Outcome(job, scores, duration_s, error)
    if not worker.process.is_alive():
        return Outcome(job, None, elapsed, f"process died with exit code {worker.process.exitcode}")
    if elapsed > time_limit_s:
        return Outcome(job, None, elapsed, f"process killed after the time limit of {time_limit_s:g} s")
    return None


def _serve(pipe: "multiprocessing.connection.Connection[tuple[object, ...], Job]") -> None:
    """The child: evaluates what comes down the pipe, with one thread, until the pipe closes."""
    for name in _THREAD_LIMITS:
        os.environ[name] = "1"
    # scikit-learn reads the thread limits when it is imported, so only now
    import pandas as pd  # noqa: PLC0415

    from knowledge.evaluation import Sample, cross_validate, sample_rows  # noqa: PLC0415

    @lru_cache(maxsize=1)
    def load(path: Path, target: str, kind: TaskKind, size_and_seed: tuple[int, int]) -> Sample:
        max_rows, seed = size_and_seed
        return sample_rows(pd.read_parquet(path), target, kind=kind, max_rows=max_rows, seed=seed)

    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        started = time.perf_counter()
        try:
            sample = load(job.path, job.target, job.kind, (job.max_rows, job.seed))
            result = cross_validate(sample, job.search_space, job.configuration, seed=job.seed)
        except Exception as error:  # noqa: BLE001  # the edge of a job: any failure of a fit is a failed trial
            pipe.send((None, time.perf_counter() - started, f"{type(error).__name__}: {error}"[:500]))
        else:
            pipe.send((result.scores, result.duration_s, None))
