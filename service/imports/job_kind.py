"""The kind of job that imports a history."""

from learning.work import JobContext
from service.imports.requests import ImportJob
from service.jobs.kinds import JobKind
from service.settings import Settings
from store.database import Database
from store.jobs import Json

IMPORT = "import"


def import_kind(database: Database, settings: Settings) -> JobKind:
    """Imports; one that was interrupted goes on: what it has kept already is found unchanged."""

    def work(context: JobContext, request: Json) -> Json:
        from service.imports.importing import Importing  # noqa: PLC0415  # when first needed

        own = database.of(context.workspace)
        return Importing(context, ImportJob.model_validate(request), own, settings).run()

    return JobKind(IMPORT, work, is_resumable=True)
