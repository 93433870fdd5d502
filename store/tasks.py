"""Tasks in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from store.connections.scope import COLUMN, SHIPPED, own, visible, workspace_of
from store.connections.upsert import upserting
from store.model_keys import KindGroup
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import tasks
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind, TaskSummary


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A stored task.

    Attributes:
        task: The domain value.
        seq: The order of arrival; unique.
        shipped: Whether it came with the knowledge base.
        created_at: When it was stored.
    """

    task: Task
    seq: int
    shipped: bool
    created_at: datetime


_IDS = 500  # in one question


class TaskLock(Enum):
    """What others have to wait with until the transaction ends; SQLite has one writer anyway."""

    NONE = auto()
    USE = auto()
    """Deleting it: something that refers to it is being stored."""
    DELETE = auto()
    """Using and deleting it."""


class TaskRepository:
    """Reads and writes tasks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, task: Task) -> StoredTask:
        """Store a task and return it; a known one keeps all but meta-features of another version.

        One that ships stays as it is: everybody sees it.
        """
        stored = self._find(task.task_id)
        if stored is None:
            row = self._row(task, now=datetime.now(UTC))
            self._connection.execute(
                upserting(self._connection, tasks)
                .values(row)
                .on_conflict_do_nothing(index_elements=["task_id", COLUMN])
            )
            stored = self.get(task.task_id)
        if stored.task.meta_features.version != task.meta_features.version and not stored.shipped:
            row = self._row(task, now=datetime.now(UTC))
            described = {name: row[name] for name in ("meta_features", "gaps", "version")}
            mine = own(self._connection, tasks)
            self._connection.execute(update(tasks).where(tasks.c.seq == stored.seq, mine).values(described))
            stored = self.get(task.task_id)
        return stored

    def keep_all(self, given: Sequence[Task]) -> dict[str, StoredTask]:
        """The same for many, by identifier: those that are missing at once, of equal identifiers the first."""
        wanted = {task.task_id: task for task in reversed(given)}
        found = self.found(list(wanted))
        now = datetime.now(UTC)
        missing = [self._row(wanted[task_id], now=now) for task_id in sorted(wanted.keys() - found.keys())]
        if missing:
            statement = upserting(self._connection, tasks).on_conflict_do_nothing(index_elements=["task_id", COLUMN])
            self._connection.execute(statement, missing)
            found |= self.found([task_id for task_id in wanted if task_id not in found])
        for task_id, stored in found.items():
            if stored.task.meta_features.version != wanted[task_id].meta_features.version:
                found[task_id] = self.keep(wanted[task_id])
        return found

    def found(self, task_ids: Sequence[str]) -> dict[str, StoredTask]:
        """Those of the tasks that are stored, by identifier; the one that ships, if both are there."""
        found: dict[str, StoredTask] = {}
        for start in range(0, len(task_ids), _IDS):
            some = task_ids[start : start + _IDS]
            query = (
                select(tasks)
                .where(tasks.c.task_id.in_(some), visible(self._connection, tasks))
                .order_by(tasks.c[COLUMN].desc())
            )
            found |= {row["task_id"]: _stored(row) for row in self._connection.execute(query).mappings()}
        return found

    def get(self, task_id: str, *, field: str = "task_id", lock: TaskLock = TaskLock.NONE) -> StoredTask:
        """The task with this identifier, locked until the transaction ends if that is asked for.

        Raises:
            NotFoundError: If there is none, naming `field`.
        """
        found = self._find(task_id, lock) if is_possible(task_id) else None
        if found is None:
            raise NotFoundError("there is no such task", field=field, value=task_id)
        return found

    def page(self, request: PageRequest, *, kind: TaskKind | None = None) -> Page[TaskSummary]:
        """Tasks, newest first."""
        query = select(tasks.c.seq, tasks.c.task_id, tasks.c.name, tasks.c.kind, tasks.c.created_at)
        query = query.where(visible(self._connection, tasks))
        if kind is not None:
            query = query.where(tasks.c.kind == kind.value)
        return paginate(self._connection, query, request, by=tasks.c.seq, read=_summary, owner=tasks.c[COLUMN])

    def count(self) -> int:
        """How many tasks are stored."""
        return self._connection.execute(select(func.count()).where(visible(self._connection, tasks))).scalar_one()

    def latest_seq(self) -> int:
        """The order number of the newest task of the workspace's own; 0 without any."""
        query = select(func.max(tasks.c.seq)).where(own(self._connection, tasks))
        return self._connection.execute(query).scalar_one() or 0

    def of_group(self, group: KindGroup) -> tuple[Task, ...]:
        """The workspace's own tasks of a group, oldest first."""
        kinds = [kind.value for kind in group.kinds]
        query = select(tasks).where(tasks.c.kind.in_(kinds), own(self._connection, tasks)).order_by(tasks.c.seq)
        return tuple(_stored(row).task for row in self._connection.execute(query).mappings())

    def keep_new(self, new: Sequence[Task]) -> dict[str, int]:
        """Insert tasks that are not there yet, at once, and return the order number of every given one."""
        known = self.seqs([task.task_id for task in new])
        now = datetime.now(UTC)
        rows = [self._row(task, now=now) for task in new if task.task_id not in known]
        if rows:
            self._connection.execute(insert(tasks), rows)
        return self.seqs([task.task_id for task in new])

    def seqs(self, task_ids: Sequence[str]) -> dict[str, int]:
        """Order numbers by identifier, of those that exist."""
        found: dict[str, int] = {}
        for start in range(0, len(task_ids), 1_000):
            some = task_ids[start : start + 1_000]
            query = select(tasks.c.task_id, tasks.c.seq).where(
                tasks.c.task_id.in_(some), visible(self._connection, tasks)
            )
            found.update((row.task_id, row.seq) for row in self._connection.execute(query))
        return found

    def _find(self, task_id: str, lock: TaskLock = TaskLock.NONE) -> StoredTask | None:
        query = (
            select(tasks).where(tasks.c.task_id == task_id, visible(self._connection, tasks)).order_by(tasks.c[COLUMN])
        )
        if lock is TaskLock.USE:
            query = query.with_for_update(read=True, key_share=True)
        elif lock is TaskLock.DELETE:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().first()  # the one that ships, if both are there
        return None if row is None else _stored(row)

    def _row(self, task: Task, *, now: datetime) -> dict[str, object]:
        owner = workspace_of(self._connection)
        return {
            COLUMN: owner.seq,
            "task_id": task.task_id,
            "name": task.name,
            "kind": task.kind.value,
            "meta_features": dict(task.meta_features.values),
            "gaps": dict(task.meta_features.gaps),
            "version": task.meta_features.version,
            "shipped": owner == SHIPPED,
            "created_at": now,
        }


def _summary(row: RowMapping) -> TaskSummary:
    return TaskSummary(row["task_id"], row["name"], TaskKind(row["kind"]), row["created_at"])


def _stored(row: RowMapping) -> StoredTask:
    meta_features = MetaFeatures(values=row["meta_features"], gaps=row["gaps"], version=row["version"])
    task = Task(row["task_id"], row["name"], TaskKind(row["kind"]), meta_features)
    return StoredTask(task=task, seq=row["seq"], shipped=row["shipped"], created_at=row["created_at"])
