"""Past trials under one key, as models learn from them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store.model_keys import ModelKey
from store.scope import visible
from store.tables import studies, tasks, trials
from warmtune.vocabulary.metric_ranges import is_impossible
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import TrialState

_FINISHED = tuple(state.value for state in TrialState if state.is_finished)


@dataclass(frozen=True, slots=True)
class PastTrial:
    """One finished trial.

    Attributes:
        configuration: What was tried; incomplete where the trial failed early.
        score: In natural units; None where the trial failed, is infeasible, or was pruned without a value.
        duration_s: Seconds, or None where unknown.
        is_failed: Whether it failed; one that was pruned without a value, or is infeasible, did not.
        is_infeasible: Whether it violates a constraint; it has no score then.
    """

    configuration: Configuration
    score: float | None
    duration_s: float | None
    is_failed: bool = False
    is_infeasible: bool = False


@dataclass(frozen=True, slots=True)
class PastTask:
    """A task with the finished trials of all its studies under one key, oldest study first, then by number."""

    task: Task
    trials: tuple[PastTrial, ...]


def past_tasks(connection: Connection, key: ModelKey, *, up_to: int | None = None) -> tuple[PastTask, ...]:
    """Every task that has finished trials under the key, oldest task first.

    Trials whose value the metric can't have are quarantined: kept in the study, and nothing is learned from them.

    Args:
        connection: To the database.
        key: Of the studies.
        up_to: Only what had finished at this revision of the key; what ships with Warmtune always has.
    """
    query = (
        select(
            studies.c.task_seq,
            trials.c.state,
            trials.c.value,
            trials.c.duration_s,
            trials.c.params,
            trials.c.violation,
        )
        .join_from(studies, trials)
        .where(
            key.matches(studies),
            visible(connection, studies),
            trials.c.state.in_(_FINISHED),
        )
        .order_by(studies.c.task_seq, studies.c.seq, trials.c.number)
    )
    if up_to is not None:
        query = query.where(func.coalesce(trials.c.revision, 0) <= up_to)
    found: dict[int, list[PastTrial]] = {}
    for task_seq, state, value, duration_s, params, violation in connection.execute(query):
        is_failed, is_infeasible = state == TrialState.FAIL.value, (violation or 0.0) > 0.0
        score = None if is_failed or is_infeasible else value
        if is_impossible(key.metric, score):
            continue
        past = PastTrial(params, score, duration_s, is_failed=is_failed, is_infeasible=is_infeasible)
        found.setdefault(task_seq, []).append(past)
    described = _tasks(connection, list(found))
    return tuple(PastTask(described[seq], tuple(found[seq])) for seq in found)


def n_past_trials(connection: Connection, key: ModelKey) -> int:
    """How many trials, finished or not, there are under the key at most."""
    query = select(func.coalesce(func.sum(studies.c.n_trials), 0)).where(
        key.matches(studies), visible(connection, studies)
    )
    return int(connection.execute(query).scalar_one())


def _tasks(connection: Connection, seqs: list[int]) -> dict[int, Task]:
    result: dict[int, Task] = {}
    shown = visible(connection, tasks)
    for start in range(0, len(seqs), 1_000):
        some = seqs[start : start + 1_000]
        for row in connection.execute(select(tasks).where(tasks.c.seq.in_(some), shown)):
            meta_features = MetaFeatures(values=row.meta_features, gaps=row.gaps, version=row.version)
            result[row.seq] = Task(row.task_id, row.name, TaskKind(row.kind), meta_features)
    return result
