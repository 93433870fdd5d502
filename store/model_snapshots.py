"""What models answer from, as bytes: shared by all services on the database, and there after a restart."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Select, delete, func, select

from store.connections.clock import database_now
from store.connections.scope import COLUMN, everywhere, own, owner_of, visible
from store.connections.upsert import upserting
from store.model_keys import KindGroup, ModelKey
from store.tables import model_snapshots, studies
from warmtune.vocabulary.errors import ServiceError

OTHER_ENGINES_FOR: Final = timedelta(days=7)
"""So long other versions' snapshots are kept: while one replica after another is renewed, both are of use."""


@dataclass(frozen=True, slots=True)
class StudySet:
    """Which studies there were: a snapshot outlives none of those that it was learned from.

    Attributes:
        up_to: The number of the newest study.
        digests: Of the identifiers of the studies up to it, by content key.
    """

    up_to: int
    digests: Mapping[str, str]

    def of(self, content_keys: Collection[str]) -> "StudySet":
        """The same for some search spaces."""
        return StudySet(self.up_to, {key: self.digests.get(key, "") for key in sorted(content_keys)})


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """What is known of a snapshot without its content.

    Attributes:
        sources: Revision by content key of the search spaces whose trials it was learned from.
        considered: Content keys among which those other than its own were chosen; None where none were looked for.
        grounds: Digest of what else it depends on, but for a surrogate.
        surrogate: The version of that in use, or None.
        studies: The studies that it was learned from, and no fewer.
    """

    sources: Mapping[str, int]
    considered: frozenset[str] | None
    grounds: str
    surrogate: str | None
    studies: StudySet


class SnapshotRepository:
    """Reads and writes the workspace's own snapshots within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def study_set(self, group: KindGroup, *, content_keys: Collection[str] | None, up_to: int | None) -> StudySet:
        """Which studies there are that models under a kind group may be learned from.

        Args:
            group: Of the tasks.
            content_keys: Of these search spaces; None for all.
            up_to: Up to this number; None for all.
        """
        columns = (studies.c.content_key, studies.c.study_id, studies.c.seq)
        query = select(*columns).where(studies.c.kind_group == group.value, visible(self._connection, studies))
        if content_keys is not None:
            query = query.where(studies.c.content_key.in_(sorted(content_keys)))
        if up_to is not None:
            query = query.where(studies.c.seq <= up_to)
        newest = 0
        names: dict[str, list[str]] = {}
        for content_key, study_id, seq in self._connection.execute(query.order_by(studies.c.seq)):
            newest = max(newest, seq)
            names.setdefault(content_key, []).append(study_id)
        found = {one: hashlib.sha256("\n".join(ids).encode()).hexdigest() for one, ids in names.items()}
        found_set = StudySet(newest if up_to is None else up_to, found)
        return found_set if content_keys is None else found_set.of(content_keys)

    def has_all(self, group: KindGroup, then: StudySet) -> bool:
        """Whether every study of then is still there, whatever has come in since."""
        return self.study_set(group, content_keys=then.digests, up_to=then.up_to) == then

    def n_left(self, group: KindGroup, then: StudySet) -> int:
        """How many of the studies of then are still there: fewer once one was deleted."""
        query = select(func.count()).where(
            studies.c.kind_group == group.value,
            visible(self._connection, studies),
            studies.c.content_key.in_(sorted(then.digests)),
            studies.c.seq <= then.up_to,
        )
        return int(self._connection.execute(query).scalar() or 0)

    def facts(self, key: ModelKey, engine: str) -> SnapshotFacts | None:
        """Of the snapshot under a key, or None where there is none."""
        row = self._connection.execute(self._of(key, engine)).first()
        if row is None:
            return None
        considered = None if row.considered is None else frozenset(row.considered)
        studies_then = StudySet(row.standing["up_to"], row.standing["digests"])
        return SnapshotFacts(row.sources, considered, row.grounds, row.surrogate, studies_then)

    def content(self, key: ModelKey, engine: str) -> bytes:
        """The bytes of the snapshot under a key.

        Raises:
            ServiceError: If there is none, or it isn't what was kept.
        """
        query = self._of(key, engine).with_only_columns(model_snapshots.c.content, model_snapshots.c.digest)
        row = self._connection.execute(query).first()
        content = b"" if row is None else bytes(row.content)
        if row is None or hashlib.sha256(content).hexdigest() != row.digest:
            raise ServiceError("the model's snapshot doesn't match its checksum", field="snapshot")
        return content

    def keep(self, key: ModelKey, engine: str, facts: SnapshotFacts, content: bytes, *, max_stored: int) -> bool:
        """Keep a snapshot in place of the key's earlier one, and forget those that are of no use.

        Args:
            key: What it was learned for.
            engine: Digest of the code that learned it.
            facts: Its sources, grounds and studies.
            content: The bytes.
            max_stored: So many of the workspace's are kept, the newest.

        Returns:
            Whether it was kept: a study that it was learned from may have been deleted meanwhile.
        """
        if not self.has_all(key.kind_group, facts.studies):
            return False
        now = database_now(self._connection)
        row = {
            **owner_of(self._connection),
            **key.columns(),
            "engine": engine,
            "sources": dict(facts.sources),
            "considered": None if facts.considered is None else sorted(facts.considered),
            "grounds": facts.grounds,
            "surrogate": facts.surrogate,
            "standing": {"up_to": facts.studies.up_to, "digests": dict(facts.studies.digests)},
            "digest": hashlib.sha256(content).hexdigest(),
            "content": content,
            "kept_at": now,
        }
        self._connection.execute(
            upserting(self._connection, model_snapshots)
            .values(row)
            .on_conflict_do_update(index_elements=[COLUMN, *key.columns(), "engine"], set_=row)
        )
        is_old = (model_snapshots.c.engine != engine) & (model_snapshots.c.kept_at < now - OTHER_ENGINES_FOR)
        self._connection.execute(delete(model_snapshots).where(own(self._connection, model_snapshots), is_old))
        self._drop_beyond(max_stored)
        return True

    def forget(self, key: ModelKey, engine: str) -> None:
        """Forget the snapshot under a key."""
        self._connection.execute(
            delete(model_snapshots).where(
                key.matches(model_snapshots), own(self._connection, model_snapshots), model_snapshots.c.engine == engine
            )
        )

    def forget_learned_from(self, content_keys: Collection[str]) -> None:
        """Forget what was learned from the trials over some search spaces, since some of them are no more."""
        names = (*ModelKey.columns_of(model_snapshots), model_snapshots.c.engine)
        query = select(*names, model_snapshots.c.sources).where(own(self._connection, model_snapshots))
        for row in self._connection.execute(query).mappings().all():
            if not set(row["sources"]).isdisjoint(content_keys):
                self.forget(ModelKey.of_row(row), row["engine"])

    def _of(self, key: ModelKey, engine: str) -> Select[tuple[object, ...]]:
        described = ("sources", "considered", "grounds", "surrogate", "standing")
        return select(*(model_snapshots.c[name] for name in described)).where(
            key.matches(model_snapshots), own(self._connection, model_snapshots), model_snapshots.c.engine == engine
        )

    def _drop_beyond(self, max_stored: int) -> None:
        names = (*ModelKey.columns_of(model_snapshots), model_snapshots.c.engine)
        mine = select(*names).where(own(self._connection, model_snapshots))
        beyond = mine.order_by(model_snapshots.c.kept_at.desc()).offset(max_stored)
        for row in self._connection.execute(beyond).mappings().all():
            self.forget(ModelKey.of_row(row), row["engine"])


def forget_all(connection: Connection) -> None:
    """Delete the snapshots of all workspaces, since the shipped knowledge base has changed."""
    connection.execute(everywhere(delete(model_snapshots)))


def n_bytes(connection: Connection) -> int:
    """What all snapshots take, of all workspaces."""
    query = select(func.coalesce(func.sum(func.length(model_snapshots.c.content)), 0))
    return int(connection.execute(everywhere(query)).scalar_one())
