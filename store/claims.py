"""Who answers the request of an Idempotency-Key right now, among all services on the database."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, delete, select, update

from store.connections.clock import database_now
from store.connections.scope import COLUMN, own, owner_of
from store.connections.upsert import upserting
from store.tables import claims


class ClaimRepository:
    """Claims and releases keys within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, key_digest: str, owner: str, *, lease: timedelta, is_gone: Callable[[str], bool]) -> bool:
        """Claim a key; False if another service has it.

        Args:
            key_digest: Of the key and its caller.
            owner: Who claims.
            lease: A claim that is older than this has been left behind.
            is_gone: Whether an owner is known not to live any more.
        """
        now = database_now(self._connection)
        row = {**owner_of(self._connection), "key_digest": key_digest, "owner": owner, "claimed_at": now}
        statement = upserting(self._connection, claims).values(row)
        once = statement.on_conflict_do_nothing(index_elements=[COLUMN, "key_digest"]).returning(claims.c.key_digest)
        if self._connection.execute(once).first() is not None:
            return True
        mine = (claims.c.key_digest == key_digest) & own(self._connection, claims)
        query = select(claims.c.owner, claims.c.claimed_at).where(mine).with_for_update()
        held = self._connection.execute(query).first()
        if held is None or (held.claimed_at >= now - lease and not is_gone(held.owner)):
            return False  # gone this very moment: asked again, it gets the answer
        self._connection.execute(update(claims).where(mine).values(row))
        return True

    def release(self, key_digest: str, owner: str) -> None:
        """Give a key up, if it is still the owner's."""
        mine = (claims.c.key_digest == key_digest) & own(self._connection, claims)
        self._connection.execute(delete(claims).where(mine, claims.c.owner == owner))
