"""Neural models in the database: one content by name, with what is reported about it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, select

from store.connections.locks import lock_name
from store.connections.scope import COLUMN, SHIPPED, own, owner_of, visible, workspace_of
from store.connections.upsert import upserting
from store.model_keys import KindGroup
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import neural_models
from warmtune.vocabulary.errors import ConflictError, LimitExceededError, NotFoundError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.neural_model import LearnedFor, NeuralModel
from warmtune.vocabulary.page import Page


class NeuralFamily(StrEnum):
    """What a neural model is for."""

    SURROGATE = "surrogate"
    """Predicts scores of a search space's configurations."""
    TASK_MODEL = "task_model"
    """Predicts a table's target."""
    ACQUISITION = "acquisition"
    """Picks the configuration to try next, among candidates of a search space."""


@dataclass(frozen=True, slots=True)
class SurrogateOf:
    """What a surrogate, or an acquisition, was learned for.

    Attributes:
        space_id: Identifier of the search space's definition.
        search_space_name: The name it was asked under, or None.
        kind_group: Of the tasks.
        metric: Of the scores.
        direction: Of the metric.
    """

    space_id: str
    search_space_name: str | None
    kind_group: KindGroup
    metric: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class NewNeuralModel:
    """A model to keep.

    Attributes:
        name: Unique.
        family: What it is for.
        content: A safetensors file.
        facts: JSON about its making.
        surrogate_of: Of a surrogate and of an acquisition; else None.
    """

    name: str
    family: NeuralFamily
    content: bytes
    facts: Mapping[str, object]
    surrogate_of: SurrogateOf | None = None

    @property
    def version(self) -> str:
        """Hash of the content."""
        return hashlib.sha256(self.content).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class StoredNeuralModel:
    """The facts about a stored model; its content is read by `NeuralModelRepository.content` only."""

    name: str
    family: NeuralFamily
    version: str
    shipped: bool
    facts: Mapping[str, object]
    surrogate_of: SurrogateOf | None
    n_bytes: int
    created_at: datetime
    seq: int

    @property
    def neural_model(self) -> NeuralModel:
        """The value that callers get."""
        of = self.surrogate_of
        return NeuralModel(
            name=self.name,
            family=self.family.value,
            version=self.version,
            shipped=self.shipped,
            learned_for=None
            if of is None
            else LearnedFor(of.search_space_name, of.kind_group.value, of.metric, of.direction),
            facts=self.facts,
            n_bytes=self.n_bytes,
            created_at=self.created_at,
        )


_DESCRIPTION = [column for column in neural_models.c if column.name != "content"]


class NeuralModelRepository:
    """Reads and writes neural models within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, model: NewNeuralModel, *, max_stored: int) -> StoredNeuralModel:
        """Store a model under its name; one of the same kind takes the other's place.

        Raises:
            ConflictError: If the name belongs to one that ships, or to one for something else.
            LimitExceededError: If so many are stored already.
        """
        lock_name(self._connection, "neural_models", "")  # all of them: there is room for so many
        self.check_name_is_free(model.name, model.family, model.surrogate_of)
        self.check_room(model.name, max_stored=max_stored)
        self._write(model)
        return self.get(model.name)

    def check_room(self, name: str, *, max_stored: int) -> None:
        """Refuse a new name where there is no room for another model.

        Raises:
            LimitExceededError: If so many are stored already, and none of this name.
        """
        known = (
            self._connection.execute(select(func.count()).where(visible(self._connection, neural_models))).scalar() or 0
        )
        if known >= max_stored and self._find(name) is None:
            raise LimitExceededError(
                "the number of stored neural models has reached its limit", field="name", value=name, limit=max_stored
            )

    def keep_shipped(self, model: NewNeuralModel) -> None:
        """Store what comes with Warmtune, unless this version of it is there; asked by the workspace that ships."""
        known = self._find(model.name)
        if known is None or known.version != model.version:
            self._write(model)

    def check_name_is_free(self, name: str, family: NeuralFamily, surrogate_of: SurrogateOf | None) -> None:
        """Refuse a name that stands for something else.

        Raises:
            ConflictError: If it does.
        """
        known = self._find(name)
        if known is None:
            return
        if known.shipped:
            raise ConflictError("the name belongs to a model that ships", field="name", value=name)
        if (known.family, known.surrogate_of) != (family, surrogate_of):
            raise ConflictError("the name belongs to a model of another kind", field="name", value=name)

    def get(self, name: str) -> StoredNeuralModel:
        """The facts about a model.

        Raises:
            NotFoundError: If there is none of this name.
        """
        known = self._find(name) if is_possible(name) else None
        if known is None:
            raise NotFoundError("there is no such neural model", field="name", value=name)
        return known

    def delete(self, name: str) -> None:
        """Forget a model; its name is free then.

        Raises:
            NotFoundError: If there is none of this name.
            ConflictError: If it ships.
        """
        if self.get(name).shipped:
            raise ConflictError("a model that ships can't be deleted", field="name", value=name)
        self._connection.execute(
            delete(neural_models).where(neural_models.c.name == name, own(self._connection, neural_models))
        )

    def content(self, name: str) -> bytes:
        """A model's safetensors file.

        Raises:
            NotFoundError: If there is none of this name.
        """
        self.get(name)
        query = (
            select(neural_models.c.content)
            .where(neural_models.c.name == name, visible(self._connection, neural_models))
            .order_by(neural_models.c[COLUMN])
        )
        return bytes(self._connection.execute(query).scalars().first() or b"")

    def page(self, request: PageRequest, *, family: NeuralFamily | None = None) -> Page[StoredNeuralModel]:
        """Models, newest name first."""
        query = self._columns()
        if family is not None:
            query = query.where(neural_models.c.family == family.value)
        return paginate(
            self._connection, query, request, by=neural_models.c.seq, read=_stored, owner=neural_models.c[COLUMN]
        )

    def _write(self, model: NewNeuralModel) -> None:
        row = self._row(model) | {"created_at": datetime.now(UTC)}
        self._connection.execute(
            upserting(self._connection, neural_models)
            .values(row)
            .on_conflict_do_update(index_elements=["name", COLUMN], set_=row)
        )

    def _find(self, name: str) -> StoredNeuralModel | None:
        query = self._columns().where(neural_models.c.name == name).order_by(neural_models.c[COLUMN])
        row = self._connection.execute(query).mappings().first()  # the one that ships, if both are there
        return None if row is None else _stored(row)

    def _columns(self) -> Select[Any]:
        query = select(*_DESCRIPTION, func.length(neural_models.c.content).label("n_bytes"))
        return query.where(visible(self._connection, neural_models))

    def _row(self, model: NewNeuralModel) -> dict[str, object]:
        of = model.surrogate_of
        return {
            **owner_of(self._connection),
            "name": model.name,
            "family": model.family.value,
            "version": model.version,
            "shipped": workspace_of(self._connection) == SHIPPED,
            "space_id": None if of is None else of.space_id,
            "search_space_name": None if of is None else of.search_space_name,
            "kind_group": None if of is None else of.kind_group.value,
            "metric": None if of is None else of.metric,
            "direction": None if of is None else of.direction.value,
            "facts": dict(model.facts),
            "content": model.content,
        }


def _stored(row: RowMapping) -> StoredNeuralModel:
    of = None
    if row["space_id"] is not None:
        of = SurrogateOf(
            row["space_id"],
            row["search_space_name"],
            KindGroup(row["kind_group"]),
            row["metric"],
            Direction(row["direction"]),
        )
    return StoredNeuralModel(
        name=row["name"],
        family=NeuralFamily(row["family"]),
        version=row["version"],
        shipped=row["shipped"],
        facts=row["facts"],
        surrogate_of=of,
        n_bytes=row["n_bytes"],
        created_at=row["created_at"],
        seq=row["seq"],
    )
