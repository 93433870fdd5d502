"""Versions of models in the database: what each was learned from, how good it was, which one answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Update, select

from store.connections.scope import COLUMN, asker, own, own_of_asker, owner_of
from store.connections.upsert import upserting
from store.model_keys import ModelKey
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import models
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.model_version import Comparison, ModelState, ModelVersion, TriedSurrogate
from warmtune.vocabulary.page import Page

Statement = TypeVar("Statement", Select[Any], Update)

_DESCRIPTION = [column for column in models.c if column.name != "surrogate"]
_ACTIVE_VERSION: Final = select(models.c.version, models.c.pinned, models.c.sources).where(
    ModelKey.matches_asked(models), own_of_asker(models), models.c.state == ModelState.ACTIVE.value
)


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """The version that answers under a key.

    Attributes:
        version: Its name.
        pin: The only trials that answers may be learned from, by revision; None where all may.
    """

    version: str
    pin: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class LearnedVersion:
    """What a version is made of.

    Attributes:
        version: The model's own name.
        key: What it was learned for.
        space_id: Identifier of the requested search space's definition.
        search_space_name: The name it was asked under, or None.
        sources: Revision by content key of the search spaces whose trials it was learned from, its own among them.
        n_tasks: Past tasks.
        n_trials: Their trials.
        backtest: What `metamodel.backtest.result.Backtest.to_json` writes, or None.
        comparison: With the version that was active, or None.
        surrogates: Those that were tried in place of the engine's prior, at most one of them in use.
    """

    version: str
    key: ModelKey
    space_id: str
    search_space_name: str | None
    sources: Mapping[str, int]
    n_tasks: int
    n_trials: int
    backtest: Mapping[str, object] | None
    comparison: Comparison | None
    surrogates: tuple[TriedSurrogate, ...] = ()

    @property
    def surrogate(self) -> TriedSurrogate | None:
        """That which is in use, or None."""
        return next((tried for tried in self.surrogates if tried.is_used), None)

    @property
    def revision(self) -> int:
        """The revision of its own search space's trials."""
        return self.sources.get(self.key.content_key, 0)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A version that is stored.

    Attributes:
        learned: What it is made of.
        seq: The order of the first refits; unique.
        state: What became of it.
        pinned: Whether answers are learned from its own trials only; never but for an active one.
        reason: Why its state is what it is.
        created_at: When it was learned, the last time.
    """

    learned: LearnedVersion
    seq: int
    state: ModelState
    pinned: bool
    reason: str
    created_at: datetime

    @property
    def model_version(self) -> ModelVersion:
        """The value that callers get."""
        learned = self.learned
        return ModelVersion(
            version=learned.version,
            search_space_name=learned.search_space_name,
            search_space_key=learned.key.content_key,
            kind_group=learned.key.kind_group.value,
            metric=learned.key.metric,
            direction=learned.key.direction,
            state=self.state,
            pinned=self.pinned,
            revision=learned.revision,
            n_tasks=learned.n_tasks,
            n_trials=learned.n_trials,
            comparison=learned.comparison,
            surrogates=learned.surrogates,
            reason=self.reason,
            created_at=self.created_at,
        )


class ModelRepository:
    """Reads and writes versions within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(
        self, learned: LearnedVersion, state: ModelState, reason: str, *, surrogate: bytes | None = None
    ) -> StoredModel:
        """Store a version; learned again from the same trials, it is the same one with a new backtest.

        An active one takes the place of that which was active; it is not pinned. A rejected one that was learned from
        other trials pins that which is active to its own: those that came in since have made answers worse.

        Args:
            learned: The version.
            state: What becomes of it.
            reason: Why.
            surrogate: The safetensors file of the surrogate in use, if one is.
        """
        row = _row(learned) | {**owner_of(self._connection), "surrogate": surrogate, "created_at": datetime.now(UTC)}
        first = row | {"state": ModelState.CANDIDATE.value, "pinned": False, "reason": reason}
        self._connection.execute(
            upserting(self._connection, models)
            .values(first)
            .on_conflict_do_update(index_elements=["version", COLUMN], set_=row)
        )
        if state is ModelState.ACTIVE:
            self.activate(learned.version, reason)
        elif self.get(learned.version).state is not ModelState.ACTIVE:  # learned again, it goes on as it did
            self._set(learned.version, state=state.value, reason=reason)
            active = self.active(learned.key)
            if state is ModelState.REJECTED and active is not None and active.learned.sources != learned.sources:
                self._connection.execute(self._active(models.update(), learned.key).values(pinned=True))
        return self.get(learned.version)

    def activate(self, version: str, reason: str) -> StoredModel:
        """Let a version answer, and retire that which did.

        It is pinned to its own trials where another version was learned from later ones, else new trials count.

        Raises:
            NotFoundError: If there is no such version.
        """
        chosen = self.get(version).learned
        others = [other.learned for other in self._under(chosen.key)]
        pinned = any(other.revision > chosen.revision for other in others)
        self._connection.execute(
            self._active(models.update(), chosen.key)
            .where(models.c.version != version)
            .values(state=ModelState.RETIRED.value, pinned=False)
        )
        self._set(version, state=ModelState.ACTIVE.value, pinned=pinned, reason=reason)
        return self.get(version)

    def get(self, version: str) -> StoredModel:
        """The version of this name.

        Raises:
            NotFoundError: If there is none.
        """
        query = self._columns().where(models.c.version == version)
        row = self._connection.execute(query).mappings().first() if is_possible(version) else None
        if row is None:
            raise NotFoundError("there is no such model version", field="version", value=version)
        return _stored(row)

    def surrogate(self, version: str) -> bytes | None:
        """The safetensors file of a version's surrogate; None where it has none, or there is no such version."""
        query = select(models.c.surrogate).where(models.c.version == version, own(self._connection, models))
        content = self._connection.execute(query).scalar()
        return None if content is None else bytes(content)

    def active(self, key: ModelKey) -> StoredModel | None:
        """The version that answers under a key, or None where none was ever made."""
        row = self._connection.execute(self._active(self._columns(), key)).mappings().first()
        return None if row is None else _stored(row)

    def active_ones(self, *, limit: int) -> tuple[StoredModel, ...]:
        """The versions that answer, of all keys, newest first, `limit` at most."""
        query = (
            self._columns().where(models.c.state == ModelState.ACTIVE.value).order_by(models.c.seq.desc()).limit(limit)
        )
        return tuple(_stored(row) for row in self._connection.execute(query).mappings())

    def active_version(self, key: ModelKey) -> ActiveVersion | None:
        """What answers under a key; reads nothing else of it."""
        row = self._connection.execute(_ACTIVE_VERSION, {**key.asked(), **asker(self._connection)}).first()
        return None if row is None else ActiveVersion(row.version, row.sources if row.pinned else None)

    def page(
        self, request: PageRequest, *, content_keys: Sequence[str] | None = None, metric: str | None = None
    ) -> Page[StoredModel]:
        """Versions, newest first."""
        query = self._columns()
        if content_keys is not None:
            query = query.where(models.c.content_key.in_(content_keys))
        if metric is not None:
            query = query.where(models.c.metric == (metric if is_possible(metric) else ""))
        return paginate(self._connection, query, request, by=models.c.seq, read=_stored)

    def _under(self, key: ModelKey) -> list[StoredModel]:
        return [_stored(row) for row in self._connection.execute(self._of_key(self._columns(), key)).mappings()]

    def _columns(self) -> Select[Any]:
        """Everything but the surrogates' files, which are large."""
        return select(*_DESCRIPTION).where(own(self._connection, models))

    def _of_key(self, statement: Statement, key: ModelKey) -> Statement:
        return statement.where(key.matches(models), own(self._connection, models))

    def _active(self, statement: Statement, key: ModelKey) -> Statement:
        return self._of_key(statement, key).where(models.c.state == ModelState.ACTIVE.value)

    def _set(self, version: str, **values: object) -> None:
        self._connection.execute(
            models.update().where(models.c.version == version, own(self._connection, models)).values(values)
        )


def _row(learned: LearnedVersion) -> dict[str, object]:
    return {
        "version": learned.version,
        **learned.key.columns(),
        "space_id": learned.space_id,
        "search_space_name": learned.search_space_name,
        "sources": dict(learned.sources),
        "n_tasks": learned.n_tasks,
        "n_trials": learned.n_trials,
        "backtest": None if learned.backtest is None else dict(learned.backtest),
        "comparison": None if learned.comparison is None else asdict(learned.comparison),
        "tried_surrogates": [asdict(tried) for tried in learned.surrogates],
    }


def _stored(row: RowMapping) -> StoredModel:
    comparison = row["comparison"]
    learned = LearnedVersion(
        version=row["version"],
        key=ModelKey.of_row(row),
        space_id=row["space_id"],
        search_space_name=row["search_space_name"],
        sources=row["sources"],
        n_tasks=row["n_tasks"],
        n_trials=row["n_trials"],
        backtest=row["backtest"],
        comparison=None if comparison is None else Comparison(**comparison),
        surrogates=tuple(TriedSurrogate(**tried) for tried in row["tried_surrogates"] or ()),
    )
    return StoredModel(
        learned=learned,
        seq=row["seq"],
        state=ModelState(row["state"]),
        pinned=row["pinned"],
        reason=row["reason"],
        created_at=row["created_at"],
    )
