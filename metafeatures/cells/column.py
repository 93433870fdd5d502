"""One column of text, read: numbers, times or labels, with what is reported about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.cells.numbers import NUMBERS_SHARE, ParsedNumbers
from metafeatures.cells.text import Labels, TextAs, label_column
from metafeatures.cells.times import ParsedTimes
from metafeatures.number_spelling import leading_zeros
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.notice import Notice

_SHOWN = 3
_LABELS_PER_UNIT = 4
_HALF = 0.5
_MANY_NUMBERS = 10  # different ones
BEGINS_WITH_DIGITS = r"^[^\pL\pN]*\pN"
_EXACT = 2.0**53
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


@dataclass(frozen=True, slots=True)
class CellColumn:
    """A column of a plain type.

    Attributes:
        column: Its cells.
        reason: Why they are read so, in a few words; "" where their type says it.
        notices: What was odd.
    """

    column: pa.ChunkedArray
    reason: str = ""
    notices: tuple[Notice, ...] = ()


def read_column(name: str, labels: Labels, found: TextAs, *, is_listed: bool) -> CellColumn:
    """Read a feature: numbers or times where nearly all cells are, else labels.

    Args:
        name: The column's.
        labels: Its labels.
        found: What they may be read as.
        is_listed: Whether its values are names, whatever they look like: then only plain numbers throughout are
            read, since a file of the same cells gives numbers too.
    """
    odd: tuple[Notice, ...] = ()
    if found.numbers is not None:
        fits = found.numbers.is_number
        share = found.share(labels, fits)
        if share == 1.0 and found.numbers.is_plain if is_listed else share >= NUMBERS_SHARE:
            return numbers_column(name, labels, found)
        odd = () if is_listed else almost_numbers(name, labels, found, share)
        if units := mixed_units(labels, found):
            words = (
                f"column {name!r} holds numbers with different units ({units}): taken as text; write all in one unit"
            )
            odd = (Notice("mixed_units", words, column=name),)
    if found.times is not None and not is_listed:
        fits = found.times.values.is_valid().to_numpy(zero_copy_only=False)
        if found.share(labels, fits) >= NUMBERS_SHARE:
            if not found.times.is_ambiguous:
                return _times_column(name, labels, found, found.times)
            odd = (_ambiguous(name, labels, fits),)
    if not odd and not is_listed:
        odd = _unread(name, labels, found)
    notices = (*missing_words(name, labels, found.missing), *odd)
    return CellColumn(label_column(labels, found.missing), "text", notices)


def almost_numbers(name: str, labels: Labels, found: TextAs, share: float) -> tuple[Notice, ...]:
    """A notice of a column that would be numbers but for some cells; none where its numbers are few, as categories."""
    if found.numbers is None or not _HALF <= share < NUMBERS_SHARE:
        return ()
    fits = found.numbers.is_number
    if int((fits & (labels.counts > 0)).sum()) < _MANY_NUMBERS:
        return ()
    (row, text, _), *_rest = odd_labels(labels, found, fits)
    words = (
        f"{100 * share:.0f} % of the cells of column {name!r} are numbers, too few to read it as such: taken as text;"
        f" first other {text!r} in row {row} ({COUNTED})"
    )
    return (Notice("almost_numbers", words, row=row, column=name),)


def mixed_units(labels: Labels, found: TextAs) -> str:
    """The units of numbers that have several, for a message; "" where they don't, or where the units are codes.

    What has about as many units as numbers, as `1a`, `1b`, `2a`, is a code.
    """
    numbers = found.numbers
    if numbers is None or numbers.is_measure is None or found.share(labels, numbers.is_measure) < NUMBERS_SHARE:
        return ""
    n_measures = int((numbers.is_measure & (labels.counts > 0)).sum())
    if n_measures < _LABELS_PER_UNIT * len(numbers.units) or set(numbers.units) <= _ORDINALS:
        return ""
    shown = ", ".join(repr(unit) if unit else "none" for unit in numbers.units[:_SHOWN])
    return shown if len(numbers.units) <= _SHOWN else f"{shown} and others"


def _times_column(name: str, labels: Labels, found: TextAs, times: ParsedTimes) -> CellColumn:
    """The column as times, all else missing."""
    fits = times.values.is_valid().to_numpy(zero_copy_only=False)
    words = f"column {name!r} is read as {times.words}"
    as_text = () if times.is_iso else (Notice("dates_as_text", words, column=name),)
    notices = (
        *as_text,
        *missing_words(name, labels, found.missing_among_numbers),
        *_odd(name, labels, odd_labels(labels, found, fits), times.words),
    )
    return CellColumn(labels.spread(times.values), times.words, notices)


def _ambiguous(name: str, labels: Labels, fits: npt.NDArray[np.bool_]) -> Notice:
    label = int(np.flatnonzero(fits & (labels.counts > 0))[0])
    return Notice(
        "ambiguous_dates",
        f"column {name!r} holds dates such as {labels.tidy[label].as_py()!r}, and no cell determines which part is"
        " the day: treated as text; write them year-month-day",
        column=name,
    )


def _unread(name: str, labels: Labels, found: TextAs) -> tuple[Notice, ...]:
    """A notice of many texts, most of them in one row only, that begin with digits: they may be meant as values."""
    used = ~found.missing_among_numbers & (labels.counts > 0)
    n_texts, n_cells = int(used.sum()), int(labels.counts[used].sum())
    if n_texts < _MANY_NUMBERS or n_texts <= _HALF * n_cells:
        return ()
    begins = pc.match_substring_regex(labels.tidy.filter(pa.array(used)), BEGINS_WITH_DIGITS)
    if pc.sum(begins).as_py() < NUMBERS_SHARE * n_texts:
        return ()
    label = int(labels.codes[np.argmax(np.isin(labels.codes, np.flatnonzero(used)))])
    words = (
        f"column {name!r} holds {n_texts} different texts that begin with digits, first"
        f" {labels.texts[label].as_py()!r}, and they are neither numbers nor dates in a notation that is known: taken"
        " as text; if they are values, write plain numbers or year-month-day"
    )
    return (Notice("unread_values", words, row=labels.first_row(label) + 1, column=name),)


def numbers_column(name: str, labels: Labels, found: TextAs) -> CellColumn:
    """The column as numbers, all else missing; `found` has some."""
    if found.numbers is None:
        raise ValueError(f"column {name!r} has no numbers")
    numbers = found.numbers
    values = _whole(labels, numbers) if numbers.is_plain else None
    values = pa.array(numbers.values, mask=~numbers.is_number) if values is None else values
    words = numbers.spelling.words
    as_text = (
        (Notice("numbers_as_text", f"column {name!r} is read as numbers with {words}", column=name),) if words else ()
    )
    zeros = leading_zeros(name, labels.tidy.filter(pa.array(numbers.is_number & (labels.counts > 0))))
    notices = (
        *as_text,
        *_flags(name, labels, numbers),
        *((zeros,) if zeros is not None else ()),
        *missing_words(name, labels, found.missing_among_numbers & ~numbers.is_number),
        *_odd(name, labels, odd_labels(labels, found, numbers.is_number), "numbers"),
    )
    return CellColumn(labels.spread(values), f"numbers as text{f' with {words}' if words else ''}", notices)


def _whole(labels: Labels, numbers: ParsedNumbers) -> pa.Array | None:
    """Whole numbers that no double distinguishes as integers, as a file of the same cells gives them; else None."""
    used = numbers.is_number & (labels.counts > 0)
    if not used.any() or np.abs(numbers.values[used]).max() < _EXACT:
        return None
    digits = pc.if_else(pa.array(used), labels.tidy, pa.scalar(None, labels.tidy.type))
    for kind in (pa.int64(), pa.uint64()):
        try:
            return digits.cast(kind)
        except pa.ArrowInvalid:  # a fraction, an exponent, or a larger number
            continue
    return None


def _flags(name: str, labels: Labels, numbers: ParsedNumbers) -> tuple[Notice, ...]:
    """A notice of the flags behind numbers."""
    if numbers.is_flagged is None:
        return ()
    used = np.flatnonzero(numbers.is_flagged & (labels.counts > 0))
    count, row = int(labels.counts[used].sum()), 1 + min(map(labels.first_row, used.tolist()))
    words = (
        f"column {name!r}: {count} number{' has a flag' if count == 1 else 's have flags'} behind"
        f" ({listed([repr(flag) for flag in numbers.flags])}), first in row {row} ({COUNTED}): read without"
    )
    return (Notice("flagged_numbers", words, row=row, column=name, count=count),)


def missing_words(name: str, labels: Labels, missing: npt.NDArray[np.bool_]) -> tuple[Notice, ...]:
    """A notice of the words that are taken for missing; of empty cells there is none.

    Args:
        name: The column's.
        labels: Its labels.
        missing: Shape ``(n_labels,)``: which of them are taken for missing.
    """
    used = np.flatnonzero(missing & (labels.counts > 0))
    if not len(used):
        return ()
    texts = labels.texts.take(pa.array(used)).to_pylist()
    spelled = [(label, text) for label, text in zip(used.tolist(), texts, strict=True) if text != ""]
    if not spelled:
        return ()
    count = int(labels.counts[[label for label, _ in spelled]].sum())
    words = listed([repr(text) if text.strip() else "only blanks" for _, text in spelled])
    hold = "cell that holds" if count == 1 else "cells that hold"
    is_taken = "is" if count == 1 else "are"
    return (
        Notice(
            "missing_words",
            f"column {name!r}: {count} {hold} {words} {is_taken} treated as missing",
            row=1 + min(labels.first_row(label) for label, _ in spelled),
            column=name,
            count=count,
        ),
    )


def odd_labels(labels: Labels, found: TextAs, fits: npt.NDArray[np.bool_]) -> list[tuple[int, str, int]]:
    """Labels that neither fit nor are missing: row of the first cell (from 1), text, and cells; in order of rows.

    Args:
        labels: Of the column.
        found: What they may be read as.
        fits: Shape ``(n_labels,)``: which of them are read as what the column holds.
    """
    odd = np.flatnonzero(~fits & ~found.missing_among_numbers & (labels.counts > 0))
    texts = labels.texts.take(pa.array(odd)).to_pylist()
    rows = [1 + labels.first_row(label) for label in odd.tolist()]
    return sorted(zip(rows, texts, labels.counts[odd].tolist(), strict=True))


def listed(texts: Sequence[str]) -> str:
    """A few texts for a message."""
    shown = sorted(dict.fromkeys(texts))
    return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} others" if len(shown) > _SHOWN else "")


def _odd(name: str, labels: Labels, odd: Sequence[tuple[int, str, int]], words: str) -> tuple[Notice, ...]:
    if not odd:
        return ()
    count = sum(n for _, _, n in odd)
    row, text, _ = odd[0]
    are = "is none and is" if count == 1 else "are none and are"
    return (
        Notice(
            "odd_cells",
            f"column {name!r} holds {words}; {count} of {int(labels.counts.sum())} cells {are} taken as missing,"
            f" first {text!r} in row {row} ({COUNTED})",
            row=row,
            column=name,
            count=count,
        ),
    )
