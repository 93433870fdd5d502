"""Over which other search spaces a task has been tuned."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from store.connections.scope import asker, own_of_asker, visible_to_asker
from store.model_keys import ModelKey
from store.tables import studies, tasks
from warmtune.vocabulary.metrics import same_metrics

MIN_TRIALS: Final = 3
"""Of a task over another search space: fewer hardly tell where its map lies."""
_MAX_KEYS: Final = 50

_N_TRIALS: Final = func.sum(studies.c.n_trials)
_TRIED: Final = (
    select(*ModelKey.columns_of(studies), func.max(studies.c.search_space_name).label("name"))
    .join_from(tasks, studies, studies.c.task_seq == tasks.c.seq)
    .where(tasks.c.task_id == bindparam("asked_task"), visible_to_asker(tasks), own_of_asker(studies))
    .where(studies.c.kind_group == bindparam("asked_group"), studies.c.content_key != bindparam("asked_content"))
    .group_by(*ModelKey.columns_of(studies))
    .having(_N_TRIALS >= MIN_TRIALS)
    .order_by(_N_TRIALS.desc(), *ModelKey.columns_of(studies))
    .limit(_MAX_KEYS)
)


@dataclass(frozen=True, slots=True)
class TriedSpace:
    """A search space over which a task has trials of the workspace's own.

    Attributes:
        key: Of its studies.
        name: By which one of them named it; None where none did.
    """

    key: ModelKey
    name: str | None


def tried_spaces(connection: Connection, key: ModelKey, task_id: str, *, limit: int) -> tuple[TriedSpace, ...]:
    """Other search spaces than the key's, those under its metric first, then those with the most trials.

    Args:
        connection: A reading transaction of the workspace.
        key: What is asked for.
        task_id: Of the task; one that isn't stored has no trials.
        limit: At most so many, each once.
    """
    asked = {"asked_task": task_id, "asked_group": key.kind_group.value, "asked_content": key.content_key}
    rows = connection.execute(_TRIED, {**asked, **asker(connection)}).mappings()
    found = [TriedSpace(ModelKey.of_row(row), row["name"]) for row in rows]
    found.sort(key=lambda one: one.key.metric not in same_metrics(key.metric))
    chosen: dict[str, TriedSpace] = {}
    for one in found:
        chosen.setdefault(one.key.content_key, one)
    return tuple(chosen.values())[:limit]
