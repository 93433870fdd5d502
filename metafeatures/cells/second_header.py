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
from metafeatures.cells.type_rows import MOST_ROWS, are_types, calls_for, describing_rows, notice_of
from warmtune.vocabulary.missing_words import MISSING_AMONG_NUMBERS
from warmtune.vocabulary.notice import Notice

_NUMBERED: Final = re.compile(r"(.*?)(?:\.|_duplicated_)\d+")  # pandas, and polars
_NUMBER: Final = r"^\s*[-+]?(\d|\.\d)[\d.,eE+-]*\s*$"
_SHOWN: Final = 3
_LEAST_SHARE: Final = 0.5
_LONGEST_UNIT: Final = 20
_DASH: Final = re.compile(r"[\[(]? *[-\u2010-\u2015\u2212]+ *[\])]?")  # for a column without a unit
_SURE_UNITS: Final = 2
_ONE: Final = "1"
_MOST_WORDS: Final = 8  # for missing, in one column
_MISSING: Final = frozenset(word.lower() for word in MISSING_AMONG_NUMBERS)


def joined_names(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray]
) -> tuple[list[str], list[pa.ChunkedArray], tuple[Notice, ...]]:
    """Names and columns without the second line of the header; as they are where there is none.

    There is one where names of the first line repeat, or are missing beside others, the first row holds no number, and
    columns that hold numbers otherwise hold a word in it; also where the first line holds types, and the first row a
    name for each.
    """
    if not columns or len(columns[0]) <= 1:
        return list(names), list(columns), ()
    words = _words(columns, 0)
    if not any(words):
        return list(names), list(columns), ()
    described = _without_descriptions(names, columns)
    if described is not None:
        return described
    bases = _bases(names)
    if bases is None and are_types(names):
        bases = list(names)
    if bases is None:
        return _without_units(names, columns, words)
    if any(word is None for word in words):
        return list(names), list(columns), ()
    joined = [
        f"{base}_{word}" if word and word != base else name
        for base, word, name in zip(bases, words, names, strict=True)
    ]
    is_numeric = any(word and _is_numeric_below(column) for word, column in zip(words, columns, strict=True))
    is_named = is_numeric or (are_types(bases) and _are_names(words, columns))
    if len(set(joined)) < len(joined) or not is_named:
        return list(names), list(columns), ()
    shown = ", ".join(map(repr, [name for name, word in zip(joined, words, strict=True) if word][:_SHOWN]))
    notice = Notice("joined_names", f"the header has two lines: their names are joined, as {shown}", count=len(joined))
    return joined, [_without_first(column) for column in columns], (notice,)


def _are_names(words: Sequence[str | None], columns: Sequence[pa.ChunkedArray]) -> bool:
    """Whether the first row has a word for each column, and no other row of it has that one."""
    return (
        all(words)
        and len(set(words)) == len(words)
        and not any(word and _comes_again(word, column) for word, column in zip(words, columns, strict=True))
    )


def lines_left_out(notices: Sequence[Notice]) -> int:
    """How many lines below the first one `joined_names` took from the rows, by what it reports."""
    return sum(notice.count or 1 if notice.code == "units_row" else 1 for notice in notices)


def _without_descriptions(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray]
) -> tuple[list[str], list[pa.ChunkedArray], tuple[Notice, ...]] | None:
    """The columns without first rows that describe them; None where there are none."""
    rows = [_words(columns, row) for row in range(min(MOST_ROWS, len(columns[0]) - 1))]
    found = describing_rows(rows)
    if found is None:
        return None
    cells = list(zip(rows[0], columns, strict=True))
    if not found.is_certain and any(word and _comes_again(word, column) for word, column in cells):
        return None
    if not found.is_certain and found.needs_numbers and not any(word and _is_numeric_below(c) for word, c in cells):
        return None
    if found.must_agree and not _agree(rows[0], columns, found.n_rows):
        return None
    kept = [_without_first(column, found.n_rows) for column in columns]
    return list(names), kept, (notice_of(found.n_rows, rows[0]),)


def _agree(words: Sequence[str | None], columns: Sequence[pa.ChunkedArray], n_rows: int) -> bool:
    """Whether words call for numbers or dates, and most cells below each that does are such, if there are any.

    Where none calls for anything, as above columns of text, a word must stand above several columns.
    """
    agreed = was_called = False
    for word, column in zip(words, columns, strict=True):
        called = calls_for(word) if word else None
        below = column.slice(n_rows)
        if called is None or below.null_count == len(below):
            continue
        was_called = True
        if pt.is_dictionary(below.type):
            below = below.cast(below.type.value_type)
        share = pc.mean(pc.match_substring_regex(below, _NUMBER if called == "numbers" else r"\d")).as_py()
        if share <= _LEAST_SHARE:
            return False
        agreed = True
    filled = [word for word in words if word]
    return agreed or (not was_called and len(set(filled)) < len(filled))


def _without_units(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray], words: Sequence[str | None]
) -> tuple[list[str], list[pa.ChunkedArray], tuple[Notice, ...]]:
    """The columns without a first row of units or names: words above numbers, elsewhere such as come only there.

    Beside units a dash, or a word for missing, says that a column has none. Above other columns than numbers it counts
    neither for nor against. A 1 is the unit of what is only counted, beside other units.
    """
    words = [_ONE if word is None and _is_one(c) else word for word, c in zip(words, columns, strict=True)]
    if any(word is None for word in words):
        return list(names), list(columns), ()
    over_numbers = [
        word == _ONE or (bool(word) and _is_numeric_below(column)) for word, column in zip(words, columns, strict=True)
    ]
    shown = [word for word, is_over in zip(words, over_numbers, strict=True) if is_over and word]
    n_units = sum(not _is_no_unit(word) for word in shown)
    if _ONE in shown and not _ones_are_units(words, columns, n_units):
        return list(names), list(columns), ()
    counts = n_units > 0 or all(word and _DASH.fullmatch(word) for word in words)
    is_without = [
        counts and not is_over and bool(word and _is_no_unit(word))
        for word, is_over in zip(words, over_numbers, strict=True)
    ]
    n_filled = sum(bool(word) for word in words) - sum(is_without)
    is_most = 2 * sum(over_numbers) > n_filled or (
        n_units >= _SURE_UNITS
        and all(
            is_over or not word or _has_categories(c)
            for word, is_over, c in zip(words, over_numbers, columns, strict=True)
        )
    )
    is_units = is_most and all(len(word) <= _LONGEST_UNIT for word in shown)
    is_labels = len(shown) > 1 and len(set(filter(None, words))) == len(words)  # a name for each, in words
    is_labels = is_labels and not any(word.lower() in _MISSING or word == _ONE for word in shown)
    if not (is_units or is_labels) or any(
        word and not is_over and not (_DASH.fullmatch(word) and n_units >= _SURE_UNITS) and _comes_again(word, column)
        for word, is_over, column in zip(words, over_numbers, columns, strict=True)
    ):
        return list(names), list(columns), ()
    listed = ", ".join(map(repr, shown[:_SHOWN]))
    notice = Notice("units_row", f"the row below the header holds units or the like ({listed}): left out", row=1)
    return list(names), [_without_first(column) for column in columns], (notice,)


def _is_one(column: pa.ChunkedArray) -> bool:
    """Whether the first cell is the number 1."""
    first, kind = column[0], column.type
    if pt.is_integer(kind) or pt.is_floating(kind):
        return bool(first.as_py() == 1)
    is_text = pt.is_string(kind) or pt.is_large_string(kind) or pt.is_dictionary(kind)
    return bool(is_text and first.as_py() == _ONE)


def _ones_are_units(words: Sequence[str | None], columns: Sequence[pa.ChunkedArray], n_units: int) -> bool:
    """Whether ones stand beside sure units, or beside one where no other row of their columns holds a 1."""
    if n_units >= _SURE_UNITS or n_units == 0:
        return n_units > 0
    ones = (column for word, column in zip(words, columns, strict=True) if word == _ONE)
    return not any(_holds_one(column.slice(1)) for column in ones)


def _holds_one(column: pa.ChunkedArray) -> bool:
    if pt.is_integer(column.type) or pt.is_floating(column.type):
        return bool(pc.any(pc.equal(column, 1)).as_py())
    texts = column.cast(column.type.value_type) if pt.is_dictionary(column.type) else column
    return bool(pc.any(pc.match_substring_regex(texts, r"^\s*\+?1(\.0*)?\s*$")).as_py())


def _has_categories(column: pa.ChunkedArray) -> bool:
    """Whether the cells below the first one repeat, so that a word that stands in the first one only says something."""
    rest = column.slice(1).drop_null()
    return 2 * len(pc.unique(rest)) <= len(rest)


def _is_no_unit(word: str) -> bool:
    return word == _ONE or word.lower() in _MISSING or _DASH.fullmatch(word) is not None


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


def _words(columns: Sequence[pa.ChunkedArray], row: int) -> list[str | None]:
    """The words in a row: see `_word`."""
    return [_word(column, row) for column in columns]


def _word(column: pa.ChunkedArray, row: int) -> str | None:
    """The word in a row, "" where it is empty; None where it is a number or no text."""
    scalar = column[row]
    if not scalar.is_valid:
        return ""
    kind = scalar.type.value_type if pt.is_dictionary(scalar.type) else scalar.type
    is_text = pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind)
    if not is_text and not pt.is_floating(kind):
        return None  # of far dates and foreign time zones Python can't even make a value
    first = scalar.as_py()
    if first is None or (isinstance(first, float) and math.isnan(first)):
        return ""
    if not isinstance(first, str) or re.fullmatch(_NUMBER, first):
        return None
    return first.strip()


def _is_numeric_below(column: pa.ChunkedArray) -> bool:
    """Whether all cells but the first are numbers, or missing in words or without."""
    rest = column.slice(1)
    if pt.is_dictionary(rest.type):
        rest = rest.cast(rest.type.value_type)
    if not (pt.is_string(rest.type) or pt.is_large_string(rest.type)) or rest.null_count == len(rest):
        return False
    fits = pc.match_substring_regex(rest, _NUMBER)
    if pc.all(fits).as_py():
        return True
    others = rest.filter(pc.invert(fits)).unique()
    return len(others) <= _MOST_WORDS and bool(pc.any(fits).as_py()) and _are_missing(others)


def _are_missing(texts: pa.Array) -> bool:
    return all(text is None or text.strip().lower() in _MISSING for text in texts.to_pylist())


def _without_first(column: pa.ChunkedArray, n_rows: int = 1) -> pa.ChunkedArray:
    """The column without its first rows, which stay as such without a value, so that rows keep their numbers."""
    return pa.chunked_array([pa.nulls(n_rows, column.type), *column.slice(n_rows).chunks], column.type)
