"""How far the studies under a key have moved on, so that a model knows when it is outdated."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from store.connections.scope import COLUMN, SHIPPED_SEQ, asker, owner_of, visible, visible_to_asker
from store.connections.upsert import upserting
from store.model_keys import ModelKey
from store.tables import revisions
from warmtune.vocabulary.metrics import same_metrics

# `ModelKey.shares` of all search spaces, made once: every answer asks
_BESIDE: Final = select(revisions.c.content_key, revisions.c.revision, revisions.c[COLUMN]).where(
    revisions.c.kind_group == bindparam("asked_group"),
    revisions.c.metric.in_(bindparam("asked_metrics", expanding=True)),
    visible_to_asker(revisions),
)
_BESIDE_ONE_WAY: Final = _BESIDE.where(revisions.c.direction == bindparam("asked_direction"))


def advance(connection: Connection, key: ModelKey) -> None:
    """Note, in the same transaction, that finished trials came in under the key."""
    row = {**owner_of(connection), **key.columns(), "revision": 1}
    connection.execute(
        upserting(connection, revisions)
        .values(row)
        .on_conflict_do_update(
            index_elements=[COLUMN, *key.columns()],
            set_={"revision": revisions.c.revision + 1},
        )
    )


def advance_all(connection: Connection, keys: set[ModelKey]) -> None:
    """The same for many keys."""
    for key in sorted(keys, key=lambda one: tuple(one.columns().values())):  # one order: no deadlock
        advance(connection, key)


def revision_of(connection: Connection, key: ModelKey) -> int:
    """The key's revision: how often trials were added or the shipped data were renewed; 0 if never."""
    query = select(func.sum(revisions.c.revision)).where(key.shares(revisions), visible(connection, revisions))
    return int(connection.execute(query).scalar() or 0)


@dataclass(frozen=True, slots=True)
class RelatedRevisions:
    """How far all search spaces have moved on under a kind group, metric and direction.

    Attributes:
        revisions: By content key, of shipped and own trials together.
        is_own: Whether the workspace has anything of its own among them.
    """

    revisions: Mapping[str, int]
    is_own: bool


def revisions_beside(connection: Connection, key: ModelKey) -> dict[str, int]:
    """The revisions of all search spaces, by content key, under the key's kind group, metric and direction."""
    return dict(owned_revisions_beside(connection, key).revisions)


def owned_revisions_beside(connection: Connection, key: ModelKey) -> RelatedRevisions:
    """The same, and whether the workspace has a part in them."""
    found: Counter[str] = Counter()
    is_own = False
    names = sorted(same_metrics(key.metric))
    asked = {"asked_group": key.kind_group.value, "asked_metrics": names, **asker(connection)}
    if len(names) == 1:  # a metric of several names has them in both directions
        statement, asked = _BESIDE_ONE_WAY, {**asked, "asked_direction": key.direction.value}
    else:
        statement = _BESIDE
    for content_key, revision, owner in connection.execute(statement, asked):
        found[content_key] += revision
        is_own = is_own or owner != SHIPPED_SEQ
    return RelatedRevisions(dict(found), is_own)
