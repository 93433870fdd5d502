"""Two tables in one: rows that name columns, and below them other kinds of cells than above.

Read as one table, the names and all that is below them are cells of the first one's columns, which become text.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.cells.text import Labels, TextAs
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

_LEAST_ABOVE: Final = 3
_LEAST_NAMES: Final = 2
_MOST_TITLES: Final = 2
_SHOWN: Final = 4
_LEAST_TURNS: Final = 2
_NO_TURN: Final = 0
_LONE_WORD: Final = 1
_CHANGE: Final = 2
_NUMBER: Final = r"^[-+]?(\d|\.\d)[\d.,eE+-]*%?$"

Cells = npt.NDArray[np.int8]
"""Shape ``(n_rows,)``: 0 for a missing cell, 1 for a number, 2 for a word."""
_WORD: Final = 2


def check_one_table(
    columns: Mapping[str, pa.ChunkedArray], texts: Mapping[str, tuple[Labels, TextAs]]
) -> tuple[Notice, ...]:
    """Refuse a table with the names of another one among its rows.

    There are such in a row if all its cells, two at least, are words that stand nowhere else in their columns; if a
    column holds only numbers, and at most titles, above it; if a column holds numbers above the row and none below it,
    or the other way round; and if so does another column, or the row is its only word, or the row stands apart: below
    one without a value, or with the header's names. One column that changes alone is a column of mixed codes, sorted,
    or several words stand in one row among numbers: a notice names the row.

    Args:
        columns: All columns by name.
        texts: Of those that hold text, the labels and what they may be read as.

    Raises:
        InvalidTableError: Naming the row.
    """
    mixed = {name: one for name, one in texts.items() if _may_hold_both(*one)}
    if not mixed:
        return ()
    cells = {name: _kinds(labels) for name, (labels, _) in mixed.items()}
    candidates = {row for found in cells.values() for row in _first_words(found)}
    weak: tuple[Notice, ...] = ()
    for row in sorted(candidates):
        names = _names_in(row, columns, texts)
        if names is None:
            continue
        turns = [_turn(found, row) for name, found in cells.items() if name in names and found[row] == _WORD]
        shown = ", ".join(map(repr, [*names.values()][:_SHOWN]))
        if _is_strong(turns, is_apart=_is_apart(row, columns, names)):
            raise InvalidTableError(
                f"row {row + 1} ({COUNTED}) seems to hold the names of a second table's columns ({shown}), and the"
                " rows below it other values than those above: save each table in a file of its own",
                field="file",
                value=f"row {row + 1}",
                limit="one table",
            )
        if not weak and (_CHANGE in turns or len(turns) - turns.count(_NO_TURN) >= _LEAST_TURNS):
            words = f"row {row + 1} ({COUNTED}) may hold the names of a second table's columns ({shown}): read as a row"
            weak = (
                Notice("second_table", f"{words}; if it is one, save each table in a file of its own", row=row + 1),
            )
    return weak


def _may_hold_both(labels: Labels, found: TextAs) -> bool:
    """Whether a column holds numbers and words, at little cost where it doesn't."""
    used = (labels.counts > 0) & ~found.missing
    if found.numbers is None or found.numbers.is_number[used].all():
        return False
    return bool(found.numbers.is_number[used].any())


def _kinds(labels: Labels) -> Cells:
    is_number = pc.match_substring_regex(labels.tidy, _NUMBER).to_numpy(zero_copy_only=False)
    of_labels = np.where(is_number, 1, _WORD).astype(np.int8)
    of_labels[pc.equal(labels.tidy, "").to_numpy(zero_copy_only=False)] = 0
    kinds: Cells = np.where(labels.codes < 0, np.int8(0), of_labels[labels.codes])
    return kinds


def _first_words(cells: Cells) -> list[int]:
    """The first rows with words, where there are numbers above them, and nothing else: one may be a title."""
    rows = np.flatnonzero(cells == _WORD)[: _MOST_TITLES + 1].tolist()
    return rows if rows and int((cells[: rows[0]] == 1).sum()) >= _LEAST_ABOVE else []


def _is_strong(turns: Sequence[int], *, is_apart: bool) -> bool:
    """Whether a row of names begins another table: not where one column's numbers go on as words, as in sorted codes.

    Args:
        turns: Of the columns with numbers and words that have a word in the row.
        is_apart: Whether a row without a value is above it, or names are those of the header.
    """
    return _CHANGE in turns and (is_apart or len(turns) - turns.count(_NO_TURN) >= _LEAST_TURNS)


def _turn(cells: Cells, row: int) -> int:
    """Whether a column's kind changes in a row from numbers to words or back, or a word stands there among numbers."""
    above, below = cells[:row], cells[row + 1 :]
    has_numbers, has_words = bool((below == 1).any()), bool((below == _WORD).any())
    had_numbers, n_words = bool((above == 1).any()), int((above == _WORD).sum())
    if had_numbers and n_words <= _MOST_TITLES and not has_words:
        return _LONE_WORD if has_numbers else _NO_TURN
    if had_numbers and n_words <= _MOST_TITLES and not has_numbers:
        return _CHANGE
    return _CHANGE if not had_numbers and n_words and has_numbers and not has_words else _NO_TURN


def _is_apart(row: int, columns: Mapping[str, pa.ChunkedArray], names: Mapping[str, str]) -> bool:
    """Whether the row above has no value, or at least half of the names are those of columns."""
    header = {name.strip().casefold() for name in columns}
    if 2 * sum(word.casefold() in header for word in names.values()) >= len(names):
        return True
    return row > 0 and all(column[row - 1].as_py() in (None, "") for column in columns.values())


def _names_in(
    row: int, columns: Mapping[str, pa.ChunkedArray], texts: Mapping[str, tuple[Labels, TextAs]]
) -> dict[str, str] | None:
    """By column the words of a row, where all stand nowhere else in their columns; None where they don't."""
    names: dict[str, str] = {}
    for name, column in columns.items():
        if name not in texts:
            if column[row].is_valid:
                return None
            continue
        labels, _ = texts[name]
        code = int(labels.codes[row])
        if code < 0:
            continue
        word = str(labels.tidy[code].as_py())
        if not word:
            continue
        if labels.counts[code] > 1 or any(c.isdigit() for c in word[:1]):
            return None
        names[name] = word
    return names if len(names) >= _LEAST_NAMES and len(set(names.values())) == len(names) else None
