"""Units of time as tables write them: in the name of a column, or beside a number."""

import re
from collections.abc import Mapping
from typing import Final

_UNITS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("us", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "milliseconds", "millisecond"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
}
_TIMES: Final = (
    r"(?:(?:mean|avg|average|total|median)_)?"
    r"(?:duration|elapsed|runtime|walltime|(?:run|fit|fitting|train|training|wall|wall_clock|cpu|eval|evaluation"
    r"|elapsed|total|execution|search|trial)_time|time(?:_total|_taken|_elapsed)?)"
)
_MAX_TEXT: Final = 60


def plain_name(name: str) -> str:
    """A column's name in lower case, words and unit joined by ``_``: ``Fit time (ms)`` and ``fitTimeMs`` are equal."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s_\[\](){}/,.:-]+", "_", spaced).strip("_").lower()


def is_time(name: str) -> bool:
    """Whether a column is called like the time that a trial took, with a unit or without.

    A mere ``time`` needs a unit: it is a moment as often. So do ``s`` and ``min`` need a name.
    """
    base, unit = _split(plain_name(name))
    if not base:
        return unit in ("milliseconds", "seconds", "minutes", "hours")
    return re.fullmatch(_TIMES, base) is not None and (base != "time" or unit != "")


def unit_s(name: str) -> float:
    """Seconds in the unit that a column's name ends with, 1 without any."""
    return _UNITS.get(_split(plain_name(name))[1], 1.0)


def _split(plain: str) -> tuple[str, str]:
    """A plain name without its unit, and the unit, empty without one."""
    base, _, last = plain.rpartition("_")
    return (base.removesuffix("_in"), last) if last in _UNITS else (plain, "")


def seconds_in_text(text: str) -> float | None:
    """Seconds of ``0 days 00:01:02.5``, ``1:02``, ``1m 2.5s``, ``350 ms`` or ``PT5M``; None of any other text."""
    plain = text.strip().lower()
    if len(plain) > _MAX_TEXT:
        return None
    return _clock(plain) if ":" in plain else _with_units(plain)


def _clock(text: str) -> float | None:
    days, _, rest = text.replace("day,", "days").replace("day ", "days ").rpartition("days")
    parts = rest.strip().split(":")
    try:
        seconds = sum(float(part) * 60.0**place for place, part in enumerate(reversed(parts)))
        return seconds + _UNITS["days"] * float(days or 0)
    except (ValueError, OverflowError):
        return None


def _with_units(text: str) -> float | None:
    """Of numbers with a unit each, ISO 8601's among them."""
    if text.startswith("p"):
        text = text[1:].replace("t", " ")
    found = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)[\s,]*", text)
    is_all = re.fullmatch(r"\s*(?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*)+", text) is not None
    if not is_all or any(unit not in _UNITS for _, unit in found):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in found)
