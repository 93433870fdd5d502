"""ARFF, Weka's format: a header that says each attribute's type, then rows, dense or sparse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from metafeatures.limits import TableLimits
from metafeatures.reading.cell_columns import column_of
from metafeatures.reading.java_dates import DEFAULT, moments
from metafeatures.reading.names import clean_names
from metafeatures.reading.text import Utf8Text
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.understanding import Reading

_ATTRIBUTE: Final = re.compile(
    r"\s*@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s{]+)\s*(.*?)\s*$", re.IGNORECASE | re.DOTALL
)
_CELL: Final = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^,\t]*?)\s*(,|\t|$)")
_SPARSE: Final = re.compile(r"\s*(\d+)\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^,]*?)\s*(,|$)")
_NUMBERS: Final = ("numeric", "real", "integer")
_WEIGHT: Final = re.compile(r"\s*,\s*\{[^{}]*\}\s*$")
_FORMAT: Final = "ARFF: @relation, @attribute name type, @data, then rows"


@dataclass(frozen=True, slots=True)
class _Attribute:
    """A column: its name, and its categories, whether it holds numbers, or how its dates are written."""

    name: str
    categories: tuple[str, ...] | None = None
    is_number: bool = False
    date_format: str | None = None


def read_arff(text: Utf8Text, limits: TableLimits) -> tuple[pa.Table, Reading]:
    """Read an ARFF file; nominal attributes become categories, whatever their names look like.

    Raises:
        InvalidTableError: On a type that ARFF doesn't know, a row with too many or too few cells, a cell that isn't of
            its type, or no row.
        LimitExceededError: On more rows, columns or cells than allowed.
    """
    with text.path.open(encoding="utf-8", newline=None) as file:
        file.seek(text.begin)
        attributes = _attributes(file, limits)
        columns: list[list[str | None]] = [[] for _ in attributes]
        n_rows = 0
        for line in file:
            bare = line.strip()
            if not bare or bare.startswith("%"):
                continue
            n_rows += 1
            for column, cell in zip(columns, _row(bare, n_rows, attributes), strict=True):
                column.append(cell)
            if n_rows % 10_000 == 0:
                limits.check_shape(n_rows, len(attributes))
    limits.check_shape(n_rows, len(attributes))
    if n_rows == 0:
        raise InvalidTableError("the file has a header, but no row", field="file", value=0, limit="at least 1 row")
    names, notices = clean_names([attribute.name for attribute in attributes])
    arrays = [_array(attribute, column) for attribute, column in zip(attributes, columns, strict=True)]
    notices += _undeclared(names, attributes, columns)
    reading = Reading("arff", n_rows, encoding=text.encoding, notices=tuple(notices))
    return pa.table(arrays, names=names), reading


def _attributes(lines: Iterator[str], limits: TableLimits) -> list[_Attribute]:
    found: list[_Attribute] = []
    for line in lines:
        bare = line.strip()
        if bare.lower().startswith("@data"):
            if found:
                return found
            break
        if not bare.lower().startswith("@attribute"):
            continue
        parts = _ATTRIBUTE.match(line)
        if parts is None:
            raise _unsound(f"an attribute can't be read: {bare[:80]}", bare)
        found.append(_attribute(_bare(parts[1]), parts[2]))
        limits.check_shape(0, len(found))
    raise _unsound("the file has no @data after @attribute lines: it was cut off", "")


def _attribute(name: str, kind: str) -> _Attribute:
    if kind.startswith("{"):
        kind = _WEIGHT.sub("", kind) if kind.count("{") > 1 else kind
        if not kind.endswith("}"):
            raise _unsound(f"the categories of attribute {name!r} have no end", kind[:80])
        return _Attribute(name, tuple(cell or "" for cell in _cells(kind[1:-1])))
    word = kind.split()[0].lower() if kind else ""
    if word in _NUMBERS:
        return _Attribute(name, is_number=True)
    if word == "string":
        return _Attribute(name)
    if word == "date":
        form = _bare(_WEIGHT.sub("", kind[len(word) :]).strip())
        return _Attribute(name, date_format=form or DEFAULT)
    raise _unsound(f"attribute {name!r} has the type {kind[:40]!r}, which is not read", kind[:80])


def _row(line: str, number: int, attributes: list[_Attribute]) -> list[str | None]:
    if line.startswith("{"):
        return _sparse_row(line, number, attributes)
    cells = _cells(line)
    if len(cells) == len(attributes) + 1 and re.fullmatch(r"\{[-+\d.eE]+\}", cells[-1] or ""):
        cells.pop()  # an instance's weight
    if len(cells) != len(attributes):
        raise InvalidTableError(
            f"row {number} ({COUNTED}) has {len(cells)} cells instead of {len(attributes)}",
            field="file",
            value=line[:200],
            limit=f"{len(attributes)} cells in every row",
        )
    return cells


def _sparse_row(line: str, number: int, attributes: list[_Attribute]) -> list[str | None]:
    """What a sparse row leaves out is zero: of categories the first one."""
    cells: list[str | None] = ["0" if a.categories is None else (a.categories or ("",))[0] for a in attributes]
    inner, at = line[1 : line.rfind("}")] if "}" in line else line[1:], 0
    while at < len(inner.rstrip()):
        part = _SPARSE.match(inner, at)
        if part is None or int(part[1]) >= len(attributes):
            raise _unsound(f"row {number} ({COUNTED}) can't be read", line[:200])
        cells[int(part[1])] = None if part[2] == "?" else _bare(part[2])
        at = part.end()
    return cells


def _cells(line: str) -> list[str | None]:
    """The cells of a line; a bare ? is missing."""
    cells: list[str | None] = []
    at = 0
    while True:
        part = _CELL.match(line, at)
        if part is None:  # text after a closing quote
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end].strip())
            at = end
        else:
            cells.append(None if part[1] in ("?", "") else _bare(part[1]))
            at = part.end() - len(part[2])
        if at >= len(line):
            return cells
        at += 1


def _bare(cell: str) -> str:
    if len(cell) >= 2 and cell[0] == cell[-1] and cell[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", cell[1:-1])
    return cell


def _array(attribute: _Attribute, cells: list[str | None]) -> pa.Array:
    if attribute.date_format is not None:
        return moments(cells, attribute.date_format, attribute.name)
    if attribute.categories is not None and _are_booleans(attribute.categories, cells):
        return pa.array([None if cell is None else cell.lower() == "true" for cell in cells], pa.bool_())
    if not attribute.is_number:
        texts = pa.array(cells, pa.string())
        return texts.dictionary_encode() if attribute.categories is not None else texts
    numbers: list[object] = []
    for row, cell in enumerate(cells, start=1):
        try:
            numbers.append(None if cell is None else float(cell))
        except ValueError as error:
            raise InvalidTableError(
                f"row {row} ({COUNTED}) of the numeric attribute {attribute.name!r} holds {cell!r}",
                field=f"file.{attribute.name}",
                value=cell,
                limit="a number or ?",
            ) from error
    return column_of(attribute.name, numbers)


def _are_booleans(categories: tuple[str, ...], cells: list[str | None]) -> bool:
    """Whether categories are true and false, which a CSV file of the same table holds as truth values."""
    words = {"true", "false"}
    return {name.lower() for name in categories} == words and all(c is None or c.lower() in words for c in cells)


def _undeclared(names: list[str], attributes: list[_Attribute], columns: list[list[str | None]]) -> list[Notice]:
    """What is reported about cells that are none of the categories that their attribute declares."""
    found = []
    for name, attribute, cells in zip(names, attributes, columns, strict=True):
        declared = {None, *(attribute.categories or ())}
        odd = [] if attribute.categories is None else [k for k, cell in enumerate(cells) if cell not in declared]
        if odd:
            hold = "1 cell holds a category" if len(odd) == 1 else f"{len(odd)} cells hold categories"
            words = f"column {name!r}: {hold} that its attribute doesn't declare, first {cells[odd[0]]!r}"
            where = f"in row {odd[0] + 1} ({COUNTED})"
            found.append(Notice("undeclared_categories", f"{words} {where}", odd[0] + 1, name, len(odd)))
    return found


def _unsound(message: str, value: str) -> InvalidTableError:
    return InvalidTableError(message, field="file", value=value, limit=_FORMAT)
