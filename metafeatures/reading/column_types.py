"""Which columns of delimited text will hold numbers, predicted from a few places of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv
from pyarrow import types as pt

from metafeatures.arrays import ByteArray
from metafeatures.number_spelling import has_leading_zero, is_odd, spelling_notices
from metafeatures.reading.dialect import Dialect
from warmtune.vocabulary.missing_words import MISSING_WORDS
from warmtune.vocabulary.notice import Notice

_HEAD_BYTES: Final = 1 << 17
_PIECE_BYTES: Final = 1 << 14
_THOUSANDS: Final = r"^\s*[-+]?\d{1,3}(,\d{3})+\s*$"
_POINTED_THOUSANDS: Final = r"^\s*[-+]?(?:0|[1-9]\d{0,2}(?:\.\d{3})*)\s*$"  # nobody writes thousands as 0.123
_DECIMAL_COMMA: Final = r"^\s*[-+]?[\d.]*(,\d+)?([eE][-+]?\d+)?\s*$"
TRUE_WORDS: Final = ["true", "True", "TRUE"]  # pandas' words: 0 and 1 are numbers
FALSE_WORDS: Final = ["false", "False", "FALSE"]
NULL_WORDS: Final = [word for word in MISSING_WORDS if word != "?"]
"""What a reader takes for missing at once; a question mark is found, with a notice, where cells are read."""


@dataclass(frozen=True, slots=True)
class ExpectedColumns:
    """What columns are expected to hold.

    Attributes:
        by_name: Arrow type by name; a column that isn't here showed no value.
        decimal_mark: Before a number's fraction, as far as it is known.
        pointed: Where that is a comma: the columns whose numbers have a point.
        notices: Of numbers whose spelling may mean more.
    """

    by_name: Mapping[str, pa.DataType]
    decimal_mark: str
    pointed: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sample:
    """A few rows, to be parsed in several ways."""

    content: bytes
    names: list[str]
    dialect: Dialect


def predict(body: ByteArray, names: list[str], dialect: Dialect, *, has_quotes: bool) -> ExpectedColumns:
    """Types of the columns, from samples of the rows: the beginning, the middle and the end.

    Where there are quotes, the beginning only: a piece of the middle could begin within one. Dates, and numbers in
    another notation, are texts: what such cells mean is decided in one place for files and frames.

    Args:
        body: Bytes of the rows, shape ``(n_bytes,)``.
        names: Of the columns.
        dialect: How the fields are delimited.
        has_quotes: Whether the body holds a quote.
    """
    sample = _Sample(_pieces(body, has_quotes=has_quotes), names, dialect)
    found = _sampled(sample)
    types = {name: _plain(found.column(name).type) for name in names}
    texts = None
    if b"0x" in sample.content or b"0X" in sample.content:  # pyarrow reads them as integers, pandas as text
        texts = _sampled(sample, pa.string())
        for name, kind in types.items():
            if kind is not None and pt.is_integer(kind) and _holds_hexadecimal(texts.column(name)):
                types[name] = pa.string()
    mark, pointed = ".", tuple[str, ...]()
    if dialect.separator != "," and b"," in sample.content:
        texts = texts or _sampled(sample, pa.string())
        if any(_has_decimal_comma(texts.column(name)) for name, kind in types.items() if kind == pa.string()):
            mark = ","
            pointed = tuple(n for n, kind in types.items() if kind is not None and pt.is_floating(kind))
            types |= dict.fromkeys(pointed, pa.string())
            types |= dict.fromkeys(_comma_columns(sample, types), pa.float64())
    notices: tuple[Notice, ...] = ()
    if has_leading_zero(sample.content, dialect.separator) or any(map(is_odd, found.columns)):
        notices = spelling_notices(texts or _sampled(sample, pa.string()), types)
    return ExpectedColumns({name: kind for name, kind in types.items() if kind is not None}, mark, pointed, notices)


def _comma_columns(sample: _Sample, types: Mapping[str, pa.DataType | None]) -> list[str]:
    """The columns of text that hold numbers with decimal commas only."""
    found = _sampled(sample, mark=",")
    return [n for n, kind in types.items() if kind == pa.string() and pt.is_floating(found.column(n).type)]


def without_thousands(table: pa.Table, pointed: Collection[str]) -> tuple[pa.Table, list[str]]:
    """The table of a file with decimal commas, and the columns whose points could only part thousands: without them.

    By itself "1.234" would be read as a fraction; where the file has decimal commas it is more than a thousand.
    """
    found = []
    for place, name in enumerate(table.column_names):
        if name not in pointed:
            continue
        column = table.column(name)
        if pc.all(pc.match_substring_regex(column, _POINTED_THOUSANDS)).as_py():
            table = table.set_column(place, name, pc.replace_substring(column, ".", ""))
            found.append(name)
    return table, found


def _pieces(body: ByteArray, *, has_quotes: bool) -> bytes:
    if len(body) <= _HEAD_BYTES + 2 * _PIECE_BYTES:
        return body.tobytes()
    head = _upto_line_end(body[:_HEAD_BYTES].tobytes())
    if has_quotes:
        return head
    middle = body[len(body) // 2 :][:_PIECE_BYTES].tobytes()
    tail = body[-_PIECE_BYTES:].tobytes()
    return head + _upto_line_end(_from_line(middle)) + _from_line(tail)


def _upto_line_end(piece: bytes) -> bytes:
    end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
    return piece[: end + 1] if end >= 0 else piece


def _from_line(piece: bytes) -> bytes:
    ends = [place for place in (piece.find(b"\n"), piece.find(b"\r")) if place >= 0]
    return piece[min(ends) + 1 :] if ends else b""


def convert_options(
    types: Mapping[str, pa.DataType] | None, mark: str, kept: list[str] | None = None
) -> pacsv.ConvertOptions:
    """How pyarrow is to read cells."""
    return pacsv.ConvertOptions(
        check_utf8=False,  # the whole file was looked at
        column_types=types,
        include_columns=kept,
        null_values=NULL_WORDS,
        true_values=TRUE_WORDS,
        false_values=FALSE_WORDS,
        strings_can_be_null=True,
        decimal_point=mark,
    )


def parse_options(dialect: Dialect, *, inner_newlines: bool) -> pacsv.ParseOptions:
    """How pyarrow is to divide rows into cells; rows of another width are skipped, and have to be counted."""
    return pacsv.ParseOptions(
        delimiter=dialect.separator,
        quote_char=dialect.quote,
        double_quote=dialect.escape is None,
        escape_char=dialect.escape or False,
        newlines_in_values=inner_newlines,
    )


def _sampled(sample: _Sample, kind: pa.DataType | None = None, *, mark: str = ".") -> pa.Table:
    names = sample.names
    if not sample.content.strip():
        return pa.table({name: pa.array([], kind or pa.null()) for name in names})
    options = parse_options(sample.dialect, inner_newlines=True)
    options.invalid_row_handler = lambda _: "skip"
    return pacsv.read_csv(
        pa.BufferReader(sample.content),
        read_options=pacsv.ReadOptions(use_threads=False, block_size=len(sample.content) + 1, column_names=names),
        parse_options=options,
        convert_options=convert_options(None if kind is None else dict.fromkeys(names, kind), mark),
    )


def _plain(kind: pa.DataType) -> pa.DataType | None:
    if pt.is_null(kind):
        return None
    return kind if pt.is_integer(kind) or pt.is_floating(kind) or pt.is_boolean(kind) else pa.string()


def _holds_hexadecimal(texts: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.match_substring(texts, "0x", ignore_case=True)).as_py())


def _has_decimal_comma(texts: pa.ChunkedArray) -> bool:
    """Whether all cells are numbers with a decimal comma, and not all of their commas may part thousands."""
    is_number = pc.match_substring_regex(texts, _DECIMAL_COMMA)
    if not pc.all(is_number).as_py() or texts.null_count == len(texts):
        return False
    with_comma = texts.filter(pc.match_substring(texts, ","))
    return bool(len(with_comma) and not pc.all(pc.match_substring_regex(with_comma, _THOUSANDS)).as_py())
