"""When to try again, and how long to wait before."""

from dataclasses import dataclass

import httpx

from warmtune.rest.waits import retry_after_s
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_finite_number, is_integer

TOO_MANY = 429
_MOST_DOUBLINGS = 32
_LEAST_PAUSE_S = 0.1
RETRIED_STATUS = frozenset({408, 425, TOO_MANY, 502, 503, 504})

# A timeout while reading isn't among them: the service is busy with the request, and asking twice makes it busier.
RETRIED_FAILURES = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.RemoteProtocolError,
)


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with jitter for calls that may be repeated.

    Attributes:
        attempts: In all, from 1 (never again) up.
        first_delay_s: Wait before the second attempt; doubled before each further one.
        max_delay_s: Longest single wait, a `Retry-After` of the service included. Where a key's limit (429) asks for
            a longer one, the call fails at once, and its error says how long.
    """

    attempts: int = 4
    first_delay_s: float = 0.2
    max_delay_s: float = 5.0

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On no attempt, a number of them that is none, or a delay that is negative or endless.
        """
        attempts: object = self.attempts
        if not is_integer(attempts) or attempts < 1:
            raise InvalidInputError(
                "at least one attempt is needed", field="attempts", value=attempts, limit="an integer >= 1"
            )
        for name in ("first_delay_s", "max_delay_s"):
            delay_s: object = getattr(self, name)
            if not is_finite_number(delay_s) or delay_s < 0:
                raise InvalidInputError(
                    "a delay must be a number of seconds that isn't negative",
                    field=name,
                    value=delay_s,
                    limit="finite, >= 0",
                )

    def delay_s(
        self, attempt: int, outcome: httpx.Response | httpx.TransportError, *, jitter: float, left_s: float = 0.0
    ) -> float | None:
        """Seconds to wait before the next attempt, or None where `outcome` is to be taken as it is.

        Args:
            attempt: Attempts made so far, from 1.
            outcome: What the last one gave.
            jitter: Uniform in [0, 1): spreads clients that failed together over half of the wait.
            left_s: How long the service may still take. Until then, asking for the answer to an attempt that it still
                works on, though its connection broke, counts as none of `attempts`.
        """
        is_awaited = attempt > 1 and _is_under_way(outcome)
        if attempt >= self.attempts and not (is_awaited and left_s > 0.0):
            return None
        if isinstance(outcome, httpx.TransportError):
            if not isinstance(outcome, RETRIED_FAILURES):
                return None
            asked_s = 0.0
        elif outcome.status_code == TOO_MANY and _retry_after_s(outcome) > self.max_delay_s:
            return None  # asked earlier than that, it would be refused again
        elif outcome.status_code in RETRIED_STATUS or is_awaited:
            asked_s = _retry_after_s(outcome)
        else:
            return None
        backoff_s = self.first_delay_s * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS) * (0.5 + 0.5 * jitter)
        if attempt >= self.attempts:  # there may be many of these
            return max(min(max(asked_s, backoff_s), self.max_delay_s), _LEAST_PAUSE_S)
        return min(max(asked_s, backoff_s), self.max_delay_s)


def _is_under_way(outcome: httpx.Response | httpx.TransportError) -> bool:
    """Whether the service still works on the attempt before, whose connection broke: its answer will be stored."""
    if isinstance(outcome, httpx.TransportError):
        return False
    return outcome.status_code == 409 and b'"header.idempotency-key"' in outcome.content


def _retry_after_s(response: httpx.Response) -> float:
    """Seconds that a service asks for: exact in a problem's body, else by the header; 0 where neither says."""
    if response.status_code == TOO_MANY:
        try:
            exact: object = response.json().get("retry_after_s")
        except (ValueError, AttributeError, RecursionError):  # not JSON, or no object: a proxy's own answer
            exact = None
        if is_finite_number(exact) and exact >= 0:
            return float(exact)
    return retry_after_s(response) or 0.0
