"""How much the holders of keys have used today, for all services on the database."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete

from store.connections.clock import database_now
from store.connections.scope import COLUMN, everywhere, owner_of
from store.connections.upsert import upserting
from store.tables import key_usage
from warmtune.vocabulary.errors import RateLimitError

KEPT: Final = timedelta(days=40)


class KeyUsageRepository:
    """Counts within one transaction: what is refused, or rolled back, is not counted."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def use_trials(self, key_id: str, n: int, *, limit: int) -> None:
        """Count reported trials.

        Raises:
            RateLimitError: If they are more than the key may report a day.
        """
        self._use(key_id, "trials", n, limit=limit, words="trials a day")

    def use_upload(self, key_id: str, n_bytes: int, *, limit: int) -> None:
        """Count the bytes of an upload.

        Raises:
            RateLimitError: If they are more than the key may send a day.
        """
        self._use(key_id, "upload_bytes", n_bytes, limit=limit, words="bytes of uploads a day")

    def _use(self, key_id: str, column: str, amount: int, *, limit: int, words: str) -> None:
        now = database_now(self._connection)
        row = {**owner_of(self._connection), "key_id": key_id, "day": f"{now:%Y-%m-%d}", "trials": 0, "upload_bytes": 0}
        counter = key_usage.c[column]
        statement = (
            upserting(self._connection, key_usage)
            .values(row | {column: amount})
            .on_conflict_do_update(index_elements=[COLUMN, "key_id", "day"], set_={column: counter + amount})
            .returning(counter)
        )
        used = int(self._connection.execute(statement).scalar_one())
        if used > limit:
            raise RateLimitError(
                f"the key {key_id} may send {limit:,} {words} and has already sent {used - amount:,}",
                field="header.authorization",
                limit=f"{limit} {words}",
                retry_after_s=_until_midnight_s(now),
            )

    def drop_old(self) -> None:
        """Forget what was used long ago, in all workspaces."""
        oldest = f"{database_now(self._connection) - KEPT:%Y-%m-%d}"
        self._connection.execute(everywhere(delete(key_usage).where(key_usage.c.day < oldest)))


def _until_midnight_s(now: datetime) -> float:
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()
