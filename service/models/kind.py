"""The kind of job that learns a new version."""

from service.jobs.kinds import JobContext, JobKind
from learning.model_cache import ModelCache
from service.settings import Settings
from store.database import Database
from store.jobs import Json

REFIT = "refit"


def refit_kind(database: Database, models: ModelCache, settings: Settings) -> JobKind:
    """Refits; one that was interrupted starts anew, for nothing is kept before its end."""

    def work(context: JobContext, request: Json) -> Json:
        from learning.refit.refit import Asked, Refit  # noqa: PLC0415  # numpy and scipy, when first needed

        return Refit(context, Asked.read(request), database, models, settings).run()

    return JobKind(REFIT, work, is_resumable=True)
