"""Compiled passes over rows of delimited text without quotes: their cells as numbers and as places of texts.

A decimal whose digits and whose power of ten are doubles becomes the nearest double by one operation (W. D. Clinger,
How to read floating point numbers accurately, 1990). Longer ones are listed, and all that isn't plain ends the pass.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from metafeatures.kernels.compiled import kernel
from metafeatures.kernels.records import ByteArray, OffsetArray

SKIPPED: Final = 0  # what a field may be
TEXT: Final = 1
INTEGER: Final = 2
FLOAT: Final = 3

NOT_PLAIN: Final = -1
"""What `parse_cells` answers where the rows hold something that it doesn't read."""

Bits = npt.NDArray[np.uint64]
_DIGITS: Final = 19
_INTEGER_DIGITS: Final = 18
_USUAL: Final = 200  # digits, and powers of ten
_U0, _U10 = np.uint64(0), np.uint64(10)
_EXACT: Final = np.uint64(1 << 53)
_BLANK, _TAB, _LF, _CR, _MINUS, _PLUS, _ZERO, _NINE = 32, 9, 10, 13, 45, 43, 48, 57


TENS: Final[npt.NDArray[np.float64]] = np.array([float(10**k) for k in range(23)])
"""Powers of ten that are doubles; shape ``(23,)``."""
TENS.flags.writeable = False


@kernel
def is_word(  # noqa: PLR0917  # compiled functions take no keywords
    data: ByteArray, begin: int, end: int, words: ByteArray, ends: OffsetArray
) -> bool:
    """Whether a cell is one of some words.

    Args:
        data: The bytes.
        begin: The cell's first byte.
        end: The byte after its last one.
        words: All words, one after the other.
        ends: Shape ``(n_words,)``: where each ends.
    """
    at = 0
    for k in range(ends.size):
        size = ends[k] - at
        if size == end - begin:
            is_same = True
            for i in range(size):
                if data[begin + i] != words[at + i]:
                    is_same = False
                    break
            if is_same:
                return True
        at = ends[k]
    return False


@kernel
def parse_cells(  # noqa: PLR0912, PLR0913, PLR0915, PLR0917  # one pass with one state; compiled functions take no keywords
    data: ByteArray,
    delimiter: int,
    point: int,
    kinds: ByteArray,
    places: OffsetArray,
    words: ByteArray,
    word_ends: OffsetArray,
    tens: npt.NDArray[np.float64],
    numbers: Bits,
    doubles: npt.NDArray[np.float64],
    begins: npt.NDArray[np.int32],
    sizes: npt.NDArray[np.int32],
    totals: OffsetArray,
    hard: OffsetArray,
    is_valid: npt.NDArray[np.bool_],
) -> int:
    """Read all rows; how many there are, or `NOT_PLAIN`.

    Args:
        data: The bytes, without quotes and escapes; the last one ends a line.
        delimiter: Between fields.
        point: Before a number's fraction.
        kinds: Shape ``(n_fields,)``: what each field is read as.
        places: Shape ``(n_fields,)``: its place among the numbers, or among the texts.
        words: What is missing, as for `is_word`; the empty cell is missing too.
        word_ends: Where each word ends.
        tens: As `TENS`.
        numbers: Shape ``(n_numbers, capacity)``, to be filled: the bits of doubles, or of integers.
        doubles: The same bytes as doubles.
        begins: Shape ``(capacity, n_texts)``, to be filled: the first byte of each text.
        sizes: Of the same shape, to be filled: its bytes, 0 where it is missing.
        totals: Shape ``(n_texts,)``, zeros, to be filled: bytes of each column's texts.
        hard: Shape ``(n_hard, 4)``, to be filled with numbers that are left to a slower reader: row, place among the
            numbers, first byte, byte after the last one.
        is_valid: Shape ``(n_fields, capacity)``, to be filled: whether a cell isn't missing.
    """
    n, n_fields, row, i, k = data.size, kinds.size, 0, 0, 0
    longest, before = 0, 0
    begins_word = np.zeros(256, np.bool_)
    for word_end in word_ends:
        begins_word[words[before]] = True
        longest, before = max(longest, word_end - before), word_end
    ends_cell = np.zeros(256, np.bool_)
    ends_cell[delimiter] = ends_cell[_LF] = ends_cell[_CR] = True
    is_blank = np.zeros(256, np.bool_)
    is_blank[_BLANK], is_blank[_TAB] = True, delimiter != _TAB
    while i < n:
        if data[i] == _LF or data[i] == _CR:
            i += 1
            continue
        if row == is_valid.shape[1]:
            return NOT_PLAIN
        for field in range(n_fields):
            begin = i
            kind = kinds[field]
            if kind < INTEGER:
                while not ends_cell[data[i]]:
                    i += 1
                if kind == TEXT:
                    place = places[field]
                    is_missing = i == begin or (
                        begins_word[data[begin]] and i - begin <= longest and is_word(data, begin, i, words, word_ends)
                    )
                    is_valid[field, row] = not is_missing
                    begins[row, place], sizes[row, place] = begin, 0 if is_missing else i - begin
                    totals[place] += sizes[row, place]
            else:
                while is_blank[data[i]]:
                    i += 1
                is_negative = data[i] == _MINUS
                if is_negative:
                    i += 1
                digits, exponent, first = _U0, 0, i
                digit = data[i] - _ZERO
                while 0 <= digit <= 9:
                    digits = digits * _U10 + np.uint64(digit)
                    i += 1
                    digit = data[i] - _ZERO
                n_digits = i - first
                is_whole = True
                if data[i] == point:
                    is_whole = False
                    i += 1
                    after = i
                    digit = data[i] - _ZERO
                    while 0 <= digit <= 9:
                        digits = digits * _U10 + np.uint64(digit)
                        i += 1
                        digit = data[i] - _ZERO
                    exponent = after - i
                    n_digits += i - after
                is_number = n_digits > 0
                if n_digits > _DIGITS:  # zeros before the others don't count
                    while data[first] == _ZERO or data[first] == point:
                        n_digits -= data[first] == _ZERO
                        first += 1
                if is_number and (data[i] == 101 or data[i] == 69):
                    is_whole = False
                    i += 1
                    is_below = data[i] == _MINUS
                    if is_below or data[i] == _PLUS:
                        i += 1
                    shift, first = 0, i
                    while _ZERO <= data[i] <= _NINE and i < first + 5:
                        shift = shift * 10 + data[i] - _ZERO
                        i += 1
                    is_number = i > first
                    exponent += -shift if is_below else shift
                while is_blank[data[i]]:
                    i += 1
                if not ends_cell[data[i]]:
                    is_number = False
                    while not ends_cell[data[i]]:
                        i += 1
                is_valid[field, row] = is_number
                if not is_number:
                    if i > begin and not is_word(data, begin, i, words, word_ends):
                        return NOT_PLAIN
                    numbers[places[field], row] = _U0
                elif kind == INTEGER:
                    if not is_whole or n_digits > _INTEGER_DIGITS:
                        return NOT_PLAIN
                    numbers[places[field], row] = _U0 - digits if is_negative else digits
                elif (
                    digits <= _EXACT and -22 <= exponent <= 22 and n_digits <= _DIGITS
                ):  # both are doubles: one operation rounds once
                    value = float(digits)
                    value = value / tens[-exponent] if exponent < 0 else value * tens[exponent]
                    doubles[places[field], row] = -value if is_negative else value
                elif k == hard.shape[0] or not -_USUAL < exponent < _USUAL or n_digits > _USUAL:
                    return NOT_PLAIN
                else:
                    hard[k, 0], hard[k, 1], hard[k, 2], hard[k, 3] = row, places[field], begin, i
                    k += 1
            is_last = field == n_fields - 1
            if is_last == (data[i] == delimiter):
                return NOT_PLAIN
            i += not is_last
        row += 1
        i += 2 if data[i] == _CR and i + 1 < n and data[i + 1] == _LF else 1
    return row


@kernel
def copy_texts(  # noqa: PLR0917
    data: ByteArray,
    begins: npt.NDArray[np.int32],
    sizes: npt.NDArray[np.int32],
    starts: OffsetArray,
    offsets: npt.NDArray[np.int32],
    out: ByteArray,
) -> None:
    """Copy the texts of each column one after the other, in one pass over the rows.

    Args:
        data: The bytes.
        begins: Shape ``(n_rows, n_texts)``: the first byte of each.
        sizes: Of the same shape: their bytes.
        starts: Shape ``(n_texts,)``: where each column begins in `out`.
        offsets: Shape ``(n_texts, n_rows + 1)``, its first column zeros, to be filled: where each text ends, from the
            column's beginning.
        out: To be filled; shape ``(n_out,)``, as long as all texts together.
    """
    for row in range(begins.shape[0]):
        for place in range(begins.shape[1]):
            begin, size, at = begins[row, place], sizes[row, place], offsets[place, row]
            offsets[place, row + 1] = at + size
            at += starts[place]
            for k in range(size):
                out[at + k] = data[begin + k]
