"""What a plan adds once breadth is there: how noisy scores are, and what the size of a table changes."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from knowledge.backfill.datasets import Dataset
from knowledge.backfill.jobs import Protocol
from knowledge.backfill.plan import BackfillPlan, Portion, expected_seconds
from knowledge.designs.shared import shared_design
from knowledge.pack.base import KnowledgeBase, Table
from warmtune.catalogue import CatalogueEntry, catalogue
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric

FURTHER_SPLITS = (1, 2)
N_BEST = 3
ONE_TABLE_IN = 8
SECOND_SIZE = 500
LATER = 6.0
"""How many times its cost a portion's priority is: breadth goes first."""

Configurations = tuple[dict[str, ParameterValue], ...]


def plan_extras(
    datasets: Iterable[Dataset], plan: BackfillPlan, *, base: KnowledgeBase, spaces: frozenset[str] | None = None
) -> list[Portion]:
    """Portions beyond the plan's own.

    The default and the best `N_BEST` configurations of every pair that has a whole portion are evaluated on two
    further splits, so that noise is known; the shared ones on fewer rows of one table in `ONE_TABLE_IN`, so that it is
    known what size changes.

    Args:
        datasets: What to evaluate on.
        plan: Its rows and portions count.
        base: What is known already.
        spaces: Only these search spaces.
    """
    by_name = {dataset.name: dataset for dataset in datasets}
    entries = {(e.name, e.kinds): e for e in catalogue() if spaces is None or e.name in spaces}
    names = {task.task_id: task.name for task in base.tasks}
    portions: list[Portion] = []
    for table in base.main_tables:
        entry = entries.get((table.search_space, table.kinds))
        if entry is None or entry.is_recorded:
            continue
        for row, task_id in enumerate(table.task_ids):
            dataset = by_name.get(names[task_id])
            if dataset is not None and (table.status[row] != 0).sum() >= plan.portion:
                portions += _of_pair(dataset, entry, (table, row), plan)
    return sorted(portions, key=lambda p: (p.priority, p.dataset.name, p.entry.name))


def _of_pair(
    dataset: Dataset, entry: CatalogueEntry, known: tuple[Table, int], plan: BackfillPlan
) -> Iterator[Portion]:
    table, row = known
    rows = int(table.max_rows[row])
    best = _default_and_best(table, row)
    if best:
        for split in FURTHER_SPLITS:
            yield _portion(dataset, entry, best, Protocol(rows, split))
    if _has_second_size(dataset) and dataset.n_rows > 2 * SECOND_SIZE:
        shared = tuple(shared_design(entry, plan.n_configurations, seed=plan.seed))
        yield _portion(dataset, entry, shared, Protocol(SECOND_SIZE))


def _default_and_best(table: Table, row: int) -> Configurations:
    metric = default_metric(next(iter(table.kinds)))
    scores: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = table.scores
    if metric not in scores:
        return ()
    signed = KNOWN_METRICS[metric].sign * scores[metric][row]
    order = [int(i) for i in np.argsort(-signed, kind="stable") if np.isfinite(signed[i])]
    chosen = dict.fromkeys([0, *order[:N_BEST]])
    return tuple(table.configurations[i] for i in chosen)


def _has_second_size(dataset: Dataset) -> bool:
    """By its name, so that it is the same tables in every run."""
    return hashlib.sha256(dataset.name.encode()).digest()[0] % ONE_TABLE_IN == 0


def _portion(dataset: Dataset, entry: CatalogueEntry, configurations: Configurations, protocol: Protocol) -> Portion:
    each = expected_seconds(entry, dataset, protocol.max_rows)
    return Portion(dataset, entry, configurations, protocol, each * len(configurations), LATER * each)
