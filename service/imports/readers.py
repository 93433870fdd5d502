"""Processes that read histories: one waits with everything loaded, so that an import need not wait for it."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from service.settings import Settings


class HistoryReaders:
    """Starts the processes, each of which reads one history and ends; threads may share it.

    Loading what reads takes longer than reading some thousands of trials. So one process is started ahead: with the
    service where that warms up, and after each import.
    """

    def __init__(self, settings: Settings) -> None:
        self._memory_bytes = settings.import_memory_bytes
        self._lock = threading.Lock()
        self._waiting: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def begin(self, directory: Path) -> subprocess.Popen[bytes]:
        """Have the source in a job's directory read; the caller waits for the process, or kills it."""
        with self._lock:
            process, self._waiting = self._waiting, None
        if process is not None and not _order(process, directory):
            _end(process)  # killed while it waited: nobody's history is to blame
            process = None
        if process is None:
            process = self._start()
            _order(process, directory)
        return process

    def prepare(self) -> None:
        """Start the process that the next history finds waiting."""
        with self._lock:
            if self._waiting is None and not self._is_closed:
                self._waiting = self._start()

    def close(self) -> None:
        """End the process that waits; those that read end with their jobs."""
        with self._lock:
            process, self._waiting, self._is_closed = self._waiting, None, True
        if process is not None:
            _end(process)

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # Arrow's own would set aside a gigabyte at once
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "service.imports.worker", str(self._memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,  # Ctrl-C is for the service, which ends its children itself
        )


def _order(process: subprocess.Popen[bytes], directory: Path) -> bool:
    """Tell a process what to read; False where it is gone."""
    if process.poll() is not None or process.stdin is None:
        return False
    try:
        with process.stdin as pipe:
            pipe.write(f"{directory.resolve()}\n".encode())
    except BrokenPipeError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
