"""The parts of a running service for its handlers, and for each workspace the same, bound to it."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from learning.lru import LruCache
from learning.models.answering_models import AnsweringModels
from learning.models.background import BackgroundModels
from learning.models.cache import ModelCache
from learning.neural.loaded_models import LoadedModels
from learning.remembered_answers import RememberedAnswers
from learning.task_index import TaskIndex
from learning.tree_cache import TreeCache
from service.api_keys.rates import RequestRates
from service.api_keys.ring import Caller, KeyRing
from service.audit.trail import AuditTrail
from service.description.pool import DescriberPool
from service.http.large_bodies import BodyReaders
from service.http.request_work import RunningWork
from service.jobs.owners import new_owner
from service.jobs.runner import JobRunner
from service.measures import Measures
from service.pages.cache import PageCache
from service.settings import Settings
from service.spool import Spool
from service.system.readiness import Readiness
from service.thread_turns import AnswerTurns
from store.connections.database import Database
from store.connections.scope import Workspace

_MAX_BOUND: Final = 256
_MAX_LONG_STUDIES: Final = 8
"""Whose values pages remember: about 10 MB for each 50,000 trials."""
CALLER: Final = "caller"
"""Where a request's state has its caller."""


@dataclass(frozen=True, slots=True)
class Services:
    """One running service's parts; handlers in any thread share it.

    What handlers get is bound to their caller's workspace (`within`): database, models, tasks, trees and jobs are that
    one's. The unbound one is for what runs the service as a whole; its database reads no workspace's rows.

    `turns` say who computes an answer next: threads that compute at once take the interpreter from each other, and all
    of them answer later.
    """

    settings: Settings
    database: Database
    describers: DescriberPool
    models: ModelCache
    answering: AnsweringModels
    background_models: BackgroundModels
    task_index: TaskIndex
    trees: TreeCache
    jobs: JobRunner
    neural: LoadedModels
    measures: Measures
    spool: Spool
    keys: KeyRing
    rates: RequestRates
    trail: AuditTrail
    readers: BodyReaders
    readiness: Readiness
    running_work: RunningWork
    turns: AnswerTurns = field(default_factory=AnswerTurns)
    remembered: RememberedAnswers = field(default_factory=RememberedAnswers)
    page_cache: PageCache = field(default_factory=PageCache)
    values_cache: PageCache = field(default_factory=lambda: PageCache(max_items=_MAX_LONG_STUDIES))
    owner: str = field(default_factory=new_owner)
    bound: "LruCache[int, Services]" = field(default_factory=lambda: LruCache(max_items=_MAX_BOUND), repr=False)

    def forget(self, workspace: Workspace) -> None:
        """Drop what is cached of a deleted workspace."""
        self.bound.forget(lambda seq: seq == workspace.seq)
        self.measures.forget(workspace)

    def within(self, workspace: Workspace) -> "Services":
        """The same service as one workspace sees it."""
        found = self.bound.find(workspace.seq)
        if found is None:
            database = self.database.of(workspace)
            models = self.models.of(database)
            found = replace(
                self,
                database=database,
                models=models,
                answering=self.answering.of(models, database),
                background_models=self.background_models.of(models, database),
                task_index=self.task_index.of(database),
                trees=self.trees.of(workspace),
                jobs=self.jobs.of(database),
                neural=self.neural.of(database),
                remembered=self.remembered.of(workspace),
                page_cache=self.page_cache.of(workspace),
                values_cache=self.values_cache.of(workspace),
                measures=self.measures.of(workspace),
            )
            self.bound.put(workspace.seq, found)
        return found


def services_of(request: Request) -> Services:
    """The parts of the service that received the request, bound to no workspace.

    Raises:
        TypeError: If the application was made without them: a mistake in the code.
    """
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was made without its services")
    return services


async def own_services_of(request: Request) -> Services:
    """The parts of the service as the request's caller sees them: bound to its workspace.

    A page that needs no key belongs to nobody where the service has keys: then it is bound to none.
    """
    services = services_of(request)
    caller = request.scope.get("state", {}).get(CALLER)
    if isinstance(caller, Caller):
        return services.within(caller.workspace)
    return services.within(services.keys.default) if services.keys.is_open else services


UsesServices = Annotated[Services, Depends(own_services_of)]
