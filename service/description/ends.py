"""The error for a describing process that ended: out of memory, or any other cause."""

import re
import signal
from typing import Final

from warmtune.vocabulary.errors import LimitExceededError, ServiceError, WarmtuneError

MEMORY_EXIT: Final = 77
"""The exit status of a process that ran out of the memory that it may use."""

_OUT_OF_MEMORY: Final = re.compile(r"out of memory|bad_alloc|cannot allocate memory", re.IGNORECASE)


def error_of(status: int | None, last_words: str, *, memory_bytes: int) -> WarmtuneError:
    """The error for an exit status.

    Args:
        status: Its exit status, minus the signal that ended it, or None where it isn't known.
        last_words: What it wrote on stderr before: libraries that run out of memory report it there, and abort.
        memory_bytes: What it may use.
    """
    if status == MEMORY_EXIT or (status == -signal.SIGABRT and _OUT_OF_MEMORY.search(last_words)):
        return LimitExceededError(
            "the table needs more memory than is allowed for one; send fewer rows or columns",
            field="file",
            limit=f"{memory_bytes} bytes of memory",
        )
    if status == -signal.SIGKILL:
        return ServiceError(
            "the process that described the table was killed by the system, probably for lack of memory;"
            " try again, or send fewer rows or columns",
            field="file",
            code="describer_killed",
        )
    return ServiceError(
        f"the process that described the table ended unexpectedly ({_said(status)}); the table's"
        " size is not necessarily the cause; see the service's log",
        field="file",
        code="describer_ended",
    )


def _said(status: int | None) -> str:
    if status is None:
        return "its status is not known"
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    return f"exit status {status}"
