"""What was read is read again only once the database has changed: a database can tell that it hasn't.

SQLite counts the transactions that others have committed, and PostgreSQL says which transactions a statement sees. Both
answer in a tenth of the time of the statements that every recommendation would execute otherwise, and both know of what
any process has written. Where they say nothing new, what was read before is what would be read now.
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from store.connections.scope import workspace_of

OPTION: Final = "warmtune_state"
MAX_KEPT: Final = 64
"""Results a connection keeps, some kilobytes each; all are dropped with the first change."""
_KEPT: Final = "warmtune_kept"

FoundT = TypeVar("FoundT")
_State = tuple[object, ...]


class SeenState:
    """Which state of the database a reading transaction sees, asked for when it is first needed."""

    def __init__(self) -> None:
        self._state: _State | None = None

    def of(self, connection: Connection) -> _State:
        """Equal for two transactions of one connection if nothing was committed between them."""
        if self._state is None:
            self._state = _state_of(connection)
        return self._state


def unchanged(connection: Connection, what: Hashable, read: Callable[[], FoundT]) -> FoundT:
    """What `read` gives, or gave before to the same workspace if the database hasn't changed since.

    Within a writing transaction it is always read: what isn't committed may be rolled back.

    Args:
        connection: A transaction of a workspace.
        what: Names what is read, with all that it depends on besides the workspace and the database.
        read: Reads it from the connection. What it gives is shared: nobody may change it.
    """
    seen = connection.get_execution_options().get(OPTION)
    if not isinstance(seen, SeenState):
        return read()
    state, info = seen.of(connection), connection.info
    kept: tuple[_State, dict[Hashable, Any]] | None = info.get(_KEPT)
    if kept is None or kept[0] != state or len(kept[1]) >= MAX_KEPT:
        kept = info[_KEPT] = (state, {})
    which = (workspace_of(connection).seq, what)
    if which not in kept[1]:
        kept[1][which] = read()
    found: FoundT = kept[1][which]
    return found


def _state_of(connection: Connection) -> _State:
    if connection.dialect.name == "postgresql":
        # in a transaction of READ COMMITTED later statements may see more: what they read is kept under a state that
        # never comes back
        return (connection.exec_driver_sql("SELECT txid_current_snapshot()::text").scalar_one(),)
    version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
    # which leaves out what this connection has written itself
    return version, getattr(connection.connection.dbapi_connection, "total_changes", None)
