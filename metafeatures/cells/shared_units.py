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
from metafeatures.cells.numbers import NUMBERS_SHARE, Decimal, ParsedNumbers, parse_numbers

_NUMBER: Final = r"^[^\pL/%]*\d[.,]?"
_UNIT: Final = re.compile(r" ?(?:[^\W\d_].{0,39}|/ ?(?:[^\W\d_].{0,38}|\d{1,3}))")  # `/5`: of 5
_MAGNITUDES: Final = MappingProxyType({"": 1.0, "K": 1e3, "M": 1e6, "MM": 1e6, "B": 1e9, "BN": 1e9, "T": 1e12})
_BYTES: Final = MappingProxyType(
    {"B": 1.0, "BYTES": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
    | {"KIB": 2.0**10, "MIB": 2.0**20, "GIB": 2.0**30, "TIB": 2.0**40}
)
_PLURALS: Final = ("s", "es", "e", "n", "en")
_NONE: Final = "\0"
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
    behind = pc.replace_substring_regex(labels, _NUMBER, "")
    units = pc.if_else(pc.equal(behind, labels), pa.scalar(_NONE, behind.type), behind)  # no number is before it
    codes, names, mass = _by_unit(pc.utf8_trim_whitespace(units), weights)
    order = sorted(np.flatnonzero(mass).tolist(), key=lambda k: (-mass[k], names[k]))
    used = [names[k] for k in order if not names[k] or _UNIT.fullmatch(names[k])]
    if len(used) > _MOST_UNITS:
        used = used[:1]
    is_used = np.isin(codes, [names.index(name) for name in used])
    if not any(used) or weights[is_used].sum() < NUMBERS_SHARE * weights.sum():
        return None
    number = pc.utf8_rtrim_whitespace(pc.extract_regex(labels, f"(?P<number>{_NUMBER})").field("number"))
    bare = pc.if_else(pa.array(is_used), number.fill_null(""), "")
    numbers = parse_numbers(bare, weights, prefer=prefer)
    if numbers.spelling.unit or numbers.units or not numbers.is_number.any():
        return None
    factors = _factors(used)
    if factors is not None:
        by_label = np.array([factors.get(name, np.nan) for name in names])[codes]
        what = "bytes" if _is_of_bytes(used) else "thousands, millions and the like"
        words = f"{what} ({', '.join(sorted(filter(None, used)))})"
        return _of(numbers, numbers.values * by_label, ~np.isnan(by_label), words=words)
    main = next(filter(None, used))  # the commonest
    plural = next((name for name in used if name in _plurals(main)), main)
    is_shared = (codes == names.index(plural)) | (numbers.values == 0.0)  # nothing needs no unit
    for name in used:
        if name and plural in _plurals(name):
            is_shared |= (codes == names.index(name)) & (np.abs(numbers.values) < _MOST_ONE)
    return _of(numbers, numbers.values, is_shared, unit=plural) if not _NO_UNIT.fullmatch(plural) else None


def _plurals(unit: str) -> list[str]:
    return [unit + end for end in _PLURALS]


def _by_unit(
    units: pa.Array, weights: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], list[str], npt.NDArray[np.intp]]:
    """Places of the labels' units among the different ones, these, and the cells of each."""
    encoded = units.dictionary_encode()
    codes, names = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    return codes, names, np.bincount(codes, weights=weights, minlength=len(names))


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
