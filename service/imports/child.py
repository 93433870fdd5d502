"""The process that reads a history, from the parent's side."""

import json
import time
from pathlib import Path

from learning.job_context import JobContext
from service.imports.files import FAILURE_FILE, SOURCE_FILE, STUDIES_FILE
from service.imports.readers import HistoryReaders
from service.imports.reading_process import ReadingProcess
from service.settings import Settings
from warmtune.vocabulary import errors
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError, WarmtuneError

_LOOK_EVERY_S = 0.1  # whether the work is still wanted; its end is noticed at once


def read_in_child(context: JobContext, settings: Settings, readers: HistoryReaders) -> Path:
    """Have the source in a job's directory read, unless an earlier attempt has done so; the file of its studies.

    Raises:
        InvalidInputError: What is wrong with the source.
        LimitExceededError: If reading it takes too long or needs too much memory.
    """
    directory = context.directory
    found = directory / STUDIES_FILE
    if found.exists():
        return found
    if not (directory / SOURCE_FILE).exists():
        raise InvalidInputError(
            "the uploaded file is stored on another machine: services that share a database share the setting "
            "job_directory, too",
            field="job_directory",
        )
    with readers.begin(directory) as process:
        _wait(process, context, settings)
    if (directory / FAILURE_FILE).exists():
        raise _failure(directory / FAILURE_FILE)
    if not found.exists():
        raise LimitExceededError(
            "reading the history needs more memory than is allowed; import it in parts",
            field="file",
            limit=f"{settings.import_memory_bytes} bytes of memory",
        )
    return found


def _wait(process: ReadingProcess, context: JobContext, settings: Settings) -> None:
    deadline = time.monotonic() + settings.import_timeout_s
    while not process.has_ended(_LOOK_EVERY_S):
        context.report(0.0, "reading")
        if time.monotonic() > deadline:
            raise LimitExceededError(
                "reading the history takes longer than is allowed; import it in parts",
                field="file",
                limit=f"{settings.import_timeout_s:g} s",
            )


def _failure(path: Path) -> WarmtuneError:
    body = json.loads(path.read_text())
    kind: type[WarmtuneError] = getattr(errors, body["error"])
    return kind.restored(
        body["message"], field=body["field"], value=body["value"], limit=body["limit"], code=body["code"]
    )
