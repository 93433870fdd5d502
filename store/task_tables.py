"""Tasks found by their names, for people who look for one."""

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select

from store.connections.scope import visible
from store.names import is_possible
from store.tables import tasks
from warmtune.vocabulary.task import TaskKind, TaskSummary


def tasks_named(
    connection: Connection, words: str, *, limit: int, kinds: Sequence[TaskKind] = tuple(TaskKind)
) -> tuple[TaskSummary, ...]:
    """Tasks whose name holds some words in any case, or whose identifier they are; newest first."""
    if not is_possible(words or "any"):
        return ()
    query = select(tasks.c.task_id, tasks.c.name, tasks.c.kind, tasks.c.created_at).where(
        visible(connection, tasks), tasks.c.kind.in_([kind.value for kind in kinds])
    )
    if words:
        query = query.where(or_(tasks.c.name.icontains(words, autoescape=True), tasks.c.task_id == words))
    query = query.order_by(tasks.c.seq.desc()).limit(limit)
    return tuple(
        TaskSummary(row.task_id, row.name, TaskKind(row.kind), row.created_at) for row in connection.execute(query)
    )
