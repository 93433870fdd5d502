"""What the columns of a trial table are: inferred from their names, reported, and changeable."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.spelling import did_you_mean
from warmtune.vocabulary.trial_columns import layout_of, usual_role
from warmtune.vocabulary.trial_layouts import FieldRole, Layout


@dataclass(frozen=True, slots=True)
class Column:
    """A column, what it is, and what it is called then."""

    column: str
    role: FieldRole
    name: str


@dataclass(frozen=True, slots=True)
class Roles:
    """All columns of a table.

    Attributes:
        layout: The maker of the table, or None where columns are known by usual names only.
        columns: In the table's order.
        direction: See `Layout`.
        has_unique_studies: See `Layout`.
    """

    layout: str | None
    columns: tuple[Column, ...]
    direction: Direction | None
    has_unique_studies: bool = False

    def of(self, role: FieldRole) -> list[Column]:
        """Columns of one role."""
        return [column for column in self.columns if column.role is role]

    def one(self, role: FieldRole) -> str | None:
        """The first column of a role that only one can have."""
        found = self.of(role)
        return found[0].column if found else None

    def in_words(self) -> tuple[str, ...]:
        """What was guessed, to be shown."""
        words = []
        if self.layout is not None:
            words.append(f"the table is read as {self.layout}")
        for role in FieldRole:
            found = [column.column for column in self.of(role)]
            if found:
                words.append(f"columns read as {role}: {', '.join(found)}")
        return tuple(words)


def roles_of(columns: Sequence[str], given: Mapping[str, str], *, metric: str | None) -> Roles:
    """Guess what columns are.

    Args:
        columns: Names, in order.
        given: Roles that are known, by column.
        metric: A column, or the known metric that one means: it is the metric whatever else it looks like.

    Raises:
        InvalidInputError: On a column or a role that there isn't.
    """
    for name, role in given.items():
        if name not in columns:
            raise InvalidInputError(
                f"the table has no column {name!r}{did_you_mean(name, columns)}",
                field=f"columns.{name}",
                limit=", ".join(columns[:20]),
            )
        if role not in {known.value for known in FieldRole}:
            raise InvalidInputError(
                f"{role!r} is not a role of a column",
                field=f"columns.{name}",
                value=role,
                limit=", ".join(FieldRole),
            )
    layout = layout_of(columns)
    found = tuple(_column(name, given.get(name), layout, metric) for name in columns)
    if layout is None:
        return Roles(None, found, None)
    return Roles(layout.name, found, layout.direction, layout.has_unique_studies)


def _column(name: str, given: str | None, layout: Layout | None, metric: str | None) -> Column:
    if given is not None:
        return Column(name, FieldRole(given), name)
    if layout is not None:
        for pattern, role in layout.roles:
            if match := re.fullmatch(pattern, name):
                return Column(name, role, match.group(1) if match.groups() else name)
        if layout.otherwise is not None:
            return Column(name, layout.otherwise, name)
    if name == metric:
        return Column(name, FieldRole.METRIC, name)
    return Column(name, usual_role(name) or FieldRole.PARAMETER, name)
