"""A lock that a forked process finds open."""

import os
import threading
from types import TracebackType


class ProcessLock:
    """Excludes the threads of one process from each other.

    A process that is forked while another thread of its parent holds an ordinary lock waits forever: that thread
    isn't there to let go of it. This one is another lock in every process.
    """

    def __init__(self) -> None:
        """Nobody holds it."""
        self._lock = threading.Lock()
        self._process_id = os.getpid()

    def __reduce__(self) -> tuple[type["ProcessLock"], tuple[()]]:
        """A copy is a lock of its own, so that what has one can be pickled."""
        return ProcessLock, ()

    def __enter__(self) -> None:
        if self._process_id != os.getpid():  # only one thread runs in a process that was just forked
            self._lock = threading.Lock()
            self._process_id = os.getpid()
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
