"""Models that outlive the service: kept in the database when they were learned, found there before any is learned."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Final

import structlog

from learning.limits import LearningRules
from store.connections.database import Database
from store.model_keys import ModelKey
from store.model_snapshots import SnapshotFacts, SnapshotRepository
from warmtune.vocabulary.errors import WarmtuneError
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel
    from metamodel.maps.surrogates import SurrogateUse

MAX_BYTES: Final = 768 * 2**20
"""A larger snapshot isn't kept: SQLite and PostgreSQL hold values of a gigabyte at most. A million past tasks take half
of it."""


class StoredModels:
    """Snapshots of models in the database. Threads may share it.

    A snapshot counts as long as nothing that it was learned from has changed but for trials that came in since (see
    `learning.snapshots.grounds`, `store.model_snapshots.StudySet`, `learning.snapshots.engine`). It is a convenience:
    one that can't be read or written is logged, and the model is learned as if there were none.
    """

    def __init__(self, *, max_stored: int, rules: LearningRules) -> None:
        """Make one.

        Args:
            max_stored: Snapshots of a workspace.
            rules: What is learned from.
        """
        self._max_stored = max_stored
        self._rules = rules
        self._lock = threading.Lock()
        self._is_closed = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-keep")

    @cached_property
    def _engine(self) -> str:
        from learning.snapshots.engine import engine_digest  # noqa: PLC0415  # reads files

        return engine_digest()

    def find(
        self,
        database: Database,
        key: ModelKey,
        space: SearchSpace,
        *,
        pin: Mapping[str, int] | None,
        use: "SurrogateUse | None",
    ) -> "LearnedModel | None":
        """The model that was kept under a key, if it may still answer; it need not know the latest trials.

        Args:
            database: Of the workspace.
            key: What is asked for.
            space: A search space of its content.
            pin: The only revisions that may be learned from, or None.
            use: The surrogate in use.
        """
        from learning.snapshots.models import model_from_bytes  # noqa: PLC0415  # numpy and scipy, when first needed
        from learning.snapshots.validity import holds  # noqa: PLC0415

        started = time.perf_counter()
        try:
            with database.reading() as connection:
                facts = SnapshotRepository(connection).facts(key, self._engine)
                if facts is None or facts.surrogate != (None if use is None else use.version):
                    return None
                if not holds(connection, key, space, facts, pin=pin, rules=self._rules):
                    return None
                content = SnapshotRepository(connection).content(key, self._engine)
            learned = model_from_bytes(content, facts, use)
        except WarmtuneError as error:
            self._log(key).warning("snapshot_unusable", detail=str(error), code=error.code)
            return None
        elapsed_s = time.perf_counter() - started
        logged = {"version": learned.model.version, "n_bytes": len(content), "duration_s": round(elapsed_s, 3)}
        self._log(key).info("model_loaded", **logged)
        return learned

    def keep_later(self, database: Database, key: ModelKey, learned: "LearnedModel") -> None:
        """Keep a model, soon, without letting anybody wait; once closed, it is left to be learned again."""
        with self._lock:
            if not self._is_closed:
                self._writer.submit(self._keep, database, key, learned)

    def wait_until_stored(self) -> None:
        """Wait until all that is to be kept is."""
        self._writer.submit(bool).result()

    def close(self) -> None:
        """Wait for what is being kept, and keep nothing more."""
        with self._lock:
            self._is_closed = True  # a refit that is under way ends after this
        self._writer.shutdown(wait=True, cancel_futures=True)

    def _keep(self, database: Database, key: ModelKey, learned: "LearnedModel") -> None:
        try:
            from learning.snapshots.models import model_to_bytes  # noqa: PLC0415  # numpy and scipy, as above

            content = model_to_bytes(learned)
            if len(content) > MAX_BYTES:
                self._log(key).warning("snapshot_too_large", n_bytes=len(content), limit=MAX_BYTES)
                return
            use = learned.model.use
            facts = SnapshotFacts(
                dict(learned.sources),
                learned.considered,
                learned.grounds,
                None if use is None else use.version,
                learned.studies,
            )
            with database.bookkeeping() as connection:
                repository = SnapshotRepository(connection)
                is_kept = repository.keep(key, self._engine, facts, content, max_stored=self._max_stored)
        except Exception:  # noqa: BLE001  # the edge of a background job: the model serves without being kept
            self._log(key).exception("snapshot_not_stored")
            return
        self._log(key).info("snapshot_stored" if is_kept else "snapshot_superseded", n_bytes=len(content))

    def _log(self, key: ModelKey) -> structlog.typing.FilteringBoundLogger:
        log: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind(
            metric=key.metric, content_key=key.content_key, kind_group=key.kind_group
        )
        return log
