"""What Python and libraries would write to stderr as plain text: warnings, and exceptions that nobody has caught."""

import json
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TextIO

from service.log_sink import LogSink

STDERR: Final = 2

Write = Callable[[str, str, dict[str, object]], None]
"""Takes a level, an event, and what is said of it."""


@contextmanager
def written_by(write: Write) -> Iterator[None]:
    """Let them go another way within the block; what ends the block itself is its caller's."""
    before = warnings.showwarning, sys.excepthook, threading.excepthook, sys.unraisablehook
    write_all(write)
    try:
        yield
    finally:
        warnings.showwarning, sys.excepthook, threading.excepthook, sys.unraisablehook = before


def write_all(write: Write) -> None:
    """Let them go another way from now on: for the entry of a process."""

    def warn(  # noqa: PLR0917  # as Python calls it
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        said: dict[str, object] = {
            "detail": str(message),
            "category": category.__name__,
            "place": f"{filename}:{lineno}",
        }
        write("warning", "library_warning", said)

    def uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error or kind(), trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        write("error", "uncaught_exception", {"detail": f"{kind.__name__}: {error}", "exception": text.rstrip()})

    def in_thread(given: threading.ExceptHookArgs) -> None:
        if given.exc_type is not SystemExit:
            uncaught(given.exc_type, given.exc_value, given.exc_traceback)

    def unraisable(given: "sys.UnraisableHookArgs") -> None:
        uncaught(given.exc_type, given.exc_value, given.exc_traceback)

    warnings.showwarning = warn
    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable


def to_stderr(level: str, event: str, said: dict[str, object]) -> None:
    """Write a line like those of the log to stderr: for processes that have no log of their own."""
    line = {**said, "event": event, "level": level, "timestamp": datetime.now(UTC).isoformat()}
    LogSink(STDERR).write(json.dumps(line) + "\n")
