"""What handlers work with: one object per running service."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from learning.model_cache import ModelCache
from learning.neural.loaded_models import LoadedModels
from learning.task_index import TaskIndex
from learning.tree_cache import TreeCache
from service.api_keys.ring import KeyRing
from service.description.pool import DescriberPool
from service.http.large_bodies import BodyReaders
from service.http.request_work import WorkUnderWay
from service.jobs.owners import new_owner
from service.jobs.runner import JobRunner
from service.measures import Measures
from service.pages.cache import PageCache
from service.settings import Settings
from service.spool import Spool
from service.system.readiness import Readiness
from store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """One running service's parts; handlers in any thread share it."""

    settings: Settings
    database: Database
    describers: DescriberPool
    models: ModelCache
    task_index: TaskIndex
    trees: TreeCache
    jobs: JobRunner
    neural: LoadedModels
    measures: Measures
    spool: Spool
    keys: KeyRing
    readers: BodyReaders
    readiness: Readiness
    work_under_way: WorkUnderWay
    page_cache: PageCache = field(default_factory=PageCache)
    owner: str = field(default_factory=new_owner)


def services_of(request: Request) -> Services:
    """The parts of the service that received the request.

    Raises:
        TypeError: If the application was made without them: a mistake in the code.
    """
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was made without its services")
    return services


async def _services(request: Request) -> Services:
    return services_of(request)


UsesServices = Annotated[Services, Depends(_services)]
