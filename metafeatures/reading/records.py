"""The records of delimited text: what their quotes do, which have other numbers of fields, and how these are mended."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from metafeatures.arrays import ByteArray, IndexArray
from metafeatures.kernels import records as kernels
from metafeatures.limits import TableLimits
from metafeatures.reading.dialect import SPACES, Dialect, split_record
from metafeatures.reading.scratch import Scratch
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

_MOST_IRREGULAR: Final = 1_000_000
_FIRST_IRREGULAR: Final = 1_000
_LOOK_BYTES: Final = 1 << 22  # pieces of 256 KiB cost 5 ms in what follows: glibc then maps each array anew
_LF: Final = 10
_CR: Final = 13
_BORDER: Final = re.compile(rb"\s*[+|][-=+|]*(?:-{2,}|={2,})[-=+|]*\s*")  # below a table, as mysql writes it
_COMMENT_SIGNS: Final = (b"#", b"%", b"//", b"--")


def has_byte(content: ByteArray, byte: int) -> bool:
    """Whether a byte occurs in `content`, shape ``(n_bytes,)``."""
    sign = bytes((byte,))
    return any(sign in content[at : at + _LOOK_BYTES].tobytes() for at in range(0, len(content), _LOOK_BYTES))


def count(body: ByteArray, dialect: Dialect) -> int:
    """How many records there are in `body`, shape ``(n_bytes,)``; newlines in quotes are not counted."""
    summary, _ = _scanned(body, dialect, capacity=0)
    return int(summary[kernels.N_RECORDS])


def place(content: ByteArray, offset: int, dialect: Dialect) -> tuple[int, int]:
    """The record (0 is the header) and the field (from 0) in which a byte of a text lies.

    Args:
        content: Bytes of the text, header included; shape ``(n_bytes,)``.
        offset: The byte, from 0.
        dialect: How fields are delimited.
    """
    summary, _ = _scanned(content[:offset], dialect, capacity=0)
    begun = content[:offset]
    is_fresh = len(begun) == 0 or begun[-1] in (10, 13)
    last = int(summary[kernels.N_RECORDS])
    return (last, 0) if is_fresh else (max(last - 1, 0), int(summary[kernels.LAST_FIELD]))


class Records:
    """The header and the body of a text; for one thread.

    Attributes:
        is_scanned: Whether the compiled pass went over it, which it does where there are quotes or odd rows.
        longest: Bytes of the longest record, once scanned.
        has_inner_newlines: Whether a quoted cell holds a newline, once scanned.
        n_skipped: Blank lines and comments among the rows, once scanned.
    """

    def __init__(self, content: ByteArray, *, header_end: int, dialect: Dialect) -> None:
        self._content = content
        self._header_end = header_end
        self._dialect = dialect
        self._short: list[int] = []
        self._surplus: list[int] = []
        self._stray = (0, 0)
        self._like_rows: tuple[int, ...] = (0, 0, 0)
        self._first_bytes: Counter[int] = Counter()  # of the records with another number of fields
        self.is_scanned = False
        self.longest = 0
        self.has_inner_newlines = False
        self.n_skipped = 0

    def checked_body(self, limits: TableLimits, scratch: Scratch) -> ByteArray:
        """The bytes of the rows, shape ``(n,)``; each row has as many fields as there are columns.

        Short rows are filled with empty fields, surplus empty fields and lines of blanks are taken away.

        Raises:
            InvalidTableError: On a quote that isn't closed or closes where it can't, or a row with too many fields.
            LimitExceededError: On more rows or cells than allowed.
        """
        summary, irregular = _scanned(self._content, self._dialect, capacity=_FIRST_IRREGULAR)
        self.is_scanned = True
        self._refuse_fault(summary)
        n_irregular = int(summary[kernels.N_IRREGULAR])
        if n_irregular > _MOST_IRREGULAR:
            raise InvalidTableError(
                f"{n_irregular:,} rows don't have {self._dialect.n_fields} fields",
                field="file",
                value=n_irregular,
                limit=f"at most {_MOST_IRREGULAR} such rows",
            )
        if n_irregular > len(irregular):
            summary, irregular = _scanned(self._content, self._dialect, capacity=n_irregular)
        limits.check_shape(int(summary[kernels.N_RECORDS]) - 1, self._dialect.n_fields)
        self.longest = int(summary[kernels.LONGEST])
        self.has_inner_newlines = bool(summary[kernels.N_INNER_NEWLINES])
        self._stray = (int(summary[kernels.N_STRAY]), int(summary[kernels.FIRST_STRAY]))
        if 2 * summary[kernels.N_LIKE_ROWS] >= summary[kernels.N_SPANNING]:  # not among many cells of several lines
            places = (kernels.N_LIKE_ROWS, kernels.FIRST_LIKE_ROWS, kernels.N_HIDDEN_ENDS)
            self._like_rows = tuple(int(summary[place]) for place in places)
        self.n_skipped = int(summary[kernels.N_EMPTY])
        return self._mended(irregular[irregular[:, 1] >= self._header_end], scratch)

    def notices(self, names: Sequence[str]) -> tuple[Notice, ...]:
        """What was odd about the rows."""
        found = []
        if self._short:
            n, first = len(self._short), self._short[0]
            found.append(
                Notice(
                    "short_rows",
                    f"{n} {_rows(n)} fewer fields than {len(names)}: filled with missing values",
                    first,
                    count=n,
                )
            )
        if self._surplus:
            n, first = len(self._surplus), self._surplus[0]
            found.append(Notice("surplus_fields", f"{n} {_rows(n)} empty fields too many: ignored", first, count=n))
        n_stray, first = self._stray
        if n_stray:
            text = f"{n_stray} cell{'s' if n_stray > 1 else ''} with text after a closing quote: taken as it stands"
            found.append(Notice("stray_quotes", text, first or None, count=n_stray))
        n_like, first, n_ends = self._like_rows
        if n_like:
            text = (
                f"{n_like} quoted cell{'s' if n_like > 1 else ''} with {n_ends} line end{'s' if n_ends > 1 else ''} "
                "where rows would end: if these quotes are stray, so many rows are hidden in them"
            )
            found.append(Notice("rows_in_cells", text, first or None, count=n_like))
        return tuple(found)

    def _refuse_fault(self, summary: IndexArray) -> None:
        fault = int(summary[kernels.FAULT])
        if fault == 0:
            return
        row, field = int(summary[kernels.FAULT_RECORD]), int(summary[kernels.FAULT_FIELD]) + 1
        where = f"field {field} of row {row} ({COUNTED})" if row else f"field {field} of the header"
        what = {
            kernels.UNCLOSED: "is never closed: either the file was cut off, or the quote is part of the text",
            kernels.TEXT_AFTER_QUOTE: "closes lines later in the middle of a cell",
            kernels.ROWS_IN_A_CELL: "closes lines later, and what lies between looks like rows",
        }[fault]
        raise InvalidTableError(
            f"the quote that opens in {where} {what}; close it, or double a quote that is part of the text",
            field="file",
            value=f"row {row}",
            limit="closed quotes",
        )

    def _mended(self, irregular: IndexArray, scratch: Scratch) -> ByteArray:
        body = self._content[self._header_end :]
        if not len(irregular):
            return body
        self._first_bytes = Counter(self._content[irregular[:, 1]].tolist())
        sink, path = scratch.file()
        done = self._header_end
        for record, begin, end, n_fields in irregular.tolist():
            sink.write(self._content[done:begin].data)
            sink.write(self._mended_record(record, self._content[begin:end].tobytes(), n_fields))
            done = end
        sink.write(self._content[done:].data)
        sink.flush()
        if path.stat().st_size == 0:
            return np.empty(0, np.uint8)
        return np.frombuffer(pa.memory_map(str(path)).read_buffer(), np.uint8)

    def _mended_record(self, number: int, record: bytes, n_fields: int) -> bytes:
        expected, separator = self._dialect.n_fields, self._dialect.separator.encode()
        comment = self._dialect.comment
        is_remark = comment is not None and record.lstrip().startswith(comment.encode())
        if n_fields == 0 or is_remark or _BORDER.fullmatch(record):
            self.n_skipped += 1
            return b""
        is_comment = record.lstrip().startswith(_COMMENT_SIGNS)
        if n_fields < expected:
            if not is_comment:
                self._refuse_blind_gap(number, n_fields, record)
                self._short.append(number)
            return record + separator * (expected - n_fields)
        if is_comment and self._only_comments_begin_so(record.lstrip()[:1]):
            return record.partition(separator)[0] + separator * (expected - 1)
        cells = split_record(record.decode("utf-8"), self._dialect)
        trimmed = record.rstrip(b" ")
        if any(cell.strip() for cell in cells[expected:]) or not trimmed.endswith(separator):
            raise InvalidTableError(
                f"row {number} ({COUNTED}) has {n_fields} fields instead of {expected}",
                field="file",
                value=record[:200].decode("utf-8", errors="replace"),
                limit=f"{expected} fields in every row",
            )
        self._surplus.append(number)
        return _without_last(trimmed, separator, n_fields - expected)

    def _refuse_blind_gap(self, number: int, n_fields: int, record: bytes) -> None:
        """Refuse a short row whose gap is among blanks: any of its cells may be the missing one."""
        if self._dialect.delimiter != SPACES:
            return
        expected = self._dialect.n_fields
        raise InvalidTableError(
            f"row {number} ({COUNTED}) has {n_fields} cells instead of {expected}, and where only blanks separate"
            " them it can't be known which one is empty: write NA for it, or separate cells by commas",
            field="file",
            value=record[:200].decode("utf-8", errors="replace"),
            limit=f"{expected} cells in every row",
        )

    def _only_comments_begin_so(self, sign: bytes) -> bool:
        """Whether every line that begins with a sign is a record of another width: a comment, whatever is in it."""
        body = self._content[self._header_end :]
        starts = (
            np.concatenate(([True], (body[:-1] == _LF) | (body[:-1] == _CR))) if len(body) else np.zeros(0, np.bool_)
        )
        n_lines = int(np.count_nonzero(starts & (body == sign[0])))
        return n_lines == self._first_bytes[sign[0]]


def _without_last(record: bytes, separator: bytes, n: int) -> bytes:
    for _ in range(n):
        record = record.rstrip(b" \t" if separator != b"\t" else b" ").removesuffix(separator)
    return record


def _scanned(content: ByteArray, dialect: Dialect, *, capacity: int) -> tuple[IndexArray, IndexArray]:
    summary = np.zeros(kernels.SUMMARY_SIZE, np.int64)
    irregular = np.zeros((capacity, 4), np.int64)
    kernels.scan_records(
        content,
        ord(dialect.separator),
        ord(dialect.quote),
        ord(dialect.escape or "\0"),
        dialect.n_fields,
        irregular,
        summary,
    )
    return summary, irregular[: int(summary[kernels.N_IRREGULAR])]


def _rows(n: int) -> str:
    return "row has" if n == 1 else "rows have"
