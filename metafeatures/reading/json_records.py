"""JSON Lines, and JSON files that hold a table."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import json as pajson
from pyarrow import types as pt

from metafeatures.cells.structs import part_names
from metafeatures.limits import TableLimits
from metafeatures.reading.cell_columns import as_pandas, column_of
from metafeatures.reading.json_dates import with_epochs
from metafeatures.reading.json_inside import are_features, features, of_database, one_by_one
from metafeatures.reading.json_shapes import rows_of, shaped
from metafeatures.reading.json_table import RECORDS
from metafeatures.reading.text import Utf8Text
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import Reading

_BLOCK_BYTES: Final = 1 << 24
_LOOK_BYTES: Final = 1 << 12
_LOOKS: Final = 1_000
_LONG_LINE: Final = 1 << 17
_NEW_NAMES: Final = 20
_MANY_NAMES: Final = 2_000


def read_json_lines(text: Utf8Text, limits: TableLimits) -> tuple[pa.Table, Reading]:
    """Read one object a line; or one list a line, the first perhaps of names.

    Raises:
        InvalidTableError: On a line that is neither, naming it, or no row.
        LimitExceededError: On more rows, columns or cells than allowed.
    """
    notices: tuple[Notice, ...] = ()
    if _begins_with(text, b"["):
        found = rows_of([line for _, line in _lines(text.path, text.begin)], limits)
        table, notices = _table(enumerate(found.records, start=1), limits), found.notices
    else:
        quick = None if _goes_on_naming(text) else _quickly(text)
        table = _table(_lines(text.path, text.begin), limits) if quick is None else quick
        if are_features(table.column_names):
            found = features([line for _, line in _lines(text.path, text.begin)])
            table, notices = _table(enumerate(found.records, start=1), limits), found.notices
    limits.check_shape(table.num_rows, table.num_columns)
    if table.num_rows == 1:  # a whole file of one object, such as a message of an error, or columns by name
        return read_json(text, limits)
    table, of_pandas = _as_pandas(table)
    return table, Reading("json_lines", table.num_rows, encoding=text.encoding, notices=(*notices, *of_pandas))


def read_json(text: Utf8Text, limits: TableLimits) -> tuple[pa.Table, Reading]:
    """Read a list of objects (what pandas calls ``orient="records"``), or a table in another of pandas' shapes.

    Raises:
        InvalidTableError: On anything else, or no row.
        LimitExceededError: On more rows, columns or cells than allowed.
    """
    content = text.path.read_bytes()[text.begin :]
    notices: tuple[Notice, ...] = ()
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        several = one_by_one(content.decode()) if str(error).startswith("Extra data") else None
        if several is None:
            words = f"the file is no whole JSON: {error}"
            raise InvalidTableError(words, field="file", limit=RECORDS) from error
        body, notices = several.records, several.notices
    exported = None if notices else of_database(body)
    if exported is not None:
        body, notices = exported.records, exported.notices
    if isinstance(body, list) and body and isinstance(body[0], Mapping):
        table = _table(enumerate(body, start=1), limits)
    else:
        found = shaped(body, limits)
        table, notices = _table(enumerate(found.records, start=1), limits), found.notices
    table, of_pandas = _as_pandas(table)
    return table, Reading("json", table.num_rows, encoding=text.encoding, notices=(*notices, *of_pandas))


def _as_pandas(table: pa.Table) -> tuple[pa.Table, tuple[Notice, ...]]:
    table, booleans = as_pandas(table)
    table, epochs = with_epochs(table)
    return table, (*booleans, *epochs)


def _begins_with(text: Utf8Text, mark: bytes) -> bool:
    with text.path.open("rb") as file:
        file.seek(text.begin)
        return file.read(_LOOK_BYTES).lstrip().startswith(mark)


def _goes_on_naming(text: Utf8Text) -> bool:
    """Whether lines all over the file have names that others don't have.

    pyarrow's reader takes time for each line and name of a block, so that many names in few bytes would cost hours; and
    it counts them at its end. The other reader stops at the first name too many.
    """
    size = text.path.stat().st_size
    before, since = set[tuple[str, ...]](), set[tuple[str, ...]]()
    with text.path.open("rb") as file:
        for look in range(_LOOKS):
            file.seek(text.begin + (size - text.begin) * look // _LOOKS)
            if look and len(file.readline(_LONG_LINE)) == _LONG_LINE:  # what is left of a line
                return True
            try:
                record = json.loads(file.readline(_BLOCK_BYTES) or b"{}")
            except (ValueError, RecursionError):
                return True
            if not isinstance(record, Mapping):
                return True
            (before if look < _LOOKS // 2 else since).update(part_names([record]))
    return len(since - before) > _NEW_NAMES or len(before) > _MANY_NAMES


def _quickly(text: Utf8Text) -> pa.Table | None:
    """By pyarrow's reader; None where a column changes its type, or where something looks like a date.

    Dates are for the rules that frames' strings go by too.
    """
    try:
        with pa.OSFile(str(text.path), "rb") as file:
            file.seek(text.begin)
            table = pajson.read_json(
                file, read_options=pajson.ReadOptions(block_size=_BLOCK_BYTES, use_threads=pa.cpu_count() > 1)
            )
    except pa.ArrowInvalid:
        return None
    if len(set(table.column_names)) < table.num_columns or any(map(_has_times, table.schema.types)):
        return None
    return table


def _has_times(kind: pa.DataType) -> bool:
    return any(map(_has_times, (field.type for field in kind))) if pt.is_struct(kind) else bool(pt.is_temporal(kind))


def _lines(path: Path, begin: int) -> Iterator[tuple[int, object]]:
    with path.open("rb") as file:
        file.seek(begin)
        n = 0
        for line in file:
            if not line.strip():
                continue
            n += 1
            try:
                yield n, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InvalidTableError(
                    f"row {n} is not JSON: {error}; if it is the last row, the file was cut off",
                    field="file",
                    value=line[:200].decode("utf-8", errors="replace"),
                    limit=RECORDS,
                ) from error


def _table(records: Iterator[tuple[int, object]], limits: TableLimits) -> pa.Table:
    columns: dict[str, list[object]] = {}
    n = 0
    for n, record in records:
        if not isinstance(record, Mapping):
            raise InvalidTableError(
                f"row {n} is not an object with names, but {_words(record)}",
                field="file",
                value=repr(record)[:200],
                limit=RECORDS,
            )
        n_names = len(columns) + sum(name not in columns for name in record)
        _check_names(n_names, limits)
        limits.check_shape(n, n_names)  # before missing cells are filled in
        for name, cell in record.items():
            cells = columns.setdefault(name, [])
            cells.extend([None] * (n - 1 - len(cells)))
            cells.append(cell)
    if n == 0:
        raise InvalidTableError("the file has no record", field="file", value=0, limit="at least 1 row")
    return pa.table({name: column_of(name, cells + [None] * (n - len(cells))) for name, cells in columns.items()})


def _words(record: object) -> str:
    return "a null" if record is None else with_article(type(record).__name__)


def _check_names(n_names: int, limits: TableLimits) -> None:
    if n_names > limits.max_columns:
        raise LimitExceededError(
            f"the records have more than {limits.max_columns} names",
            field="file",
            value=n_names,
            limit=f"{limits.max_columns} columns",
        )
