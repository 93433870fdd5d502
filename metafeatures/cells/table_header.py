"""A table's columns by tidy names, and the name that a caller means."""

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import types as pt

from metafeatures.cells.data_header import data_header
from metafeatures.cells.extensions import stored_extension
from metafeatures.cells.names import LEVELS, tidy_names
from metafeatures.cells.second_header import joined_names, lines_left_out
from metafeatures.cells.structs import SEPARATOR, spread
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.spelling import did_you_mean


@dataclass(frozen=True, slots=True)
class TableHeader:
    """A table's columns by name.

    Attributes:
        given: The names as the table has them; of parts of objects, those that they get here.
        names: The same, tidy.
        fields: What the table's schema says of the columns.
        parts: Names of those that are parts of objects.
        columns: The columns.
        notices: What was odd about the names.
        first_row: From 0: below a header of two lines, whose second one keeps its place among the rows, it is 1.
        is_joined: Whether names are joined of those of two lines: either of a name's parts will do where it is unique.
    """

    given: list[str]
    names: list[str]
    fields: list[pa.Field]
    parts: frozenset[str]
    columns: list[pa.ChunkedArray]
    notices: tuple[Notice, ...]
    first_row: int
    is_joined: bool

    def known(self, name: str, field_name: str) -> str:
        """The tidy name that a caller means."""
        of_a_part = [known for known in self.parts if known.endswith(f"{SEPARATOR}{name.strip()}")]
        if name not in self.given and name.strip() not in self.names and len(of_a_part) == 1:
            return of_a_part[0]
        try:
            return _known(name, self.given, self.names, field_name, is_joined=self.is_joined)
        except InvalidTableError as error:
            for doubt in self.doubts():
                words = f"{error.message}; {doubt.text}"
                raise InvalidTableError(words, field=error.field, value=error.value, limit=error.limit) from None
            raise

    def doubts(self) -> tuple[Notice, ...]:
        """A notice where the names may be a row of a file without a header."""
        doubt = data_header(self.names, self.columns)
        return () if doubt is None else (doubt,)


def table_header(table: pa.Table, *, kept: Collection[str]) -> TableHeader:
    """The columns of a table as it came, parts of objects among them.

    Args:
        table: The table.
        kept: Columns to leave as they are where they hold objects.

    Raises:
        InvalidTableError: On periods of a frequency that pandas doesn't know, or objects nested too deep.
        LimitExceededError: On more parts of objects than are allowed.
    """
    columns = [stored_extension(column, table.schema.field(i)) for i, column in enumerate(table.columns)]
    given, fields, parts, of_objects = table.column_names, list(table.schema), list[str](), tuple[Notice, ...]()
    if any(pt.is_struct(column.type) for column in columns):
        given, columns, of_objects = spread(given, columns, kept=kept)
        known = {field.name: field for field in table.schema if not pt.is_struct(field.type)}
        fields = [known.get(name, pa.field(name, column.type)) for name, column in zip(given, columns, strict=True)]
        parts = [name for name in given if name not in table.column_names]
    names, notices = tidy_names(given)
    joined, columns, of_names = joined_names(names, columns)
    first_row = lines_left_out(of_names)
    if (table.schema.metadata or {}).get(LEVELS):
        of_names = (*of_names, Notice("joined_names", "names of several levels are joined by an underscore"))
    return TableHeader(
        joined if joined != names else given,
        joined,
        fields,
        frozenset(parts).intersection(joined),
        columns,
        (*of_objects, *notices, *of_names),
        first_row,
        joined != names,
    )


def _known(name: str, given: list[str], tidy: list[str], field_name: str, *, is_joined: bool) -> str:
    """The tidy name that a caller means.

    Raises:
        InvalidTableError: If there is no such column, or several.
    """
    if given.count(name) > 1:
        raise InvalidTableError(
            f"the column name {name!r} occurs more than once",
            field=f"file.{name}",
            value=name,
            limit="distinct column names",
        )
    if name in given:
        return tidy[given.index(name)]
    if name.strip() in tidy:
        return name.strip()
    of_a_level = [known for known in tidy if name and (known.endswith(f"_{name}") or known.startswith(f"{name}_"))]
    if given == tidy and len(of_a_level) == 1 and is_joined:
        return of_a_level[0]
    commented = [known for known in tidy if known.lstrip("#% ") == name.strip() != ""]
    if len(commented) == 1:  # the first column of a header that begins with the sign of comments
        return commented[0]
    listed = ", ".join(repr(n) for n in tidy[:20]) + (f" and {len(tidy) - 20} more" if len(tidy) > 20 else "")
    hint = did_you_mean(name, tidy)
    raise InvalidTableError(
        f"the table has no column {name!r}" + (f"{hint} Its columns are " if hint else "; its columns are ") + listed,
        field=field_name,
        value=name,
        limit=f"one of {listed}",
    )
