"""Kept tasks in memory, for looking up neighbours."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from store.database import Database
from store.model_keys import KindGroup, group_of
from store.tasks import TaskRepository
from warmtune.vocabulary.recommendation import Source
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


@dataclass(frozen=True, slots=True)
class _Snapshot:
    latest_seq: int
    tasks: tuple[Task, ...]


class TaskIndex:
    """All tasks of a group, read anew when one has come in; threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._snapshots: dict[KindGroup, _Snapshot] = {}

    def nearest(
        self, kind: TaskKind, meta_features: MetaFeatures, *, n: int, exclude: Sequence[str]
    ) -> tuple[Source, ...]:
        """The `n` most similar kept tasks of the same group, most similar first."""
        from metamodel.embedding.neighbours import nearest  # noqa: PLC0415  # numpy, when first needed

        others = [task for task in self._tasks(group_of(kind)) if task.task_id not in exclude]
        return nearest(meta_features, others, n=n)

    def forget(self) -> None:
        """Read all tasks anew, since one was deleted."""
        with self._lock:
            self._snapshots.clear()

    def _tasks(self, group: KindGroup) -> tuple[Task, ...]:
        with self._lock, self._database.reading() as connection:
            repository = TaskRepository(connection)
            latest_seq = repository.latest_seq()
            known = self._snapshots.get(group)
            if known is None or known.latest_seq != latest_seq:
                known = self._snapshots[group] = _Snapshot(latest_seq, repository.of_group(group))
            return known.tasks
