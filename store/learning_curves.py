"""Learning curves of past trials under a key."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from store.connections.scope import visible
from store.model_keys import ModelKey
from store.tables import studies, tasks, trials
from warmtune.vocabulary.learning_curve import MAX_STEPS, LearningCurve
from warmtune.vocabulary.metric_ranges import is_impossible
from warmtune.vocabulary.trial import TrialState

MIN_STEPS = 2


def past_curves(
    connection: Connection, key: ModelKey, *, n: int, exclude: Collection[str]
) -> tuple[LearningCurve, ...]:
    """Complete feasible trials with at least two intermediate values, those of the latest studies first.

    Args:
        connection: To the database.
        key: Of the studies; further objectives don't count, as intermediate values are of the first.
        n: How many at most.
        exclude: Ids of tasks that are left out.
    """
    query = (
        select(tasks.c.task_id, trials.c.value, trials.c.intermediate_values)
        .join_from(studies, tasks, (tasks.c.seq == studies.c.task_seq) & visible(connection, tasks))
        .join(trials, trials.c.study_seq == studies.c.seq)
        .where(
            key.matches(studies),
            visible(connection, studies),
            trials.c.state == TrialState.COMPLETE.value,
            func.coalesce(trials.c.violation, 0.0) <= 0.0,
            trials.c.intermediate_values.is_not(None),
            tasks.c.task_id.not_in(sorted(exclude)),
        )
        .order_by(studies.c.seq.desc(), trials.c.number)
    )
    found: list[LearningCurve] = []
    for task_id, value, values in connection.execute(query):
        steps = sorted((int(step), at) for step, at in values.items())
        if len(steps) >= MIN_STEPS and not is_impossible(key.metric, value):
            stride = -(-len(steps) // MAX_STEPS)
            found.append(LearningCurve(task_id, dict(steps[::stride]), value))
            if len(found) == n:
                break
    return tuple(found)
