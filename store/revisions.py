"""How far the studies under a key have moved on, so that a model knows when it is outdated."""

from sqlalchemy import Connection, select

from store.model_keys import ModelKey
from store.tables import revisions
from store.upsert import upserting


def advance(connection: Connection, key: ModelKey) -> None:
    """Note, in the same transaction, that finished trials came in under the key."""
    row = key.columns() | {"revision": 1}
    connection.execute(
        upserting(connection, revisions)
        .values(row)
        .on_conflict_do_update(
            index_elements=ModelKey.columns_of(revisions),
            set_={"revision": revisions.c.revision + 1},
        )
    )


def advance_all(connection: Connection, keys: set[ModelKey]) -> None:
    """The same for many keys."""
    for key in sorted(keys, key=lambda one: tuple(one.columns().values())):  # one order: no deadlock
        advance(connection, key)


def revision_of(connection: Connection, key: ModelKey) -> int:
    """The key's revision; 0 where nothing ever came in."""
    return connection.execute(select(revisions.c.revision).where(key.matches(revisions))).scalar() or 0


def revisions_beside(connection: Connection, key: ModelKey) -> dict[str, int]:
    """The revisions of all search spaces, by content key, under the key's kind group, metric and direction."""
    beside = key.matches(revisions, but={"content_key"})
    query = select(revisions.c.content_key, revisions.c.revision).where(beside)
    return {row.content_key: row.revision for row in connection.execute(query)}
