"""Numbers with unquoted commas in a file that commas divide: every row seems to begin with one field too many."""

import re
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Final

from metafeatures.reading.dialect import Dialect, records_in
from warmtune.vocabulary.errors import InvalidTableError

_LOOKED_AT: Final = 1_000
_LEAST_ROWS: Final = 5
_WHOLE: Final = re.compile(r"-?\d{1,18}")
_FRACTION: Final = re.compile(r"\d{2,}")


def check_split_numbers(rows: str, names: Sequence[str], dialect: Dialect) -> None:
    """Refuse rows whose field too many is half a number rather than the name of a row.

    Such a field doesn't number the rows, and some field is what follows a decimal or thousands comma: digits, in all
    rows as many, with leading zeros.

    Args:
        rows: The text below the header, its last row perhaps cut off.
        names: Of the columns; one less than the rows have fields.
        dialect: How the rows are divided.

    Raises:
        InvalidTableError: Naming the column that is likely split.
    """
    if dialect.delimiter != ",":
        return
    looked_at = list(islice(records_in(rows, dialect), _LOOKED_AT))
    records = [row for row in looked_at if len(row) == len(names) + 1]
    first = [row[0].strip() for row in records]
    if len(records) < _LEAST_ROWS or not all(_WHOLE.fullmatch(cell) for cell in first) or _counts(first):
        return
    place = next((k for k in range(1, len(names) + 1) if _is_fraction([row[k].strip() for row in records])), None)
    if place is None or not all(_WHOLE.fullmatch(row[place - 1].strip()) for row in records):
        return
    name, number = names[place - 1], f"{records[0][place - 1].strip()},{records[0][place].strip()}"
    raise InvalidTableError(
        f"every row has a field more than the header, as if {number!r} in row 1, column {name!r}, were two: put numbers"
        " with a comma inside into quotes, or separate cells by semicolons; if the first field names the rows, give it"
        " a name in the header",
        field="file",
        value=number,
        limit=f"{len(names)} fields in every row",
    )


def _counts(cells: Sequence[str]) -> bool:
    """Whether numbers grow or fall from row to row, as those of rows do."""
    steps = {(int(b) > int(a)) - (int(b) < int(a)) for a, b in pairwise(cells)}
    return len(steps) == 1 and steps != {0}


def _is_fraction(cells: Sequence[str]) -> bool:
    """Whether cells are what follows a comma in numbers."""
    is_alike = len({len(cell) for cell in cells}) == 1 and all(_FRACTION.fullmatch(cell) for cell in cells)
    return is_alike and any(cell.startswith("0") for cell in cells)
