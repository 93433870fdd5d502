"""The kind of job that imports a history."""

from typing import Final

from learning.job_context import JobContext
from service.imports.readers import HistoryReaders
from service.imports.requests import ImportJob
from service.jobs.kinds import JobKind
from service.settings import Settings
from store.connections.database import Connection, Database
from store.stored_job import Json

IMPORT = "import"
QUICK_UP_TO_BYTES: Final = 2**20  # some thousands of trials: seconds


def import_kind(database: Database, settings: Settings, readers: HistoryReaders) -> JobKind:
    """Imports; an interrupted one resumes: what it has stored already is found unchanged."""

    def work(context: JobContext, request: Json) -> Json:
        from service.imports.study_import import ImportRun  # noqa: PLC0415  # when first needed

        own = database.of(context.workspace)
        try:
            return ImportRun(context, ImportJob.model_validate(request), own, settings, readers).run()
        finally:
            readers.prepare()  # histories come in groups

    def is_quick(connection: Connection, request: Json) -> bool:
        return ImportJob.model_validate(request).n_bytes <= QUICK_UP_TO_BYTES

    return JobKind(IMPORT, work, is_resumable=True, is_quick=is_quick)
