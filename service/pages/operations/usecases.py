"""What the pages about running the service show."""

from dataclasses import dataclass
from typing import Final

from service.api_keys.ring import Caller
from service.api_keys.usecases import list_keys
from service.imports.usecases import list_imports
from service.jobs.usecases import get_job, get_job_log, list_jobs
from service.models.usecases import list_models
from service.services import Services
from store.costs import SpaceCost, costs_by_space
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.api_key import ApiKey, Scope
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.job import Job, JobLine
from warmtune.vocabulary.model_version import ModelVersion

_JOBS: Final = PageRequest(limit=30)
_VERSIONS: Final = PageRequest(limit=50)
_IMPORTS: Final = PageRequest(limit=30)
_KEYS: Final = PageRequest(limit=100)
_LINES: Final = PageRequest(limit=500)


@dataclass(frozen=True, slots=True)
class OperationsView:
    """The newest of each; `keys` is None where the viewer may not see them."""

    jobs: tuple[Job, ...]
    versions: tuple[ModelVersion, ...]
    imports: tuple[ImportRecord, ...]
    keys: tuple[ApiKey, ...] | None
    costs: tuple[SpaceCost, ...]
    space_names: tuple[str, ...]

    @property
    def is_busy(self) -> bool:
        """Whether a job waits or runs."""
        return any(not job.state.is_final for job in self.jobs)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with its log."""

    job: Job
    lines: tuple[JobLine, ...]


def view_operations(services: Services, caller: Caller) -> OperationsView:
    """Jobs, versions, imports, keys and costs."""
    may_see_keys = caller.scope.includes(Scope.ADMIN)
    with services.database.reading() as connection:
        costs = costs_by_space(connection)
        names = SearchSpaceRepository(connection).registered_names()
    return OperationsView(
        jobs=tuple(list_jobs(services, _JOBS, kind=None, state=None).items),
        versions=tuple(list_models(services, _VERSIONS, search_space=None, kind=None, metric=None).items),
        imports=tuple(list_imports(services, _IMPORTS).items),
        keys=tuple(list_keys(services, caller, _KEYS).items) if may_see_keys else None,
        costs=costs,
        space_names=names,
    )


def view_job(services: Services, job_id: str) -> JobView:
    """A job with its first lines.

    Raises:
        NotFoundError: If there is none.
    """
    return JobView(get_job(services, job_id).job, tuple(get_job_log(services, job_id, _LINES).items))
