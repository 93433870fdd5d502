"""The kind of job that learns a new version."""

from typing import Final

from learning.job_context import JobContext
from learning.job_requests import RefitJob
from learning.limits import RefitLimits
from learning.models.cache import ModelCache
from service.jobs.kinds import JobKind
from service.settings import Settings
from store.connections.database import Connection, Database
from store.histories import n_past_trials
from store.stored_job import Json

REFIT = "refit"
QUICK_UP_TO_TRIALS: Final = 500


def refit_kind(database: Database, models: ModelCache, settings: Settings) -> JobKind:
    """Refits; an interrupted one goes on with the next group of tasks, and learns from the trials of its first try."""
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

    def is_quick(connection: Connection, request: Json) -> bool:
        return n_past_trials(connection, RefitJob.model_validate(request).key) <= QUICK_UP_TO_TRIALS

    return JobKind(REFIT, work, is_resumable=True, is_quick=is_quick)
