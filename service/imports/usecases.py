"""Taking in a history: the file becomes durable, then a job is queued for it."""

import json
import os
import shutil
from pathlib import Path, PurePath

from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.sources import SourceKind
from knowledge.importers.values import FileOptions, TaskFacts
from service.http.forms import UploadedFile
from service.imports.files import OPTIONS_FILE, SOURCE_FILE
from service.imports.job_kind import IMPORT
from service.imports.requests import ImportJob
from service.search_spaces.requested_space import requested_spaces
from service.services import Services
from store.imports import ImportRepository
from store.pages import PageRequest
from store.stored_job import StoredJob
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import TaskKind, name_of_file
from warmtune.wire.imports import FileOptionsBody, ImportedTaskBody, ImportRequest


def queue_import(services: Services, file: UploadedFile, asked: ImportRequest) -> StoredJob:
    """Queue the job that reads and keeps a history; once it is queued, the file survives the service's end.

    Raises:
        InvalidInputError: On a source that there isn't.
        NotFoundError: On a search space that isn't registered.
        UnavailableError: If too many jobs are queued.
    """
    source = _source(asked.source)
    file_name = name_of_file(file.filename)
    options = _options(services, asked, file_name=file_name)
    body = {"source": source, "options": options.to_json()}

    def prepare(directory: Path) -> None:
        shutil.move(file.path, directory / SOURCE_FILE)
        (directory / OPTIONS_FILE).write_text(json.dumps(body, allow_nan=False))
        for path in (directory / SOURCE_FILE, directory / OPTIONS_FILE, directory, directory.parent):
            _to_disk(path)

    job = ImportJob(
        file_name=file_name,
        n_bytes=file.path.stat().st_size,
        source=source,
        dry_run=asked.dry_run,
        register_as=asked.register_as,
        sent_by=asked.sent_by,
    )
    return services.jobs.submit(IMPORT, job.model_dump(), prepare=prepare)


def get_import(services: Services, import_id: str) -> ImportRecord:
    """An import that has stored something."""
    with services.database.reading() as connection:
        return ImportRepository(connection).get(import_id)


def list_imports(services: Services, page: PageRequest) -> Page[ImportRecord]:
    """Imports, newest first."""
    with services.database.reading() as connection:
        return ImportRepository(connection).page(page)


def _source(name: str | None) -> SourceKind | None:
    if name is None:
        return None
    try:
        return SourceKind(name)
    except ValueError as error:
        raise InvalidInputError(
            f"there is no source {name!r}", field="source", value=name, limit=", ".join(SourceKind)
        ) from error


def _options(services: Services, asked: ImportRequest, *, file_name: str) -> ImportOptions:
    space = None
    if asked.search_space is not None:
        space = requested_spaces(services, asked.search_space).for_kind(asked.kind).space
    options = ImportOptions(
        metric=asked.metric,
        direction=asked.direction,
        kind=asked.kind,
        objective=asked.objective,
        task_by=asked.task_by,
        study_by=asked.study_by,
        studies=None if asked.studies is None else frozenset(asked.studies),
        search_space=space,
        columns=asked.columns,
        tasks={name: _facts(task, asked.kind) for name, task in asked.tasks.items()},
        default_name=PurePath(file_name).stem,
        limits=ImportLimits(max_trials=services.settings.max_import_trials),
        per_file=tuple((one.files, _file_options(one)) for one in asked.per_file),
    )
    is_folder = file_name.lower().endswith(".zip")
    return options if is_folder else options.with_said(options.of_file(file_name, in_folder=False))


def _file_options(said: FileOptionsBody) -> FileOptions:
    return FileOptions(said.metric, said.direction, said.kind, said.objective)


def _facts(task: ImportedTaskBody, kind: TaskKind | None) -> TaskFacts:
    return TaskFacts(
        kind=task.kind or kind,
        meta_features=task.to_meta_features(),
        content_hash=task.content_hash,
        task_id=task.task_id,
    )


def _to_disk(path: Path) -> None:
    """Wait until a file, or a directory's list of files, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
