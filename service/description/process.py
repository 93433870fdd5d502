"""One child process, from the parent's side."""

import contextlib
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import structlog

from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.work import check_wanted

_CHUNK = 65_536
_START_S = 60.0
_LOOK_UP_S = 0.2
_END_S = 5.0
_REMEMBERED = 4_096  # bytes of stderr


class ChildEndedError(UnavailableError):
    """The child process has ended.

    Attributes:
        status: Its exit status, minus the signal that ended it; None where it isn't known.
        last_words: The end of what it wrote on stderr.
    """

    def __init__(self, message: str, *, status: int | None = None, last_words: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.last_words = last_words


class ChildTimeoutError(UnavailableError):
    """The child process took too long."""


class DescriberProcess:
    """A child that answers one line at a time; used by one thread at a time.

    Attributes:
        was_used: Whether it was ever asked.
    """

    def __init__(self, *, memory_bytes: int, scratch: Path) -> None:
        environment = os.environ | {
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # Arrow's own would set aside a gigabyte at once
            "OMP_NUM_THREADS": "1",  # many small matrices: threads would wait for each other, ten times as long
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(scratch),  # what it unpacks goes with the service's own spool
        }
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "service.description.worker", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=root,
            start_new_session=True,  # Ctrl-C is for the service, which ends its children itself
        )
        self._left = b""
        self._last_words = b""
        self._begun_line = b""
        self._is_ready = False
        self.was_used = False

    @property
    def pid(self) -> int:
        """Of the child."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the child is running."""
        return self._process.poll() is None

    def ask(self, line: bytes, *, timeout_s: float) -> bytes:
        """Send a line and return the answering one.

        Raises:
            ChildTimeoutError: If it takes longer than `timeout_s`.
            ChildEndedError: If the child ends instead.
            WarmtuneError: If the client has disconnected.
        """
        if not self._is_ready:
            self._read_line(_START_S)
            self._is_ready = True
        pipe = self._process.stdin
        if pipe is None:
            raise ChildEndedError("the describing process has no input")
        try:
            self.was_used = True
            pipe.write(line)
            pipe.flush()
        except BrokenPipeError as error:
            raise self._ended() from error
        return self._read_line(timeout_s)

    def kill(self) -> None:
        """End the child at once and wait for it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # of a request that was still unsent
                    pipe.close()

    def _ended(self) -> ChildEndedError:
        """The error for a child whose end of a pipe is closed: it is gone, or about to be."""
        try:
            status: int | None = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            status = None
        pipe = self._process.stderr
        if status is not None and pipe is not None:
            while self._hear(pipe):
                pass
        words = self._last_words.decode(errors="replace")
        return ChildEndedError("the describing process has ended", status=status, last_words=words)

    def _hear(self, pipe: IO[bytes]) -> bool:
        """Forward the lines of the child's stderr and keep its last part; returns whether there was any."""
        said = os.read(pipe.fileno(), _CHUNK)
        *lines, self._begun_line = (self._begun_line + said).split(b"\n") if said else (self._begun_line, b"")
        for line in lines:
            _forward(line.decode(errors="replace"))
        self._last_words = (self._last_words + said)[-_REMEMBERED:]
        return bool(said)

    def _read_line(self, timeout_s: float) -> bytes:
        pipe, aside = self._process.stdout, self._process.stderr
        if pipe is None or aside is None:
            raise ChildEndedError("the describing process has no output")
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            selector.register(aside, selectors.EVENT_READ)
            while b"\n" not in self._left:
                check_wanted()
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise ChildTimeoutError(f"the describing process took longer than {timeout_s:g} s")
                ready = {key.fileobj for key, _ in selector.select(min(left_s, _LOOK_UP_S))}
                if aside in ready and not self._hear(aside):
                    selector.unregister(aside)
                if pipe in ready:
                    chunk = os.read(pipe.fileno(), _CHUNK)
                    if not chunk:
                        raise self._ended()
                    self._left += chunk
        line, _, self._left = self._left.partition(b"\n")
        return line


def _forward(line: str) -> None:
    """Write a line of a child where the log is read, as it is where it is one of a log."""
    if line.startswith("{"):
        sys.stderr.write(f"{line}\n")
    elif line.strip():  # of a library that isn't Python's
        structlog.get_logger().warning("describer_said", detail=line)
