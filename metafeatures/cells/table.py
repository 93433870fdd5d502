"""From a table as it came to one of plain columns under tidy names, with what was found on the way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.cells.column import CellColumn, read_column
from metafeatures.cells.data_header import data_header
from metafeatures.cells.double_encoding import double_encodings
from metafeatures.cells.extensions import stored_extension
from metafeatures.cells.names import LEVELS, is_unnamed, tidy_names
from metafeatures.cells.numbers import Decimal
from metafeatures.cells.odd_rows import without_odd_rows
from metafeatures.cells.repeated_header import without_headers
from metafeatures.cells.second_header import joined_names, lines_left_out
from metafeatures.cells.second_table import check_one_table
from metafeatures.cells.structs import SEPARATOR, spread
from metafeatures.cells.target import read_target_cells
from metafeatures.cells.text import Labels, TextAs, labels_in, read_text
from metafeatures.cells.types import plain_column
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.spelling import did_you_mean
from warmtune.vocabulary.understanding import ColumnUse

TEXT_FIELD = {b"warmtune:text": b"1"}
"""Metadata of a field whose dictionary is only how text is stored; any other dictionary holds categories."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of plain columns.

    Attributes:
        table: Numbers, booleans, dictionaries of strings, times and nulls only; the target among them.
        target: The target's name in it.
        nominal: The columns that are listed as nominal, by their names in it.
        reasons: By column, why it is read as it is where its type alone doesn't say so.
        left_out: Columns that are none of its features, with the reason.
        names: All columns of the original, in order.
        notices: What was odd.
    """

    table: pa.Table
    target: str
    nominal: frozenset[str]
    reasons: Mapping[str, str]
    left_out: tuple[ColumnUse, ...]
    names: tuple[str, ...]
    notices: tuple[Notice, ...]


@dataclass(slots=True)
class _Text:
    """A column of text on its way."""

    labels: Labels
    found: TextAs


@dataclass(frozen=True, slots=True)
class CellOptions:
    """What the caller said of a table.

    Attributes:
        target: Name of the target column.
        nominal: Columns whose values are names.
        ignore: Columns to leave out.
        classes: Whether the target is classes (True) or numbers (False); None where that is to be inferred.
        decimal: The decimal mark where a column doesn't tell; None where the table's other columns are to.
    """

    target: str
    nominal: Collection[str] = ()
    ignore: Collection[str] = ()
    classes: bool | None = None
    decimal: Decimal | None = None


def read_cells(table: pa.Table, options: CellOptions) -> Cells:
    """Read all cells of a table.

    Raises:
        InvalidTableError: If there is no such target, `nominal` or `ignore` column; on a column whose type holds no
            single value in a cell; on a target that is neither numbers nor classes, with the first odd cell.
    """
    header = _header(table, kept=options.ignore)
    target = header.known(options.target, "target")
    nominal = {header.known(name, "nominal") for name in options.nominal}
    ignore = {header.known(name, "ignore") for name in options.ignore}
    if target in ignore:
        raise InvalidTableError(
            f"the target {target!r} can't be ignored", field="ignore", value=target, limit="columns but the target"
        )
    names = header.names
    columns = {
        name: plain_column(column, name)
        for name, column in zip(names, header.columns, strict=True)
        if name not in ignore
    }
    left_out = [ColumnUse(name, "left_out", "it was to be ignored") for name in names if name in ignore]
    unused = _unused(columns, names[0] if names else "", target, first_row=header.first_row)
    left_out += [ColumnUse(name, "left_out", reason) for name, reason in unused.items()]
    kept = {name: column for name, column in columns.items() if name not in unused}
    fields = dict(zip(names, header.fields, strict=True))
    labels = {name: labels_in(column) for name, column in kept.items() if _is_text(column.type, fields[name])}
    repeated: tuple[Notice, ...] = ()
    if len(labels) == len(kept):
        labels, repeated = without_headers(labels)
    rows = without_odd_rows(kept, labels, target)
    texts = {name: _Text(found, read_text(found)) for name, found in rows.labels.items()}
    second = check_one_table(rows.columns, {name: (text.labels, text.found) for name, text in texts.items()})
    _resolve_decimals(texts, options.decimal)
    read = {
        name: _read(name, column, texts.get(name), options, nominal=nominal, is_target=name == target)
        for name, column in rows.columns.items()
    }
    of_cells = (notice for cell in read.values() for notice in cell.notices)
    return Cells(
        table=pa.table({name: cell.column for name, cell in read.items()}),
        target=target,
        nominal=frozenset(nominal),
        reasons={name: cell.reason for name, cell in read.items() if cell.reason},
        left_out=tuple(left_out),
        names=tuple(names),
        notices=(
            *header.notices,
            *(() if repeated else header.doubts()),
            *repeated,
            *double_encodings(names, rows.labels),
            *rows.notices,
            *second,
            *_left_out(unused),
            *of_cells,
        ),
    )


@dataclass(frozen=True, slots=True)
class _TableHeader:
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


def _header(table: pa.Table, *, kept: Collection[str]) -> _TableHeader:
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
    return _TableHeader(
        joined if joined != names else given,
        joined,
        fields,
        frozenset(parts).intersection(joined),
        columns,
        (*of_objects, *notices, *of_names),
        first_row,
        joined != names,
    )


def _read(
    name: str,
    column: pa.ChunkedArray,
    text: _Text | None,
    options: CellOptions,
    *,
    nominal: Collection[str],
    is_target: bool,
) -> CellColumn:
    if text is None:
        return CellColumn(column)
    if is_target:
        classes = True if options.classes is None and name in nominal else options.classes
        return read_target_cells(name, text.labels, text.found, classes=classes)
    return read_column(name, text.labels, text.found, is_listed=name in nominal)


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


def _unused(columns: Mapping[str, pa.ChunkedArray], first: str, target: str, *, first_row: int) -> dict[str, str]:
    """Columns without a name that only number the rows, or hold nothing, with the reason to leave them out."""
    found = {}
    is_front = first in columns
    for name, column in columns.items():
        if name == target or not is_unnamed(name):
            is_front = False
        elif column.null_count == len(column):
            found[name] = "it has no name and no value"
        elif is_front and _is_index(column, first_row):  # two of them, where a frame was saved with its index twice
            found[name] = "it has no name and only names the rows"
        else:
            is_front = False
    return found


def _is_index(column: pa.ChunkedArray, first_row: int) -> bool:
    """Whether a column only names the rows; below a header of two lines an empty cell or two stand above its names."""
    kind = column.type
    if first_row and column.slice(0, first_row + 1).null_count == column.null_count:
        column = column.drop_null()
        if pt.is_floating(kind):  # of whole numbers and an empty cell
            kind = pa.int64()
    if not (pt.is_integer(kind) or pt.is_string(kind) or pt.is_large_string(kind) or pt.is_dictionary(kind)):
        return False
    return column.null_count == 0 and len(pc.unique(column)) == len(column)


def _left_out(unused: Mapping[str, str]) -> tuple[Notice, ...]:
    return tuple(
        Notice("column_left_out", f"column {name!r} is left out: {reason}", column=name)
        for name, reason in unused.items()
    )


def _is_text(kind: pa.DataType, field_of: pa.Field) -> bool:
    if pt.is_dictionary(kind):
        return field_of.metadata is not None and TEXT_FIELD.items() <= field_of.metadata.items()
    return bool(pt.is_string(kind) or pt.is_large_string(kind))


def _resolve_decimals(texts: Mapping[str, _Text], said: Decimal | None) -> None:
    """Where a column's marks can be read both ways, let the others decide."""
    numbers = {name: text.found.numbers for name, text in texts.items() if text.found.numbers is not None}
    decided = {found.spelling.decimal for found in numbers.values() if not found.is_ambiguous and found.has_marks}
    prefer = said if said is not None else Decimal.COMMA if decided == {Decimal.COMMA} else Decimal.POINT
    for name, found in numbers.items():
        if found.is_ambiguous and found.spelling.decimal is not prefer:
            texts[name].found = read_text(texts[name].labels, prefer=prefer)
