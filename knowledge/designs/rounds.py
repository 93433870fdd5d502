"""Further configurations, round by round: those that would help whole groups of tables, run on all of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from knowledge.designs.configuration_digest import configuration_digest
from knowledge.designs.rounds_file import Further
from knowledge.pack.base import KnowledgeBase, Table
from metamodel.engine import fit_model
from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from warmtune.catalogue import CatalogueEntry, catalogue
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.task import Task
from warmtune.vocabulary.trial import Trial, TrialState

MAX_TASKS = 80
"""So many tasks are asked what they would try next."""
NEAR = 0.35
"""Proposals nearer than this in the cube's Euclidean coordinates help each other's tasks."""


def add_round(further: Further, base: KnowledgeBase, *, n: int, min_tasks: int, seed: int = 0) -> Further:
    """The rounds so far and `n` more configurations of every search space that enough tasks tried.

    Each of some tasks is asked what it would try next, given its own trials and all other tasks' (the engine's own
    suggestion, a new configuration as well as one that others tried). Of the proposals those are taken that one after
    another are near the proposals of the most tasks that no earlier one is near to.

    Args:
        further: The rounds so far.
        base: What is known.
        n: Configurations a search space.
        min_tasks: Search spaces that fewer tasks tried are left as they are.
        seed: Of the choice of tasks.
    """
    entries = {(e.name, e.kinds): e for e in catalogue() if not e.is_recorded}
    tasks = {task.task_id: task for task in base.tasks}
    result = {where: list(configurations) for where, configurations in further.items()}
    for table in base.main_tables:
        entry = entries.get((table.search_space, table.kinds))
        if entry is None or len(table.task_ids) < min_tasks:
            continue
        where = (entry.name, any(kind.is_classification for kind in entry.kinds))
        known = {configuration_digest(c) for c in (*table.configurations, *result.get(where, ()))}
        proposals = [p for p in _proposals(entry, table, tasks, seed) if configuration_digest(p) not in known]
        result.setdefault(where, []).extend(_most_wanted(entry, proposals, n))
    return result


def _proposals(
    entry: CatalogueEntry, table: Table, tasks: Mapping[str, Task], seed: int
) -> list[dict[str, ParameterValue]]:
    metric = default_metric(next(iter(table.kinds)))
    direction = KNOWN_METRICS[metric]
    histories, trials = [], []
    for study in table.columns():
        if study.metric != metric:
            continue
        values = np.array([np.nan if value is None else value for value in study.values])
        histories.append(
            TaskHistory(tasks[study.task_id], tuple(study.configurations), values, np.array(study.durations_s))
        )
        columns = zip(study.numbers, study.configurations, study.values, study.durations_s, strict=True)
        trials.append(
            [
                Trial(n, c, value=v, state=TrialState.FAIL if v is None else TrialState.COMPLETE, duration_s=s)
                for n, c, v, s in columns
            ]
        )
    model = fit_model(entry.space, histories, metric=metric, direction=direction)
    asked = np.random.default_rng(seed).permutation(len(histories))[:MAX_TASKS]
    found = []
    for i in asked:
        task = histories[i].task
        answer = model.suggest(task.meta_features, trials[i], n=1, task_id=task.task_id, seed=seed)
        found += [dict(ranked.configuration) for ranked in answer.configurations]
    return found


def _most_wanted(
    entry: CatalogueEntry, proposals: Sequence[dict[str, ParameterValue]], n: int
) -> list[dict[str, ParameterValue]]:
    """Greedy cover: each pick is near the most proposals that no earlier one is near to; ties go to the earlier."""
    if not proposals:
        return []
    cube = UnitCube(entry.space)
    features = cube.features(*cube.encode(proposals))
    near = np.linalg.norm(features[:, None] - features[None], axis=2) < NEAR
    open_ones = np.ones(len(proposals), dtype=bool)
    picks: list[int] = []
    while len(picks) < n and open_ones.any():
        gain = (near & open_ones).sum(axis=1)
        picks.append(int(gain.argmax()))
        open_ones &= ~near[picks[-1]]
    return [proposals[i] for i in picks]
