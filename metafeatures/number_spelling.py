"""Numbers that are written so that the spelling may mean more than the number: codes with leading zeros, 1 and 1.0."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from warmtune.vocabulary.notice import Notice

LEADING_ZERO: Final = r"^\s*[+-]?0\d"
_MANY_DIGITS: Final = r"^\s*[+-]?\d{16,}\s*$"
_EXACT: Final = 2**53
_DIGITS: Final = 16  # of the largest number that a double holds exactly
_MAX_SHOWN: Final = 40
_BEFORE: Final = '\n\r" \t'
_FEW: Final = 20  # different numbers that may be classes


def has_leading_zero(rows: bytes, separator: str) -> bool:
    """Whether some cell begins with a zero and another digit: a look that costs little."""
    data = np.frombuffer(b"\n" + rows, np.uint8)
    zeros = np.flatnonzero(data[:-1] == ord("0"))
    after = data[zeros + 1]
    is_digit = (after >= ord("0")) & (after <= ord("9"))
    return bool((is_digit & np.isin(data[zeros - 1], [ord(sign) for sign in (separator, *_BEFORE)])).any())


def is_odd(column: pa.ChunkedArray) -> bool:
    """Whether a column holds numbers that no double distinguishes, or whole ones with a fraction of zeros."""
    kind = column.type
    if not (pt.is_integer(kind) or pt.is_floating(kind)) or column.null_count == len(column):
        return False
    extremes = pc.min_max(column).as_py()
    if max(-extremes["min"], extremes["max"]) > _EXACT:
        return True
    return bool(pt.is_floating(kind) and pc.all(pc.equal(pc.floor(column), column)).as_py())


def spelling_notices(texts: pa.Table, types: Mapping[str, pa.DataType | None]) -> tuple[Notice, ...]:
    """What to know of columns of numbers, from some of their rows as text."""
    found: list[Notice] = []
    for name, kind in types.items():
        if kind is None or not (pt.is_integer(kind) or pt.is_floating(kind)):
            continue
        labels = pc.unique(texts.column(name)).drop_null()
        notice = leading_zeros(name, labels) or _long(name, labels)
        if notice is None and pt.is_floating(kind):
            notice = _twice(name, labels)
        found += [notice] if notice is not None else []
    return tuple(found)


def leading_zeros(name: str, labels: pa.Array) -> Notice | None:
    """A notice where numbers are written as codes are; None where none of them is."""
    zeroed = labels.filter(pc.match_substring_regex(labels, LEADING_ZERO))
    if not len(zeroed):
        return None
    written = zeroed[0].as_py().strip()
    bare, shown = written.lstrip("+-").lstrip("0") or "0", _short(written)
    is_also = pc.any(pc.equal(pc.utf8_trim_whitespace(labels), bare)).as_py()
    same = f" ({shown!r} and {_short(bare)!r} are one value)" if is_also else ""
    words = (
        f"column {name!r} holds numbers with leading zeros such as {shown!r}: read as numbers{same}; if they are codes,"
        " list it as nominal, and write a letter before codes that only zeros tell apart"
    )
    return Notice("leading_zeros", words, column=name)


def _long(name: str, labels: pa.Array) -> Notice | None:
    """A notice of whole numbers that no double holds to the last digit."""
    long = labels.filter(pc.match_substring_regex(labels, _MANY_DIGITS))
    shown = next((text for text in long.to_pylist() if _is_beyond(text)), None)
    if shown is None:
        return None
    words = (
        f"column {name!r} holds whole numbers beyond 2^53 such as {_short(shown)!r}, whose last digits are rounded; if"
        " they are identifiers, leave it out or list it as nominal"
    )
    return Notice("long_integers", words, column=name)


def _is_beyond(text: str) -> bool:
    """Whether no double holds a whole number; it may have more digits than Python reads."""
    digits = text.strip().lstrip("+-").lstrip("0")
    return len(digits) > _DIGITS or int(digits or "0") > _EXACT


def _short(text: str) -> str:
    bare = text.strip()
    return bare if len(bare) <= _MAX_SHOWN else f"{bare[: _MAX_SHOWN - 1]}…"


def _twice(name: str, labels: pa.Array) -> Notice | None:
    """A notice where few numbers, which may be classes, have several spellings."""
    if len(labels) > 2 * _FEW:
        return None
    texts = [text.strip() for text in labels.to_pylist()]
    try:
        values = np.array(texts, np.float64)
    except ValueError:
        return None
    numbers, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(numbers) > _FEW or counts.max(initial=1) == 1:
        return None
    shown = sorted(text for text, place in zip(texts, places, strict=True) if place == int(np.argmax(counts)))
    spellings = " and ".join(repr(_short(text)) for text in shown[:3])
    words = f"column {name!r} writes one number as {spellings}: they are one value"
    return Notice("one_number", words, column=name)
