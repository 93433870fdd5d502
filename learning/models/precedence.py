"""Which learning goes first: what a request waits for, before what nobody has asked for yet."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from warmtune.vocabulary.work import work_checked_by


class Precedence:
    """Learning ahead of requests pauses while a request's own is under way, since the two share the interpreter.

    It pauses where long computations look whether they are wanted still (`check_wanted`).
    """

    def __init__(self) -> None:
        """Nothing is under way."""
        self._lock = threading.Lock()
        self._n_asked = 0
        self._is_free = threading.Event()
        self._is_free.set()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Learning that a request waits for; it must not wait for what `unasked` holds while this lasts."""
        with self._lock:
            self._n_asked += 1
            self._is_free.clear()
        try:
            yield
        finally:
            with self._lock:
                self._n_asked -= 1
                if not self._n_asked:
                    self._is_free.set()

    @contextmanager
    def unasked(self) -> Iterator[None]:
        """Learning ahead: it begins, and goes on, while none that was asked for is under way."""
        self._wait()
        with work_checked_by(self._wait):
            yield

    def _wait(self) -> None:
        self._is_free.wait()
