"""Where log lines go: a descriptor that may be full or closed, which no request has to suffer for."""

import os
import threading
import time
from typing import Final

_TRY_AGAIN_S: Final = 1.0


class LogSink:
    """Writes whole lines to a descriptor; what can't be written is dropped and counted. Threads share it.

    A log on a full disk, or a pipe whose reader has ended, would otherwise turn answers to what was done into
    failures. Once lines can be written again, one says how many are missing.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._n_dropped = 0
        self._is_torn = False
        self._try_again_at = 0.0

    def write(self, text: str) -> int:
        """Write a text, or drop it; the number of its characters."""
        content = text.encode("utf-8", "backslashreplace")
        with self._lock:
            if self._n_dropped and not self._has_resumed():
                self._n_dropped += 1
            elif not self._is_written(content):
                self._n_dropped = 1
                self._try_again_at = time.monotonic() + _TRY_AGAIN_S
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def _has_resumed(self) -> bool:
        """Whether lines can be written again; then a line reports how many are missing."""
        if time.monotonic() < self._try_again_at:
            return False
        begun = "\n" if self._is_torn else ""
        line = f'{begun}{{"event": "log_lines_dropped", "level": "warning", "n_dropped": {self._n_dropped}}}\n'
        if not self._is_written(line.encode()):
            self._try_again_at = time.monotonic() + _TRY_AGAIN_S
            return False
        self._n_dropped = 0
        self._is_torn = False
        return True

    def _is_written(self, content: bytes) -> bool:
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:  # full, over a quota, closed: there is nowhere to say so
            self._is_torn = self._is_torn or len(left) < len(content)
            return False
        return True
