"""Rows of delimited text without quotes into columns, by a pass of our own: half of what pyarrow takes for numbers.

It reads what programs write: numbers of up to about sixteen digits, and texts as they stand. Anything else is left to
pyarrow, which reads the whole text then; so both give the same table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types as pt

from metafeatures.kernels.plain_cells import (
    FLOAT,
    INTEGER,
    NOT_PLAIN,
    SKIPPED,
    TENS,
    TEXT,
    copy_texts,
    parse_cells,
)
from metafeatures.kernels.records import ByteArray, OffsetArray
from metafeatures.reading.column_types import NULL_WORDS

_LF, _CR = 10, 13
_PROBED: Final = 1 << 15  # bytes that tell nearly always whether the rest can be read so
_HARD_BYTES: Final = 1 << 10  # hold one number of many digits at most; where more are such, pyarrow is as fast
_WORDS: Final = tuple(word.encode() for word in NULL_WORDS if word)
_WORD_BYTES: Final = np.frombuffer(b"".join(_WORDS), np.uint8)
_WORD_ENDS: Final = np.cumsum([len(word) for word in _WORDS])


@dataclass(frozen=True, slots=True)
class PlainFields:
    """The fields of each row.

    Attributes:
        names: One for each.
        types: Of the columns that are wanted, by name.
        delimiter: Between fields.
        mark: Before a number's fraction.
    """

    names: Sequence[str]
    types: Mapping[str, pa.DataType]
    delimiter: str
    mark: str


@dataclass(frozen=True, slots=True)
class _Cells:
    """What a pass found; see `parse_cells`."""

    n_rows: int
    numbers: npt.NDArray[np.uint64]
    begins: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int32]
    totals: OffsetArray
    is_valid: npt.NDArray[np.bool_]


def plain_table(body: ByteArray, fields: PlainFields) -> pa.Table | None:
    """The columns that have a type; None where some cell isn't plain, or a row has another number of fields.

    Args:
        body: Bytes of the rows, shape ``(n_bytes,)``, less than 2 GiB: no quote and no escape is among them.
        fields: How they are to be read: as 64-bit integers, doubles, or strings.
    """
    kinds = np.array([_kind(fields.types.get(name)) for name in fields.names], np.int16)
    if len(kinds) < 2 or (kinds < 0).any() or fields.delimiter == fields.mark or not fields.delimiter.isascii():
        return None
    places = np.where(kinds == TEXT, np.cumsum(kinds == TEXT), np.cumsum(kinds > TEXT)) - 1
    probed = body[:_PROBED]
    if len(probed) < len(body):
        ends = np.flatnonzero((probed == _LF) | (probed == _CR))
        if len(ends) == 0 or _cells(probed[: ends[-1] + 1], fields, kinds, places) is None:
            return None
    if body[-1] not in (_LF, _CR):
        body = np.append(body, np.uint8(_LF))
    cells = _cells(body, fields, kinds, places)
    if cells is None or cells.n_rows == 0:
        return None
    n = cells.n_rows
    texts = _texts(body, cells)
    columns = {}
    for field, name in enumerate(fields.names):
        place, validity = places[field], _validity(cells.is_valid[field, :n])
        if kinds[field] == TEXT:
            columns[name] = pa.Array.from_buffers(pa.string(), n, [validity, *texts[place]])
        elif kinds[field] != SKIPPED:
            values = pa.py_buffer(cells.numbers[place, :n])
            columns[name] = pa.Array.from_buffers(fields.types[name], n, [validity, values])
    return pa.table(columns)


def _kind(kind: pa.DataType | None) -> int:
    if kind is None:
        return SKIPPED
    if pt.is_int64(kind):
        return INTEGER
    return FLOAT if pt.is_float64(kind) else TEXT if pt.is_string(kind) else -1


def _cells(body: ByteArray, fields: PlainFields, kinds: npt.NDArray[np.int16], places: OffsetArray) -> _Cells | None:
    """The cells of all rows; None where some aren't plain."""
    n_lines = int(np.count_nonzero(body == _LF)) + int(np.count_nonzero(body == _CR))
    n_texts = int((kinds == TEXT).sum())
    numbers = np.empty((int((kinds > TEXT).sum()), n_lines), np.uint64)
    doubles: npt.NDArray[np.float64] = numbers.view(np.float64)  # of the same bytes
    begins, sizes = (np.empty((n_lines, n_texts), np.int32) for _ in range(2))
    totals = np.zeros(n_texts, np.int64)
    is_valid = np.empty((len(kinds), n_lines), np.bool_)
    hard = np.full((len(body) // _HARD_BYTES + 1, 4), -1, np.int64)
    n = parse_cells(
        body,
        ord(fields.delimiter),
        ord(fields.mark),
        kinds.astype(np.uint8),
        places,
        _WORD_BYTES,
        _WORD_ENDS,
        TENS,
        numbers,
        doubles,
        begins,
        sizes,
        totals,
        hard,
        is_valid,
    )
    if n == NOT_PLAIN:
        return None
    for row, place, begin, end in hard[hard[:, 0] >= 0]:
        doubles[place, row] = float(body[begin:end].tobytes().decode().replace(fields.mark, "."))
    return _Cells(n, numbers, begins[:n], sizes[:n], totals, is_valid)


def _validity(valid: npt.NDArray[np.bool_]) -> pa.Buffer | None:
    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


def _texts(body: ByteArray, cells: _Cells) -> list[tuple[pa.Buffer, pa.Buffer]]:
    """Offsets and bytes of each column of texts."""
    offsets = np.empty((len(cells.totals), cells.n_rows + 1), np.int32)
    offsets[:, 0] = 0
    starts = np.cumsum(cells.totals) - cells.totals
    out = np.empty(int(cells.totals.sum()), np.uint8)
    copy_texts(body, cells.begins, cells.sizes, starts, offsets, out)
    return [
        (pa.py_buffer(offsets[place]), pa.py_buffer(out[start : start + total]))
        for place, (start, total) in enumerate(zip(starts, cells.totals, strict=True))
    ]
