"""A process that reads one history, from the side of the service: it isn't the service's own child."""

import os
import select
import signal
from types import TracebackType
from typing import Self


class ReadingProcess:
    """One reading; as a context, it has ended when the context has.

    Attributes:
        pid: Of the process.
    """

    def __init__(self, pid: int, ended: int) -> None:
        """Take over what a fork has answered.

        Args:
            pid: Of the process.
            ended: A pipe whose other end only the process holds: it can be read from, to its end, once that is gone.
        """
        self.pid = pid
        self._ended = ended

    def __enter__(self) -> Self:
        """Begin to watch it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, if it hasn't."""
        try:
            if not self.has_ended(0.0):
                os.kill(self.pid, signal.SIGKILL)  # it lives, so that its number is nobody else's
                self.has_ended(None)
        finally:
            os.close(self._ended)

    def has_ended(self, wait_s: float | None) -> bool:
        """Whether it has, after waiting for that so long (None: until it has)."""
        ready, _, _ = select.select([self._ended], [], [], wait_s)
        return bool(ready)
