"""Names of columns that look like a row: of a file without a header, whose first row was taken for one."""

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from warmtune.vocabulary.notice import Notice

_NUMBER: Final = re.compile(
    r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?(\.\d+)?"
)  # a repeated one has a number behind it
_SURE: Final = 2


def data_header(names: Sequence[str], columns: Sequence[pa.ChunkedArray]) -> Notice | None:
    """A notice where the names may be a row; None where they aren't.

    They may be where a number stands above each column of numbers, and a word that is one of its values above a column
    of words; above two such, where there are no numbers.

    Args:
        names: Of the columns.
        columns: As they came.
    """
    found: list[str] = []
    n_numbers = 0
    for name, column in zip(names, columns, strict=True):
        kind = column.type.value_type if pt.is_dictionary(column.type) else column.type
        if pt.is_integer(kind) or pt.is_floating(kind):
            if not _NUMBER.fullmatch(name.strip()):
                return None
            n_numbers += 1
        elif (pt.is_string(kind) or pt.is_large_string(kind)) and _occurs(name.strip(), column):
            found.append(name)
    if not found or (n_numbers == 0 and len(found) < _SURE):
        return None
    above = " and numbers name columns of numbers" if n_numbers else ""
    words = f"the names of the columns look like a row: {found[0]!r} is one of its column's values{above}"
    return Notice("data_header", f"{words}; if they are one, add a header with names", column=found[0])


def _occurs(name: str, column: pa.ChunkedArray) -> bool:
    bare = re.sub(r"\.\d+$", "", name)
    values = pc.unique(column)
    texts = values.dictionary if pt.is_dictionary(values.type) else values
    tidy = pc.utf8_trim_whitespace(texts)
    return bool(pc.any(pc.is_in(tidy, pa.array(sorted({name, bare}), tidy.type))).as_py())
