"""Every call of the API as a method, written once for both clients."""

import functools
from collections.abc import Callable, Coroutine
from typing import Generic, ParamSpec, Self, TypeVar, overload

from warmtune.rest.async_connection import AsyncConnection
from warmtune.rest.calls import Call
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints import (
    audit,
    explanations,
    imports,
    jobs,
    keys,
    learning_curves,
    models,
    neural,
    recommendations,
    search_spaces,
    shared_models,
    studies,
    system,
    tasks,
    workspaces,
)

P = ParamSpec("P")


ResultT = TypeVar("ResultT")


class Endpoint(Generic[P, ResultT]):
    """A call of the API as a method: it returns the answer on `Client`, an awaitable of it on `AsyncClient`."""

    def __init__(self, build: Callable[P, Call[ResultT]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: Connection, owner: type) -> Callable[P, ResultT]: ...

    @overload
    def __get__(self, client: AsyncConnection, owner: type) -> Callable[P, Coroutine[None, None, ResultT]]: ...

    def __get__(
        self, client: Connection | AsyncConnection | None, owner: type
    ) -> Self | Callable[P, ResultT | Coroutine[None, None, ResultT]]:
        if client is None:
            return self

        def send(*args: P.args, **kwargs: P.kwargs) -> ResultT | Coroutine[None, None, ResultT]:
            return client.send(self._build(*args, **kwargs))

        return functools.update_wrapper(send, self._build)


class Endpoints:
    """Every call of the API, version 1; what each takes, returns and raises stands in `warmtune.rest.endpoints`."""

    recommend = Endpoint(recommendations.recommend)
    create_task = Endpoint(tasks.create_task)
    get_task = Endpoint(tasks.get_task)
    delete_task = Endpoint(tasks.delete_task)
    list_tasks = Endpoint(tasks.list_tasks)
    neighbours = Endpoint(tasks.neighbours)
    put_search_space = Endpoint(search_spaces.put_search_space)
    get_search_space = Endpoint(search_spaces.get_search_space)
    list_search_spaces = Endpoint(search_spaces.list_search_spaces)
    create_study = Endpoint(studies.create_study)
    get_study = Endpoint(studies.get_study)
    delete_study = Endpoint(studies.delete_study)
    list_studies = Endpoint(studies.list_studies)
    get_study_search_space = Endpoint(studies.get_study_search_space)
    list_trials = Endpoint(studies.list_trials)
    report_trials = Endpoint(studies.report_trials)
    suggestions = Endpoint(recommendations.suggestions)
    suggestions_for = Endpoint(recommendations.suggestions_for)
    learning_curves = Endpoint(learning_curves.learning_curves)
    explain = Endpoint(explanations.explain)
    parameter_importance = Endpoint(explanations.parameter_importance)
    refit = Endpoint(models.refit)
    train_neural_model = Endpoint(neural.train_neural_model)
    list_neural_models = Endpoint(neural.list_neural_models)
    get_neural_model = Endpoint(neural.get_neural_model)
    put_neural_model = Endpoint(neural.put_neural_model)
    delete_neural_model = Endpoint(neural.delete_neural_model)
    adapt_neural_model = Endpoint(neural.adapt_neural_model)
    suggest_by_neural_model = Endpoint(neural.suggest_by_neural_model)
    get_initialisation = Endpoint(neural.get_initialisation)
    list_models = Endpoint(models.list_models)
    activate_model = Endpoint(models.activate_model)
    backtest = Endpoint(models.backtest)
    start_import = Endpoint(imports.start_import)
    get_import = Endpoint(imports.get_import)
    list_imports = Endpoint(imports.list_imports)
    get_job = Endpoint(jobs.get_job)
    get_job_log = Endpoint(jobs.get_job_log)
    list_jobs = Endpoint(jobs.list_jobs)
    cancel_job = Endpoint(jobs.cancel_job)
    create_key = Endpoint(keys.create_key)
    list_keys = Endpoint(keys.list_keys)
    revoke_key = Endpoint(keys.revoke_key)
    create_workspace = Endpoint(workspaces.create_workspace)
    list_workspaces = Endpoint(workspaces.list_workspaces)
    delete_workspace = Endpoint(workspaces.delete_workspace)
    share_model = Endpoint(shared_models.share_model)
    list_shared_models = Endpoint(shared_models.list_shared_models)
    accept_shared_model = Endpoint(shared_models.accept_shared_model)
    end_shared_model = Endpoint(shared_models.end_shared_model)
    list_audit = Endpoint(audit.list_audit)
    health = Endpoint(system.health)
