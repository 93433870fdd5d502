"""One evaluation to be made, and what became of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from knowledge.designs.configuration_digest import configuration_digest
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.task import TaskKind


class FailureKind(StrEnum):
    """Why a configuration has no score. The values are what logs and packs hold."""

    TIME = "time"
    """Its fits took longer than the limit."""
    MEMORY = "memory"
    """It took more memory than the limit, or the machine's own ran out."""
    ERROR = "error"
    """The library refused it, died, or predicted what is not finite."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a configuration has no score, with the words of what failed."""

    kind: FailureKind
    detail: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a configuration is judged.

    Attributes:
        max_rows: Rows of the table that are used.
        split: Seed of folds and models; 0 is the one that all configurations have.
        n_folds: Folds of the cross-validation.
    """

    max_rows: int = 2_000
    split: int = 0
    n_folds: int = 3


@dataclass(frozen=True, slots=True)
class EvaluationJob:
    """One configuration to cross-validate on one table.

    Attributes:
        dataset: Name of the dataset.
        path: Its Parquet file.
        target: Its target column.
        kind: What is predicted.
        search_space: Shipped search space.
        configuration: Its values.
        protocol: How it is judged.
    """

    dataset: str
    path: Path
    target: str
    kind: TaskKind
    search_space: str
    configuration: Mapping[str, ParameterValue]
    protocol: Protocol

    @property
    def key(self) -> "JobKey":
        """What distinguishes it from all others."""
        return JobKey(self.dataset, self.search_space, configuration_digest(self.configuration), self.protocol)

    def to_json(self) -> str:
        """One line, for the process that evaluates it."""
        return json.dumps(
            {
                "dataset": self.dataset,
                "path": str(self.path),
                "target": self.target,
                "kind": str(self.kind),
                "search_space": self.search_space,
                "configuration": dict(self.configuration),
                "protocol": [self.protocol.max_rows, self.protocol.split, self.protocol.n_folds],
            }
        )

    @classmethod
    def from_json(cls, line: str) -> "EvaluationJob":
        """What `to_json` wrote."""
        body = json.loads(line)
        return cls(
            body["dataset"],
            Path(body["path"]),
            body["target"],
            TaskKind(body["kind"]),
            body["search_space"],
            body["configuration"],
            Protocol(*body["protocol"]),
        )


@dataclass(frozen=True, slots=True)
class JobKey:
    """What distinguishes one evaluation from all others."""

    dataset: str
    search_space: str
    configuration: str
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What cross-validation found.

    Attributes:
        folds: By metric one score a fold, in natural units and direction (`warmtune.vocabulary.metrics.KNOWN_METRICS`).
        seconds: Processor seconds of each fold's fit and predictions: a busy machine doesn't change them.
        peak_mb: Megabytes that the process held at most, above what it held before; None where the system doesn't say.
    """

    folds: Mapping[str, tuple[float, ...]]
    seconds: tuple[float, ...]
    peak_mb: float | None = None

    @property
    def scores(self) -> dict[str, float]:
        """Mean over the folds by metric."""
        return {metric: sum(values) / len(values) for metric, values in self.folds.items()}

    @property
    def duration_s(self) -> float:
        """Seconds of all folds."""
        return sum(self.seconds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: an evaluation, or the failure that it ended in after `elapsed_s`."""

    job: EvaluationJob
    result: EvaluationResult | Failure
    elapsed_s: float
