"""Headers of two lines: names of two levels, as pandas and merged cells have them, joined to one; units left out.

Read as one header the second line is the first row, and every column holds a word among its numbers.
"""

import math
import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.cells.names import is_unnamed
from warmtune.vocabulary.notice import Notice

_NUMBERED: Final = re.compile(r"(.*?)\.\d+")
_NUMBER: Final = r"^\s*[-+]?(\d|\.\d)[\d.,eE+-]*\s*$"
_SHOWN: Final = 3
_LONGEST_UNIT: Final = 20


def joined_names(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray]
) -> tuple[list[str], list[pa.ChunkedArray], tuple[Notice, ...]]:
    """Names and columns without the second line of the header; as they are where there is none.

    There is one where names of the first line repeat, or are missing beside others, the first row holds no number, and
    columns that hold numbers otherwise hold a word in it.
    """
    if not columns or len(columns[0]) <= 1:
        return list(names), list(columns), ()
    words = [_word(column) for column in columns]
    if any(word is None for word in words) or not any(words):
        return list(names), list(columns), ()
    bases = _bases(names)
    if bases is None:
        return _without_units(names, columns, words)
    joined = [
        f"{base}_{word}" if word and word != base else name
        for base, word, name in zip(bases, words, names, strict=True)
    ]
    is_numeric = any(word and _is_numeric_below(column) for word, column in zip(words, columns, strict=True))
    if len(set(joined)) < len(joined) or not is_numeric:
        return list(names), list(columns), ()
    shown = ", ".join(map(repr, [name for name, word in zip(joined, words, strict=True) if word][:_SHOWN]))
    notice = Notice("joined_names", f"the header has two lines: their names are joined, as {shown}", count=len(joined))
    return joined, [_without_first(column) for column in columns], (notice,)


def _without_units(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray], words: Sequence[str | None]
) -> tuple[list[str], list[pa.ChunkedArray], tuple[Notice, ...]]:
    """The columns without a first row of units: words above numbers, elsewhere such as come only there."""
    over_numbers = [bool(word) and _is_numeric_below(column) for word, column in zip(words, columns, strict=True)]
    n_filled = sum(bool(word) for word in words)
    shown = [word for word, is_over in zip(words, over_numbers, strict=True) if is_over and word]
    is_units = 2 * sum(over_numbers) > n_filled and all(len(word) <= _LONGEST_UNIT for word in shown)
    if not is_units or any(
        word and not is_over and _comes_again(word, column)
        for word, is_over, column in zip(words, over_numbers, columns, strict=True)
    ):
        return list(names), list(columns), ()
    listed = ", ".join(map(repr, shown[:_SHOWN]))
    notice = Notice("units_row", f"the row below the header holds units or the like ({listed}): left out", row=1)
    return list(names), [_without_first(column) for column in columns], (notice,)


def _comes_again(word: str, column: pa.ChunkedArray) -> bool:
    """Whether the word of the first row stands in another one too."""
    rest = column.slice(1)
    if pt.is_dictionary(rest.type):
        rest = rest.cast(rest.type.value_type)
    return bool(pc.any(pc.equal(pc.utf8_trim_whitespace(rest), word)).as_py())


def _bases(names: Sequence[str]) -> list[str] | None:
    """The first line's name of each column, of merged cells the last one before; None where no name repeats."""
    bases: list[str] = []
    given = set(names)
    repeats = False
    for name in names:
        numbered = _NUMBERED.fullmatch(name)
        if is_unnamed(name):
            bases.append(bases[-1] if bases else name)
            repeats = repeats or len(bases) > 1
        elif numbered is not None and numbered[1] in given:
            bases.append(numbered[1])
            repeats = True
        else:
            bases.append(name)
    return bases if repeats else None


def _word(column: pa.ChunkedArray) -> str | None:
    """The word in the first row, "" where it is empty; None where it is a number or no text."""
    first = column[0].as_py()
    if first is None or (isinstance(first, float) and math.isnan(first)):
        return ""
    if not isinstance(first, str) or re.fullmatch(_NUMBER, first):
        return None
    return first.strip()


def _is_numeric_below(column: pa.ChunkedArray) -> bool:
    """Whether all cells but the first are numbers or missing."""
    rest = column.slice(1)
    if pt.is_dictionary(rest.type):
        rest = rest.cast(rest.type.value_type)
    if not (pt.is_string(rest.type) or pt.is_large_string(rest.type)) or rest.null_count == len(rest):
        return False
    return bool(pc.all(pc.match_substring_regex(rest, _NUMBER)).as_py())


def _without_first(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without its first row, which stays as one without a value, so that rows keep their numbers."""
    return pa.chunked_array([pa.nulls(1, column.type), *column.slice(1).chunks], column.type)
