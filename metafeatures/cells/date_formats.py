"""How dates are written, and which of the ways a column uses.

A way that isn't ISO 8601 is taken only where it is certain: `31/01/2020` has its day first and `01/31/2020` its month,
and where every cell could be either, the column is no date. Dates with points have their day first everywhere.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
_ZONE: Final = r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?"
_HALF: Final = r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
_AT: Final = rf"(?:(?:T| +|, *){CLOCK}{_HALF} ?{_ZONE})?"
_ORDINAL: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>\d{4})"
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED: Final = (
    r"(?i:(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:\.|uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?)"
)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A way to write dates.

    Attributes:
        words: What it is called.
        pattern: With groups year, month (or name), day, quarter, week, hour, minute, second, fraction, half, zone.
        is_iso: Whether it needs no mention.
        swapped: The format that reads the same cells with day and month the other way round, or None.
    """

    words: str
    pattern: str
    is_iso: bool = False
    swapped: str | None = None


ISO: Final = "dates as ISO 8601 writes them"
_DAY_FIRST: Final = rf"^(?P<day>\d{{1,2}})[/-](?P<month>\d{{1,2}})[/-]{_YEAR}{_AT}$"
_MONTH_FIRST: Final = rf"^(?P<month>\d{{1,2}})[/-](?P<day>\d{{1,2}})[/-]{_YEAR}{_AT}$"

FORMATS: Final = (
    DateFormat(ISO, rf"^{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_AT}$", is_iso=True),
    DateFormat(
        "dates as ISO 8601 writes them without marks",
        rf"^{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})[T ](?P<hour>\d{{2}})(?P<minute>\d{{2}})"
        rf"(?:(?P<second>\d{{2}})(?:[.,](?P<fraction>\d{{1,9}})\d*)?)?{_ZONE}$",
    ),
    DateFormat("months written year-month", rf"^{_YEAR}[-/](?P<month>\d{{1,2}})$"),
    DateFormat("months written month/year", rf"^(?P<month>\d{{1,2}})[-/]{_YEAR}$"),
    DateFormat("dates written day.month.year", rf"^(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?{_YEAR}{_AT}$"),
    DateFormat("dates written day/month/year", _DAY_FIRST, swapped=_MONTH_FIRST),
    DateFormat("dates written month/day/year", _MONTH_FIRST, swapped=_DAY_FIRST),
    DateFormat(
        "dates with the month's name",
        rf"^(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-/. ]{{1,2}}{_NAMED}[-/, ]{{1,2}}{_YEAR}{_AT}$",
    ),
    DateFormat(
        "dates with the month's name", rf"^{_NAMED}[-/ ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-/, ]{{1,2}}{_YEAR}{_AT}$"
    ),
    DateFormat("months by their names", rf"^{_NAMED}[-/, ]{{1,2}}{_YEAR}$"),
    DateFormat("quarters", rf"^{_YEAR}[- ]?[Qq](?P<quarter>[1-4])$"),
    DateFormat("quarters", rf"^[Qq](?P<quarter>[1-4])[-/ ]?{_YEAR}$"),
    DateFormat("weeks as ISO 8601 writes them", rf"^{_YEAR}-?W(?P<week>\d{{2}})(?:-?(?P<weekday>[1-7]))?$"),
)
_ANY: Final = "|".join(
    (
        r"^\d{4}[-/.]\d{1,2}",
        r"^\d{8}[T ]\d{4}",
        r"^\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{4}",
        r"^\d{1,2}[-/]\d{4}$",
        r"^(?:\d{1,2}(?:st|nd|rd|th)?[-/. ]{1,2})?(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
        r"^\d{4}[- ]?[QqW]",
        r"^[Qq][1-4]",
    )
)


def may_be_dates(labels: pa.Array) -> bool:
    """Whether any label begins as a date does: one pass instead of one for each format."""
    return bool(pc.any(pc.match_substring_regex(labels, _ANY)).as_py())


def days(parts: pa.StructArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Days since 1970 of a format's groups, and which of them are in the calendar.

    Args:
        parts: One struct of the format's named groups for each label, of which there are ``n``.

    Returns:
        Shapes ``(n,)`` and ``(n,)``: the day, which means nothing where it isn't in the calendar, and whether it is.
    """
    names = {field.name for field in parts.type}
    year = integers(parts.field("year"))
    if "week" in names:
        return _of_weeks(year, integers(parts.field("week")), integers(parts.field("weekday")))
    month = _months(parts, names)
    day = integers(parts.field("day")) if "day" in names else np.ones(len(parts), np.int64)
    valid = (month >= 1) & (month <= len(MONTHS)) & (day >= 1)
    first = np.clip((year - 1970) * 12 + month - 1, -40_000, 100_000).astype("datetime64[M]")
    n_days = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    return first.astype("datetime64[D]").astype(np.int64) + day - 1, valid & (day <= n_days)


def _months(parts: pa.StructArray, names: set[str]) -> npt.NDArray[np.int64]:
    if "quarter" in names:
        return 3 * integers(parts.field("quarter")) - 2
    if "name" not in names:
        return integers(parts.field("month"))
    place = pc.index_in(pc.utf8_lower(parts.field("name")), value_set=pa.array(MONTHS, parts.field("name").type))
    found: npt.NDArray[np.int64] = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    return found


def _of_weeks(
    year: npt.NDArray[np.int64], week: npt.NDArray[np.int64], weekday: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """ISO weeks: the first one holds the year's fourth of January; without a weekday, their Mondays."""
    fourth = (np.clip(year, 1, 9_999) - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + 3
    monday = fourth - (fourth + 3) % 7
    fourth_after = (np.clip(year, 1, 9_999) - 1969).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + 3
    n_weeks = (fourth_after - (fourth_after + 3) % 7 - monday) // 7
    return monday + 7 * (week - 1) + np.maximum(weekday - 1, 0), (week >= 1) & (week <= n_weeks)


def integers(digits: pa.Array) -> npt.NDArray[np.int64]:
    """Digits as numbers, 0 for none; shape ``(n,)``, one for each of the texts."""
    filled = pc.if_else(pc.equal(digits.fill_null(""), ""), "0", digits)
    found: npt.NDArray[np.int64] = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return found
