"""The knowledge base as a value: tasks, and what was tried on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import KNOWN_METRICS, Direction
from warmtune.vocabulary.task import Task, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState


class Status(IntEnum):
    """What became of a configuration on a task; the values are what packs hold."""

    UNTRIED = 0
    DONE = 1
    TIME = 2
    MEMORY = 3
    ERROR = 4


@dataclass(frozen=True, slots=True)
class PastStudy:
    """All trials of one task over one search space under one metric."""

    task_id: str
    search_space: str
    metric: str
    direction: Direction
    trials: tuple[Trial, ...]


class StudyColumns(NamedTuple):
    """A study's task, metric, and trials as columns of one length.

    Attributes:
        task_id: The task.
        metric: The metric.
        numbers: Of each trial: the configuration's place in the table.
        configurations: Of each trial; the studies of a task that have the same trials share the list.
        values: Of each trial; None where it failed.
        durations_s: Of each trial.
    """

    task_id: str
    metric: str
    numbers: list[int]
    configurations: list[dict[str, ParameterValue]]
    values: list[float | None]
    durations_s: list[float]


@dataclass(frozen=True, slots=True)
class Details:
    """What is stored of evaluations beyond the score: for data sheets, noise estimates and predictions of cost.

    Attributes:
        folds: By metric, shape ``(T, C, F)`` in natural units; NaN where unknown. Kept to about three digits of their
            deviation from the mean.
        seconds: Processor seconds of each fold, shape ``(T, C, F)``; NaN where unknown.
        peak_mb: Shape ``(T, C)``; NaN where unknown.
    """

    folds: Mapping[str, FloatArray]
    seconds: FloatArray
    peak_mb: FloatArray


@dataclass(frozen=True, slots=True)
class Table:
    """Results of one search space: tasks tried the same configurations, most of them all.

    Attributes:
        search_space: Its name in the catalogue.
        kinds: Kinds of task it is made for.
        task_ids: ``T`` tasks.
        configurations: ``C`` configurations; the first is the default.
        scores: By metric, shape ``(T, C)`` in natural units; NaN where the trial failed or wasn't tried.
        durations_s: Shape ``(T, C)``; seconds of all folds, or until the failure; NaN where it wasn't tried.
        status: `Status` values, shape ``(T, C)``.
        max_rows: Rows that were used of each task's table at most, shape ``(T,)``.
        split: Seed of the folds; only the tables of split 0 become studies.
        n_folds: Folds.
        details: What else is kept, or None where it wasn't read.
    """

    search_space: str
    kinds: frozenset[TaskKind]
    task_ids: tuple[str, ...]
    configurations: tuple[dict[str, ParameterValue], ...]
    scores: Mapping[str, FloatArray]
    durations_s: FloatArray
    status: NDArray[np.uint8]
    max_rows: NDArray[np.int64]
    split: int = 0
    n_folds: int = 3
    is_main: bool = True
    details: Details | None = field(default=None, repr=False)

    def columns(self) -> Iterator[StudyColumns]:
        """One study for each task and metric, without what wasn't tried; a task without any score has none."""
        tried = [np.flatnonzero(row) for row in self.status]  # `Status.UNTRIED` is 0
        numbers = [places.tolist() for places in tried]
        configurations = [[self.configurations[number] for number in places] for places in numbers]
        durations_s = [row[places].tolist() for row, places in zip(self.durations_s, tried, strict=True)]
        for metric, matrix in self.scores.items():
            for row, task_id in enumerate(self.task_ids):
                values = matrix[row, tried[row]]
                missing = np.isnan(values)
                if missing.all():
                    continue
                found: list[float | None] = values.tolist()
                for place in np.flatnonzero(missing).tolist():
                    found[place] = None
                yield StudyColumns(task_id, metric, numbers[row], configurations[row], found, durations_s[row])

    def studies(self) -> Iterator[PastStudy]:
        """The same as trials that are checked one by one, which takes far longer."""
        for study in self.columns():
            trials = tuple(
                Trial(
                    number=number,
                    configuration=configuration,
                    value=value,
                    state=TrialState.FAIL if value is None else TrialState.COMPLETE,
                    duration_s=duration_s,
                )
                for number, configuration, value, duration_s in zip(
                    study.numbers, study.configurations, study.values, study.durations_s, strict=True
                )
            )
            yield PastStudy(study.task_id, self.search_space, study.metric, KNOWN_METRICS[study.metric], trials)

    def full(self) -> "Table":
        """The largest part in which every task tried every configuration, for comparisons that need that.

        Configurations are taken in the order of how many tasks tried them; the prefix that makes the most of tasks
        times configurations wins. The default stays the first.
        """
        tried = self.status != int(Status.UNTRIED)
        order = np.argsort(-tried.sum(axis=0), kind="stable")
        complete = np.logical_and.accumulate(tried[:, order], axis=1)
        areas = complete.sum(axis=0) * np.arange(1, len(order) + 1)
        n = int(areas.argmax()) + 1
        return self.part(np.flatnonzero(complete[:, n - 1]), np.sort(order[:n]))

    def part(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> "Table":
        """The table of some tasks and configurations; without details."""
        cut = np.ix_(rows, columns)
        return replace(
            self,
            task_ids=tuple(self.task_ids[int(i)] for i in rows),
            configurations=tuple(self.configurations[int(i)] for i in columns),
            scores={metric: matrix[cut] for metric, matrix in self.scores.items()},
            durations_s=self.durations_s[cut],
            status=self.status[cut],
            max_rows=self.max_rows[rows],
            details=None,
        )


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """Tasks and what was tried on them.

    Attributes:
        version: Of its content.
        tasks: Distinct tasks.
        tables: One for each search space and group of kinds; others of the same with another size or split follow.
        facts: Where it is from: attribution, versions of libraries, and other words for the data sheet.
    """

    version: str
    tasks: tuple[Task, ...]
    tables: tuple[Table, ...]
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def main_tables(self) -> tuple[Table, ...]:
        """The tables that become studies: one for each search space and group of kinds."""
        return tuple(table for table in self.tables if table.is_main)

    @property
    def full_tables(self) -> tuple[Table, ...]:
        """The main tables' largest full parts; see `Table.full`."""
        return tuple(table.full() for table in self.main_tables if table.task_ids)

    @property
    def studies(self) -> tuple[PastStudy, ...]:
        """All studies of the main tables."""
        return tuple(study for table in self.main_tables for study in table.studies())
