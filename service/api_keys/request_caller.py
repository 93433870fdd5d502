"""The caller of the current request, for use cases that count against its key's limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service.api_keys.ring import Caller
from store.connections.database import Connection
from store.jobs import JobRepository
from store.key_usage import KeyUsageRepository
from warmtune.vocabulary.errors import RateLimitError

_acting: ContextVar[Caller | None] = ContextVar("warmtune_caller", default=None)
_JOBS_RETRY_S = 10.0


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Set the current caller within the block."""
    token = _acting.set(caller)
    try:
        yield
    finally:
        _acting.reset(token)


def acting_key_id() -> str | None:
    """The identifier of the API key that acts; None outside of requests, and for callers without a made key."""
    caller = _acting.get()
    return caller.name if caller is not None and caller.has_made_key else None


def use_trials(connection: Connection, n: int) -> None:
    """Count reported trials in the transaction that stores them.

    Raises:
        RateLimitError: If the key may not report so many a day.
    """
    caller = _acting.get()
    if caller is not None and caller.limits.trials_per_day is not None:
        KeyUsageRepository(connection).use_trials(caller.name, n, limit=caller.limits.trials_per_day)


def upload_limit() -> tuple[str, int] | None:
    """The acting key's identifier and the bytes that it may upload a day; None where nothing limits it."""
    caller = _acting.get()
    if caller is None or caller.limits.upload_bytes_per_day is None:
        return None
    return caller.name, caller.limits.upload_bytes_per_day


def check_jobs(connection: Connection) -> None:
    """Return if the acting key may queue another job, in the transaction that queues it.

    Raises:
        RateLimitError: If as many as it may have wait or run.
    """
    caller = _acting.get()
    if caller is None or caller.limits.max_jobs is None:
        return
    n_jobs = JobRepository(connection).count_of_key(caller.name)
    if n_jobs >= caller.limits.max_jobs:
        raise RateLimitError(
            f"{n_jobs} jobs of the key {caller.name} wait or run, which is its limit",
            field="header.authorization",
            limit=f"{caller.limits.max_jobs} jobs",
            retry_after_s=_JOBS_RETRY_S,
        )
