"""Processes that read histories: each is a fork of one that has everything loaded, so that no import waits for that."""

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from service.imports.reading_process import ReadingProcess
from service.settings import Settings
from warmtune.vocabulary.errors import UnavailableError, WarmtuneError
from warmtune.vocabulary.work import check_wanted

_ATTEMPTS: Final = 3
_MAX_REPLY: Final = 64
_LOOK_EVERY_S: Final = 0.1


class HistoryReaders:
    """Starts the processes, each of which reads one history and ends; threads may share it.

    Loading what reads takes longer than reading some thousands of trials. So one process loads it once, and is forked
    for each history. It begins with the service where that warms up, else with the first import, and ends with the
    service.
    """

    def __init__(self, settings: Settings) -> None:
        self._memory_bytes = settings.import_memory_bytes
        self._lock = threading.Lock()
        self._loaded: _LoadedProcess | None = None
        self._is_closed = False

    def begin(self, directory: Path) -> ReadingProcess:
        """Have the source in a job's directory read; the caller waits for the process, or kills it.

        Raises:
            UnavailableError: If no process can be started.
            WarmtuneError: If nobody wants it any more while it is loaded (`check_wanted`).
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                if self._loaded is None:
                    self._loaded = _LoadedProcess(self._memory_bytes)
                try:
                    reading = self._loaded.fork(directory)
                except WarmtuneError:  # nobody wants it any more; a late answer would be taken for the next one's
                    self._loaded.end()
                    self._loaded = None
                    raise
                if reading is not None:
                    return reading
                self._loaded.end()  # killed while it waited: nobody's history is to blame
                self._loaded = None
        raise UnavailableError("no process that reads histories can be started", field="import_memory_bytes")

    def prepare(self) -> None:
        """Load what reads, so that the next history finds it."""
        with self._lock:
            if self._loaded is None and not self._is_closed:
                self._loaded = _LoadedProcess(self._memory_bytes)

    def close(self) -> None:
        """End the process that is forked; those that read end with it."""
        with self._lock:
            loaded, self._loaded, self._is_closed = self._loaded, None, True
        if loaded is not None:
            loaded.end()


class _LoadedProcess:
    """The process that is forked, from the service's side."""

    def __init__(self, memory_bytes: int) -> None:
        self._socket, theirs = socket.socketpair()
        environment = os.environ | {
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # Arrow's own would set aside a gigabyte at once
            "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process of several threads is not to be forked
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service.imports.worker", str(theirs.fileno()), str(memory_bytes)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                cwd=Path(__file__).resolve().parents[2],
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the service, which ends its children itself
            )

    def fork(self, directory: Path) -> ReadingProcess | None:
        """Have it forked, to read what is in a directory; None where it is gone."""
        ended, kept_open = os.pipe()
        try:
            # the fork alone keeps the other end: there is nothing more to read from this one when it has ended
            socket.send_fds(self._socket, [f"{directory.resolve()}\n".encode()], [kept_open])
            while not select.select([self._socket], [], [], _LOOK_EVERY_S)[0]:
                check_wanted()  # loading takes seconds
            reply = self._socket.recv(_MAX_REPLY)
        except OSError:
            reply = b""
        except WarmtuneError:
            os.close(ended)
            raise
        finally:
            os.close(kept_open)
        if not reply:
            os.close(ended)
            return None
        return ReadingProcess(int(reply), ended)

    def end(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()
