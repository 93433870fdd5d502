"""API keys in the database: their SHA-256 only, for long random keys need no slow hash."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from store.clock import database_now
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import api_keys
from warmtune.vocabulary.api_key import ApiKey, Scope
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.page import Page

_PREFIX = "wt_"


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


class ApiKeyRepository:
    """Reads and writes keys within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make(self, *, name: str, owner: str, scope: Scope, expires_at: datetime | None) -> tuple[str, ApiKey]:
        """Make a key; the key itself is answered here and never again."""
        key_id = f"{_PREFIX}{secrets.token_hex(4)}"
        key = f"{key_id}_{secrets.token_urlsafe(32)}"
        row = {
            "key_id": key_id,
            "digest": digest_of(key),
            "name": name,
            "owner": owner,
            "scope": scope.value,
            "created_at": database_now(self._connection),
            "expires_at": expires_at,
        }
        self._connection.execute(insert(api_keys).values(row))
        return key, self.get(key_id)

    def get(self, key_id: str) -> ApiKey:
        """The key with this identifier.

        Raises:
            NotFoundError: If there is none.
        """
        query = select(api_keys).where(api_keys.c.key_id == key_id)
        row = self._connection.execute(query).mappings().first() if is_possible(key_id) else None
        if row is None:
            raise NotFoundError("there is no such key", field="key_id", value=key_id)
        return _key(row)

    def page(self, request: PageRequest) -> Page[ApiKey]:
        """Keys, revoked and expired ones too, newest first."""
        return paginate(self._connection, select(api_keys), request, by=api_keys.c.seq, read=_key)

    def revoke(self, key_id: str) -> ApiKey:
        """Take a key out of use for ever; one that was revoked stays as it is.

        Raises:
            NotFoundError: If there is none.
        """
        found = self.get(key_id)
        if found.revoked_at is None:
            now = database_now(self._connection)
            self._connection.execute(update(api_keys).where(api_keys.c.key_id == key_id).values(revoked_at=now))
        return self.get(key_id)

    def were_made(self) -> bool:
        """Whether there is any key, be it revoked or expired: then nobody is let in without one."""
        return self._connection.execute(select(api_keys.c.seq).limit(1)).first() is not None

    def valid(self) -> Mapping[str, ApiKey]:
        """The keys that are taken now, by their digests."""
        now = database_now(self._connection)
        query = select(api_keys).where(
            api_keys.c.revoked_at.is_(None), or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)
        )
        return {row["digest"]: _key(row) for row in self._connection.execute(query).mappings()}

    def note_use(self, used: Mapping[str, datetime]) -> None:
        """Note when keys were last taken, by their identifiers; the latest stays."""
        for key_id in sorted(used):  # one order: no deadlock
            is_later = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < used[key_id])
            statement = update(api_keys).where(api_keys.c.key_id == key_id, is_later)
            self._connection.execute(statement.values(last_used_at=used[key_id]))


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(
        key_id=row["key_id"],
        name=row["name"],
        owner=row["owner"],
        scope=Scope(row["scope"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
