"""Work that somebody waits for: long computations look up now and then whether it is wanted still."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

Check = Callable[[], None]
Item = TypeVar("Item")

_ITEMS_BETWEEN_CHECKS: Final = 256

_CHECK: Final[ContextVar[Check | None]] = ContextVar("warmtune_work_check", default=None)


@contextmanager
def work_checked_by(check: Check) -> Iterator[None]:
    """Let `check_wanted` call `check` while the context lasts, in this thread and in those that copy its context.

    Args:
        check: Returns while the work is wanted, and raises an error of the family when it is not.
    """
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)


def check_wanted() -> None:
    """Return if the work under way is wanted still; nobody asks where no check was set.

    Loops whose length a request decides call this once a round; it costs a tenth of a microsecond.

    Raises:
        WarmtuneError: What the check raises: a client has left, a deadline has passed, the service stops.
    """
    check = _CHECK.get()
    if check is not None:
        check()


def while_wanted(items: Iterable[Item]) -> Iterator[Item]:
    """Items one by one, as long as they are wanted: for loops over a great many, each of which takes microseconds.

    Raises:
        WarmtuneError: As `check_wanted`.
    """
    for number, item in enumerate(items):
        if number % _ITEMS_BETWEEN_CHECKS == 0:
            check_wanted()
        yield item
