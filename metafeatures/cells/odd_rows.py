"""Rows that are none of a table's: comments among the rows, and totals below them.

They are found by what they hold and never by their place, so that the order of rows changes nothing. Such a row keeps
its place, so that the rows after it keep their numbers, and misses its target: it is left out with the rows that do.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.arrays import FloatArray
from metafeatures.cells.text import Labels
from metafeatures.kernels.columns import count_codes
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.notice import Notice

Rows = npt.NDArray[np.intp]
_BELOW: Final = (  # what consoles print below a table, and offices: sources, notes, the marks of footnotes
    r"\(\d+ rows?\b|\d+ (?:row|record)(?:s|\(s\))? (?:in set|selected|affected|returned)|\[?\d+ rows x \d+ columns\b"
    r"|(?i:sources?|data sources?|quellen?|fuentes?|fontes?|bron|källa|kilde|lähde|źródło|fonte|источник|出典|资料来源"
    r"|notes?|footnotes?|remarks?|anmerkung(?:en)?|hinweise?|remarques?|notas?|opmerking|примечани[ея]|注"
    r"|last updated|updated|data from database|stand|datenstand|extracted on|generated|exported|legende?|key"
    r"|disclaimer|copyright) ?(?:[:：]|on\b|by\b|at\b|\d)"
    r"|©|\(c\) |\*+ ?[A-Za-z\x{c0}-\x{24f}]|\(?[1-9a-d]\) [A-Za-z\x{c0}-\x{24f}]|[¹²³]|_{3,}|={3,}|~{3,}|\*{3,}"
)
_COMMENT: Final = rf"^\s*(?:#|%|//|--|;|!|{_BELOW})"
_HASH: Final = r"^\s*#"
_SUMS: Final = frozenset(
    (
        *(
            "total",
            "totals",
            "grand total",
            "total sum",
            "subtotal",
            "sub total",
            "sub-total",
            "sum",
            "sums",
            "overall",
        ),
        *("all", "summe", "gesamt", "gesamtsumme", "insgesamt", "totaal", "totale", "somme", "suma", "soma", "totalt"),
        *("итого", "всего", "сумма", "合计", "总计", "合計"),
    )
)
_MEANS: Final = frozenset(
    (
        *(
            "average",
            "avg",
            "mean",
            "mean value",
            "mittelwert",
            "durchschnitt",
            "moyenne",
            "media",
            "média",
            "promedio",
        ),
        *("gemiddelde", "среднее", "平均"),
    )
)
_LONGEST: Final = 24  # characters of such a label
_MOST_SUMMARIES: Final = 3  # a sum, a mean, and another
_LEAST_ROWS: Final = 4
_LEAST_COLUMNS: Final = 3
_MOST_REMARKS: Final = 20
_FIGURE: Final = r"^[^A-Za-z]*\d[^A-Za-z]*$"
_SHORT: Final = 1_000  # labels
_CLOSE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class OddRows:
    """What is left of a table's columns.

    Attributes:
        columns: All columns; a target that isn't text misses the odd rows.
        labels: Of those that are text, without the odd rows' cells.
        notices: What was left out.
        rows: Which rows were, from 0.
    """

    columns: dict[str, pa.ChunkedArray]
    labels: dict[str, Labels]
    notices: tuple[Notice, ...] = ()
    rows: tuple[int, ...] = ()


def without_odd_rows(columns: Mapping[str, pa.ChunkedArray], labels: Mapping[str, Labels], target: str) -> OddRows:
    """The table without comments and totals.

    Args:
        columns: All columns by name.
        labels: Of those that hold text.
        target: The target's name.
    """
    found = OddRows(dict(columns), dict(labels))
    for find in (lambda columns, labels: _comments(columns, labels, target), _summaries):
        rows, notices = find(found.columns, found.labels)
        if len(rows):
            found = _left_out(found, rows, target, notices)
        elif notices:
            found = replace(found, notices=(*found.notices, *notices))
    return found


def _left_out(table: OddRows, rows: Rows, target: str, notices: tuple[Notice, ...]) -> OddRows:
    labels = {name: _without(one, rows) for name, one in table.labels.items()}
    columns = dict(table.columns)
    if target not in labels:
        mask = np.zeros(len(columns[target]), np.bool_)
        mask[rows] = True
        column = columns[target]
        columns[target] = pc.if_else(pa.array(mask), pa.scalar(None, column.type), column)
    return OddRows(columns, labels, (*table.notices, *notices), (*table.rows, *rows.tolist()))


def _without(labels: Labels, rows: Rows) -> Labels:
    if (labels.codes[rows] < 0).all():
        return labels
    codes = labels.codes.astype(np.int32)
    codes[rows] = -1
    return replace(labels, codes=codes, counts=count_codes(codes, len(labels.texts)))


def _comments(
    columns: Mapping[str, pa.ChunkedArray], labels: Mapping[str, Labels], target: str
) -> tuple[Rows, tuple[Notice, ...]]:
    """Rows of one cell that begins like a comment or is a text in a column of numbers; rows with words for numbers."""
    found: list[Rows] = []
    for name, which in _matching(labels, _COMMENT).items():
        one = labels[name]
        rows = _rows_of(one, which)
        others = [column for other, column in columns.items() if other != name]
        bare = rows[_all_missing(others, rows)]
        hashed = _rows_of(one, _matching({name: one}, _HASH).get(name, np.empty(0, np.intp)))
        certain = hashed if _interrupt_numbers(hashed, name, labels, len(one.codes)) else bare
        found.append(np.union1d(bare, certain))
    found += _lone_texts(columns, labels, target)
    rows = np.unique(np.concatenate(found)) if found else np.empty(0, np.intp)
    if not len(rows) or len(columns) == 1:
        return np.empty(0, np.intp), ()
    first = int(rows[0])
    are = "row is a comment" if len(rows) == 1 else "rows are comments"
    text = _first_text(labels, first)
    words = f"{len(rows)} {are}, first {text!r} in row {first + 1} ({COUNTED}): left out"
    return rows, (Notice("comment_rows", words, row=first + 1, count=len(rows)),)


def _lone_texts(columns: Mapping[str, pa.ChunkedArray], labels: Mapping[str, Labels], target: str) -> list[Rows]:
    """By column, the rows whose only cell is a text where all other rows hold numbers: remarks below a report."""
    full = [name for name, column in columns.items() if column.null_count == 0 and not pt.is_floating(column.type)]
    may_be = {name: one for name, one in labels.items() if name != target and set(full) <= {name}}
    if len(columns) < _LEAST_COLUMNS or not may_be:
        return []
    numbers = _matching(may_be, _FIGURE)
    found = []
    for name, of_numbers in numbers.items():
        one = labels[name]
        is_number = np.isin(np.arange(len(one.texts)), of_numbers)
        texts = _rows_of(one, np.flatnonzero(~is_number & (one.counts > 0)))
        if not 0 < len(texts) <= min(_MOST_REMARKS, int(one.counts[is_number].sum()) // 2):
            continue
        others = [column for other, column in columns.items() if other != name]
        if _all_missing(others, texts).all():
            found.append(texts)
    return found


def _matching(labels: Mapping[str, Labels], pattern: str) -> dict[str, Rows]:
    """The labels in use that match, of the columns that have some.

    Each call compiles the pattern, which costs as much as to look through hundreds of labels: short columns share one.
    """
    together = [name for name, one in labels.items() if len(one.texts) <= _SHORT]
    alone = [[name] for name, one in labels.items() if len(one.texts) > _SHORT]
    found: dict[str, Rows] = {}
    for names in (together, *alone):
        if not names:
            continue
        fits = pc.match_substring_regex(pa.concat_arrays([labels[name].texts for name in names]), pattern)
        ends = np.cumsum([len(labels[name].texts) for name in names])
        for name, of_one in zip(names, np.split(fits.to_numpy(zero_copy_only=False), ends[:-1]), strict=True):
            which = np.flatnonzero(of_one & (labels[name].counts > 0))
            if len(which):
                found[name] = which
    return {name: found[name] for name in labels if name in found}


def _rows_of(labels: Labels, which: Rows) -> Rows:
    return np.flatnonzero(np.isin(labels.codes, which)) if len(which) else np.empty(0, np.intp)


def _all_missing(columns: list[pa.ChunkedArray], rows: Rows) -> npt.NDArray[np.bool_]:
    """Which of the rows miss every one of the columns."""
    missing = np.ones(len(rows), np.bool_)
    for column in columns:
        if not missing.any():
            break
        missing &= pc.is_null(column.take(pa.array(rows)), nan_is_null=True).to_numpy()
    return missing


def _interrupt_numbers(rows: Rows, name: str, labels: Mapping[str, Labels], n_rows: int) -> bool:
    """Whether another column of text holds numbers in all other rows, and none in these."""
    if not 0 < 2 * len(rows) < n_rows:
        return False
    for other, one in labels.items():
        if other == name:
            continue
        is_number = pc.match_substring_regex(one.tidy, r"^[-+]?(\d|\.\d)[\d.,eE+-]*$").to_numpy(zero_copy_only=False)
        holds = np.where(one.codes < 0, False, is_number[one.codes])
        is_missing = one.codes < 0
        rest = np.ones(n_rows, np.bool_)
        rest[rows] = False
        if (
            not holds[rows].any()
            and not is_missing[rows].all()
            and (holds | is_missing)[rest].all()
            and holds[rest].any()
        ):
            return True
    return False


def _first_text(labels: Mapping[str, Labels], row: int) -> str:
    return next((str(one.texts[int(one.codes[row])]) for one in labels.values() if one.codes[row] >= 0), "")


def _summaries(columns: Mapping[str, pa.ChunkedArray], labels: Mapping[str, Labels]) -> tuple[Rows, tuple[Notice, ...]]:
    """Rows that are named as the total or mean of the others and are it; a notice for rows that are only named so."""
    named = [(name, row, text) for name, one in labels.items() for row, text in _named_summaries(one)]
    rows = sorted({row for _, row, _ in named})
    if not rows or len(rows) > _MOST_SUMMARIES or len(next(iter(columns.values()))) - len(rows) < _LEAST_ROWS:
        return np.empty(0, np.intp), ()
    numbers = [
        _floats(column) for column in columns.values() if pt.is_integer(column.type) or pt.is_floating(column.type)
    ]
    out, notices = [], []
    for row in rows:
        name, _, text = next(found for found in named if found[1] == row)
        is_one = _sums_up(row, rows, numbers, is_mean=_word(text) in _MEANS) or (
            _all_missing([c for n, c in columns.items() if n != name], np.array([row])).all()
        )
        words = f"row {row + 1} ({COUNTED}) is named {text!r} in column {name!r}"
        if is_one:
            out.append(row)
            notices.append(Notice("summary_row", f"{words} and sums up the others: left out", row=row + 1, column=name))
        else:
            words = f"{words}, but its numbers don't sum up the others: kept; remove it if it is no row"
            notices.append(Notice("summary_row", words, row=row + 1, column=name))
    return np.array(out, np.intp), tuple(notices)


def _named_summaries(labels: Labels) -> list[tuple[int, str]]:
    """Rows whose label is a word for a total and occurs once, with the label."""
    once = np.flatnonzero(labels.counts == 1)
    if not len(once):
        return []
    rare = labels.tidy.take(pa.array(once))
    short = pc.less_equal(pc.utf8_length(rare), _LONGEST)
    once, texts = once[short.to_numpy(zero_copy_only=False)], rare.filter(short).to_pylist()
    return [
        (labels.first_row(int(label)), text)
        for label, text in zip(once, texts, strict=True)
        if _word(text) in _SUMS or _word(text) in _MEANS
    ]


def _word(text: str) -> str:
    """What a label says, without signs around it and without what it is about: ``total`` of ``Total: Account``."""
    return " ".join(text.casefold().partition(":")[0].strip(" \t.*=-").split())


def _floats(column: pa.ChunkedArray) -> FloatArray:
    values: FloatArray = column.cast(pa.float64(), safe=False).to_numpy()
    return values


def _sums_up(row: int, summaries: list[int], numbers: list[FloatArray], *, is_mean: bool) -> bool:
    """Whether a column's number in a row is the sum (or mean) of the others', or a sum beyond all of them."""
    for values in numbers:
        others = np.delete(values, summaries)
        others = others[np.isfinite(others)]
        value = float(values[row])
        if not np.isfinite(value) or len(others) < _LEAST_ROWS:
            continue
        total, size = math.fsum(others.tolist()), math.fsum(np.abs(others).tolist())
        if is_mean:
            if abs(value - total / len(others)) <= _CLOSE * size / len(others) and others.min() < others.max():
                return True
        elif abs(value - total) <= _CLOSE * size or value > others.max() or value < others.min():
            return True
    return False
