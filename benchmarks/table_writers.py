"""A table written in the ways that programs write tables: dialects of delimited text, formats, compressions."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import pandas as pd
import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as pq

from benchmarks.workbook_writer import workbook
from warmtune.vocabulary.missing_words import MISSING_WORDS

_WIDE = 12


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as text: what all the ways write.

    Attributes:
        names: Of the columns.
        rows: Cells as the plainest CSV has them; None is missing.
        is_number: By column, whether all its cells are numbers.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    is_number: tuple[bool, ...]

    @property
    def has_fractions(self) -> bool:
        """Whether a number has a decimal mark."""
        places = [k for k, is_number in enumerate(self.is_number) if is_number]
        return any("." in (row[k] or "") for row in self.rows for k in places)

    @property
    def frame(self) -> pd.DataFrame:
        """The frame that `pandas.read_csv` makes of the plainest file."""
        return pd.read_csv(io.BytesIO(write_delimited(self, Style())))


@dataclass(frozen=True, slots=True)
class Style:
    """How to write delimited text.

    Attributes:
        delimiter: Between cells.
        encoding: Of the file.
        mark: Bytes before all others.
        line_end: After each row.
        decimal: Decimal mark.
        thousands: Between thousands of whole numbers, or nothing.
        quote: Around cells that need it.
        quotes_all: Whether it is around all cells; else where needed.
        quotes_text: Whether it is around all texts.
        escape: What stands before a quote inside quotes; by default another quote.
        missing: What a missing cell is.
        padding: Between a delimiter and the cell.
        before: Lines before the header.
        between: A line after every tenth row.
        after: Lines after the last row.
        index: Whether rows are numbered first: ``"unnamed"`` (with an empty name), ``"short"`` (the header lacks it).
        trailing: Whether rows end with a delimiter: ``"all"`` or ``"rows"`` (the header doesn't).
        width: To which cells are padded with blanks on the left.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    mark: bytes = b""
    line_end: str = "\n"
    decimal: str = "."
    thousands: str = ""
    quote: str = '"'
    quotes_all: bool = False
    quotes_text: bool = False
    escape: str | None = None
    missing: str = ""
    padding: str = ""
    before: str = ""
    between: str | None = None
    after: str = ""
    index: str | None = None
    trailing: str | None = None
    width: int = 0


def write_delimited(table: TextTable, style: Style) -> bytes:
    """Delimited text; characters that the encoding lacks make it UTF-8."""
    lines = [_header(table, style)]
    for k, row in enumerate(table.rows, start=1):
        cells = [_cell(cell, style, is_number=n) for cell, n in zip(row, table.is_number, strict=True)]
        lines.append(_line(cells, style, number=k))
        if style.between is not None and k % 10 == 0:
            lines.append(style.between)
    text = style.before + "".join(line + style.line_end for line in lines) + style.after
    text = text.replace("\n", style.line_end) if style.line_end not in ("\n", "\r") else text
    text = text.replace("\r\r\n", "\r\n")
    try:
        return style.mark + text.encode(style.encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _header(table: TextTable, style: Style) -> str:
    cells = [_cell(name, style, is_number=False) for name in table.names]
    quoted = style.quotes_all or style.quotes_text
    unnamed = {"unnamed": style.quote * 2 if quoted else "", "short": None, None: None}[style.index]
    cells = cells if unnamed is None else [unnamed, *cells]
    return style.delimiter.join(_padded(cells, style)) + (style.delimiter if style.trailing == "all" else "")


def _line(cells: list[str], style: Style, *, number: int) -> str:
    if style.index is not None:
        cells = [f'"{number}"' if style.quotes_text else str(number), *cells]
    return style.delimiter.join(_padded(cells, style)) + (style.delimiter if style.trailing else "")


def _padded(cells: list[str], style: Style) -> list[str]:
    cells = [cell.rjust(style.width) for cell in cells] if style.width else cells
    return [cells[0], *(style.padding + cell for cell in cells[1:])]


def _cell(cell: str | None, style: Style, *, is_number: bool) -> str:
    if cell is None:
        return style.missing
    if is_number:
        cell = _number(cell, style)
    needs = (
        any(c in cell for c in (style.delimiter, style.quote, "\n", "\r"))
        or cell == ""
        or (style.delimiter == " " and (" " in cell or "\t" in cell))
        or cell[:1] in ("#", "%")
    )
    if not (needs or style.quotes_all or (style.quotes_text and not is_number)):
        return cell
    inner = cell if style.escape is None else cell.replace(style.escape, style.escape * 2)
    return style.quote + inner.replace(style.quote, (style.escape or style.quote) + style.quote) + style.quote


def _number(cell: str, style: Style) -> str:
    if style.thousands and cell.lstrip("-").isdigit():
        return f"{int(cell):,}".replace(",", style.thousands)
    return cell.replace(".", style.decimal)


def _zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/", b"")
        archive.writestr("data/table.csv", content)
        archive.writestr("__MACOSX/data/._table.csv", b"\x00\x05\x16\x07")
    return sink.getvalue()


def _arrow(table: TextTable, *, is_stream: bool) -> bytes:
    content = pa.Table.from_pandas(table.frame, preserve_index=False)
    sink = io.BytesIO()
    with (ipc.new_stream if is_stream else ipc.new_file)(sink, content.schema) as writer:
        writer.write_table(content)
    return sink.getvalue()


def _parquet(table: TextTable, *, has_named_index: bool) -> bytes:
    frame = table.frame
    if has_named_index:
        frame.index = pd.Index([f"row {k}" for k in range(len(frame))], name="key")
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), sink)
    return sink.getvalue()


def _records(table: TextTable) -> list[dict[str, object]]:
    frame = table.frame
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _json_lines(table: TextTable) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in _records(table)).encode()


def _arff(table: TextTable) -> bytes:
    """Labels that look like numbers are numbers here, since plain files can't say that they are not."""
    numeric = [pd.api.types.is_numeric_dtype(k) and not pd.api.types.is_bool_dtype(k) for k in table.frame.dtypes]
    lines = ["% written for a test", "@relation 'a table'", ""]
    for k, (name, is_number) in enumerate(zip(table.names, numeric, strict=True)):
        labels = sorted({row[k] or "" for row in table.rows if row[k] is not None})
        kind = "numeric" if is_number else "{" + ",".join(_arff_cell(label) for label in labels) + "}"
        lines.append(f"@attribute {_arff_cell(name)} {kind}")
    lines += ["", "@data"]
    lines += [
        ",".join("?" if c is None else c if n else _arff_cell(c) for c, n in zip(row, numeric, strict=True))
        for row in table.rows
    ]
    return ("\n".join(lines) + "\n").encode()


def _arff_cell(cell: str) -> str:
    """In quotes; those that are part of a label are left out, as they are of a plain file's."""
    cell = cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell
    return "'" + cell.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _xlsx(table: TextTable) -> bytes:
    return workbook([list(table.names), *([*record.values()] for record in _records(table))])


_PLAIN: Final = Style()
_EUROPEAN: Final = Style(delimiter=";", decimal=",")
WAYS: Final[Mapping[str, Callable[[TextTable], bytes]]] = MappingProxyType(
    {
        "comma, LF": lambda t: write_delimited(t, _PLAIN),
        "comma, CRLF, all quoted": lambda t: write_delimited(t, Style(line_end="\r\n", quotes_all=True)),
        "comma, CR": lambda t: write_delimited(t, Style(line_end="\r")),
        "comma, blank after, UTF-8 mark": lambda t: write_delimited(t, Style(padding=" ", mark=b"\xef\xbb\xbf")),
        "comma, blank after, texts quoted": lambda t: write_delimited(t, Style(padding=" ", quotes_text=True)),
        "comma, backslash escapes": lambda t: write_delimited(t, Style(escape="\\", quotes_text=True)),
        "comma, sep= line, CRLF": lambda t: write_delimited(t, Style(before="sep=,\n", line_end="\r\n")),
        "comma, comments and blank lines before": lambda t: write_delimited(
            t, Style(before="\n# made by a program\n# units: m, s\n\n")
        ),
        "comma, blank lines between": lambda t: write_delimited(t, Style(between="", after="\n   \n")),
        "comma, trailing on all rows": lambda t: write_delimited(t, Style(trailing="all")),
        "comma, thousands": lambda t: write_delimited(t, Style(thousands=",")),
        "comma, missing as NA": lambda t: write_delimited(t, Style(missing="NA")),
        "comma, missing as ?": lambda t: write_delimited(t, Style(missing="?")),
        "comma, pandas' index": lambda t: write_delimited(t, Style(index="unnamed")),
        "comma, R's row names": lambda t: write_delimited(t, Style(index="short", quotes_text=True, missing="NA")),
        "semicolon": lambda t: write_delimited(t, Style(delimiter=";")),
        "semicolon, decimal comma": lambda t: write_delimited(t, _EUROPEAN),
        "semicolon, decimal comma, cp1252, CRLF": lambda t: write_delimited(
            t, replace(_EUROPEAN, encoding="cp1252", line_end="\r\n", quotes_text=True)
        ),
        "semicolon, decimal comma, thousands": lambda t: write_delimited(
            t,
            replace(_EUROPEAN, thousands="." if t.has_fractions else ""),  # without any, nobody could tell them
        ),
        "tab": lambda t: write_delimited(t, Style(delimiter="\t")),
        "tab, UTF-16, CRLF": lambda t: write_delimited(
            t, Style(delimiter="\t", encoding="utf-16-le", mark=b"\xff\xfe", line_end="\r\n")
        ),
        "tab, UTF-16 big-endian, no mark": lambda t: write_delimited(t, Style(delimiter="\t", encoding="utf-16-be")),
        "pipe, latin-1": lambda t: write_delimited(t, Style(delimiter="|", encoding="latin-1")),
        "spaces": lambda t: write_delimited(t, Style(delimiter=" ", missing="NA")),
        "runs of spaces, aligned": lambda t: write_delimited(t, Style(delimiter=" ", missing="NA", width=_WIDE)),
        "gzip": lambda t: gzip.compress(write_delimited(t, _PLAIN), mtime=0),
        "bz2": lambda t: bz2.compress(write_delimited(t, _PLAIN)),
        "xz": lambda t: lzma.compress(write_delimited(t, _PLAIN)),
        "zstd": lambda t: bytes(pa.compress(write_delimited(t, _PLAIN), codec="zstd", asbytes=True)),
        "zip": lambda t: _zipped(write_delimited(t, _PLAIN)),
        "Parquet, no index": lambda t: _parquet(t, has_named_index=False),
        "Parquet, named index": lambda t: _parquet(t, has_named_index=True),
        "Feather": lambda t: _arrow(t, is_stream=False),
        "Arrow stream": lambda t: _arrow(t, is_stream=True),
        "xlsx": _xlsx,
        "JSON Lines": _json_lines,
        "JSON records": lambda t: json.dumps(_records(t)).encode(),
        "ARFF": _arff,
    }
)
"""Names of the ways, and what writes a table so."""


def as_text(table: pa.Table) -> TextTable:
    """A typed table as text, numbers with all their digits; words for missing, as no plain file tells them, are so."""
    is_number = tuple(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in table.schema.types)
    columns = [
        [
            None if v is None or str(v).strip() in MISSING_WORDS else (repr(v) if n else str(v))
            for v in column.to_pylist()
        ]
        for column, n in zip(table.columns, is_number, strict=True)
    ]
    return TextTable(tuple(table.column_names), tuple(zip(*columns, strict=True)), is_number)
