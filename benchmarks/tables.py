"""Tuning tables for benchmarks, as they lie in folders of recorded trials."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.backtest.records import RecordedTask, RecordedTasks
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

Configurations = tuple[dict[str, ParameterValue], ...]

LABELS = ("name", "openml_data_id", "provenance")


@dataclass(frozen=True, slots=True)
class TuningTable:
    """Full results: every task tried the same configurations.

    Attributes:
        name: For headings and file names.
        space: The search space.
        metric: What was scored.
        direction: Which way is better.
        tasks: ``T`` tasks with distinct ids.
        configurations: ``C`` configurations, valid in the space.
        scores: Shape ``(T, C)``, NaN where a trial failed.
        durations_s: Shape ``(T, C)``, NaN where unknown.
        groups: A name for each task; tasks of the same group are always left out together.
    """

    name: str
    space: SearchSpace
    metric: str
    direction: Direction
    tasks: tuple[Task, ...]
    configurations: Configurations
    scores: FloatArray
    durations_s: FloatArray
    groups: tuple[str, ...]

    def recording(self, *, n_known: int | None = None, history: int = 0) -> RecordedTasks:
        """A backtest's material: of each past task a random choice of its trials is known.

        Args:
            n_known: Trials known of each past task; None or more than there are: all.
            history: Which random choice; equal numbers give equal ones.
        """
        rng = np.random.default_rng(history)
        n_all = len(self.configurations)
        recorded = []
        for row in range(len(self.tasks)):
            rows = np.arange(n_all)
            if n_known is not None and n_known < n_all:
                rows = rng.choice(n_all, size=n_known, replace=False)
            recorded.append(
                RecordedTask(truth=self.history(row), known=self.history(row, rows), group=self.groups[row])
            )
        return RecordedTasks(self.space, self.metric, self.direction, tuple(recorded))

    def history(self, row: int, rows: NDArray[np.intp] | None = None) -> TaskHistory:
        """The trials of one task, all or those of `rows`."""
        chosen = np.arange(len(self.configurations)) if rows is None else rows
        return TaskHistory(
            self.tasks[row],
            tuple(self.configurations[int(i)] for i in chosen),
            self.scores[row, chosen],
            self.durations_s[row, chosen],
        )


def read_folder(folder: Path, *, ragged: bool = False) -> TuningTable:
    """A folder with ``space.json``, ``trials.parquet`` and ``metafeatures.parquet``.

    The score is maximised. Where trials have an `origin`, only random ones count: others were picked for one task.
    Labels among the meta-features are dropped. A task that no meta-feature tells from another has a gap with its own
    name, so that the two are different tasks.

    Args:
        folder: Of the table.
        ragged: Whether tasks may lack configurations; what was never run is NaN then.

    Raises:
        InvalidInputError: If a file is missing, or some task lacks a configuration and the table may not be ragged.
    """
    for name in ("space.json", "trials.parquet", "metafeatures.parquet"):
        if not (folder / name).is_file():
            raise InvalidInputError(f"{folder} has no {name}", field="folder", value=str(folder))
    space, names = _read_space(json.loads((folder / "space.json").read_text())["hyperparameters"])
    trials = pd.read_parquet(folder / "trials.parquet")
    if "config_id" not in trials:
        trials["config_id"] = trials.groupby("task").cumcount()
    if "origin" in trials:
        trials = trials[trials["origin"] == "random"]
    scores = trials.pivot(index="task", columns="config_id", values="score")
    if not ragged and scores.isna().any(axis=None):
        raise InvalidInputError(f"{folder.name} isn't a full table", field="folder", value=str(folder))
    rows = trials.drop_duplicates("config_id").set_index("config_id").loc[scores.columns]
    configurations = tuple(
        space.validate(_configuration(names, row, space)) for row in rows[names].astype(object).to_numpy()
    )
    tasks = _read_tasks(pd.read_parquet(folder / "metafeatures.parquet"), [str(task) for task in scores.index])
    return TuningTable(
        name=folder.name,
        space=space,
        metric="score",
        direction=Direction.MAXIMIZE,
        tasks=tasks,
        configurations=configurations,
        scores=scores.to_numpy(dtype=np.float64),
        durations_s=_durations(trials, scores),
        groups=tuple(task.task_id for task in tasks),
    )


def _durations(trials: pd.DataFrame, scores: pd.DataFrame) -> FloatArray:
    """Seconds in the shape of the scores; NaN where the table has none."""
    if "duration_s" not in trials:
        return np.full(scores.shape, np.nan)
    seconds = trials.pivot(index="task", columns="config_id", values="duration_s").reindex_like(scores)
    return seconds.to_numpy(dtype=np.float64)


def _read_space(entries: list[dict[str, object]]) -> tuple[SearchSpace, list[str]]:
    parameters: dict[str, BaseDistribution] = {}
    conditions = []
    for entry in entries:
        name, kind = str(entry["name"]), entry["type"]
        log = bool(entry.get("log"))
        if kind == "categorical":
            parameters[name] = CategoricalDistribution(entry["choices"])  # type: ignore[arg-type]  # a JSON list
        elif kind == "int":
            parameters[name] = IntDistribution(int(entry["low"]), int(entry["high"]), log=log)  # type: ignore[call-overload]
        else:
            parameters[name] = FloatDistribution(float(entry["low"]), float(entry["high"]), log=log)  # type: ignore[arg-type]
        condition = entry.get("condition")
        if isinstance(condition, dict):
            conditions.append(Condition(name, condition["parent"], tuple(condition["values"])))
    return SearchSpace(parameters, tuple(conditions)), list(parameters)


def _configuration(names: list[str], row: NDArray[np.object_], space: SearchSpace) -> dict[str, ParameterValue]:
    """The active values of a row, numbers in the distribution's type; float32 rounding over a bound is undone."""
    values: dict[str, ParameterValue] = {}
    for name, value in zip(names, row, strict=True):
        distribution = space.parameters[name]
        if value is None or value != value:
            continue
        if isinstance(distribution, CategoricalDistribution):
            values[name] = str(value)
        elif isinstance(distribution, IntDistribution):
            values[name] = int(value)
        elif isinstance(distribution, FloatDistribution):
            values[name] = min(max(float(value), distribution.low), distribution.high)
    return values


def _read_tasks(frame: pd.DataFrame, names: list[str]) -> tuple[Task, ...]:
    frame = frame.assign(task=frame["task"].astype(str)).set_index("task").reindex(names)
    columns = [str(c) for c in frame if c not in LABELS and pd.api.types.is_numeric_dtype(frame[c].dtype)]
    described = []
    for name, row in zip(names, frame[columns].to_numpy(dtype=np.float64), strict=True):
        values = {c: float(v) for c, v in zip(columns, row, strict=True) if np.isfinite(v)}
        n_classes = max((v for c, v in values.items() if c in ("basic.n_classes", "num_classes")), default=2.0)
        described.append((name, TaskKind.MULTICLASS if n_classes > 2 else TaskKind.BINARY, MetaFeatures(values)))
    ids = [task_id_of(kind, features) for _, kind, features in described]
    tasks = []
    for (name, kind, features), task_id in zip(described, ids, strict=True):
        if ids.count(task_id) > 1:
            distinct = MetaFeatures(features.values, {f"description of {name}": "the same as that of another task"})
            tasks.append(Task(task_id_of(kind, distinct), name, kind, distinct))
        else:
            tasks.append(Task(task_id, name, kind, features))
    return tuple(tasks)
