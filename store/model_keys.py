"""What past studies have in common with a question: search space, kind of task, metric and direction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, bindparam

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction, same_metrics
from warmtune.vocabulary.task import TaskKind


class KindGroup(StrEnum):
    """Kinds of task that learn from each other; `ANY` is for search spaces that serve them all."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    ANY = "any"

    @property
    def kinds(self) -> tuple[TaskKind, ...]:
        """The kinds of task in this group."""
        if self is KindGroup.ANY:
            return tuple(TaskKind)
        return tuple(kind for kind in TaskKind if group_of(kind) is self)


def group_of(kind: TaskKind) -> KindGroup:
    """The group of one kind of task."""
    return KindGroup.CLASSIFICATION if kind.is_classification else KindGroup.REGRESSION


def group_of_all(kinds: Iterable[TaskKind]) -> KindGroup:
    """The narrowest group that holds all the kinds.

    Raises:
        InvalidInputError: On no kinds at all.
    """
    groups = {group_of(kind) for kind in kinds}
    if not groups:
        raise InvalidInputError("at least one kind of task is needed", field="kinds")
    return groups.pop() if len(groups) == 1 else KindGroup.ANY


@dataclass(frozen=True, slots=True)
class ModelKey:
    """Studies under the same key can be compared; one model is learned per key.

    Attributes:
        content_key: `SearchSpace.content_key`: equal parameters and conditions, whatever the name.
        kind_group: Classification or regression, never any.
        metric: As the studies name it.
        direction: Which way is better.
    """

    content_key: str
    kind_group: KindGroup
    metric: str
    direction: Direction

    @classmethod
    def of_row(cls, row: RowMapping) -> "ModelKey":
        """The key that a database row spells out: inverse of `columns`."""
        return cls(row["content_key"], KindGroup(row["kind_group"]), row["metric"], Direction(row["direction"]))

    @classmethod
    def columns_of(cls, table: FromClause) -> tuple[ColumnElement[str], ...]:
        """The columns of a table that spell the key out."""
        return tuple(table.c[name] for name in ("content_key", "kind_group", "metric", "direction"))

    def columns(self) -> dict[str, str]:
        """The key as a database row spells it out."""
        return {
            "content_key": self.content_key,
            "kind_group": self.kind_group.value,
            "metric": self.metric,
            "direction": self.direction.value,
        }

    def shares(self, table: FromClause, *, but: Collection[str] = ()) -> ColumnElement[bool]:
        """The condition that a row's studies can be compared: as `matches`, but the metric may have another name."""
        names = same_metrics(self.metric)
        if len(names) == 1:
            return self.matches(table, but=but)
        return and_(self.matches(table, but={"metric", "direction", *but}), table.c.metric.in_(names))

    @classmethod
    def matches_asked(cls, table: FromClause) -> ColumnElement[bool]:
        """As `matches`, for a statement that is made once and executed with `asked()` among its parameters."""
        return and_(*(column == bindparam(f"asked_{column.name}") for column in cls.columns_of(table)))

    def asked(self) -> dict[str, str]:
        """The parameters that `matches_asked` leaves open."""
        return {f"asked_{name}": value for name, value in self.columns().items()}

    def matches(self, table: FromClause, *, but: Collection[str] = ()) -> ColumnElement[bool]:
        """The condition that a row of the table is under the key, save for the columns that are left out."""
        return and_(*(table.c[name] == value for name, value in self.columns().items() if name not in but))
