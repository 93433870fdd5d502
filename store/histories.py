"""Past trials under one key, as models learn from them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from store.model_keys import ModelKey
from store.scope import visible
from store.tables import studies, tasks, trials
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import TrialState

_FINISHED = tuple(state.value for state in TrialState if state.is_finished)


@dataclass(frozen=True, slots=True)
class PastTrial:
    """One finished trial.

    Attributes:
        configuration: What was tried; incomplete where the trial failed early.
        score: In natural units, or None where the trial failed (or was pruned without a value).
        duration_s: Seconds, or None where unknown.
    """

    configuration: Configuration
    score: float | None
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class PastTask:
    """A task with the finished trials of all its studies under one key, oldest study first, then by number."""

    task: Task
    trials: tuple[PastTrial, ...]


def past_tasks(connection: Connection, key: ModelKey, *, up_to: int | None = None) -> tuple[PastTask, ...]:
    """Every task that has finished trials under the key, oldest task first.

    Args:
        connection: To the database.
        key: Of the studies.
        up_to: Only what had finished at this revision of the key; what ships with Warmtune always has.
    """
    query = (
        select(studies.c.task_seq, trials.c.state, trials.c.value, trials.c.duration_s, trials.c.params)
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
    for task_seq, state, value, duration_s, params in connection.execute(query):
        score = None if state == TrialState.FAIL.value else value
        found.setdefault(task_seq, []).append(PastTrial(params, score, duration_s))
    described = _tasks(connection, list(found))
    return tuple(PastTask(described[seq], tuple(found[seq])) for seq in found)


def _tasks(connection: Connection, seqs: list[int]) -> dict[int, Task]:
    result: dict[int, Task] = {}
    shown = visible(connection, tasks)
    for start in range(0, len(seqs), 1_000):
        some = seqs[start : start + 1_000]
        for row in connection.execute(select(tasks).where(tasks.c.seq.in_(some), shown)):
            meta_features = MetaFeatures(values=row.meta_features, gaps=row.gaps, version=row.version)
            result[row.seq] = Task(row.task_id, row.name, TaskKind(row.kind), meta_features)
    return result
