"""Text as durations: as ISO 8601, pandas and clocks that count beyond a day write them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.cells.date_formats import integers

_SECONDS: Final = r"(?P<second>\d{1,9})(?:[.,](?P<fraction>\d{1,9})\d*)?"
_NEXT: Final = r"(?:,? ?(?:(?:and|und) )?)"
WITH_UNITS: Final = "durations with their units"
_PATTERNS: Final = (
    (
        "durations in days and hours",
        r"^(?P<sign>-)?(?:(?P<day>\d{1,6}) days?(?:,? |$))?"  # pandas and Python
        rf"(?:(?P<plus>[+-])?(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}}):{_SECONDS})?$",
    ),
    (
        "durations as ISO 8601 writes them",
        r"^(?P<sign>[+-])?P(?:(?P<week>\d{1,5})W)?(?:(?P<day>\d{1,6})D)?"
        rf"(?:T(?:(?P<hour>\d{{1,7}})H)?(?:(?P<minute>\d{{1,9}})M)?(?:{_SECONDS}S)?)?$",
    ),
    (
        "durations in hours, minutes and seconds",
        rf"^(?P<sign>[+-])?(?P<hour>\d{{1,5}}):(?P<minute>\d{{2}}):{_SECONDS}$",
    ),
    (
        "durations in minutes and seconds",
        r"^(?P<sign>[+-])?(?P<minute>\d{1,5}):(?P<second>\d{2})[.,](?P<fraction>\d{1,9})\d*$",
    ),
)
_UNITED_PATTERNS: Final = (
    (
        WITH_UNITS,
        rf"^(?P<sign>[+-])?(?:(?P<day>\d{{1,6}}) ?(?i:d|days?|Tage?){_NEXT})?"
        rf"(?:(?P<hour>\d{{1,5}}) ?(?i:h|hrs?\.?|hours?|std\.?|stunden?|heures?|horas?){_NEXT})?"
        rf"(?:(?P<minute>\d{{1,7}}) ?(?i:m|mins?\.?|minutes?|minuten?|minutos?){_NEXT})?"
        rf"(?:{_SECONDS} ?(?i:s|secs?\.?|seconds?|sekunden?))?$",
    ),
    ("durations in hours and minutes", r"^(?P<sign>[+-])?(?P<hour>\d{1,5}) ?[hH] ?(?P<minute>\d{2})(?P<fraction>)$"),
)
_ANY: Final = r"^[+-]?(?:P[T\d]|\d+ days?|\d+:\d\d)"
_UNITED: Final = (  # a cheap look for the patterns with units
    r"^[+-]?\d+(?:[.,]\d+)? ?"
    r"(?i:d|h|m|s|days?|tage?|hrs?|hours?|std|stunden?|heures?|horas?|min[a-z]*|se[ck][a-z]*)(?:[ .,\d]|$)"
)
_HALF: Final = 0.5
_IN_SECONDS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_NANOSECONDS: Final = 10**9
_MOST_S: Final = 9_000_000_000  # what 64 bits hold in nanoseconds
_SIXTY: Final = 60
_CALENDAR: Final = frozenset({"week", "day"})


@dataclass(frozen=True, slots=True)
class ParsedDurations:
    """Labels read as durations.

    Attributes:
        values: Durations in nanoseconds, null where a label is none.
        words: How they are written.
        mass: How many cells hold one.
    """

    values: pa.Array
    words: str
    mass: int


def parse_durations(labels: pa.Array, weights: npt.NDArray[np.int64]) -> ParsedDurations | None:
    """Text as durations; None where no label is one.

    Args:
        labels: Strings (large) without blanks around.
        weights: Shape ``(n_labels,)``: how many cells hold each; the way to write that reads most of them is taken.
    """
    best: ParsedDurations | None = None
    patterns = _PATTERNS if pc.any(pc.match_substring_regex(labels, _ANY)).as_py() else ()
    is_united = pc.match_substring_regex(labels, _UNITED).to_numpy(zero_copy_only=False)
    if weights[is_united].sum() > _HALF * weights.sum():
        patterns = (*patterns, *_UNITED_PATTERNS)
    for words, pattern in patterns:
        parts = pc.extract_regex(labels, pattern)
        if parts.null_count == len(labels):
            continue
        if words == WITH_UNITS and not _have_clock_units(parts):
            continue
        values = _nanoseconds(parts, is_clock=words != WITH_UNITS and "ISO" not in words)
        mass = int(weights[values.is_valid().to_numpy(zero_copy_only=False)].sum())
        if mass > (best.mass if best is not None else 0):
            best = ParsedDurations(values, words, mass)
    return best


def _have_clock_units(parts: pa.StructArray) -> bool:
    """Whether hours or seconds occur: else an ``m`` may be months or metres."""
    return any(pc.any(pc.not_equal(parts.field(name).fill_null(""), "")).as_py() for name in ("hour", "second"))


def _nanoseconds(parts: pa.StructArray, *, is_clock: bool) -> pa.Array:
    """The groups of a pattern as durations; null where a clock shows no such minute or second, or nothing is said."""
    names = {field.name for field in parts.type}
    sign = _sign(parts.field("sign"))
    clock_sign = sign
    if "plus" in names:  # `-1 days +23:00:00` is an hour ago
        has_day = pc.not_equal(parts.field("day"), "").fill_null(False).to_numpy(zero_copy_only=False)
        clock_sign = np.where(has_day, _sign(parts.field("plus")), sign)
    valid: npt.NDArray[np.bool_] = parts.is_valid().to_numpy(zero_copy_only=False)
    total = np.zeros(len(parts), np.int64)
    is_said = np.zeros(len(parts), np.bool_)
    for name, seconds in _IN_SECONDS:
        if name not in names:
            continue
        amount = integers(parts.field(name))
        is_said |= pc.not_equal(parts.field(name), "").fill_null(False).to_numpy(zero_copy_only=False)
        total += (sign if name in _CALENDAR else clock_sign) * amount * seconds
        if is_clock and (name == "second" or (name == "minute" and "hour" in names)):
            valid &= amount < _SIXTY
    fraction = clock_sign * integers(pc.utf8_rpad(parts.field("fraction"), 9, "0"))
    valid &= is_said & (np.abs(total) < _MOST_S)
    return pa.array(np.where(valid, total * _NANOSECONDS + fraction, 0), mask=~valid).cast(pa.duration("ns"))


def _sign(texts: pa.Array) -> npt.NDArray[np.int64]:
    is_minus = pc.equal(texts, "-").fill_null(False).to_numpy(zero_copy_only=False)
    return np.where(is_minus, -1, 1).astype(np.int64)
