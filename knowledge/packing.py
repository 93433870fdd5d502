"""From the log of a backfill to a knowledge base: full tables and the description of every dataset."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from knowledge.backfill import Dataset, Plan, Record, plan_jobs, read_log
from knowledge.base import KnowledgeBase, Table
from knowledge.catalogue import CatalogueEntry, catalogue
from metafeatures.describe import describe
from metafeatures.reading import read_table
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import KNOWN_METRICS
from warmtune.vocabulary.task import Task


def describe_dataset(dataset: Dataset) -> Task:
    """The task of one dataset, described from all its rows."""
    description = describe(read_table(dataset.path), dataset.target, kind=dataset.kind)
    features = description.meta_features
    return Task(
        task_id_of(description.kind, features, content_hash=description.content_hash),
        dataset.name,
        description.kind,
        features,
    )


def pack(datasets: Sequence[Dataset], log: Path, plan: Plan, *, tasks: Iterable[Task]) -> KnowledgeBase:
    """Tables of the datasets whose evaluations are all there.

    Args:
        datasets: Of the manifest.
        log: Of the backfill.
        plan: As the backfill ran.
        tasks: Descriptions, in the datasets' order.

    Raises:
        InvalidInputError: If no dataset is complete.
    """
    outcomes = {(r["dataset"], r["search_space"], r["index"]): r for r in read_log(log)}
    described = {dataset.name: task for dataset, task in zip(datasets, tasks, strict=True)}
    tables = []
    for entry in catalogue():
        complete = [d for d in datasets if d.kind in entry.kinds and _is_complete(d, entry, plan, outcomes)]
        if complete:
            tables.append(_table(entry, complete, plan, outcomes=outcomes, described=described))
    if not tables:
        raise InvalidInputError(f"{log} completes no dataset", field="log", value=str(log))
    used = {task_id for table in tables for task_id in table.task_ids}
    kept = tuple(task for task in described.values() if task.task_id in used)
    return KnowledgeBase(_version(tables, kept), kept, tuple(tables))


Outcomes = dict[tuple[str, str, int], Record]


def _is_complete(dataset: Dataset, entry: CatalogueEntry, plan: Plan, outcomes: Outcomes) -> bool:
    return all((dataset.name, entry.name, i) in outcomes for i in range(1 + plan.n_configurations + plan.n_near))


def _table(
    entry: CatalogueEntry,
    datasets: Sequence[Dataset],
    plan: Plan,
    *,
    outcomes: Outcomes,
    described: dict[str, Task],
) -> Table:
    jobs = [j for j in plan_jobs(datasets[:1], plan) if j.search_space == entry.name]
    records = [[outcomes[d.name, entry.name, job.index] for job in jobs] for d in datasets]
    for row in records:
        for job, record in zip(jobs, row, strict=True):
            if record["configuration"] != job.configuration:
                raise InvalidInputError(
                    f"the log of {record['dataset']} has another configuration {job.index} of {entry.name}",
                    field="log",
                )
    metrics = [m for m in KNOWN_METRICS if any(m in (r["scores"] or {}) for row in records for r in row)]
    scores = {m: np.array([[(r["scores"] or {}).get(m, np.nan) for r in row] for row in records]) for m in metrics}
    return Table(
        search_space=entry.name,
        kinds=entry.kinds,
        task_ids=tuple(described[d.name].task_id for d in datasets),
        configurations=tuple(job.configuration for job in jobs),
        scores=scores,
        durations_s=np.array([[r["duration_s"] for r in row] for row in records]),
    )


def _version(tables: Sequence[Table], tasks: Sequence[Task]) -> str:
    digest = hashlib.sha256()
    for table in tables:
        digest.update(repr((table.search_space, sorted(table.kinds), table.task_ids, table.configurations)).encode())
        for metric, matrix in table.scores.items():
            digest.update(metric.encode())
            digest.update(matrix.astype(np.float32).tobytes())
    for task in tasks:
        digest.update(repr(sorted(task.meta_features.values.items())).encode())
    return digest.hexdigest()[:12]
