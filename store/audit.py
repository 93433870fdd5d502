"""The audit trail: who has written what and when; rows are only added, and dropped when they are old."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select

from store.connections.clock import database_now
from store.connections.scope import COLUMN, Workspace, everywhere, own
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import audit
from warmtune.vocabulary.audit import AuditEntry
from warmtune.vocabulary.page import Page

MAX_METHOD = 10
MAX_OBJECT = 500
MAX_CODE = 100
_NEAR = timedelta(seconds=60)  # the row of a write has its transaction's time, or one a moment later


@dataclass(slots=True)
class PendingEntry:
    """A request that may write: the row about it goes into the transaction that does.

    Attributes:
        workspace: Of its caller.
        caller: The identifier of its key, ``settings`` or ``anyone``.
        method: HTTP's.
        route: The template of its address.
        object: What it is about, as far as the address says; a use case that makes something names it.
        status: Of the answer, if it succeeds.
        request_id: As in the logs.
        is_written: Whether a transaction with its row was committed.
    """

    workspace: Workspace
    caller: str
    method: str
    route: str
    object: str | None
    status: int
    request_id: str
    is_written: bool = False


_pending: ContextVar[PendingEntry | None] = ContextVar("warmtune_audit", default=None)


@contextmanager
def audited(entry: PendingEntry) -> Iterator[None]:
    """Note writing transactions within as the request's."""
    token = _pending.set(entry)
    try:
        yield
    finally:
        _pending.reset(token)


def name_object(name: str) -> None:
    """Name the object that the current request has created."""
    entry = _pending.get()
    if entry is not None:
        entry.object = name[:MAX_OBJECT]


@contextmanager
def with_pending(connection: Connection) -> Iterator[None]:
    """Write the row of the current request into a transaction, once: only committed writes are in the trail."""
    entry = _pending.get()
    if entry is None or entry.is_written:
        yield
        return
    yield
    AuditRepository(connection).add(entry)


def note_committed() -> None:
    """The transaction that `with_pending` was about has been committed."""
    entry = _pending.get()
    if entry is not None:
        entry.is_written = True


class AuditRepository:
    """Adds to the trail, and reads it, within one transaction; there is no way to change a row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entry: PendingEntry, *, status: int | None = None, code: str | None = None) -> None:
        """Add a row.

        Args:
            entry: The request.
            status: Of the answer, where it was refused.
            code: Of the error, where it was.
        """
        row = {
            COLUMN: entry.workspace.seq,
            "at": database_now(self._connection),
            "caller": entry.caller,
            "method": entry.method,
            "route": entry.route[:200],
            "object": entry.object,
            "status": entry.status if status is None else status,
            "code": None if code is None else code[:MAX_CODE],
            "request_id": entry.request_id,
        }
        self._connection.execute(everywhere(insert(audit).values(row)))

    def writer_of(self, name: str, *, at: datetime) -> str | None:
        """By which key something of the workspace was written at about a moment; None where the trail doesn't say.

        Args:
            name: Of what was written, as the row's object has it.
            at: The database's own time of it.
        """
        near = audit.c.at.between(at - _NEAR, at + _NEAR)
        query = select(audit.c.caller).where(
            own(self._connection, audit), near, audit.c.object == name, audit.c.code.is_(None)
        )
        found: str | None = self._connection.execute(query.order_by(audit.c.seq.desc()).limit(1)).scalar()
        return found

    def page(self, request: PageRequest, *, caller: str | None = None) -> Page[AuditEntry]:
        """Rows of the workspace, newest first."""
        query = select(audit).where(own(self._connection, audit))
        if caller is not None:
            query = query.where(audit.c.caller == (caller if is_possible(caller) else ""))
        return paginate(self._connection, query, request, by=audit.c.seq, read=_entry)

    def drop_older(self, age: timedelta) -> int:
        """Drop the rows of all workspaces that are older; how many there were."""
        oldest: datetime = database_now(self._connection) - age
        return self._connection.execute(everywhere(delete(audit).where(audit.c.at < oldest))).rowcount


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        at=row["at"],
        caller=row["caller"],
        method=row["method"],
        route=row["route"],
        object=row["object"],
        status=row["status"],
        code=row["code"],
        request_id=row["request_id"],
    )
