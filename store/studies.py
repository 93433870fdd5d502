"""Studies in the database."""

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, Select, func, select

from store.connections.scope import COLUMN, own, owner_of, visible
from store.connections.upsert import upserting
from store.model_keys import ModelKey
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.tables import studies, tasks, trials
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import ConflictError, NotFoundError
from warmtune.vocabulary.metric_ranges import is_impossible, possible_range
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.study import StudySummary


@dataclass(frozen=True, slots=True)
class NewStudy:
    """What a study is made of.

    Attributes:
        study_id: Unique; a study that is made again under it, with the same content, stays the one study.
        task_seq: Order number of its task.
        space_id: Identifier of its search space's definition.
        search_space_name: The registered name it was made under, or None.
        key: What it can be compared under.
        name: For people.
        metadata: Free notes.
        further: The objectives after the first one, which is the key's.
    """

    study_id: str
    task_seq: int
    space_id: str
    search_space_name: str | None
    key: ModelKey
    name: str | None
    metadata: Mapping[str, ParameterValue]
    further: tuple[Objective, ...] = ()

    @property
    def keys(self) -> tuple[ModelKey, ...]:
        """What the study can be compared under, by each of its objectives."""
        return _keys(self.key, self.further)

    def columns(self) -> dict[str, object]:
        """What it is made of, as a row spells it out."""
        return {
            "study_id": self.study_id,
            "task_seq": self.task_seq,
            "space_id": self.space_id,
            "search_space_name": self.search_space_name,
            **self.key.columns(),
            "further_objectives": stored_objectives(self.further),
            "name": self.name,
            "metadata": dict(self.metadata),
            "shipped": False,
        }


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """A study that is stored; see `NewStudy`.

    Attributes:
        seq: The order of arrival; unique.
        task_seq: Order number of its task.
        task_id: The task's identifier.
        task_name: The task's name, for people.
        n_trials: Trials in any state.
        best_value: The best of its complete feasible trials with a possible value, or None.
        shipped: Whether it came with the knowledge base.
        created_at: When it was stored.
    """

    study_id: str
    seq: int
    task_seq: int
    task_id: str
    task_name: str
    space_id: str
    search_space_name: str | None
    key: ModelKey
    name: str | None
    metadata: Mapping[str, ParameterValue]
    n_trials: int
    best_value: float | None
    shipped: bool
    created_at: datetime
    further: tuple[Objective, ...] = ()

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All objectives, in their order."""
        return (Objective(self.key.metric, self.key.direction), *self.further)

    @property
    def keys(self) -> tuple[ModelKey, ...]:
        """What the study can be compared under, by each of its objectives."""
        return _keys(self.key, self.further)

    @property
    def summary(self) -> StudySummary:
        """The value that callers get."""
        return StudySummary(
            study_id=self.study_id,
            task_id=self.task_id,
            search_space_name=self.search_space_name,
            search_space_key=self.key.content_key,
            metric=self.key.metric,
            direction=self.key.direction,
            name=self.name,
            n_trials=self.n_trials,
            best_value=self.best_value,
            created_at=self.created_at,
            metadata=self.metadata,
            objectives=self.objectives,
        )


class StudyRepository:
    """Reads and writes studies within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, new: NewStudy) -> StoredStudy:
        """Store a new study.

        Raises:
            ConflictError: If another study has the identifier.
        """
        totals = {"n_trials": 0, "best_value": None}
        row = {**owner_of(self._connection), **new.columns(), **totals, "created_at": datetime.now(UTC)}
        self._connection.execute(
            upserting(self._connection, studies).values(row).on_conflict_do_nothing(index_elements=["study_id", COLUMN])
        )
        stored = self.get(new.study_id)
        same = (stored.task_seq, stored.space_id, stored.key, stored.further, stored.name) == (
            new.task_seq,
            new.space_id,
            new.key,
            new.further,
            new.name,
        )
        if not same:
            raise ConflictError("another study has this identifier", field="study_id", value=new.study_id)
        return stored

    def find(self, study_id: str) -> StoredStudy | None:
        """The study with this identifier, or None."""
        row = self._connection.execute(self._studies().where(studies.c.study_id == study_id)).mappings().first()
        return None if row is None else _stored(row)

    def get(self, study_id: str, *, for_writing: bool = False, field: str = "study_id") -> StoredStudy:
        """The study with this identifier; `for_writing` keeps others from changing it until the transaction ends.

        Raises:
            NotFoundError: If there is none, naming `field`.
        """
        row = None
        if is_possible(study_id):
            query = self._studies().where(studies.c.study_id == study_id)
            if for_writing:
                query = query.with_for_update(of=studies)
            row = self._connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError("there is no such study", field=field, value=study_id)
        return _stored(row)

    def page(
        self,
        request: PageRequest,
        *,
        task_id: str | None = None,
        search_space: str | None = None,
        own_only: bool = False,
    ) -> Page[StoredStudy]:
        """Studies, newest first; `own_only` leaves out those that came with the knowledge base."""
        query = self._studies()
        if task_id is not None:
            query = query.where(tasks.c.task_id == (task_id if is_possible(task_id) else ""))
        if search_space is not None:
            name = search_space if is_possible(search_space) else ""
            query = query.where(studies.c.search_space_name == name)
        if own_only:
            query = query.where(~studies.c.shipped)
        return paginate(self._connection, query, request, by=studies.c.seq, read=_stored, owner=studies.c[COLUMN])

    def count(self) -> int:
        """How many studies are stored."""
        return self._connection.execute(select(func.count()).where(visible(self._connection, studies))).scalar_one()

    def count_trials(self) -> int:
        """How many trials all studies have together."""
        total = self._connection.execute(
            select(func.sum(studies.c.n_trials)).where(visible(self._connection, studies))
        ).scalar_one()
        return int(total or 0)

    def space_names(self) -> tuple[str, ...]:
        """Names of search spaces that studies were made over, sorted."""
        query = select(studies.c.search_space_name).distinct()
        query = query.where(studies.c.search_space_name.is_not(None), visible(self._connection, studies))
        return tuple(sorted(self._connection.execute(query).scalars()))

    def keys(self) -> tuple[ModelKey, ...]:
        """The keys under which there are studies."""
        columns = ModelKey.columns_of(studies)
        rows = self._connection.execute(
            select(*columns).where(visible(self._connection, studies)).distinct().order_by(*columns)
        )
        return tuple(ModelKey.of_row(row) for row in rows.mappings())

    def refresh_totals(self, study: StoredStudy) -> StoredStudy:
        """Recompute the study's number of trials and best value after trials were added."""
        of_study = trials.c.study_seq == study.seq
        best = func.max(trials.c.value) if study.key.direction is Direction.MAXIMIZE else func.min(trials.c.value)
        totals = self._connection.execute(select(func.count()).select_from(trials).where(of_study)).scalar_one()
        feasible = func.coalesce(trials.c.violation, 0.0) <= 0.0
        complete = select(best).where(of_study, trials.c.state == "complete", feasible)
        for end, is_within in zip(possible_range(study.key.metric), (operator.ge, operator.le), strict=True):
            if not math.isinf(end):
                complete = complete.where(is_within(trials.c.value, end))
        best_value = self._connection.execute(complete).scalar_one()
        self._connection.execute(
            studies.update()
            .where(studies.c.seq == study.seq, own(self._connection, studies))
            .values(n_trials=totals, best_value=best_value)
        )
        return self.get(study.study_id)

    def add_to_totals(
        self, study: StoredStudy, n_new: int, judged: Sequence[float], *, revision: int | None
    ) -> StoredStudy:
        """Add to a study's totals what came in, if recounting would read all of its trials.

        Args:
            study: As it is stored; the caller keeps others from changing it.
            n_new: Trials that were not there.
            judged: Values of feasible trials that have completed just now.
            revision: Of the key, to which it moved with trials that finished just now; None where none did.
        """
        better = max if study.key.direction is Direction.MAXIMIZE else min
        known = [] if study.best_value is None else [study.best_value]
        if judged and is_impossible(study.key.metric, better(judged)):  # quarantined; rarely, so only then one by one
            judged = [value for value in judged if not is_impossible(study.key.metric, value)]
        if judged:
            known.append(better(judged))
        n_trials, best_value = study.n_trials + n_new, better(known, default=None)
        mine = (studies.c.seq == study.seq) & own(self._connection, studies)
        changed: dict[str, object] = {"n_trials": n_trials, "best_value": best_value}
        if revision is not None:
            changed["revision"] = revision
        self._connection.execute(studies.update().where(mine).values(changed))
        return replace(study, n_trials=n_trials, best_value=best_value)

    def _studies(self) -> Select[tuple[object, ...]]:
        task = (tasks.c.seq == studies.c.task_seq) & visible(self._connection, tasks)
        query = select(studies, tasks.c.task_id, tasks.c.name.label("task_name")).join_from(studies, tasks, task)
        return query.where(visible(self._connection, studies))


def stored_objectives(further: Sequence[Objective]) -> list[list[str]] | None:
    """The objectives after the first, as a row has them."""
    return [[one.metric, one.direction.value] for one in further] or None


def further_objectives(stored: Sequence[Sequence[str]] | None) -> tuple[Objective, ...]:
    """The objectives after the first, from a row."""
    return tuple(Objective(metric, Direction(direction)) for metric, direction in stored or ())


def _keys(key: ModelKey, further: Sequence[Objective]) -> tuple[ModelKey, ...]:
    return (key, *(replace(key, metric=one.metric, direction=one.direction) for one in further))


def _stored(row: RowMapping) -> StoredStudy:
    key = ModelKey.of_row(row)
    return StoredStudy(
        study_id=row["study_id"],
        seq=row["seq"],
        task_seq=row["task_seq"],
        task_id=row["task_id"],
        task_name=row["task_name"],
        space_id=row["space_id"],
        search_space_name=row["search_space_name"],
        key=key,
        name=row["name"],
        metadata=row["metadata"],
        n_trials=row["n_trials"],
        best_value=row["best_value"],
        shipped=row["shipped"],
        created_at=row["created_at"],
        further=further_objectives(row["further_objectives"]),
    )
