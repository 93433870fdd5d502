"""API keys in the database: their SHA-256 only, for long random keys need no slow hash."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, insert, or_, select, update

from store.connections.clock import database_now
from store.connections.scope import COLUMN, Workspace, bound_workspace, everywhere, own, owner_of, workspace_of
from store.jobs import JobRepository
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import api_keys, workspaces
from warmtune.vocabulary.api_key import NO_LIMITS, ApiKey, KeyLimits, Scope
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.page import Page

_PREFIX = "wt_"


def digest_of(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class ValidKey:
    """A key that is taken now, and whose rows it is about."""

    key: ApiKey
    workspace: Workspace


class ApiKeyRepository:
    """Reads and writes keys within one transaction: a workspace's, or on an unbound connection those of all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make(
        self, *, name: str, owner: str, scope: Scope, expires_at: datetime | None, limits: KeyLimits = NO_LIMITS
    ) -> tuple[str, ApiKey]:
        """Make a key; the key itself is answered here and never again."""
        workspace_of(self._connection)  # a key of nobody would be a key of all
        key_id = f"{_PREFIX}{secrets.token_hex(4)}"
        key = f"{key_id}_{secrets.token_urlsafe(32)}"
        row = {
            **owner_of(self._connection),
            "key_id": key_id,
            "digest": digest_of(key),
            "name": name,
            "owner": owner,
            "scope": scope.value,
            "created_at": database_now(self._connection),
            "expires_at": expires_at,
            **asdict(limits),
        }
        self._connection.execute(insert(api_keys).values(row))
        return key, self.get(key_id)

    def get(self, key_id: str) -> ApiKey:
        """The key with this identifier.

        Raises:
            NotFoundError: If there is none.
        """
        query = self._keys().where(api_keys.c.key_id == key_id)
        row = self._connection.execute(query).mappings().first() if is_possible(key_id) else None
        if row is None:
            raise NotFoundError("there is no such key", field="key_id", value=key_id)
        return _key(row)

    def page(self, request: PageRequest) -> Page[ApiKey]:
        """Keys, revoked and expired ones too, newest first."""
        return paginate(self._connection, self._keys(), request, by=api_keys.c.seq, read=_key)

    def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key for good, and cancel what it has queued and nobody has begun; a revoked one stays as it is.

        Raises:
            NotFoundError: If there is none.
        """
        found = self.get(key_id)
        if found.revoked_at is None:
            now = database_now(self._connection)
            self._connection.execute(
                everywhere(update(api_keys).where(api_keys.c.key_id == key_id).values(revoked_at=now))
            )
            JobRepository(self._connection).cancel_of_revoked_keys()
        return self.get(key_id)

    def were_made(self) -> bool:
        """Whether there is any key, even a revoked or expired one: then every caller needs a key."""
        return self._connection.execute(everywhere(select(api_keys.c.seq).limit(1))).first() is not None

    def valid(self) -> Mapping[str, ValidKey]:
        """The keys of all workspaces that are taken now, by their digests."""
        now = database_now(self._connection)
        is_alive = or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)
        query = _with_workspace(workspaces.c.secret).where(api_keys.c.revoked_at.is_(None), is_alive)
        return {row["digest"]: _valid(row) for row in self._connection.execute(everywhere(query)).mappings()}

    def note_use(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last taken, by their identifiers; the latest stays."""
        for key_id in sorted(used):  # one order: no deadlock
            is_later = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < used[key_id])
            statement = update(api_keys).where(api_keys.c.key_id == key_id, is_later)
            self._connection.execute(everywhere(statement.values(last_used_at=used[key_id])))

    def _keys(self) -> Select[tuple[object, ...]]:
        """The workspace's keys; on an unbound connection, those of all."""
        query = _with_workspace()
        if bound_workspace(self._connection) is None:
            return everywhere(query)
        return query.where(own(self._connection, api_keys))


def _with_workspace(*more: ColumnElement[bytes]) -> Select[tuple[object, ...]]:
    of_key = api_keys.c[COLUMN] == workspaces.c.seq
    return select(api_keys, workspaces.c.name.label("workspace"), *more).join_from(api_keys, workspaces, of_key)


def _valid(row: RowMapping) -> ValidKey:
    return ValidKey(_key(row), Workspace(row[COLUMN], row["workspace"], bytes(row["secret"])))


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(
        key_id=row["key_id"],
        name=row["name"],
        owner=row["owner"],
        scope=Scope(row["scope"]),
        workspace=row["workspace"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
        limits=KeyLimits(**{field.name: row[field.name] for field in fields(KeyLimits)}),
    )
