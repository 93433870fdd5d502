"""Models that ship: learned from the shipped knowledge base when that was packed, so that nobody waits for them."""

import hashlib
import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from learning.limits import LearningRules
from learning.snapshots.learned_file import (
    LEARNED,
    LearnedEntry,
    LearnedIndex,
    read_content,
    read_index,
    write_learned,
)
from store.connections.database import Connection, Database
from store.connections.scope import SHIPPED_SEQ
from store.model_keys import ModelKey
from store.model_snapshots import SnapshotFacts, SnapshotRepository, StudySet
from store.revisions import revisions_beside
from store.shipped import loaded_version
from warmtune.vocabulary.errors import WarmtuneError
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel


class ShippedModels:
    """The models of a file, for the databases that they are right for. Threads may share it.

    One is right where learning would give the same: the database holds the knowledge base that the file was made of,
    this engine made it, and search spaces, studies and settings are those of then. Else there is none, and the model is
    learned. Only what ships alone is answered by it: a workspace's own trials are learned from as before.
    """

    def __init__(self, *, rules: LearningRules, path: Path = LEARNED) -> None:
        """Read nothing yet.

        Args:
            rules: What is learned from.
            path: The file; there need not be one.
        """
        self._rules = rules
        self._path = path

    @cached_property
    def _index(self) -> LearnedIndex | None:
        from learning.snapshots.engine import engine_digest  # noqa: PLC0415  # reads files

        log = structlog.get_logger().bind(file=self._path.name)
        try:
            index = read_index(self._path)
        except WarmtuneError as error:
            log.warning("learned_models_unusable", detail=str(error), code=error.code)
            return None
        if index is not None and index.engine != engine_digest():
            log.info("learned_models_outdated", detail="another engine has learned them")
            return None
        return index

    def find(self, database: Database, key: ModelKey, space: SearchSpace) -> "LearnedModel | None":
        """The model of a key, if the file has one that learning would give too.

        Args:
            database: Of what ships; for any other workspace there is none.
            key: What is asked for.
            space: A search space of its content.
        """
        workspace = database.workspace
        if workspace is None or workspace.seq != SHIPPED_SEQ or self._index is None:
            return None
        entry = self._index.find(key)
        if entry is None:
            return None
        from learning.snapshots.models import model_from_bytes  # noqa: PLC0415  # numpy and scipy, when first needed

        started = time.perf_counter()
        try:
            with database.reading() as connection:
                facts = self._facts(connection, entry, space, self._index.knowledge)
            if facts is None:
                return None
            learned = model_from_bytes(read_content(self._path, entry), facts, None)
        except WarmtuneError as error:
            structlog.get_logger().warning("learned_model_unusable", detail=str(error), code=error.code)
            return None
        structlog.get_logger().info(
            "shipped_model_loaded",
            metric=key.metric,
            content_key=key.content_key,
            kind_group=key.kind_group,
            version=learned.model.version,
            duration_s=round(time.perf_counter() - started, 3),
        )
        return learned

    def _facts(
        self, connection: Connection, entry: LearnedEntry, space: SearchSpace, knowledge: str
    ) -> SnapshotFacts | None:
        """What the model is known by in this database, whose numbers are its own; None where it isn't right for it."""
        from learning.snapshots.validity import holds  # noqa: PLC0415  # numpy, when first needed

        if loaded_version(connection) != knowledge:
            return None
        current = revisions_beside(connection, entry.key)
        newest = SnapshotRepository(connection).study_set(entry.key.kind_group, content_keys=None, up_to=None).up_to
        facts = SnapshotFacts(
            sources={source: current.get(source, 0) for source in entry.sources},
            considered=frozenset(current) if entry.looked_around else None,
            grounds=entry.grounds,
            surrogate=None,
            studies=StudySet(newest, entry.studies),
        )
        is_right = holds(connection, entry.key, space, facts, pin=None, rules=self._rules)
        return facts if is_right else None


def write_learned_models(
    path: Path, *, knowledge: str, models: Iterable[tuple[ModelKey, "LearnedModel"]]
) -> LearnedIndex:
    """Write models that were learned from what ships, and nothing else.

    Args:
        path: The file.
        knowledge: Version of the knowledge base in the database that they were learned from.
        models: By key.
    """
    from learning.snapshots.engine import engine_digest  # noqa: PLC0415  # reads files
    from learning.snapshots.models import model_to_bytes  # noqa: PLC0415  # numpy and scipy

    entries, contents = [], []
    for place, (key, learned) in enumerate(models):
        content = model_to_bytes(learned)
        contents.append(content)
        entries.append(
            LearnedEntry(
                key=key,
                member=f"{place:02}.block",
                sha256=hashlib.sha256(content).hexdigest(),
                n_bytes=len(content),
                sources=tuple(learned.sources),
                studies=dict(learned.studies.digests),
                looked_around=learned.considered is not None,
                grounds=learned.grounds,
            )
        )
    index = LearnedIndex(knowledge, engine_digest(), tuple(entries))
    write_learned(path, index, contents)
    return index
