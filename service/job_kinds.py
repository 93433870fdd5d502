"""All kinds of job that the service does."""

from learning.models.cache import ModelCache
from service.imports.job_kind import import_kind
from service.imports.readers import HistoryReaders
from service.jobs.kinds import JobKinds
from service.models.job_kind import refit_kind
from service.neural.job_kind import neural_train_kind
from service.settings import Settings
from store.connections.database import Database


def job_kinds(database: Database, models: ModelCache, settings: Settings, history_readers: HistoryReaders) -> JobKinds:
    """The kinds, each made with what its work needs."""
    return JobKinds(
        [
            refit_kind(database, models, settings),
            neural_train_kind(database, settings),
            import_kind(database, settings, history_readers),
        ]
    )
