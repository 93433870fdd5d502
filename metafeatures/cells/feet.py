"""Lengths of feet and inches, ``5'11"`` or ``5 ft 11 in``: the one common measure that a cell writes in two units."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.arrays import FloatArray

_INCHES: Final = 12
_LENGTH: Final = (  # two digits of inches at most: with three of them an apostrophe parts thousands
    r"^(?P<sign>-?)(?P<feet>\d{1,6}) ?(?:'|ft\.?|feet|foot)"
    r"(?:[ -]?(?P<inches>\d{1,2}(?:\.\d*)?) ?(?:\"|''|[\x{201d}\x{2033}]|in\.?|inch|inches)?)?$"
)


def inches_of(labels: pa.Array) -> FloatArray | None:
    """Labels in feet and inches as inches.

    Args:
        labels: Strings (large), none null, without blanks around and with plain apostrophes.

    Returns:
        Shape ``(n_labels,)``, NaN where a label is no such length; None where none has inches behind its feet, or some
        has a foot of them: minutes and seconds are written so too.
    """
    parts = pc.extract_regex(labels, _LENGTH)
    if parts.null_count == len(parts):
        return None
    behind = pc.struct_field(parts, "inches").fill_null("")
    is_behind = pc.not_equal(behind, "")
    if not pc.any(is_behind).as_py():
        return None
    feet = _numbers(pc.struct_field(parts, "feet"))
    inches = _numbers(pc.if_else(is_behind, behind, pa.scalar("0", behind.type)))
    if np.nanmax(inches) >= _INCHES:
        return None
    is_negative = pc.equal(pc.struct_field(parts, "sign"), "-").fill_null(False).to_numpy(zero_copy_only=False)
    lengths = feet * _INCHES + inches
    return np.where(is_negative, -lengths, lengths)


def _numbers(digits: pa.Array) -> FloatArray:
    """Digits as floats, NaN for null; shape ``(n,)``."""
    found: FloatArray = digits.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found
