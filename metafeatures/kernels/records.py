"""Compiled passes over the bytes of delimited text: where its records end, and what is wrong with its quotes.

The grammar is that of pyarrow's reader and of pandas': a quote opens a quoted part only where a field begins, twice the
quote inside it is one, and what follows the closing quote belongs to the field. CR, LF and CRLF end a record. Bytes are
UTF-8 or any encoding that keeps ASCII where it is.
"""

from typing import Final

import numpy as np

from metafeatures.arrays import ByteArray, IndexArray
from metafeatures.kernels.compiled import kernel

N_RECORDS: Final = 0  # places in the summary that `scan_records` fills
LONGEST: Final = 1
N_IRREGULAR: Final = 2
N_INNER_NEWLINES: Final = 3
N_STRAY: Final = 4
FIRST_STRAY: Final = 5
FAULT: Final = 6
FAULT_RECORD: Final = 7
FAULT_FIELD: Final = 8
LAST_FIELD: Final = 9
N_EMPTY: Final = 10
N_SPANNING: Final = 11
N_LIKE_ROWS: Final = 12
FIRST_LIKE_ROWS: Final = 13
N_HIDDEN_ENDS: Final = 14
SUMMARY_SIZE: Final = 15

UNCLOSED: Final = 1  # what `FAULT` may be
TEXT_AFTER_QUOTE: Final = 2
ROWS_IN_A_CELL: Final = 3

_LF: Final = 10
_CR: Final = 13
_BLANK: Final = 32
_TAB: Final = 9
_START, _PLAIN, _QUOTED, _CLOSED = 0, 1, 2, 3
_MANY_ROWS: Final = 2  # whole ones in one cell, which no text is
_MANY_PAIRS: Final = 8  # where a row has two fields: a line with one delimiter is often text


@kernel
def scan_records(  # noqa: PLR0912, PLR0915, PLR0917  # one pass with one state; compiled functions take no keywords
    data: ByteArray,
    delimiter: int,
    quote: int,
    escape: int,
    expected: int,
    irregular: IndexArray,
    summary: IndexArray,
) -> None:
    """Pass over all records; those with another number of fields than `expected` are listed.

    Args:
        data: The bytes, from the first one of the header on.
        delimiter: Between fields.
        quote: Around fields.
        escape: Makes the byte after it an ordinary one inside quotes; 0 for none.
        expected: Fields of a regular record.
        irregular: Shape ``(capacity, 4)``, to be filled: number (the header is 0), first byte, byte after the last
            one (the line's end not included), and number of fields, 0 for a record of blanks.
        summary: Shape ``(SUMMARY_SIZE,)``, to be filled: records that aren't empty, bytes of the longest, irregular
            ones (perhaps more than there is room for), newlines inside quotes, fields where text follows the closing
            quote on the line where it opened, and the first record with one; then the first fault of quotes, the record
            and the field (from 0) where that quote opens; the field at the end; empty lines; quoted fields that hold
            newlines, those of them that may be two stray quotes with the ends of rows between, the first such record,
            and the newlines in them.
    """
    summary[:] = 0
    state, fields, begin, record = _START, 0, 0, 0
    opened_record, opened_field = 0, 0
    inner, inner_delimiters, inner_rows, inner_others, is_blank = 0, 0, 0, 0, True
    first_delimiters = 0
    n = data.size
    is_ordinary = np.ones(256, dtype=np.bool_)  # where such bytes stand side by side, only the first one is looked at
    for special in (_LF, _CR, _TAB, _BLANK, delimiter, quote, escape):
        is_ordinary[special] = False
    i = 0
    while i <= n:
        c = data[i] if i < n else _LF
        if state in (_QUOTED, _PLAIN) and is_ordinary[c]:
            is_blank = False
            i += 1
            while i < n and is_ordinary[data[i]]:
                i += 1
            continue
        if state == _QUOTED and i < n:
            if escape != 0 and c == escape:
                i += 1
            elif c == quote:
                state = _CLOSED
            elif c == delimiter:
                inner_delimiters += 1
            elif c in (_LF, _CR):
                if c == _CR and i + 1 < n and data[i + 1] == _LF:
                    i += 1
                inner += 1
                summary[N_INNER_NEWLINES] += 1
                if inner == 1:
                    first_delimiters = inner_delimiters
                else:  # a whole line lies inside the quotes
                    inner_rows += inner_delimiters == expected - 1
                    inner_others += inner_delimiters != expected - 1
                inner_delimiters = 0
            i += 1
            continue
        if state == _CLOSED and c == quote and i < n:
            state = _QUOTED
            i += 1
            continue
        if state == _CLOSED and inner > 0 and c in (_LF, _CR, delimiter):
            summary[N_SPANNING] += 1
            # before the first end and after the last one, what is missing of the rows in which the quotes stand
            are_halves = first_delimiters == expected - 1 - opened_field and inner_delimiters == opened_field
            is_much = inner_rows >= _MANY_ROWS if expected >= 3 else inner_rows >= _MANY_PAIRS and are_halves
            if c != delimiter and fields + 1 == expected:  # a text in the last column may have lines like rows
                is_much = is_much and are_halves
            if inner_others == 0 and expected >= 2 and is_much:
                if summary[FAULT] == 0:
                    summary[FAULT] = ROWS_IN_A_CELL
                    summary[FAULT_RECORD], summary[FAULT_FIELD] = opened_record, opened_field
            elif inner_others == 0 and expected >= 2 and are_halves:
                if summary[N_LIKE_ROWS] == 0:
                    summary[FIRST_LIKE_ROWS] = opened_record
                summary[N_LIKE_ROWS] += 1
                summary[N_HIDDEN_ENDS] += inner
            inner = 0
        if c in (_LF, _CR):
            if i == n and state == _QUOTED and summary[FAULT] == 0:
                summary[FAULT], summary[FAULT_RECORD], summary[FAULT_FIELD] = UNCLOSED, opened_record, opened_field
            if i == n:
                summary[LAST_FIELD] = fields
            if i > begin:
                count = 0 if is_blank and fields == 0 else fields + 1
                if count != expected:
                    k = summary[N_IRREGULAR]
                    if k < irregular.shape[0]:
                        irregular[k, 0], irregular[k, 1], irregular[k, 2], irregular[k, 3] = record, begin, i, count
                    summary[N_IRREGULAR] = k + 1
                summary[LONGEST] = max(summary[LONGEST], i - begin)
                record += count > 0
            elif i < n:
                summary[N_EMPTY] += 1
            if c == _CR and i + 1 < n and data[i + 1] == _LF:
                i += 1
            state, fields, begin, is_blank = _START, 0, i + 1, True
        elif c == delimiter:
            fields += 1
            state = _START
            is_blank = False
        elif c == quote and state == _START:
            state, is_blank = _QUOTED, False
            opened_record, opened_field = record, fields
            inner, inner_delimiters, inner_rows, inner_others = 0, 0, 0, 0
        else:
            if state == _CLOSED and c not in (_BLANK, _TAB):
                if inner > 0:
                    if summary[FAULT] == 0:
                        summary[FAULT] = TEXT_AFTER_QUOTE
                        summary[FAULT_RECORD], summary[FAULT_FIELD] = opened_record, opened_field
                else:
                    if summary[N_STRAY] == 0:
                        summary[FIRST_STRAY] = record
                    summary[N_STRAY] += 1
            if state != _CLOSED or (c not in (_BLANK, _TAB)):
                state = _PLAIN
            is_blank = is_blank and (c in (_BLANK, _TAB))
        i += 1
    summary[N_RECORDS] = record


@kernel
def record_fields(  # noqa: PLR0917
    data: ByteArray, delimiter: int, quote: int, escape: int, counts: IndexArray, ends: IndexArray
) -> int:
    """Fields and ends of the first records, empty lines left out, and how many there are.

    Args:
        data: The bytes, shape ``(n_bytes,)``; a last record without a newline isn't counted.
        delimiter: Between fields.
        quote: Around fields.
        escape: As for `scan_records`.
        counts: Shape ``(capacity,)``, to be filled with the number of fields of each record.
        ends: Shape ``(capacity,)``, to be filled with the byte after each record's newline.

    Returns:
        The number of records found, at most ``capacity``.
    """
    state, fields, begin, k = _START, 0, 0, 0
    n = data.size
    i = 0
    while i < n and k < counts.size:
        c = data[i]
        if state == _QUOTED:
            if escape != 0 and c == escape:
                i += 1
            elif c == quote:
                state = _CLOSED
        elif state == _CLOSED and c == quote:
            state = _QUOTED
        elif c in (_LF, _CR):
            is_empty = i == begin
            if c == _CR and i + 1 < n and data[i + 1] == _LF:
                i += 1
            if not is_empty:
                counts[k], ends[k] = fields + 1, i + 1
                k += 1
            state, fields, begin = _START, 0, i + 1
        elif c == delimiter:
            fields += 1
            state = _START
        elif c == quote and state == _START:
            state = _QUOTED
        else:
            state = _PLAIN
        i += 1
    return k


@kernel
def squeeze_blanks(  # noqa: PLR0917
    data: ByteArray, delimiter: int, quote: int, is_run: bool, out: ByteArray
) -> int:
    """Copy without the blanks around delimiters; how many bytes were written.

    Args:
        data: The bytes, shape ``(n_bytes,)``.
        delimiter: Between fields; where `is_run`, what each run of blanks becomes.
        quote: Around fields: what is inside stays as it is.
        is_run: Whether a run of blanks is the delimiter; else blanks that follow a delimiter are left out.
        out: To be filled; shape ``(n_out,)``, at least ``n_bytes`` long.
    """
    n, k = data.size, 0
    is_start, is_quoted, is_pending = True, False, False
    for i in range(n):
        c = data[i]
        if is_quoted:
            is_quoted = c != quote
            out[k] = c
            k += 1
            is_start = False
            continue
        if c == _BLANK or (c == _TAB and (is_run or delimiter != _TAB)):
            if is_run:
                is_pending = not is_start
                continue
            if is_start:
                continue
        if c in (_LF, _CR):
            is_pending, is_start = False, True
        else:
            if is_pending:
                out[k] = delimiter
                k += 1
                is_start = True
            is_pending = False
            is_quoted = c == quote and is_start
            is_start = not is_run and c == delimiter
        out[k] = c
        k += 1
    return k
