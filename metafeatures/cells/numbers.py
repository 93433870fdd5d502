"""Numbers that are written as text: with currency, percent, thousands, a decimal comma, a unit, odd signs and blanks.

A mark between digits is a decimal point in one convention and parts thousands in the other. Which one a column uses
is decided by which reads more of its cells; where both read all of them (``1,234``), by the other columns of the
table, else the point is the decimal mark.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.arrays import FloatArray
from metafeatures.cells.feet import inches_of
from metafeatures.cells.flags import BARE_SHARE, LEAST_NUMBERS, without_flags
from metafeatures.cells.number_signs import CURRENCY, with_plain_signs

NUMBERS_SHARE: Final = 0.95
"""Share of the cells that aren't missing which must read as numbers (or times) for the column to be taken so."""
_UNIT = (  # a few ranges, so that the automaton stays small
    r"(?:(?:[Ss]q|[Cc]u|[Ff]l)(?:\. ?| )|per )?"
    r"[A-Za-z$%/\"'*+\x{80}-\x{10ffff}]+\.?"
)
_HEX = r"^0[xX][0-9a-fA-F]{1,13}$"  # 52 bits: each is one double


class Decimal(StrEnum):
    """The mark between the whole and the fraction."""

    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the numbers of a column are written.

    Attributes:
        decimal: Their decimal mark.
        unit: What follows every number: a percent sign, a currency, a unit; "" for nothing.
        currency: What comes before them; "" for nothing.
        has_thousands: Whether thousands are parted.
        has_odd_signs: Whether signs or blanks are others than a keyboard's, exponents are written otherwise than with
            an ``e``, or negative numbers stand in parentheses or have their minus behind.
        notation: What they are written in where that is no decimal number; "" for decimal numbers.
    """

    decimal: Decimal
    unit: str
    currency: str
    has_thousands: bool
    has_odd_signs: bool
    notation: str = ""

    @property
    def words(self) -> str:
        """What is reported about it; "" for plain numbers."""
        parts = [self.notation] if self.notation else []
        if self.currency:
            parts.append(f"{self.currency!r} before each")
        if self.unit:
            parts.append(f"{self.unit!r} after each")
        if self.has_thousands:
            parts.append("thousands parted")
        if self.decimal is Decimal.COMMA:
            parts.append("a decimal comma")
        if self.has_odd_signs:
            parts.append(
                "signs, blanks, quotes or exponents in another notation, or parentheses or a minus behind for negative"
                " ones"
            )
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ParsedNumbers:
    """Labels read as numbers.

    Attributes:
        values: Shape ``(n_labels,)``: NaN where a label is no number, or not written like most.
        is_number: Shape ``(n_labels,)``.
        spelling: How they are written.
        is_ambiguous: Whether the other decimal mark would read as many, otherwise.
        has_decimals: Whether a decimal mark occurs.
        is_measure: Shape ``(n_labels,)``: what would be a number if all had one unit; None where they have.
        units: The units, or currencies, if there are several: the commonest first, "" for none.
        is_flagged: Shape ``(n_labels,)``: which had a flag behind the number; None where none had.
        flags: The flags.
    """

    values: FloatArray
    is_number: npt.NDArray[np.bool_]
    spelling: Spelling
    is_ambiguous: bool = False
    has_decimals: bool = False
    is_measure: npt.NDArray[np.bool_] | None = None
    units: tuple[str, ...] = ()
    is_flagged: npt.NDArray[np.bool_] | None = None
    flags: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether they are written as programs write numbers."""
        return not self.spelling.words and self.is_flagged is None

    @property
    def has_marks(self) -> bool:
        """Whether they show which mark is which: by a fraction, or by thousands that are parted."""
        return self.spelling.decimal is Decimal.COMMA or self.has_decimals


def parse_numbers(
    labels: pa.Array, weights: npt.NDArray[np.int64], *, prefer: Decimal = Decimal.POINT
) -> ParsedNumbers:
    """Read labels as numbers.

    Args:
        labels: Strings (large), none null, without blanks around.
        weights: Shape ``(n_labels,)``: how many cells hold each.
        prefer: The decimal mark where either will do.
    """
    usable = with_plain_signs(labels)
    found = _read(usable, weights, prefer)
    if found.is_number.any() and not found.is_number[weights > 0].all():
        found = _unflagged(found, usable, weights, prefer)
    if not found.is_number[weights > 0].all():
        found = _in_feet(found, usable, weights)
    has_odd_signs = found.spelling.has_odd_signs or not usable.equals(labels)
    return replace(found, spelling=replace(found.spelling, has_odd_signs=has_odd_signs))


def _read(usable: pa.Array, weights: npt.NDArray[np.int64], prefer: Decimal) -> ParsedNumbers:
    found = _by(Decimal.POINT, usable, weights)
    if _may_have_comma(usable):
        found = _better(found, _by(Decimal.COMMA, usable, weights), weights, prefer)
    if pc.any(pc.match_substring_regex(usable, "^0[xX]")).as_py():
        found = _with_hex(found, usable, weights)
    return found


def _unflagged(
    found: ParsedNumbers, usable: pa.Array, weights: npt.NDArray[np.int64], prefer: Decimal
) -> ParsedNumbers:
    """What is found without flags behind numbers, where that reads more cells and many numbers have none."""
    flagged = without_flags(usable)
    if flagged is None:
        return found
    again = _read(flagged.labels, weights, prefer)
    n_all, n_before = (int(weights[one.is_number].sum()) for one in (again, found))
    n_bare = int(weights[again.is_number & ~flagged.is_flagged].sum())
    n_different = len(np.unique(again.values[again.is_number & (weights > 0)]))
    if again.spelling.unit or n_all <= n_before or n_bare < BARE_SHARE * n_all or n_different < LEAST_NUMBERS:
        return found
    return replace(again, is_flagged=flagged.is_flagged & again.is_number, flags=flagged.flags)


def _in_feet(found: ParsedNumbers, usable: pa.Array, weights: npt.NDArray[np.int64]) -> ParsedNumbers:
    """Lengths of feet and inches instead, where they are more."""
    inches = inches_of(usable)
    if inches is None:
        return found
    fits = ~np.isnan(inches)
    if weights[fits].sum() <= weights[found.is_number].sum():
        return found
    spelling = Spelling(Decimal.POINT, "", "", False, False, notation="feet and inches, counted in inches")
    return ParsedNumbers(inches, fits, spelling)


def _better(
    point: ParsedNumbers, comma: ParsedNumbers, weights: npt.NDArray[np.int64], prefer: Decimal
) -> ParsedNumbers:
    n_point, n_comma = (int(weights[found.is_number].sum()) for found in (point, comma))
    if n_point != n_comma:
        return comma if n_comma > n_point else point
    chosen = comma if prefer is Decimal.COMMA else point
    return replace(chosen, is_ambiguous=not np.array_equal(point.values, comma.values, equal_nan=True))


def _may_have_comma(labels: pa.Array) -> bool:
    """Whether a comma, or a second point, lets the decimal mark be asked for."""
    return bool(pc.any(pc.match_substring_regex(labels, r",|\..*\.")).as_py())


def _pattern(decimal: Decimal) -> str:
    """What a number looks like as a whole; no group captures, so that matching is one pass of an automaton."""
    point, thousand = (r"\.", ",") if decimal is Decimal.POINT else (",", r"\.")
    parted = "|".join(
        (rf"[1-9]\d{{0,2}}(?:{thousand}\d{{3}})+", *(rf"\d{{1,3}}(?:{mark}\d{{3}})+" for mark in (" ", "'", "_")))
    )
    indian = rf"[1-9]\d?(?:{thousand}\d{{2}})+{thousand}\d{{3}}"
    power = r"(?:[eE][+-]?\d+)?"
    whole = rf"(?:{parted}|{indian})(?:{point}\d*{power})?"  # a mark right before an exponent parts no thousands
    digits = rf"(?:{whole}|(?:\d+(?:{point}\d*)?|{point}\d+){power})"
    number = rf"(?:(?:{digits}) ?(?:{_UNIT})?|(?i:inf|infinity))"  # "info" is a word
    body = rf"(?:{CURRENCY})? ?{number}"
    signed = rf"(?:[+-] ?(?:{CURRENCY})? ?|(?:{CURRENCY})? ?[+-]){number}"
    signed_behind = rf"(?:{CURRENCY})? ?(?:{digits}) ?-"
    return rf"^(?:{body}|\({body}\)|(?:{CURRENCY}) ?\( ?{number} ?\)|{signed}|{signed_behind})$"


def _by(decimal: Decimal, labels: pa.Array, weights: npt.NDArray[np.int64]) -> ParsedNumbers:
    fits = pc.match_substring_regex(labels, _pattern(decimal)).to_numpy(zero_copy_only=False)
    values = np.full(len(labels), np.nan)
    if not fits.any():
        return ParsedNumbers(values, fits, Spelling(decimal, "", "", False, False))
    matched, mass = labels.filter(pa.array(fits)), weights[fits]
    digits, currency, unit, kept, units = _core(matched, mass)
    found, has_thousands, has_decimals = _values(digits, decimal)
    is_opened = pc.match_substring_regex(matched, r"^[^\d]*\(|-$").to_numpy(zero_copy_only=False)
    is_negative = is_opened | pc.match_substring_regex(matched, rf"^[( ]*(?:{CURRENCY})?[( ]*-").to_numpy(
        zero_copy_only=False
    )
    found = np.where(is_negative, -found, found)
    kept |= found == 0.0  # nothing needs no unit
    values[fits] = np.where(kept, found, np.nan)
    is_number = fits.copy()
    is_number[fits] = kept
    mark = decimal if has_decimals or has_thousands else Decimal.POINT
    spelling = Spelling(mark, unit, currency, has_thousands, bool(is_opened.any()))
    is_measure = fits if units else None
    return ParsedNumbers(values, is_number, spelling, has_decimals=has_decimals, is_measure=is_measure, units=units)


_MARKED = r"[^\d.,eE+\-'_ ()]|[eE](?:[^\d+\-]|$)|[eE][+\-](?:\D|$)|\d ?\+|'(?:\D|$)"  # more than digits and marks
_PARTS = (
    rf"^[(+\- ]*(?P<currency>{CURRENCY})?[(+\- ]*"
    rf"(?P<digits>(?i:infinity|inf)|[\d.,'_ ]*\d[.,]?(?:[eE][+-]?\d+)?) ?(?P<unit>{_UNIT})? ?-? ?\)?$"
)


def _core(
    matched: pa.Array, mass: npt.NDArray[np.int64]
) -> tuple[pa.Array, str, str, npt.NDArray[np.bool_], tuple[str, ...]]:
    """Labels without what stands around the digits; currency, unit, which labels have those that most have, and all."""
    everything = np.ones(len(matched), np.bool_)
    if not pc.any(pc.match_substring_regex(matched, _MARKED)).as_py():
        return pc.utf8_trim(matched, characters="+-() "), "", "", everything, ()
    parts = pc.extract_regex(matched, _PARTS)
    unit, before = _on_one_side(parts.field("unit"), parts.field("currency"))
    with_unit, units = _alike(unit, mass, is_optional=False)
    with_currency, currencies = _alike(before, mass, is_optional=True)
    several = units if len(units) > 1 else currencies if len(currencies) > 1 else ()
    return parts.field("digits"), currencies[0], units[0], with_unit & with_currency, several


def _on_one_side(unit: pa.Array, currency: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Unit and currency of each label, where one currency stands before some numbers and behind others: all before."""
    used = pc.unique(currency.filter(pc.not_equal(currency, "")))
    is_moved = pc.and_(pc.is_in(unit, used), pc.equal(currency.fill_null(""), ""))
    if not pc.any(is_moved).as_py():
        return unit, currency
    return pc.if_else(is_moved, "", unit), pc.if_else(is_moved, unit, currency)


def _values(digits: pa.Array, decimal: Decimal) -> tuple[FloatArray, bool, bool]:
    """The numbers, by way of a spelling that a cast reads to the last digit; whether thousands and decimals occur."""
    thousand = "," if decimal is Decimal.POINT else "."
    has_thousands = False
    for mark in (thousand, " ", "'", "_"):
        if pc.any(pc.match_substring(digits, mark)).as_py():
            has_thousands = True
            digits = pc.replace_substring(digits, mark, "")
    has_decimals = bool(pc.any(pc.match_substring(digits, str(decimal))).as_py())
    if decimal is Decimal.COMMA and has_decimals:
        digits = pc.replace_substring(digits, ",", ".")
    return digits.cast(pa.float64()).to_numpy(zero_copy_only=False), has_thousands, has_decimals


def _alike(
    texts: pa.Array, mass: npt.NDArray[np.int64], *, is_optional: bool
) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Which labels have what most have, and all that they have, that first; where it is optional, nothing will do."""
    codes = texts.fill_null("").dictionary_encode()
    places, kinds = codes.indices.to_numpy(), codes.dictionary.to_pylist()
    weights = np.bincount(places, weights=mass, minlength=len(kinds))
    order = sorted(range(len(kinds)), key=lambda i: (-weights[i], kinds[i]))
    if is_optional and kinds[order[0]] == "" and len(order) > 1:
        order = order[1:]  # a currency before some of the numbers is the currency of all
    alike = places == order[0]
    if is_optional and "" in kinds:
        alike |= places == kinds.index("")
    return alike, tuple(kinds[i] for i in order if kinds[i] or not is_optional) or ("",)


def _with_hex(found: ParsedNumbers, labels: pa.Array, weights: npt.NDArray[np.int64]) -> ParsedNumbers:
    """Hexadecimal numbers instead, where they are more."""
    fits = pc.match_substring_regex(labels, _HEX).to_numpy(zero_copy_only=False)
    if weights[fits].sum() <= weights[found.is_number].sum():
        return found
    values = np.array([float(int(t, 16)) if f else np.nan for t, f in zip(labels.to_pylist(), fits, strict=True)])
    spelling = Spelling(Decimal.POINT, "", "", False, False, notation="hexadecimal digits")
    return ParsedNumbers(values, fits, spelling)
