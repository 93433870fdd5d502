"""Facts about a database and its users, for the service's operator, never for a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from store.connections.clock import database_now
from store.connections.scope import everywhere
from store.schema import current_revision
from store.tables import api_keys, jobs, tasks
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.job import JobState

_CHECKED_UP_TO_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A database's server, or SQLite's library.

    Attributes:
        version: For people.
        is_read_only: Whether nothing can be written, as at a standby.
        ahead_s: Seconds that its clock is before this machine's; 0 for SQLite.
        revision: Of the schema; None for an empty database.
    """

    version: str
    is_read_only: bool
    ahead_s: float
    revision: str | None


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """API keys that were not revoked, by their state.

    Attributes:
        n_valid: That are taken.
        expired: Identifiers of those whose time is over.
        endless: Of valid ones that never expire.
        idle: Identifiers of valid keys that weren't used for long.
        n_admins: Valid ones that may do everything.
    """

    n_valid: int
    expired: tuple[str, ...]
    endless: tuple[str, ...]
    idle: tuple[str, ...]
    n_admins: int


def server_facts(connection: Connection) -> ServerFacts:
    """Ask the server about itself."""
    revision = current_revision(connection)
    if connection.dialect.name != "postgresql":
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        return ServerFacts(f"SQLite {version}", False, 0.0, revision)
    version = str(connection.exec_driver_sql("SHOW server_version").scalar_one()).split()[0]
    is_standby = bool(connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one())
    before = datetime.now(UTC)
    ahead_s = (database_now(connection) - before).total_seconds()
    return ServerFacts(f"PostgreSQL {version}", is_standby, ahead_s, revision)


def damage(connection: Connection, file: Path | None) -> str | None:
    """What SQLite finds broken in its file; None where nothing is, or the file is too large to read it all."""
    if file is None or file.stat().st_size > _CHECKED_UP_TO_BYTES:
        return None
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return None if found == "ok" else found


def described_by(connection: Connection) -> dict[str, int]:
    """How many tasks of all workspaces there are of each version of the meta-features."""
    query = select(tasks.c.version, func.count()).group_by(tasks.c.version)
    return {row[0]: row[1] for row in connection.execute(everywhere(query))}


def key_facts(connection: Connection, *, idle_after: timedelta) -> KeyFacts:
    """API keys of all workspaces."""
    now = database_now(connection)
    rows = connection.execute(everywhere(select(api_keys).where(api_keys.c.revoked_at.is_(None)))).mappings().all()
    valid = [row for row in rows if row["expires_at"] is None or row["expires_at"] > now]
    return KeyFacts(
        n_valid=len(valid),
        expired=tuple(row["key_id"] for row in rows if row not in valid),
        endless=tuple(row["key_id"] for row in valid if row["expires_at"] is None),
        idle=tuple(row["key_id"] for row in valid if (row["last_used_at"] or row["created_at"]) < now - idle_after),
        n_admins=sum(row["scope"] == Scope.ADMIN.value for row in valid),
    )


def job_counts(connection: Connection) -> Mapping[JobState, int]:
    """How many jobs stand where, in all workspaces."""
    query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
    return {JobState(state): n for state, n in connection.execute(everywhere(query))}


def silent_jobs(connection: Connection, *, lease: timedelta) -> tuple[str, ...]:
    """Running jobs whose owner has given no sign of life for a lease: no process takes them up."""
    since = database_now(connection) - lease
    query = select(jobs.c.job_id).where(jobs.c.state == JobState.RUNNING.value, jobs.c.seen_alive_at < since)
    return tuple(connection.execute(everywhere(query.order_by(jobs.c.seq))).scalars())
