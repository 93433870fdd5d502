"""The kind of job that learns a new version."""

from learning.limits import RefitLimits
from learning.model_cache import ModelCache
from learning.requests import RefitJob
from learning.work import JobContext
from service.jobs.kinds import JobKind
from service.settings import Settings
from store.database import Database
from store.jobs import Json

REFIT = "refit"


def refit_kind(database: Database, models: ModelCache, settings: Settings) -> JobKind:
    """Refits; one that was interrupted starts anew, for nothing is kept before its end."""
    limits = RefitLimits(
        backtest_targets=settings.backtest_targets,
        backtest_folds=settings.backtest_folds,
        backtest_trials=settings.backtest_trials,
        margin=settings.refit_margin,
        surrogate_steps=settings.refit_surrogate_steps,
    )

    def work(context: JobContext, request: Json) -> Json:
        from learning.refit.refit import Refit  # noqa: PLC0415  # numpy and scipy, when first needed

        own = database.of(context.workspace)
        return Refit(context, RefitJob.model_validate(request), own, models.of(own), limits).run()

    return JobKind(REFIT, work, is_resumable=True)
