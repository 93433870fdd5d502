"""Workspaces in the database: made, listed, and deleted with all that is theirs."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, delete, func, select

from store.connections.clock import database_now
from store.connections.scope import COLUMN, DEFAULT_NAME, DEFAULT_SEQ, SHIPPED_SEQ, Workspace, everywhere
from store.connections.upsert import upserting
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.share_transfers import end_all_of
from store.tables import api_keys, imported_studies, imports, metadata, run_marks, studies, trials, workspaces
from warmtune.vocabulary.errors import ConflictError, NotFoundError
from warmtune.vocabulary.page import Page


@dataclass(frozen=True, slots=True)
class StoredWorkspace:
    """A workspace as its administrators see it: nothing of its content.

    Attributes:
        workspace: What connections are bound to.
        n_keys: API keys of it that were not revoked.
        created_at: When it was made.
    """

    workspace: Workspace
    n_keys: int
    created_at: datetime


class WorkspaceRepository:
    """Reads and writes workspaces within one transaction; the one that owns the shipped data is not among them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def default(self) -> Workspace:
        """The workspace of callers without a key, and of everything stored before workspaces existed."""
        return self.by_seq(DEFAULT_SEQ)

    def by_seq(self, seq: int) -> Workspace:
        """The workspace of this order number.

        Raises:
            NotFoundError: If there is none.
        """
        row = self._connection.execute(select(workspaces).where(workspaces.c.seq == seq)).first()
        if row is None:
            raise NotFoundError("there is no such workspace", field="workspace", value=seq)
        return Workspace(row.seq, row.name, bytes(row.secret))

    def create(self, name: str) -> StoredWorkspace:
        """Make a workspace.

        Raises:
            ConflictError: If the name is taken.
        """
        now = database_now(self._connection)
        row = {"seq": self._new_seq(now), "name": name, "secret": secrets.token_bytes(32), "created_at": now}
        statement = upserting(self._connection, workspaces).values(row)
        once = statement.on_conflict_do_nothing(index_elements=["name"]).returning(workspaces.c.seq)
        if self._connection.execute(once).first() is None:
            raise ConflictError("a workspace of this name exists already", field="name", value=name)
        return self.get(name)

    def _new_seq(self, now: datetime) -> int:
        """A number that no workspace ever had, so that what is under way or in memory for a deleted one is nobody's.

        SQLite would give a deleted workspace's number to the next one. The clock's microseconds are not given twice.
        """
        largest: int = self._connection.execute(select(func.max(workspaces.c.seq))).scalar_one()
        return max(largest + 1, int(now.timestamp() * 1e6))

    def get(self, name: str, *, field: str = "workspace") -> StoredWorkspace:
        """The workspace of this name.

        Raises:
            NotFoundError: If there is none, naming `field`.
        """
        row = None
        if is_possible(name):
            row = self._connection.execute(_listed().where(workspaces.c.name == name)).mappings().first()
        if row is None:
            raise NotFoundError("there is no such workspace", field=field, value=name)
        return _stored(row)

    def page(self, request: PageRequest) -> Page[StoredWorkspace]:
        """Workspaces, newest first."""
        return paginate(self._connection, _listed(), request, by=workspaces.c.seq, read=_stored)

    def delete(self, name: str) -> Workspace:
        """Forget a workspace with everything in it; its keys open nothing any more.

        Raises:
            NotFoundError: If there is none.
            ConflictError: If it is the default one.
        """
        found = self.get(name).workspace
        if found.seq == DEFAULT_SEQ:
            raise ConflictError(f"the workspace {DEFAULT_NAME!r} can't be deleted", field="workspace", value=name)
        # whoever adds a row now waits, and then finds no workspace
        self._connection.execute(select(workspaces.c.seq).where(workspaces.c.seq == found.seq).with_for_update())
        mine = select(studies.c.seq).where(studies.c[COLUMN] == found.seq)
        theirs = select(imports.c.seq).where(imports.c[COLUMN] == found.seq)
        for statement in (
            delete(imported_studies).where(imported_studies.c.study_seq.in_(mine)),
            delete(imported_studies).where(imported_studies.c.import_seq.in_(theirs)),
            delete(run_marks).where(run_marks.c.study_seq.in_(mine)),
            delete(trials).where(trials.c.study_seq.in_(mine)),
        ):
            self._connection.execute(everywhere(statement))
        end_all_of(self._connection, found)
        for table in reversed(metadata.sorted_tables):
            if COLUMN in table.c:
                self._connection.execute(everywhere(delete(table).where(table.c[COLUMN] == found.seq)))
        self._connection.execute(delete(workspaces).where(workspaces.c.seq == found.seq))
        return found


def _listed() -> Select[tuple[object, ...]]:
    n_keys = (
        select(func.count())
        .select_from(api_keys)
        .where(api_keys.c[COLUMN] == workspaces.c.seq, api_keys.c.revoked_at.is_(None))
        .scalar_subquery()
    )
    return everywhere(select(workspaces, n_keys.label("n_keys")).where(workspaces.c.seq != SHIPPED_SEQ))


def _stored(row: RowMapping) -> StoredWorkspace:
    return StoredWorkspace(Workspace(row["seq"], row["name"], bytes(row["secret"])), row["n_keys"], row["created_at"])
