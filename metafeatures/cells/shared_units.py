"""Numbers with a unit of several words or with digits in it, and units that are one in singular and plural.

``12 l/100 km``, ``4.5 out of 5``, ``7 m2``; ``1 year`` beside ``2 years``; ``1.5M`` beside ``300K``.
"""

import re
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.arrays import FloatArray
from metafeatures.cells.numbers import Decimal, ParsedNumbers, parse_numbers

_PARTS: Final = (
    r"^(?P<number>[^\pL/%]{0,24}\d[.,]?)(?P<unit> ?(?:\pL[^\n]{0,39}|/ ?(?:\pL[^\n]{0,38}|\d{1,3})))$"  # `/5`: of 5
)
_MAGNITUDES: Final = MappingProxyType({"": 1.0, "K": 1e3, "M": 1e6, "MM": 1e6, "B": 1e9, "BN": 1e9, "T": 1e12})
_BYTES: Final = MappingProxyType(
    {"B": 1.0, "BYTES": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
    | {"KIB": 2.0**10, "MIB": 2.0**20, "GIB": 2.0**30, "TIB": 2.0**40}
)
_PLURALS: Final = ("s", "es", "e", "n", "en")
_MOST_ONE: Final = 2.0  # below it a unit may stand in the singular
_MOST_UNITS: Final = 8
_NO_UNIT: Final = re.compile(r"[dDeE]\d+|[^\W\d]+\d{2}.*")  # an exponent, or a name such as 05abc2020 and 8x10


def with_shared_unit(
    labels: pa.Array, weights: npt.NDArray[np.int64], *, prefer: Decimal = Decimal.POINT
) -> ParsedNumbers | None:
    """Read labels as numbers without a unit that none of the plain ways reads.

    Args:
        labels: Strings (large), none null, without blanks around.
        weights: Shape ``(n_labels,)``: how many cells hold each.
        prefer: The decimal mark where either will do.

    Returns:
        The numbers; None where the labels have no unit, several that aren't the same, or too few a number.
    """
    parts = pc.extract_regex(labels, _PARTS)
    if parts.null_count == len(parts):
        return None
    units = pc.utf8_trim_whitespace(parts.field("unit").fill_null("")).dictionary_encode()
    codes, names = units.indices.to_numpy(), units.dictionary.to_pylist()
    mass = np.bincount(codes, weights=weights, minlength=len(names))
    used = [name for name, weight in zip(names, mass, strict=True) if weight > 0]
    if len(used) > _MOST_UNITS:
        used = [names[int(np.argmax(mass))]]
    bare = pc.if_else(pc.equal(units, ""), labels, pc.utf8_trim_whitespace(parts.field("number"))).fill_null("")
    bare = pc.if_else(pa.array(np.isin(codes, [names.index(name) for name in used])), bare, "")
    numbers = parse_numbers(bare, weights, prefer=prefer)
    if numbers.spelling.unit or numbers.units or not numbers.is_number.any():
        return None
    factors = _factors(used)
    if factors is not None:
        by_label = np.array([factors.get(name, np.nan) for name in names])[codes]
        what = "bytes" if _is_of_bytes(used) else "thousands, millions and the like"
        words = f"{what} ({', '.join(sorted(filter(None, used)))})"
        return _of(numbers, numbers.values * by_label, ~np.isnan(by_label), words=words)
    plural = max(used, key=lambda name: (mass[names.index(name)], name))
    is_shared = codes == names.index(plural)
    for name in used:
        if name and plural in [name + end for end in _PLURALS]:
            is_shared |= (codes == names.index(name)) & (np.abs(numbers.values) < _MOST_ONE)
    return _of(numbers, numbers.values, is_shared, unit=plural) if plural and not _NO_UNIT.fullmatch(plural) else None


def _factors(units: list[str]) -> dict[str, float] | None:
    """What each of several units stands for, if they are magnitudes, or all sizes in bytes."""
    upper = {unit.upper() for unit in units}
    if len(upper) < len(units) or len(units) < 2:  # an m beside an M is another unit
        return None
    if upper <= _MAGNITUDES.keys() and ("K" in upper or {"M", "B"} <= set(units) or {"M", "Bn"} <= set(units)):
        return {unit: _MAGNITUDES[unit.upper()] for unit in units}
    return {unit: _BYTES[unit.upper()] for unit in units} if upper <= _BYTES.keys() else None


def _is_of_bytes(units: list[str]) -> bool:
    return not all(unit.upper() in _MAGNITUDES for unit in units)


def _of(
    numbers: ParsedNumbers, values: FloatArray, is_shared: npt.NDArray[np.bool_], *, unit: str = "", words: str = ""
) -> ParsedNumbers:
    fits = numbers.is_number & is_shared
    spelling = replace(numbers.spelling, unit=unit, notation=words)
    return replace(numbers, values=np.where(fits, values, np.nan), is_number=fits, spelling=spelling)
