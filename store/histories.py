"""Past trials under one key, as models learn from them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from store.connections.scope import own, visible
from store.model_keys import ModelKey
from store.studies import further_objectives
from store.tables import studies, tasks, trials
from warmtune.vocabulary.metric_ranges import is_impossible
from warmtune.vocabulary.metrics import same_metrics
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import TrialState
from warmtune.vocabulary.work import while_wanted

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


def past_tasks(
    connection: Connection,
    key: ModelKey,
    *,
    up_to: int | None = None,
    of: Collection[int] | None = None,
    every: int = 1,
) -> tuple[PastTask, ...]:
    """Every task that has finished trials under the key, oldest task first.

    Studies with several objectives count under each of their metrics, and those whose metric is the same under another
    name with their values turned into the key's: scikit-learn's ``neg_root_mean_squared_error`` is an `rmse` upside
    down.

    Trials whose value the metric can't have are quarantined: stored with the study, and nothing is learned from them.

    Args:
        connection: To the database.
        key: Of the studies.
        up_to: Only what had finished at this revision of the key; what ships with Warmtune always has, and so has, for
            all but the first objective, what was tried in studies with several.
        of: Only tasks with these order numbers.
        every: Only tasks whose order number is a multiple of it: a sample by when they came in.
    """
    query = (
        _finished_trials(connection)
        .where(key.shares(studies))
        .order_by(studies.c.task_seq, studies.c.seq, trials.c.number)
    )
    if up_to is not None:
        query = query.where(func.coalesce(trials.c.revision, 0) <= up_to)
    if of is not None:
        query = query.where(studies.c.task_seq.in_(sorted(of)))
    if every > 1:
        query = query.where(studies.c.task_seq % every == 0)
    found: dict[int, list[PastTrial]] = {}
    for row in while_wanted(connection.execute(query)):
        _note(found, row, row.value, key=key, metric=row.metric)
    for study_seq, place, metric in _judged_besides(connection, key, of=of, every=every):
        query = _finished_trials(connection).where(studies.c.seq == study_seq).order_by(trials.c.number)
        for row in while_wanted(connection.execute(query)):
            values = row.objective_values or ()
            _note(found, row, values[place] if place < len(values) else None, key=key, metric=metric)
    described = _tasks(connection, list(found))
    return tuple(PastTask(described[seq], tuple(found[seq])) for seq in found)


@dataclass(frozen=True, slots=True)
class ReportedTask:
    """A task of which trials were reported.

    Attributes:
        task_seq: Its order number.
        revision: Of the key, to which it moved with the latest of them.
    """

    task_seq: int
    revision: int


def tasks_reported_since(
    connection: Connection, key: ModelKey, revision: int, *, limit: int
) -> tuple[ReportedTask, ...]:
    """Tasks of which trials were reported under the key after a revision, the longest ago first.

    What is imported counts at the next learning only.

    Args:
        connection: To the database.
        key: Of the studies.
        revision: Of the key.
        limit: At most so many.
    """
    latest = func.max(studies.c.revision)
    query = (
        select(studies.c.task_seq, latest)
        .where(key.shares(studies), visible(connection, studies), studies.c.revision > revision)
        .group_by(studies.c.task_seq)
        .order_by(latest, studies.c.task_seq)
        .limit(limit)
    )
    return tuple(ReportedTask(*row) for row in connection.execute(query))


def studies_of_tasks(connection: Connection, key: ModelKey, of: Collection[int]) -> frozenset[int]:
    """Order numbers of the studies under the key of some tasks, which are named by theirs."""
    query = select(studies.c.seq).where(
        key.shares(studies), visible(connection, studies), studies.c.task_seq.in_(sorted(of))
    )
    return frozenset(connection.execute(query).scalars())


def past_durations(connection: Connection, key: ModelKey) -> tuple[PastTask, ...]:
    """The same with the seconds of complete trials as their scores."""
    return tuple(
        replace(
            task,
            trials=tuple(
                replace(trial, score=None if trial.is_failed or not trial.duration_s else trial.duration_s)
                for trial in task.trials
            ),
        )
        for task in past_tasks(connection, key)
    )


def _finished_trials(connection: Connection) -> Select[Any]:
    """Of the studies that may be seen from here."""
    columns = ("state", "value", "duration_s", "params", "violation", "objective_values")
    return (
        select(studies.c.task_seq, studies.c.metric, *(trials.c[name] for name in columns))
        .join_from(studies, trials)
        .where(visible(connection, studies), trials.c.state.in_(_FINISHED))
    )


def _judged_besides(
    connection: Connection, key: ModelKey, *, of: Collection[int] | None, every: int
) -> list[tuple[int, int, str]]:
    """Studies that have the key's metric as a further objective, its place among theirs, and its name there."""
    query = (
        select(studies.c.seq, studies.c.further_objectives)
        .where(
            key.matches(studies, but={"metric", "direction"}),
            visible(connection, studies),
            studies.c.further_objectives.is_not(None),
        )
        .order_by(studies.c.task_seq, studies.c.seq)
    )
    if of is not None:
        query = query.where(studies.c.task_seq.in_(sorted(of)))
    if every > 1:
        query = query.where(studies.c.task_seq % every == 0)
    signs = same_metrics(key.metric).items()
    wanted = {Objective(name, key.direction if sign > 0 else key.direction.opposite) for name, sign in signs}
    found = []
    for study_seq, more in connection.execute(query):
        for place, objective in enumerate(further_objectives(more), start=1):
            if objective in wanted:
                found.append((study_seq, place, objective.metric))
                break
    return found


def _note(found: dict[int, list[PastTrial]], row: Row[Any], value: float | None, *, key: ModelKey, metric: str) -> None:
    """Add a trial to its task's, unless its value is none that its metric, one of the key's names, can have."""
    is_failed, is_infeasible = row.state == TrialState.FAIL.value, (row.violation or 0.0) > 0.0
    score = None if is_failed or is_infeasible else value
    if not is_impossible(metric, score):
        score = None if score is None else same_metrics(key.metric)[metric] * score
        past = PastTrial(row.params, score, row.duration_s, is_failed=is_failed, is_infeasible=is_infeasible)
        found.setdefault(row.task_seq, []).append(past)


def own_task_ids(connection: Connection, key: ModelKey) -> frozenset[str]:
    """Tasks that have studies of the workspace's own under a key, over whatever search space."""
    query = (
        select(tasks.c.task_id)
        .distinct()
        .join_from(studies, tasks, studies.c.task_seq == tasks.c.seq)
        .where(key.shares(studies, but={"content_key"}), own(connection, studies), visible(connection, tasks))
    )
    return frozenset(connection.execute(query).scalars())


def n_past_trials(connection: Connection, key: ModelKey) -> int:
    """How many trials, finished or not, there are under the key at most."""
    query = select(func.coalesce(func.sum(studies.c.n_trials), 0)).where(
        key.shares(studies), visible(connection, studies)
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
