"""Tuning tables for benchmarks: folders of recorded trials, and the shipped knowledge base's own fits."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.backtest.records import RecordedTask, Recording
from metamodel.embedding.near_copies import near_copies
from metamodel.maps.history import TaskHistory
from warmtune.catalogue import find_entry
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import ParameterValue, contains
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import KNOWN_METRICS, Direction, default_metric
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

Configurations = tuple[dict[str, ParameterValue], ...]

LABELS = ("name", "openml_data_id", "provenance")


MIN_WIDE_TASKS: Final = 30
"""Tasks that all tables have which a wide one is made of."""


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

    def recording(self, *, n_known: int | None = None, history: int = 0) -> Recording:
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
        return Recording(self.space, self.metric, self.direction, tuple(recorded))

    def history(self, row: int, rows: NDArray[np.intp] | None = None) -> TaskHistory:
        """The trials of one task, all or those of `rows`."""
        chosen = np.arange(len(self.configurations)) if rows is None else rows
        return TaskHistory(
            self.tasks[row],
            tuple(self.configurations[int(i)] for i in chosen),
            self.scores[row, chosen],
            self.durations_s[row, chosen],
        )


def load_table(name: str) -> TuningTable:
    """A folder, or by name a table of the shipped knowledge base: ``wide-`` or an algorithm, and the kind of task.

    Raises:
        InvalidInputError: If there is neither.
    """
    if Path(name).is_dir():
        return read_folder(Path(name))
    algorithm, _, group = name.rpartition("-")
    kinds = {"classification": TaskKind.BINARY, "regression": TaskKind.REGRESSION}
    if not algorithm or group not in kinds:
        raise InvalidInputError(
            f"{name!r} is neither a folder nor ALGORITHM-classification or -regression", field="table", value=name
        )
    base = read_knowledge(SHIPPED)
    if algorithm == "wide":
        return wide_table(base, kinds[group])
    return knowledge_table(base, algorithm, kinds[group])


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


def knowledge_table(
    base: KnowledgeBase, search_space: str, kind: TaskKind, *, metric: str | None = None
) -> TuningTable:
    """The knowledge base's own fits over one search space of the catalogue; near copies of a task are one group."""
    table = _find(base, search_space, kind)
    chosen = metric or default_metric(kind)
    return _of_knowledge(
        base,
        f"{search_space}-{kind.value if kind is TaskKind.REGRESSION else 'classification'}",
        find_entry(search_space, kind).space,
        chosen,
        table.task_ids,
        table.configurations,
        table.scores[chosen],
        table.durations_s,
    )


def wide_table(base: KnowledgeBase, kind: TaskKind, *, metric: str | None = None) -> TuningTable:
    """A conditional space over all algorithms of the knowledge base: which one, and the parameters of that one.

    The columns of the single tables side by side, for the tasks that all of them have. Tables are taken in, those with
    the most configurations first, as long as `MIN_WIDE_TASKS` are left. Parameters are named ``ALGORITHM.PARAMETER``.
    The space has no default.
    """
    chosen = metric or default_metric(kind)
    able = [table for table in base.full_tables if kind in table.kinds and chosen in table.scores]
    tables, shared = list[Table](), list[str]()
    for table in sorted(able, key=lambda table: (-len(table.configurations), -len(table.task_ids))):
        left = [t for t in table.task_ids if not tables or t in shared]
        if not tables or len(left) >= MIN_WIDE_TASKS:
            tables, shared = [*tables, table], left
    parameters: dict[str, BaseDistribution] = {
        "algorithm": CategoricalDistribution([table.search_space for table in tables])
    }
    conditions: list[Condition] = []
    configurations: list[dict[str, ParameterValue]] = []
    for table in tables:
        name = table.search_space
        space = find_entry(name, kind).space
        parameters |= {f"{name}.{p}": d for p, d in space.parameters.items()}
        conditions += [Condition(f"{name}.{p}", "algorithm", (name,)) for p in space.parameters]
        conditions += [Condition(f"{name}.{c.parameter}", f"{name}.{c.parent}", c.values) for c in space.conditions]
        configurations += [
            {"algorithm": name, **{f"{name}.{p}": v for p, v in c.items()}} for c in table.configurations
        ]
    rows = [[table.task_ids.index(t) for t in shared] for table in tables]
    return _of_knowledge(
        base,
        f"wide-{kind.value if kind is TaskKind.REGRESSION else 'classification'}",
        SearchSpace(parameters, tuple(conditions)),
        chosen,
        tuple(shared),
        tuple(configurations),
        np.concatenate([t.scores[chosen][r] for t, r in zip(tables, rows, strict=True)], axis=1),
        np.concatenate([t.durations_s[r] for t, r in zip(tables, rows, strict=True)], axis=1),
    )


def _find(base: KnowledgeBase, search_space: str, kind: TaskKind) -> Table:
    for table in base.full_tables:
        if table.search_space == search_space and kind in table.kinds:
            return table
    raise InvalidInputError(f"no fits over {search_space!r} for {kind} tasks", field="search_space", value=search_space)


def _as_spelled_now(configuration: dict[str, ParameterValue], space: SearchSpace) -> dict[str, ParameterValue]:
    """Older knowledge bases say "none" where the catalogue now has the choice None."""
    return {
        name: None if value == "none" and not contains(space.parameters[name], value) else value
        for name, value in configuration.items()
    }


def _of_knowledge(
    base: KnowledgeBase,
    name: str,
    space: SearchSpace,
    metric: str,
    task_ids: tuple[str, ...],
    configurations: Configurations,
    scores: FloatArray,
    durations_s: FloatArray,
) -> TuningTable:
    by_id = {task.task_id: task for task in base.tasks}
    tasks = tuple(by_id[task_id] for task_id in task_ids)
    copies = near_copies(tasks)
    return TuningTable(
        name=name,
        space=space,
        metric=metric,
        direction=KNOWN_METRICS[metric],
        tasks=tasks,
        configurations=tuple(space.validate(_as_spelled_now(c, space)) for c in configurations),
        scores=scores,
        durations_s=durations_s,
        groups=tuple(min({task.task_id, *copies[task.task_id]}) for task in tasks),
    )
