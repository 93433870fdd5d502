"""The target's cells where they are text: numbers, classes, or a refusal with the first odd cell."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.cells.column import (
    BEGINS_WITH_DIGITS,
    CellColumn,
    missing_words,
    mixed_units,
    numbers_column,
    odd_labels,
)
from metafeatures.cells.numbers import NUMBERS_SHARE
from metafeatures.cells.text import Labels, TextAs, label_column
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

CLASS_VALUES: Final = 20
"""More different numbers than this are no classes."""

_HALF = 0.5


def read_target_cells(name: str, labels: Labels, found: TextAs, *, classes: bool | None) -> CellColumn:
    """Read a target of text.

    It is numbers where nearly all cells are; rows that hold something else are left out then, with a notice. Where a
    target has few different numbers and another label that occurs more than once, that label is a class.

    Args:
        name: The target's.
        labels: Its labels.
        found: What they may be read as.
        classes: Whether it is known to be classes (True) or numbers (False).

    Raises:
        InvalidTableError: If it is to be numbers and isn't, or is neither, naming the first odd cell.
    """
    if found.numbers is not None:
        fits = found.numbers.is_number
        odd = odd_labels(labels, found, fits)
        share = found.share(labels, fits)
        n_numbers = len(np.unique(found.numbers.values[fits & (labels.counts > 0)]))
        if not odd or _is_numbers(odd, share, n_numbers, classes):
            return _numbers(name, labels, found, odd)
        units = mixed_units(labels, found)
        if units and classes is not True and (classes is False or len(labels.texts) > CLASS_VALUES):
            raise _in_units(name, odd, units)
        if classes is None and share >= _HALF and n_numbers > CLASS_VALUES:
            raise _neither(name, labels, found, odd)
        if classes is False:
            raise _neither(name, labels, found, odd)
    if found.times is not None and classes is not True:
        fits = found.times.values.is_valid().to_numpy(zero_copy_only=False)
        if found.share(labels, fits) >= NUMBERS_SHARE:
            return CellColumn(labels.spread(found.times.values), found.times.words)
    if classes is False and found.numbers is None:
        raise _neither(name, labels, found, odd_labels(labels, found, np.zeros(len(labels.counts), np.bool_)))
    if classes is None:
        _refuse_values(name, labels, found)
    notices = (*missing_words(name, labels, found.missing), *_variants(name, labels, found))
    if classes is None:
        notices += _single_rows(name, labels, found)
    return CellColumn(label_column(labels, found.missing), "text", notices)


def _refuse_values(name: str, labels: Labels, found: TextAs) -> None:
    """Refuse what nobody means as classes: many texts that begin with digits, most of them in one row only.

    Raises:
        InvalidTableError: Naming the first cell.
    """
    used = pa.array(~found.missing & (labels.counts > 0))
    texts, n_cells = labels.tidy.filter(used), int(labels.counts[~found.missing].sum())
    if len(texts) <= CLASS_VALUES or len(texts) <= _HALF * n_cells:
        return
    if not pc.all(pc.match_substring_regex(texts, BEGINS_WITH_DIGITS)).as_py():
        return
    row = 1 + int(np.argmax(np.isin(labels.codes, np.flatnonzero(used.to_numpy(zero_copy_only=False)))))
    text = labels.texts[int(labels.codes[row - 1])].as_py()
    raise InvalidTableError(
        f"the target {name!r} holds {len(texts)} different texts that begin with digits in {n_cells} rows, first"
        f" {text!r} in row {row} ({COUNTED}), which are not read as numbers: write them as plain numbers, or, if they"
        " are classes, pass kind='multiclass'",
        field=f"file.{name}",
        value=text,
        limit="numbers, or few classes",
    )


def _is_numbers(odd: Sequence[tuple[int, str, int]], share: float, n_numbers: int, classes: bool | None) -> bool:
    """Whether what is odd among numbers is a few stray cells."""
    if share < NUMBERS_SHARE:
        return False
    is_stray = all(count == 1 for _, _, count in odd)
    if classes is False or n_numbers > CLASS_VALUES:
        return classes is not True or is_stray
    return is_stray


def _numbers(name: str, labels: Labels, found: TextAs, odd: Sequence[tuple[int, str, int]]) -> CellColumn:
    read = numbers_column(name, labels, found)
    if not odd:
        return read
    kept = tuple(notice for notice in read.notices if notice.code != "odd_cells")
    return CellColumn(
        read.column,
        read.reason,
        (
            *kept,
            Notice(
                "odd_target_cells",
                f"{_counted(name, labels, found, odd)}; rows without a number in it are left out",
                row=odd[0][0],
                column=name,
                count=sum(count for _, _, count in odd),
            ),
        ),
    )


def _neither(name: str, labels: Labels, found: TextAs, odd: Sequence[tuple[int, str, int]]) -> InvalidTableError:
    return InvalidTableError(
        f"{_counted(name, labels, found, odd)}; correct or empty the cells that are not numbers, or, if they are"
        " classes, pass kind='multiclass' (or 'binary') and a classification metric such as accuracy",
        field=f"file.{name}",
        value=odd[0][1],
        limit="numbers, or few classes",
    )


def _in_units(name: str, odd: Sequence[tuple[int, str, int]], units: str) -> InvalidTableError:
    row, text, _ = odd[0]
    return InvalidTableError(
        f"the target {name!r} holds numbers with different units ({units}), first one unlike most in row {row}"
        f" ({COUNTED}): {text!r}; write all in one unit, or, if they are classes, pass kind='multiclass'",
        field=f"file.{name}",
        value=text,
        limit="numbers in one unit",
    )


def _counted(name: str, labels: Labels, found: TextAs, odd: Sequence[tuple[int, str, int]]) -> str:
    n_cells = int(labels.counts[~found.missing_among_numbers].sum())
    n_odd = sum(count for _, _, count in odd)
    row, text, _ = odd[0]
    return (
        f"the target {name!r} is almost numbers: {n_cells - n_odd} of {n_cells} values are,"
        f" row {row} holds {text!r} ({COUNTED})"
        if n_odd < n_cells
        else f"the target {name!r} holds no numbers: row {row} holds {text!r} ({COUNTED})"
    )


def _variants(name: str, labels: Labels, found: TextAs) -> tuple[Notice, ...]:
    """Classes that differ by capitals, blanks or a point behind only; some copies of a table write ``>50K.``."""
    used = np.flatnonzero(~found.missing & (labels.counts > 0))
    if len(used) > _MANY_CLASSES:
        return ()
    by_fold: dict[str, list[str]] = {}
    for text in labels.texts.take(pa.array(used)).to_pylist():
        by_fold.setdefault(" ".join(text.split()).casefold().rstrip("."), []).append(text)
    alike = [sorted(texts) for texts in by_fold.values() if len(texts) > 1]
    if not alike:
        return ()
    words = "; ".join(" and ".join(map(repr, texts)) for texts in sorted(alike)[:3])
    return (
        Notice(
            "class_variants",
            f"classes of {name!r} differ by capitals, blanks or points only, and are likely one: {words}",
            column=name,
            count=len(alike),
        ),
    )


def _single_rows(name: str, labels: Labels, found: TextAs) -> tuple[Notice, ...]:
    """That most classes have one row, as where the target names the rows."""
    counts = labels.counts[~found.missing & (labels.counts > 0)]
    if len(counts) <= CLASS_VALUES or len(counts) <= _HALF * counts.sum():
        return ()
    words = (
        f"the target {name!r} has {len(counts)} different classes in {int(counts.sum())} rows: if it names the rows,"
        " predict another column"
    )
    return (Notice("single_rows", words, column=name, count=len(counts)),)


_MANY_CLASSES = 10_000
