"""What tables are made of: their metadata, types of columns, and whose a row is."""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, Column, DateTime, ForeignKey, ForeignKeyConstraint, Integer, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from store.connections.scope import COLUMN

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Sequence = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only under the type INTEGER
Json = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def owner_column(*, is_key: bool = False, index: bool = False) -> Column[int]:
    """Whose a row is."""
    owner = ForeignKey("workspaces.seq")
    if is_key:
        return Column(COLUMN, owner, primary_key=True, autoincrement=False)
    return Column(COLUMN, owner, nullable=False, index=index)


def definition_of_same_workspace() -> ForeignKeyConstraint:
    """A definition of the same workspace."""
    return ForeignKeyConstraint([COLUMN, "space_id"], ["search_spaces.workspace_seq", "search_spaces.space_id"])
