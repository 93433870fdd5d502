"""Every call of the API as a method, written once for both clients."""

import functools
import inspect
from collections.abc import Callable, Coroutine
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args, overload

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
from warmtune.vocabulary.errors import InvalidInputError

P = ParamSpec("P")
ResultT = TypeVar("ResultT")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
ClientT = TypeVar("ClientT", Connection, AsyncConnection)


class Endpoint(Generic[P, ResultT]):
    """A call of the API as a method: it returns the answer on `Client`, an awaitable of it on `AsyncClient`.

    On a class it is a function like any other method, for `help`, `inspect` and what builds on them: with a signature
    that begins with ``self``, the call's docstring, and a name by which it can be pickled.
    """

    def __init__(self, build: Callable[P, Call[ResultT]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(
        self, client: None, owner: type[AsyncConnection]
    ) -> Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, ResultT]]: ...

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Connection, P], ResultT]: ...

    @overload
    def __get__(self, client: Connection, owner: type) -> Callable[P, ResultT]: ...

    @overload
    def __get__(self, client: AsyncConnection, owner: type) -> Callable[P, Coroutine[Any, Any, ResultT]]: ...

    def __get__(self, client: Connection | AsyncConnection | None, owner: type) -> Callable[..., object]:
        function = self._awaited if issubclass(owner, AsyncConnection) else self._answered
        return function if client is None else MethodType(function, client)

    @functools.cached_property
    def _answered(self) -> Callable[Concatenate[Connection, P], ResultT]:
        def send(self: Connection, /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
            return _client(self, Connection, build.__name__).send(build(*args, **kwargs))

        build = self._build
        return _like_a_method(send, build, "Client")

    @functools.cached_property
    def _awaited(self) -> Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, ResultT]]:
        async def send(self: AsyncConnection, /, *args: P.args, **kwargs: P.kwargs) -> ResultT:
            return await _client(self, AsyncConnection, build.__name__).send(build(*args, **kwargs))

        build = self._build
        return _like_a_method(send, build, "AsyncClient")


def _like_a_method(method: FunctionT, build: Callable[..., object], owner: str) -> FunctionT:
    """A method with the name, docstring and parameters of what builds its call; it returns what the call is read as."""
    functools.update_wrapper(method, build)
    signature = inspect.signature(build)
    answer = get_args(signature.return_annotation)
    method.__dict__["__signature__"] = signature.replace(
        parameters=[inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *signature.parameters.values()],
        return_annotation=answer[0] if answer else signature.return_annotation,
    )
    method.__module__, method.__qualname__ = "warmtune.client", f"{owner}.{build.__name__}"
    return method


def _client(given: object, kind: type[ClientT], name: str) -> ClientT:
    """The client that a method is called on.

    Raises:
        InvalidInputError: If it is none: the method was called on the class.
    """
    if isinstance(given, kind):
        return given
    what = "AsyncClient" if issubclass(kind, AsyncConnection) else "Client"
    raise InvalidInputError(
        f"{name} is called on a client, as warmtune.{what}(...).{name}(...)",
        field="self",
        value=given,
        limit=f"a warmtune.{what}",
    )


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
