"""From a table and what is said of it to the task that it makes: cells read, rows with a target, exact facts."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import pyarrow as pa

from metafeatures.cells.numbers import Decimal
from metafeatures.cells.table import CellOptions, Cells, read_cells
from metafeatures.dropped_rows import missing_classes
from metafeatures.facts import Facts
from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.row_hashes import RowHashes
from metafeatures.table_profile import check_features, profile_table
from metafeatures.target import RequestedKind, present_rows, read_target
from warmtune.vocabulary.task import TaskKind


@dataclass(frozen=True, slots=True)
class TaskTable:
    """A table as a task.

    Attributes:
        cells: What its cells are, all rows and columns.
        table: The rows that have a target value.
        facts: Exact facts about them.
        hashes: Of each row.
    """

    cells: Cells
    table: pa.Table
    facts: Facts
    hashes: RowHashes

    @property
    def n_dropped_rows(self) -> int:
        """Rows without a target value."""
        return int(self.cells.table.num_rows - self.table.num_rows)


def task_table(
    table: pa.Table,
    target: str,
    *,
    kind: TaskKind | None = None,
    metric: str | None = None,
    nominal: Collection[str] | None = None,
    ignore: Collection[str] | None = None,
    decimal_mark: str | None = None,
    limits: TableLimits = DEFAULT_LIMITS,
) -> TaskTable:
    """Read a table's cells and pass over its columns; see `metafeatures.describe.describe` for arguments and errors."""
    limits.check_shape(table.num_rows, table.num_columns)
    listed = frozenset(nominal or ())
    wanted = RequestedKind(kind, metric, is_listed=target in listed)
    options = CellOptions(
        target=target,
        nominal=listed,
        ignore=frozenset(ignore or ()),
        classes=wanted.classes,
        decimal=None if decimal_mark is None else Decimal(decimal_mark),
    )
    cells = read_cells(table, options)
    check_features(cells.table, cells.target)
    present, rows = present_rows(cells.table, cells.target)
    found = read_target(present.column(cells.target), cells.target, wanted, limits=limits, rows=rows)
    if found.kind.is_classification:
        cells = replace(cells, notices=(*cells.notices, *missing_classes(cells, rows)))
    facts, hashes = profile_table(present, cells.target, found, cells.nominal, rows=rows)
    return TaskTable(cells, present, facts, hashes)
