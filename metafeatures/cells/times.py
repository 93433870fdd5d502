"""Times as seconds: of Arrow's temporal types, and of text in ISO 8601."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

_DAY_S = 86_400
_DATE = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
_CLOCK = r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?"
_MOMENT = rf"^{_DATE}(?:[T ]{_CLOCK} ?{_ZONE})?$"
_TIME_OF_DAY = rf"^{_CLOCK}$"
_NANOSECONDS = 10**9
_FIRST_NS, _LAST_NS = -9_223_372_036, 9_223_372_035
_MOST_SECONDS = 60  # a leap second is written so


def seconds(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """A temporal column in seconds, NaN where null.

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


def parse_times(labels: pa.Array) -> tuple[pa.Array, str] | None:
    """Text as moments (dates, or dates with a time) or as times of day, null where a label is neither.

    Args:
        labels: Strings (large) without blanks around.

    Returns:
        Timestamps or times of the same length, and what they are in words; None where no label is either.
    """
    moments = pc.extract_regex(labels, _MOMENT)
    if moments.null_count < len(labels):
        return _moments(moments), "dates as ISO 8601 writes them"
    clocks = pc.extract_regex(labels, _TIME_OF_DAY)
    if clocks.null_count < len(labels):
        return _times_of_day(clocks), "times of day"
    return None


def _moments(parts: pa.StructArray) -> pa.Array:
    year, month, day = (_number(parts, name) for name in ("year", "month", "day"))
    valid = _present(parts) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.clip((year - 1970) * 12 + month - 1, -40_000, 100_000).astype("datetime64[M]")
    last = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    valid &= day <= last
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    clock, valid_clock = _clock(parts)
    total = days * _DAY_S + clock - _zone(parts)
    nanoseconds = _nanoseconds(parts)
    valid &= valid_clock
    in_range = (total > _FIRST_NS) & (total < _LAST_NS)
    if in_range[valid].all() and nanoseconds.any():
        return pa.array((total * _NANOSECONDS + nanoseconds).astype("datetime64[ns]"), mask=~valid)
    return pa.array((total * 10**6 + nanoseconds // 1_000).astype("datetime64[us]"), mask=~valid)


def _times_of_day(parts: pa.StructArray) -> pa.Array:
    clock, valid = _clock(parts)
    valid &= _present(parts)
    ticks = np.where(valid, clock * _NANOSECONDS + _nanoseconds(parts), 0)
    return pa.array(ticks, pa.int64(), mask=~valid).cast(pa.time64("ns"))


def _clock(parts: pa.StructArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    hour, minute, second = (_number(parts, name) for name in ("hour", "minute", "second"))
    valid = (hour < 24) & (minute < 60) & (second < _MOST_SECONDS)
    return hour * 3_600 + minute * 60 + second, valid


def _nanoseconds(parts: pa.StructArray) -> npt.NDArray[np.int64]:
    digits = pc.utf8_rpad(parts.field("fraction"), 9, "0")
    return _integers(digits)


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
    digits = zone.replace(":", "")
    if digits == "Z":
        return 0
    ahead = int(digits[1:3]) * 3_600 + int(digits[3:5] or 0) * 60
    return -ahead if digits[0] == "-" else ahead


def _number(parts: pa.StructArray, name: str) -> npt.NDArray[np.int64]:
    return _integers(parts.field(name))


def _integers(digits: pa.Array) -> npt.NDArray[np.int64]:
    """Digits as numbers, 0 for none."""
    filled = pc.if_else(pc.equal(digits.fill_null(""), ""), "0", digits)
    found: npt.NDArray[np.int64] = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return found


def _present(parts: pa.StructArray) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = parts.is_valid().to_numpy(zero_copy_only=False)
    return found


def _ticks(kind: pa.DataType) -> int:
    """Ticks of a temporal type in a second."""
    if pt.is_date(kind):
        return 1_000
    return {"s": 1, "ms": 10**3, "us": 10**6, "ns": _NANOSECONDS}[kind.unit]
