"""How long an answer asks its client to wait."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


def retry_after_s(response: httpx.Response) -> float | None:
    """Seconds by the header ``Retry-After``, which has a number of them or a date; None where it has neither.

    A date counts from the answer's own ``Date`` where there is one, so that clocks may differ.
    """
    header = response.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdigit():
        return float(header)
    until = _moment(header)
    if until is None:
        return None
    now = _moment(response.headers.get("Date", "")) or datetime.fromtimestamp(time.time(), UTC)
    return max((until - now).total_seconds(), 0.0)


def _moment(text: str) -> datetime | None:
    """A date of HTTP; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
