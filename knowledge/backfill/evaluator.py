"""The process that evaluates: jobs come as lines of JSON, results go back the same way, until the pipe closes.

Started by `knowledge.backfill.child_process`, which kills it where it takes too long or too much memory.
"""

import json
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.backfill.jobs import EvaluationJob, Failure, FailureKind
from knowledge.parent_watch import end_with_parent
from warmtune.vocabulary.task import TaskKind

if TYPE_CHECKING:
    from knowledge.backfill.evaluation import EvaluationSample

_OUT_OF_MEMORY = ("bad_alloc", "bad allocation", "out of memory", "Unable to allocate")


def main() -> None:
    """Serve; whatever libraries print goes to the error stream, so that it can't be taken for a result."""
    end_with_parent()  # nobody else would end a fit that takes too long
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        results.write(answer(EvaluationJob.from_json(line)) + "\n")
        results.flush()


def answer(job: EvaluationJob) -> str:
    """The result of a job as one line of JSON."""
    from knowledge.backfill.evaluation import cross_validate  # noqa: PLC0415  # after the thread limits of the environment

    try:
        protocol = job.protocol
        sample = _load(job.path, job.target, job.kind, protocol.max_rows)
        result = cross_validate(
            sample, job.search_space, job.configuration, n_folds=protocol.n_folds, seed=protocol.split
        )
    except Exception as error:  # noqa: BLE001  # the edge of a job: any failure of a fit is a failed trial
        failure = failure_of(error)
        return json.dumps({"failure": str(failure.kind), "detail": failure.detail})
    peak = None if result.peak_mb is None else round(result.peak_mb, 1)
    seconds = [round(s, 4) for s in result.seconds]
    return json.dumps({"folds": dict(result.folds), "seconds": seconds, "peak_mb": peak}, allow_nan=False)


def failure_of(error: Exception) -> Failure:
    """The kind of failure that an exception is."""
    text = f"{type(error).__name__}: {error}"[:500]
    is_memory = isinstance(error, MemoryError) or any(words in text for words in _OUT_OF_MEMORY)
    return Failure(FailureKind.MEMORY if is_memory else FailureKind.ERROR, text)


@lru_cache(maxsize=1)
def _load(path: Path, target: str, kind: TaskKind, max_rows: int) -> "EvaluationSample":
    import pandas as pd  # noqa: PLC0415  # after the thread limits of the environment

    from knowledge.backfill.evaluation import sample_rows  # noqa: PLC0415

    return sample_rows(pd.read_parquet(path), target, kind=kind, max_rows=max_rows, seed=0)


if __name__ == "__main__":
    main()
