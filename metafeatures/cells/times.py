"""Times as seconds: of Arrow's temporal types, and of text as people write dates."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.cells.date_formats import (
    CLOCK,
    FORMATS,
    HALF,
    ZONE,
    ZONES_H,
    DateFormat,
    days,
    integers,
    may_be_dates,
)
from metafeatures.cells.durations import parse_durations

_DAY_S = 86_400
_HOUR_S = 3_600
_NAMED_ZONES_H = {"Z": 0, **dict(ZONES_H)}
_NOON = 12
_TIME_OF_DAY = rf"^{CLOCK}{HALF} ?{ZONE}$"
_NANOSECONDS = 10**9
_FIRST_NS, _LAST_NS = -9_223_372_036, 9_223_372_035
_MOST_SECONDS = 60  # a leap second is written so


def seconds(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """A temporal column in seconds, NaN where null; shape ``(n_rows,)``.

    Whole seconds and what is left are converted apart, so that the same moment gives the same number in any unit.
    """
    kind = column.type
    is_null = column.null_count > 0
    ticks = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    chunk = ticks.combine_chunks() if ticks.num_chunks != 1 else ticks.chunk(0)
    if isinstance(chunk, pa.ChunkedArray):
        chunk = pa.concat_arrays(chunk.chunks)
    plain = (chunk.fill_null(0) if is_null else chunk).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    per_second = _ticks(kind)
    found: npt.NDArray[np.float64]
    if pt.is_date32(kind):
        found = plain * float(_DAY_S)
    elif per_second == 1:
        found = plain.astype(np.float64)
    else:
        whole = plain // per_second
        found = whole + (plain - whole * per_second) / per_second
    if is_null:
        found[column.is_null().to_numpy()] = np.nan
    return found


@dataclass(frozen=True, slots=True)
class ParsedTimes:
    """Labels read as moments or times of day.

    Attributes:
        values: Timestamps or times, null where a label is none.
        words: What they are in words.
        is_iso: Whether they are written as ISO 8601 says, which needs no mention.
        is_ambiguous: Whether day and month could be the other way round in every label: then they are no dates.
    """

    values: pa.Array
    words: str
    is_iso: bool = True
    is_ambiguous: bool = False


def parse_times(labels: pa.Array, weights: npt.NDArray[np.int64]) -> ParsedTimes | None:
    """Text as moments (dates, or dates with a time) or times of day or durations, null where a label is none.

    Args:
        labels: Strings (large) without blanks around.
        weights: Shape ``(n_labels,)``: how many cells hold each; the format that reads most of them is taken.

    Returns:
        Timestamps, times or durations of the same length; None where no label is any.
    """
    best, most = None, 0
    for form in FORMATS if may_be_dates(labels) else ():
        parts = pc.extract_regex(labels, form.pattern)
        if parts.null_count == len(labels):
            continue
        values = _moments(parts)
        mass = int(weights[values.is_valid().to_numpy(zero_copy_only=False)].sum())
        if mass > most:
            best, most = ParsedTimes(values, form.words, form.is_iso), mass
        elif mass == most and best is not None and _is_rival(form, labels, parts) and not values.equals(best.values):
            best = replace(best, is_ambiguous=True)
    if best is not None:
        return best
    clocks = pc.extract_regex(labels, _TIME_OF_DAY)
    times = _times_of_day(clocks)
    durations = parse_durations(labels, weights)
    if durations is not None and durations.mass > weights[times.is_valid().to_numpy(zero_copy_only=False)].sum():
        return ParsedTimes(durations.values, durations.words, is_iso=False)
    return ParsedTimes(times, "times of day") if clocks.null_count < len(labels) else None


def _is_rival(form: DateFormat, labels: pa.Array, parts: pa.StructArray) -> bool:
    """Whether a format that reads as many labels as the best one may be meant.

    Before points and slashes a year of two digits is none if it takes more values than the day behind the month: it is
    a day then. Before dashes it may be, as in abridged ISO 8601: 20-12-31.
    """
    if not form.has_rival or not form.begins_with_year:
        return form.has_rival
    if pc.any(pc.match_substring_regex(labels, r"^\d{1,2}-")).as_py():
        return True
    n_years, n_days = (pc.count_distinct(parts.field(name)).as_py() for name in ("short_year", "day"))
    return bool(n_years <= n_days)


def _moments(parts: pa.StructArray) -> pa.Array:
    day, valid = days(parts)
    valid &= _present(parts)
    clock = zone = nanoseconds = np.zeros(len(parts), np.int64)
    if parts.type.get_field_index("hour") >= 0:
        clock, valid_clock = _clock(parts, ends_a_day=True)
        zone, nanoseconds = _zone(parts), _nanoseconds(parts)
        valid &= valid_clock
    total = day * _DAY_S + clock - zone
    in_range = (total > _FIRST_NS) & (total < _LAST_NS)
    if in_range[valid].all() and nanoseconds.any():
        return pa.array((total * _NANOSECONDS + nanoseconds).astype("datetime64[ns]"), mask=~valid)
    return pa.array((total * 10**6 + nanoseconds // 1_000).astype("datetime64[us]"), mask=~valid)


def _times_of_day(parts: pa.StructArray) -> pa.Array:
    clock, valid = _clock(parts)
    valid &= _present(parts)
    ticks = np.where(valid, clock * _NANOSECONDS + _nanoseconds(parts), 0)
    return pa.array(ticks, pa.int64(), mask=~valid).cast(pa.time64("ns"))


def _clock(parts: pa.StructArray, *, ends_a_day: bool = False) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Seconds of the day, and which are in it; 24:00 is the end of one where `ends_a_day`."""
    hour, minute, second = (integers(parts.field(name)) for name in ("hour", "minute", "second"))
    valid = ((hour < 24) & (minute < 60) & (second < _MOST_SECONDS)) | (
        (hour == 24) & (minute == 0) & (second == 0) & ends_a_day
    )
    if parts.type.get_field_index("half") >= 0:
        half = pc.utf8_lower(parts.field("half").fill_null("")).to_numpy(zero_copy_only=False)
        valid &= (half == "") | ((hour >= 1) & (hour <= _NOON))
        hour = np.where(half == "p", hour % _NOON + _NOON, np.where(half == "a", hour % _NOON, hour))
    return hour * 3_600 + minute * 60 + second, valid


def _nanoseconds(parts: pa.StructArray) -> npt.NDArray[np.int64]:
    digits = pc.utf8_rpad(parts.field("fraction"), 9, "0")
    return integers(digits)


def _zone(parts: pa.StructArray) -> npt.NDArray[np.int64]:
    """Seconds that the zone is ahead of UTC."""
    texts = parts.field("zone")
    distinct = {z: _offset(z) for z in pc.unique(texts).to_pylist() if z}
    found = np.zeros(len(parts), dtype=np.int64)
    for text, offset in distinct.items():
        if offset:
            found[pc.equal(texts, text).fill_null(False).to_numpy(zero_copy_only=False)] = offset
    return found


def _offset(zone: str) -> int:
    if zone in _NAMED_ZONES_H:
        return _NAMED_ZONES_H[zone] * _HOUR_S
    digits = zone.replace(":", "").removeprefix("UTC").removeprefix("GMT")
    hours, minutes = digits[1:3], digits[3:5]
    if len(digits) == len("+130"):  # one digit of hours, where a zone follows its name
        hours, minutes = digits[1:2], digits[2:4]
    ahead = int(hours) * _HOUR_S + int(minutes or 0) * 60
    return -ahead if digits[0] == "-" else ahead


def _present(parts: pa.StructArray) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = parts.is_valid().to_numpy(zero_copy_only=False)
    return found


def _ticks(kind: pa.DataType) -> int:
    """Ticks of a temporal type in a second."""
    if pt.is_date(kind):
        return 1_000
    return {"s": 1, "ms": 10**3, "us": 10**6, "ns": _NANOSECONDS}[kind.unit]
