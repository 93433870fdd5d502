"""The child process: reads one history and writes it down as lines, under its own limits.

Started as ``python -m service.imports.worker MEMORY_BYTES``, it waits for a line on its input that names a directory.
It reads ``source`` there with the options in ``options.json`` and leaves ``studies.jsonl`` (a line about the source,
then a line for each study) or ``failure.json``. It ends when its parent is gone.
"""

import gc
import hashlib
import json
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from knowledge.importers.lines import line_of
from knowledge.importers.options import options_from_json
from knowledge.importers.source_reader import read_history
from knowledge.importers.sources import SourceKind
from knowledge.importers.study_conversion import settle
from service.imports.files import FAILURE_FILE, OPTIONS_FILE, SOURCE_FILE, STUDIES_FILE
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError

_WATCH_S = 0.5


def main(memory_bytes: int) -> None:
    """Wait for an order, and read the history."""
    # address space would count what allocators merely reserve; the data segment counts what may be written
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()  # a million trials are no garbage: looking for some again and again takes a fifth of the time
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    order = sys.stdin.readline()
    if not order.endswith("\n"):
        return  # the service has ended without one
    directory = Path(order.removesuffix("\n"))
    tempfile.tempdir = str(directory)  # what it unpacks goes when the job does
    try:
        _read(directory)
    except WarmtuneError as error:
        _tell(directory, error)
    except MemoryError:
        os._exit(1)  # what is left of its memory may be in pieces: the parent tells the sender
    except (ValueError, ArithmeticError, LookupError, TypeError, OSError, RecursionError) as error:
        # the source caused an unexpected failure: its sender gets the error, and the log of the service has it
        sys.excepthook(type(error), error, error.__traceback__)
        _tell(directory, InvalidInputError(f"the source can't be read: {type(error).__name__}", field="file"))


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
        for study in settle(history, options):
            out.write(line_of(study) + "\n")
    partial.replace(directory / STUDIES_FILE)  # whole, or not there


def _tell(directory: Path, error: WarmtuneError) -> None:
    said = {name: getattr(error, name) for name in ("message", "field", "value", "limit", "code")}
    partial = directory / f"{FAILURE_FILE}.part"
    partial.write_text(json.dumps({"error": type(error).__name__, **said}))
    partial.replace(directory / FAILURE_FILE)


def _end_with_parent(parent: int) -> None:
    """Linux's death signal follows the thread that started the child, and those come and go: watch instead."""
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
