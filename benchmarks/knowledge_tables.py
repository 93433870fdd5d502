"""Tuning tables made of the shipped knowledge base's own fits."""

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution

from benchmarks.tables import Configurations, TuningTable, read_folder
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metamodel.embedding.near_copies import near_copies
from metamodel.maps.anchors import configuration_key
from warmtune.catalogue import find_entry
from warmtune.catalogue.auto import NAME, as_whole_pipeline
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.distributions import ParameterValue, contains
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import TaskKind

MIN_WIDE_TASKS: Final = 30
"""Tasks that all tables have which a wide one is made of."""
MIN_ALGORITHMS: Final = 4
"""That a task of the table over whole pipelines has tried."""


def load_table(name: str) -> TuningTable:
    """A folder, or a table of the shipped knowledge base: ``auto-``, ``wide-`` or an algorithm, and the kind of task.

    ``auto-`` has gaps: see `whole_table`.

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
    if algorithm == NAME:
        return whole_table(base, kinds[group])
    if algorithm == "wide":
        return wide_table(base, kinds[group])
    return knowledge_table(base, algorithm, kinds[group])


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


def whole_table(base: KnowledgeBase, kind: TaskKind, *, metric: str | None = None) -> TuningTable:
    """The catalogue's space over whole pipelines with its whole past, as a service learns it: a table with gaps.

    Each configuration over an algorithm's own space is the same pipeline over this one. Tasks that fewer than
    `MIN_ALGORITHMS` algorithms have tried are left out.
    """
    chosen = metric or default_metric(kind)
    able = [t for t in base.full_tables if kind in t.kinds and chosen in t.scores and not _is_recorded(t, kind)]
    space = find_entry(NAME, kind).space
    columns: dict[str, int] = {}
    configurations: list[dict[str, ParameterValue]] = []
    cells: list[tuple[Table, list[int]]] = []
    for table in able:
        at = []
        for own in table.configurations:
            spelled = _as_spelled_now(own, find_entry(table.search_space, kind).space)
            whole = spelled if table.search_space == NAME else as_whole_pipeline(table.search_space, spelled)
            key = str(configuration_key(whole))
            if key not in columns:
                columns[key] = len(configurations)
                configurations.append(dict(space.validate(whole)))
            at.append(columns[key])
        cells.append((table, at))
    counts = Counter(task_id for table in able if table.search_space != NAME for task_id in table.task_ids)
    task_ids = tuple(task_id for task_id, n in counts.items() if n >= MIN_ALGORITHMS)
    rows = {task_id: row for row, task_id in enumerate(task_ids)}
    scores, durations = (np.full((len(task_ids), len(configurations)), np.nan) for _ in range(2))
    for table, at in cells:
        known = [(i, rows[t]) for i, t in enumerate(table.task_ids) if t in rows]
        for source, row in known:
            scores[row, at] = table.scores[chosen][source]
            durations[row, at] = table.durations_s[source]
    name = f"{NAME}-{kind.value if kind is TaskKind.REGRESSION else 'classification'}"
    return _of_knowledge(base, name, space, chosen, task_ids, tuple(configurations), scores, durations)


def _is_recorded(table: Table, kind: TaskKind) -> bool:
    return find_entry(table.search_space, kind).is_recorded


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
