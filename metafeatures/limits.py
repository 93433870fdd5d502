"""The limits on a table's size, in one place."""

from dataclasses import dataclass
from typing import Final

from warmtune.vocabulary.errors import LimitExceededError


@dataclass(frozen=True, slots=True)
class TableLimits:
    """Sizes above which a table is refused before it is parsed or described.

    Attributes:
        max_rows: Rows of a table.
        max_columns: Columns of a table, the target included.
        max_cells: Rows times columns.
        max_bytes: Bytes of a file after decompression, and of a table in memory.
        max_classes: Classes of a classification target.
    """

    max_rows: int = 50_000_000
    max_columns: int = 10_000
    max_cells: int = 500_000_000
    max_bytes: int = 8 * 2**30
    max_classes: int = 10_000

    def check_shape(self, n_rows: int, n_columns: int, *, field: str = "file") -> None:
        """Refuse a table that is too large.

        Raises:
            LimitExceededError: On more columns, rows or cells than allowed, naming `field`.
        """
        self._check("columns", n_columns, self.max_columns, field)
        self._check("rows", n_rows, self.max_rows, field)
        self._check("cells", n_rows * n_columns, self.max_cells, field)

    def check_bytes(self, n_bytes: int, *, field: str = "file") -> None:
        """Refuse content that is too large.

        Raises:
            LimitExceededError: On more bytes than allowed, naming `field`.
        """
        self._check("bytes", n_bytes, self.max_bytes, field)

    @staticmethod
    def _check(unit: str, size: int, limit: int, field: str) -> None:
        if size > limit:
            raise LimitExceededError(
                f"the table has {size:,} {unit}, {limit:,} are allowed",
                field=field,
                value=size,
                limit=f"{limit} {unit}",
            )


DEFAULT_LIMITS: Final = TableLimits()
