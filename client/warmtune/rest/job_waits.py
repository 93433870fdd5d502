"""How long a job is waited for, and how often it is asked for."""

import math
import time

from warmtune.vocabulary.errors import InvalidInputError, UnavailableError
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.job import Job


class JobWait:
    """A wait that begins when this is made."""

    def __init__(self, timeout_s: float, poll_s: float) -> None:
        """Begin.

        Args:
            timeout_s: Seconds to wait at most, from 0; infinity is no limit.
            poll_s: Seconds between two questions, above 0.

        Raises:
            InvalidInputError: If one of them is no such number.
        """
        is_endless = isinstance(timeout_s, float) and timeout_s == math.inf
        if not is_endless and not (is_finite_number(timeout_s) and timeout_s >= 0):
            raise _refused("timeout_s", timeout_s, ">= 0 seconds, infinity for no limit")
        if not is_finite_number(poll_s) or not poll_s > 0:
            raise _refused("poll_s", poll_s, "> 0 seconds")
        self.poll_s = float(poll_s)
        self._timeout_s = float(timeout_s)
        self._deadline = time.monotonic() + self._timeout_s

    def check(self, job: Job) -> None:
        """Check that there is time left for a job that hasn't ended.

        Raises:
            UnavailableError: If there is none.
        """
        if time.monotonic() > self._deadline:
            raise UnavailableError(
                f"the job is still {job.state} after {self._timeout_s:g} s ({job.progress:.0%} done)",
                field="timeout_s",
                value=self._timeout_s,
            )


def _refused(field: str, value: object, limit: str) -> InvalidInputError:
    return InvalidInputError(f"{field} must be a number of seconds", field=field, value=value, limit=limit)
