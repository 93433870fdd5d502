"""Answers that are stored for an Idempotency-Key, so that a repeated request gets the first one's answer."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, select

from store.connections.clock import database_now
from store.connections.scope import COLUMN, own, owner_of
from store.connections.upsert import upserting
from store.tables import stored_answers


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One answer.

    Attributes:
        request_digest: Of the request it answered; another request under the same key is a mistake.
        status: HTTP's.
        media_type: Of the body.
        body: As it was sent.
    """

    request_digest: str
    status: int
    media_type: str
    body: bytes


class StoredAnswerRepository:
    """Reads and writes a workspace's answers within one transaction; old ones and too many of them are dropped."""

    def __init__(self, connection: Connection, *, max_age: timedelta, max_stored: int) -> None:
        self._connection = connection
        self._max_age = max_age
        self._max_stored = max_stored

    def find(self, key_digest: str) -> StoredAnswer | None:
        """The answer under this key, if it is not too old."""
        oldest = database_now(self._connection) - self._max_age
        query = select(stored_answers).where(
            stored_answers.c.key_digest == key_digest, stored_answers.c.created_at >= oldest, self._own
        )
        row = self._connection.execute(query).first()
        return None if row is None else StoredAnswer(row.request_digest, row.status, row.media_type, bytes(row.body))

    def keep(self, key_digest: str, answer: StoredAnswer) -> None:
        """Store an answer, in place of an older one, and drop what is too old or too much."""
        now = database_now(self._connection)
        row = {
            "request_digest": answer.request_digest,
            "status": answer.status,
            "media_type": answer.media_type,
            "body": answer.body,
            "created_at": now,
        }
        statement = upserting(self._connection, stored_answers).values(
            key_digest=key_digest, **owner_of(self._connection), **row
        )
        self._connection.execute(statement.on_conflict_do_update(index_elements=[COLUMN, "key_digest"], set_=row))
        self._connection.execute(
            delete(stored_answers).where(stored_answers.c.created_at < now - self._max_age, self._own)
        )
        n_stored = self._connection.execute(select(func.count()).where(self._own)).scalar_one()
        excess = n_stored - self._max_stored
        if excess > 0:
            by_age = select(stored_answers.c.key_digest).where(self._own).order_by(stored_answers.c.created_at)
            oldest = stored_answers.c.key_digest.in_(by_age.limit(excess))
            self._connection.execute(delete(stored_answers).where(oldest, self._own))

    @property
    def _own(self) -> ColumnElement[bool]:
        return own(self._connection, stored_answers)
