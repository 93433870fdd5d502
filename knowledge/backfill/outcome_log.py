"""The resumable log of a backfill: one line of JSON an outcome, on disk before it counts."""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from knowledge.backfill.jobs import EvaluationResult, Failure, FailureKind, JobKey, Outcome, Protocol
from knowledge.designs.configuration_digest import configuration_digest
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """A line of the log: what an outcome is without the place of its table."""

    dataset: str
    kind: TaskKind
    search_space: str
    configuration: dict[str, ParameterValue]
    protocol: Protocol
    result: EvaluationResult | Failure
    elapsed_s: float

    @property
    def key(self) -> JobKey:
        """What distinguishes the evaluation from all others."""
        return JobKey(self.dataset, self.search_space, configuration_digest(self.configuration), self.protocol)


class OutcomeLog:
    """Appends outcomes to a file that survives being killed at any moment.

    A last line that was cut off is ended before anything follows it, so that it spoils only itself. One process at a
    time writes: two backfills with one log would do all work twice.
    """

    def __init__(self, path: Path) -> None:
        """Open and lock a log.

        Raises:
            InvalidInputError: Another process writes to it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(path)
        is_cut = path.is_file() and path.stat().st_size > 0 and path.read_bytes()[-1:] != b"\n"
        self._sink: TextIO = path.open("a", encoding="utf-8")
        if is_cut:
            self._sink.write("\n")

    def __enter__(self) -> "OutcomeLog":
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.close()
        self._lock.close()

    def append(self, outcome: Outcome) -> None:
        """Write one outcome; it is on disk when this returns."""
        self._sink.write(_line(outcome) + "\n")
        self._sink.flush()
        os.fsync(self._sink.fileno())


def read_log(path: Path) -> Iterator[OutcomeRecord]:
    """The records of a log, in order; none where there is no file. A line that was cut off is left out.

    Raises:
        InvalidInputError: A whole line that is no record.
    """
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                body = json.loads(line)
            except json.JSONDecodeError:
                continue  # cut off by a crash
            try:
                yield _record(body)
            except (KeyError, TypeError, ValueError) as error:
                raise InvalidInputError(
                    f"line {number} of {path.name} is not a record: {error}", field="log"
                ) from error


def _locked(path: Path) -> TextIO:
    """The log, opened and locked until it is closed or the process ends."""
    held = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise InvalidInputError(
            f"another process writes to {path.name}: give each backfill a log of its own",
            field="log",
            value=str(path),
        ) from error
    return held


def _line(outcome: Outcome) -> str:
    job, result = outcome.job, outcome.result
    body: dict[str, object] = {
        "dataset": job.dataset,
        "kind": str(job.kind),
        "search_space": job.search_space,
        "configuration": dict(job.configuration),
        "protocol": [job.protocol.max_rows, job.protocol.split, job.protocol.n_folds],
        "elapsed_s": round(outcome.elapsed_s, 3),
    }
    if isinstance(result, Failure):
        body |= {"failure": str(result.kind), "detail": result.detail}
    else:
        folds = {metric: [float(f"{v:.7g}") for v in values] for metric, values in result.folds.items()}
        body |= {"folds": folds, "seconds": list(result.seconds), "peak_mb": result.peak_mb}
    return json.dumps(body, allow_nan=False, separators=(",", ":"))


def _record(body: dict[str, object]) -> OutcomeRecord:
    result: EvaluationResult | Failure
    if "failure" in body:
        result = Failure(FailureKind(str(body["failure"])), str(body["detail"]))
    else:
        folds = {metric: tuple(values) for metric, values in body["folds"].items()}  # type: ignore[attr-defined]  # a JSON object
        result = EvaluationResult(folds, tuple(body["seconds"]), body["peak_mb"])  # type: ignore[arg-type]  # as written
    return OutcomeRecord(
        str(body["dataset"]),
        TaskKind(str(body["kind"])),
        str(body["search_space"]),
        body["configuration"],  # type: ignore[arg-type]  # as written
        Protocol(*body["protocol"]),  # type: ignore[misc]  # as written
        result,
        float(body["elapsed_s"]),  # type: ignore[arg-type]  # as written
    )
