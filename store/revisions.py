"""How far the studies under a key have moved on, so that a model knows when it is outdated."""

from sqlalchemy import Connection, select

from store.keys import ModelKey
from store.tables import revisions
from store.upsert import upserting


def advance(connection: Connection, key: ModelKey) -> None:
    """Note, in the same transaction, that finished trials came in under the key."""
    row = _where(key) | {"revision": 1}
    connection.execute(
        upserting(connection, revisions)
        .values(row)
        .on_conflict_do_update(
            index_elements=["content_key", "kind_group", "metric", "direction"],
            set_={"revision": revisions.c.revision + 1},
        )
    )


def advance_all(connection: Connection, keys: set[ModelKey]) -> None:
    """The same for many keys."""
    for key in sorted(
        keys, key=lambda k: (k.content_key, k.kind_group, k.metric, k.direction)
    ):  # one order: no deadlock
        advance(connection, key)


def revision_of(connection: Connection, key: ModelKey) -> int:
    """The key's revision; 0 where nothing ever came in."""
    query = select(revisions.c.revision)
    for name, value in _where(key).items():
        query = query.where(revisions.c[name] == value)
    return connection.execute(query).scalar() or 0


def revisions_beside(connection: Connection, key: ModelKey) -> dict[str, int]:
    """The revisions of all search spaces, by content key, under the key's kind group, metric and direction."""
    query = select(revisions.c.content_key, revisions.c.revision).where(
        revisions.c.kind_group == key.kind_group.value,
        revisions.c.metric == key.metric,
        revisions.c.direction == key.direction.value,
    )
    return {row.content_key: row.revision for row in connection.execute(query)}


def _where(key: ModelKey) -> dict[str, str | int]:
    return {
        "content_key": key.content_key,
        "kind_group": key.kind_group.value,
        "metric": key.metric,
        "direction": key.direction.value,
    }
