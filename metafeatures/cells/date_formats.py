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

from metafeatures.cells.month_names import month_of

CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
ZONES_H: Final = (  # hours ahead of UTC: those of e-mails, and Europe's
    *(("UTC", 0), ("GMT", 0), ("EST", -5), ("EDT", -4), ("CST", -6), ("CDT", -5), ("MST", -7), ("MDT", -6)),
    *(("PST", -8), ("PDT", -7), ("WET", 0), ("WEST", 1), ("CET", 1), ("CEST", 2), ("EET", 2), ("EEST", 3)),
)
ZONE: Final = rf"(?P<zone>Z|(?:UTC|GMT)?[+-]\d{{1,2}}(?::?\d{{2}})?|{'|'.join(name for name, _ in ZONES_H)})?"
_ANY_BLANK: Final = r"[ \x{a0}\x{202f}]?"  # browsers and spreadsheets write others than the keyboard's
HALF: Final = rf"(?:{_ANY_BLANK}(?P<half>[AaPp])\.?{_ANY_BLANK}[Mm]\.?)?"
_CLOCK_OF_A_DAY: Final = (  # beside a date points mark no fraction, and signs may stand behind each part
    r"(?P<hour>\d{1,2})(?:[:.h]|[时時시] ?)(?P<minute>\d{2})"
    r"(?:(?:[:.]|[分분] ?)(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?[分분秒초]?"
)
_AT: Final = (  # browsers write the zone's name, too
    rf"(?:(?:T| +(?:(?:klo|kl\.?|kell|um|at|om|à) +)?|, *){_CLOCK_OF_A_DAY}(?: [Uu]hr)?{HALF} ?{ZONE}"
    r"(?: \([A-Za-z\x{c0}-\x{24f} .]+\))?)?"
)
_YEAR: Final = r"(?P<year>\d{4})"
_SHORT_YEAR: Final = r"(?P<short_year>\d{2})"
_LEAP_YEAR: Final = 2000
_PIVOT: Final = 69  # as POSIX reads years of two digits: 69 is 1969, 68 is 2068
_NAMED: Final = r"(?P<name>[A-Za-z\x{c0}-\x{24f}\x{400}-\x{4ff}]+)\.?"
_WEEKDAY: Final = (
    r"(?:(?i:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)"
    r"[A-Za-z\x{c0}-\x{24f}]*[.,]{0,2} {1,2})?"
)
_OF: Final = r"(?: de )"


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A way to write dates.

    Attributes:
        words: What it is called.
        pattern: With groups year (or short_year, of two digits), month (or name), day, quarter, week, hour, minute,
            second, fraction, half (of a day), half_year, zone.
        is_iso: Whether it needs no mention.
        has_rival: Whether another format reads some of the same cells as other days.
    """

    words: str
    pattern: str
    is_iso: bool = False
    has_rival: bool = False

    @property
    def begins_with_year(self) -> bool:
        """Whether a year of two digits stands before month and day."""
        return self.pattern.startswith(f"^{_SHORT_YEAR}")


_MONTHS_A_YEAR: Final = 12
ISO: Final = "dates as ISO 8601 writes them"
_DAY: Final = r"(?P<day>\d{1,2})"
_MONTH: Final = r"(?P<month>\d{1,2})"
_TWO: Final = ", with years of two digits from 1969 to 2068"

FORMATS: Final = (
    DateFormat(ISO, rf"^{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}{_AT}$", is_iso=True),
    DateFormat(
        "dates as ISO 8601 writes them without marks",
        rf"^{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})[T ](?P<hour>\d{{2}})(?P<minute>\d{{2}})"
        rf"(?:(?P<second>\d{{2}})(?:[.,](?P<fraction>\d{{1,9}})\d*)?)?{ZONE}$",
    ),
    DateFormat("months written year-month", rf"^{_YEAR}[-/]{_MONTH}$"),
    DateFormat("months written month/year", rf"^{_MONTH}[-/]{_YEAR}$"),
    DateFormat("dates written year. month. day.", rf"^{_YEAR}\. {_MONTH}\. {_DAY}\.?{_AT}$"),
    DateFormat("dates with signs for year, month and day", rf"^{_YEAR}[年년] ?{_MONTH}[月월] ?{_DAY}[日일]{_AT}$"),
    DateFormat("dates written day.month.year", rf"^{_WEEKDAY}{_DAY}\. ?{_MONTH}\. ?{_YEAR}{_AT}$"),
    DateFormat("dates written day/month/year", rf"^{_WEEKDAY}{_DAY}[/-]{_MONTH}[/-]{_YEAR}{_AT}$", has_rival=True),
    DateFormat("dates written month/day/year", rf"^{_WEEKDAY}{_MONTH}[/-]{_DAY}[/-]{_YEAR}{_AT}$", has_rival=True),
    DateFormat(f"dates written day.month.year{_TWO}", rf"^{_DAY}\.{_MONTH}\.{_SHORT_YEAR}{_AT}$", has_rival=True),
    DateFormat(f"dates written year.month.day{_TWO}", rf"^{_SHORT_YEAR}\.{_MONTH}\.{_DAY}{_AT}$", has_rival=True),
    DateFormat(f"dates written day/month/year{_TWO}", rf"^{_DAY}[/-]{_MONTH}[/-]{_SHORT_YEAR}{_AT}$", has_rival=True),
    DateFormat(f"dates written month/day/year{_TWO}", rf"^{_MONTH}[/-]{_DAY}[/-]{_SHORT_YEAR}{_AT}$", has_rival=True),
    DateFormat(f"dates written year/month/day{_TWO}", rf"^{_SHORT_YEAR}[/-]{_MONTH}[/-]{_DAY}{_AT}$", has_rival=True),
    DateFormat(
        "dates with the month's name",
        rf"^{_WEEKDAY}{_DAY}(?:st|nd|rd|th)?(?:[-/. ]{{1,2}}|{_OF}){_NAMED}(?:[-/, ]{{1,2}}|{_OF}){_YEAR}"
        rf"(?: [гр]\.?)?{_AT}$",
    ),
    DateFormat(
        "dates with the month's name",
        rf"^{_WEEKDAY}{_NAMED}[-/ ]{{1,2}}{_DAY}(?:st|nd|rd|th)?[-/, ]{{1,2}}{_YEAR}{_AT}$",
    ),
    DateFormat(f"dates with the month's name{_TWO}", rf"^{_DAY}[-/ ]{_NAMED}[-/, ]{{1,2}}{_SHORT_YEAR}{_AT}$"),
    DateFormat("moments of a server's log", rf"^\[?{_DAY}/{_NAMED}/{_YEAR}:{CLOCK} ?{ZONE}\]?$"),
    DateFormat("dates as SAS writes them", rf"^{_DAY}(?P<name>[A-Za-z]{{3}}){_YEAR}(?::{CLOCK}{ZONE})?$"),
    DateFormat(f"dates as SAS writes them{_TWO}", rf"^{_DAY}(?P<name>[A-Za-z]{{3}}){_SHORT_YEAR}(?::{CLOCK}{ZONE})?$"),
    DateFormat("dates as C prints them", rf"^{_WEEKDAY}{_NAMED} {{1,2}}{_DAY} {CLOCK} (?:{ZONE} )?{_YEAR}$"),
    DateFormat("months by their names", rf"^{_NAMED}(?:[-/, ]{{1,2}}|{_OF}){_YEAR}$"),
    DateFormat(f"months by their names{_TWO}", rf"^{_NAMED}[- ]?['\x{{2019}}]{_SHORT_YEAR}$"),
    DateFormat(f"months by their names{_TWO}", rf"^{_NAMED}[-/ ]{_SHORT_YEAR}$", has_rival=True),
    DateFormat("days of the year 2000", rf"^{_NAMED}[-/ ](?P<day>\d{{2}})$", has_rival=True),
    DateFormat("months of statistical offices", rf"^{_YEAR}[- ]?[Mm](?P<month>\d{{1,2}})$"),
    DateFormat("half-years", rf"^{_YEAR}[- ]?[HhSs](?P<half_year>[12])$"),
    DateFormat("half-years", rf"^[Hh](?P<half_year>[12])[-/ ]?{_YEAR}$"),
    DateFormat("quarters", rf"^(?P<quarter>[1-4]) Q {_YEAR}$"),
    DateFormat("weeks as ISO 8601 counts them", rf"^(?P<week>\d{{1,2}}) WK {_YEAR}$"),
    DateFormat("quarters", rf"^{_YEAR}[- ]?[Qq](?P<quarter>[1-4])$"),
    DateFormat("quarters", rf"^[Qq](?P<quarter>[1-4])[-/ ]?{_YEAR}$"),
    DateFormat("weeks as ISO 8601 writes them", rf"^{_YEAR}-?W(?P<week>\d{{2}})(?:-?(?P<weekday>[1-7]))?$"),
    DateFormat("weeks as ISO 8601 counts them", rf"^{_YEAR}[-/ ]?[CK]?W ?(?P<week>\d{{1,2}})$"),
    DateFormat("weeks as ISO 8601 counts them", rf"^[CK]?W ?(?P<week>\d{{1,2}})[-/ ]{_YEAR}$"),
)
_ANY: Final = "|".join(
    (
        r"^\d{4}[-/.年년] ?\d{1,2}",
        r"^\d{8}[T ]\d{4}",
        r"^(?:[A-Za-z\x{c0}-\x{24f}]+[.,]{0,2} {1,2})?\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{2}",
        r"^\d{1,2}[-/]\d{4}$",
        r"^(?:[A-Za-z\x{c0}-\x{24f}]+[.,]{0,2} {1,2})?(?:\d{1,2}(?:st|nd|rd|th)?(?:[-/. ]{1,2}| de ))?"
        r"[A-Za-z\x{c0}-\x{24f}\x{400}-\x{4ff}]+\.?(?:[-/, ]{1,2}| de )['\x{2019}]?\d",
        r"^\d{1,2}[A-Za-z]{3}\d{2}",
        r"^\d{4}[-/ ]?[QqWMmCKHhSs]",
        r"^[CK]?W ?\d{1,2}[-/ ]",
        r"^\[\d{1,2}/",
        r"^[QqHh][1-4]",
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
    year = _years(parts, names)
    if "week" in names:
        weekday = integers(parts.field("weekday")) if "weekday" in names else np.zeros(len(parts), np.int64)
        return _of_weeks(year, integers(parts.field("week")), weekday)
    month = _months(parts, names)
    day = integers(parts.field("day")) if "day" in names else np.ones(len(parts), np.int64)
    valid = (month >= 1) & (month <= _MONTHS_A_YEAR) & (day >= 1)
    first = np.clip((year - 1970) * 12 + month - 1, -40_000, 100_000).astype("datetime64[M]")
    n_days = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    return first.astype("datetime64[D]").astype(np.int64) + day - 1, valid & (day <= n_days)


def _years(parts: pa.StructArray, names: set[str]) -> npt.NDArray[np.int64]:
    """Years; a leap year where a format has none, which is only ever the rival of one that has."""
    if "year" in names:
        return integers(parts.field("year"))
    if "short_year" in names:
        return _century(integers(parts.field("short_year")))
    return np.full(len(parts), _LEAP_YEAR, np.int64)


def _months(parts: pa.StructArray, names: set[str]) -> npt.NDArray[np.int64]:
    if "quarter" in names:
        return 3 * integers(parts.field("quarter")) - 2
    if "half_year" in names:
        return 6 * integers(parts.field("half_year")) - 5
    if "name" not in names:
        return integers(parts.field("month"))
    names_of = parts.field("name").dictionary_encode()
    months = np.array([month_of(name or "") for name in names_of.dictionary.to_pylist()] + [0], np.int64)
    found: npt.NDArray[np.int64] = months[names_of.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def _century(short: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return short + np.where(short < _PIVOT, 2000, 1900)


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
