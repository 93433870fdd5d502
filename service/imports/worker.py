"""The processes that read: one is forked for each history, writes it down as lines, and has its own limits.

``python -m service.imports.worker SOCKET MEMORY_BYTES`` loads what reads and waits on the socket that it was given.
An order is a line that names a directory, and comes with a pipe that the fork holds open while it lives; the answer is
the fork's number. The fork reads ``source`` there with the options in ``options.json`` and leaves ``studies.jsonl``
(a line about the source, then a line for each study) or ``failure.json``. The process ends when its service closes the
socket, and forks end with it.
"""

import contextlib
import gc
import hashlib
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from knowledge.importers.lines import line_of
from knowledge.importers.options import options_from_json
from knowledge.importers.source_reader import read_history
from knowledge.importers.sources import SourceKind
from knowledge.importers.study_conversion import convert
from knowledge.parent_watch import end_with_parent
from service.child_limits import limit_memory
from service.imports.files import FAILURE_FILE, OPTIONS_FILE, SOURCE_FILE, STUDIES_FILE
from service.library_lines import to_stderr, write_all
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError

_TABLES = "metafeatures.reading"
"""With Arrow and what it needs; other sources need not wait for it."""
_MAX_ORDER = 65_536
_HAS_LOADED_TABLES = 3
"""Exit status of a fork that has read a history and, for that, loaded what reads tables."""
_ended: set[int] = set()
"""Exit statuses of forks so far."""


def main(socket_number: int, memory_bytes: int) -> None:
    """Fork for each order, until there are no more."""
    signal.signal(signal.SIGCHLD, _bury)
    gc.freeze()
    orders = socket.socket(fileno=socket_number)
    while True:
        order, pipes, _, _ = socket.recv_fds(orders, _MAX_ORDER, 1)
        if not order:
            return  # the service has ended
        if _HAS_LOADED_TABLES in _ended:  # tables come again: loading that takes each fork longer than reading
            importlib.import_module(_TABLES)
            gc.freeze()
        pid = os.fork()
        if not pid:
            orders.close()
            _work(Path(order.decode().removesuffix("\n")), memory_bytes)
        for pipe in pipes:
            os.close(pipe)
        orders.sendall(str(pid).encode())


def _bury(_signal: int, _frame: FrameType | None) -> None:
    """Note how forks have ended; what they leave in their directory tells the service; their seconds are counted."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _ended.add(os.waitstatus_to_exitcode(ended[1]))


def _work(directory: Path, memory_bytes: int) -> NoReturn:
    """Read one history and end, without the time that it takes to leave everything tidy."""
    limit_memory(memory_bytes)
    gc.disable()  # a million trials are no garbage: looking for some again and again takes a fifth of the time
    end_with_parent()
    tempfile.tempdir = str(directory)  # what it unpacks goes when the job does
    status = 1  # out of memory, or unable to say why: the parent tells the sender
    try:
        _read(directory)
        status = _HAS_LOADED_TABLES if _TABLES in sys.modules else 0
    except WarmtuneError as error:
        _tell(directory, error)
    except MemoryError:
        os._exit(status)  # what is left of its memory may be in pieces
    except (ValueError, ArithmeticError, LookupError, TypeError, OSError, RecursionError) as error:
        # the source caused an unexpected failure: its sender gets the error, and the log of the service has it
        sys.excepthook(type(error), error, error.__traceback__)
        _tell(directory, InvalidInputError(f"the source can't be read: {type(error).__name__}", field="file"))
    except BaseException as error:  # noqa: BLE001  # a fork must not go on with what its parent does
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(status)


def _read(directory: Path) -> None:
    body = json.loads((directory / OPTIONS_FILE).read_text())
    options = options_from_json(body["options"])
    path = directory / SOURCE_FILE
    history = read_history(path, options, source=None if body["source"] is None else SourceKind(body["source"]))
    partial = directory / f"{STUDIES_FILE}.part"
    with path.open("rb") as file:
        file_hash = hashlib.file_digest(file, "sha256").hexdigest()
    with partial.open("w", encoding="utf-8") as out:
        n_studies = len(history.studies) + len(history.refused)
        head = {
            "source": history.source,
            "version": history.version,
            "notes": list(history.notes),
            "file_hash": file_hash,
            "n_studies": n_studies,
        }
        out.write(json.dumps(head) + "\n")
        for study in convert(history, options):
            out.write(line_of(study) + "\n")
    partial.replace(directory / STUDIES_FILE)  # whole, or not there


def _tell(directory: Path, error: WarmtuneError) -> None:
    said = {name: getattr(error, name) for name in ("message", "field", "value", "limit", "code")}
    partial = directory / f"{FAILURE_FILE}.part"
    partial.write_text(json.dumps({"error": type(error).__name__, **said}))
    partial.replace(directory / FAILURE_FILE)


if __name__ == "__main__":
    write_all(to_stderr)
    main(int(sys.argv[1]), int(sys.argv[2]))
