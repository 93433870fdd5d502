"""Evaluations on a Dask cluster; needs the extra ``dask``: `knowledge.backfill.engines` imports it when it is used."""

import threading
from collections.abc import Iterable, Iterator
from itertools import islice

from distributed import Client, Future, as_completed
from distributed.scheduler import KilledWorker

from knowledge.backfill.child_process import Child, EvaluationLimits
from knowledge.backfill.jobs import EvaluationJob, Failure, FailureKind, Outcome

RETRIES = 3
"""Deaths of workers that one job may survive: some kill their machine, and would kill all others too."""

_OF_THREAD = threading.local()


def run_on_cluster(
    address: str, jobs: Iterable[EvaluationJob], *, limits: EvaluationLimits, in_flight: int
) -> Iterator[Outcome]:
    """Evaluate on the cluster at `address`, `in_flight` jobs a thread at a time, so that none waits for the next.

    Each job's outcome comes exactly once: Dask gives a job whose worker dies to another one, and answers only one run.
    """
    source = iter(jobs)
    with Client(address, set_as_default=False) as client:
        threads = sum(client.nthreads().values())
        running: dict[str, EvaluationJob] = {}
        finished = as_completed(loop=client.loop)

        def submit(job: EvaluationJob) -> None:
            future = client.submit(evaluate, job, limits, pure=False, retries=0)
            running[future.key] = job
            finished.add(future)

        for job in islice(source, max(threads, 1) * in_flight):
            submit(job)
        for future in finished:
            outcome = _outcome(future, running.pop(future.key))
            if (following := next(source, None)) is not None:
                submit(following)
            yield outcome


def evaluate(job: EvaluationJob, limits: EvaluationLimits) -> Outcome:
    """Evaluate a job where a worker runs, in a killable process that the thread keeps."""
    child = getattr(_OF_THREAD, "child", None)
    if child is None or child.limits != limits:
        if child is not None:
            child.stop()
        child = _OF_THREAD.child = Child(limits)
    outcome: Outcome = child.evaluate(job)
    return outcome


def _outcome(future: "Future[Outcome]", job: EvaluationJob) -> Outcome:
    error = future.exception()
    if error is None:
        outcome: Outcome = future.result()
        return outcome
    if isinstance(error, KilledWorker):
        return Outcome(job, Failure(FailureKind.MEMORY, f"killed its worker {RETRIES} times: {error}"[:500]), 0.0)
    raise error
