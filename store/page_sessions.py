"""Sessions of people who look at the pages: who has signed in with which API key, both by their SHA-256 only."""

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from store.api_keys import digest_of
from store.connections.clock import database_now
from store.tables import page_sessions

LIFETIME: Final = timedelta(hours=12)


class PageSessionRepository:
    """Reads and writes sessions within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, key_digest: str) -> str:
        """Begin a session of a key and forget those that have expired; its token is answered here and never again."""
        now = database_now(self._connection)
        token = secrets.token_urlsafe(32)
        self._connection.execute(delete(page_sessions).where(page_sessions.c.expires_at <= now))
        self._connection.execute(
            insert(page_sessions).values(
                digest=digest_of(token), key_digest=key_digest, created_at=now, expires_at=now + LIFETIME
            )
        )
        return token

    def key_digest(self, token: str) -> str | None:
        """The digest of the key that a session was begun with; None where there is none, or it has expired."""
        query = select(page_sessions.c.key_digest).where(
            page_sessions.c.digest == digest_of(token), page_sessions.c.expires_at > database_now(self._connection)
        )
        found: str | None = self._connection.execute(query).scalar()
        return found

    def end(self, token: str) -> None:
        """End a session; one that has ended stays so."""
        self._connection.execute(delete(page_sessions).where(page_sessions.c.digest == digest_of(token)))
