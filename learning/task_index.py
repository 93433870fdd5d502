"""Stored tasks in memory, for looking up neighbours."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from learning.lru import LruCache
from store.connections.database import Database
from store.connections.scope import SHIPPED, workspace_of
from store.model_keys import KindGroup, group_of
from store.tasks import TaskRepository
from warmtune.vocabulary.neighbour import Neighbour
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

_MAX_SNAPSHOTS: Final = 64
"""Of the tasks of a workspace and a group; a workspace that is asked for again reads its tasks anew."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    latest_seq: int
    tasks: tuple[Task, ...]


class TaskIndex:
    """All tasks of a workspace and of what ships, read anew when one has come in; threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._snapshots: LruCache[tuple[int, KindGroup], _Snapshot] = LruCache(
            max_items=_MAX_SNAPSHOTS, owner_of=lambda which: which[0]
        )

    def of(self, database: Database) -> Self:
        """The same index, for the workspace that a database is bound to."""
        bound = copy.copy(self)
        bound._database = database
        return bound

    def nearest(
        self, kind: TaskKind, meta_features: MetaFeatures, *, n: int, exclude: Sequence[str]
    ) -> tuple[Neighbour, ...]:
        """The `n` most similar stored tasks of the same group; last come those that can't be compared."""
        from metamodel.embedding.neighbours import nearest  # noqa: PLC0415  # numpy, when first needed

        shipped, own = (
            self._tasks(self._database.of(SHIPPED), group_of(kind)),
            self._tasks(self._database, group_of(kind)),
        )
        others = [task for task in (*shipped, *own) if task.task_id not in exclude]
        return nearest(meta_features, others, n=n)

    def forget(self) -> None:
        """Read the workspace's tasks anew, since one was deleted."""
        owner = self._database.workspace
        self._snapshots.forget(lambda which: owner is not None and which[0] == owner.seq)

    def _tasks(self, database: Database, group: KindGroup) -> tuple[Task, ...]:
        """The own tasks of whom the database is bound to."""
        with database.reading() as connection:
            which = (workspace_of(connection).seq, group)
            repository = TaskRepository(connection)
            latest_seq = repository.latest_seq()
            known = self._snapshots.find(which)
            if known is None or known.latest_seq != latest_seq:
                known = _Snapshot(latest_seq, repository.of_group(group))
                self._snapshots.put(which, known)
            return known.tasks
