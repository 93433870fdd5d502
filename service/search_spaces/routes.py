"""Routes of search spaces."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from service.http.documentation import problems
from service.http.json_bodies import JsonBody
from service.http.page_request import AskedPage
from service.http.route import ApiRoute
from service.search_spaces import usecases
from service.services import UsesServices
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.spaces import RegisteredSearchSpace, SearchSpacePage, SearchSpaceRegistration

SpaceName = Annotated[str, Path(description="Its registered name")]


async def _asked_kinds(
    kind: Annotated[list[TaskKind] | None, Query(description="Kinds of task it is for; by default all")] = None,
) -> tuple[TaskKind, ...]:
    return tuple(kind or ())


Registration = Annotated[SearchSpaceRegistration, Depends(JsonBody(SearchSpaceRegistration))]
AskedKinds = Annotated[tuple[TaskKind, ...], Depends(_asked_kinds)]

router = APIRouter(prefix="/v1/search-spaces", tags=["Search spaces"], route_class=ApiRoute)


@router.put(
    "/{name}",
    operation_id="put_search_space",
    summary="Register a search space",
    responses={
        **problems(400, 409, 413, 415, 422),
        201: {"model": RegisteredSearchSpace, "description": "The name is new"},
    },
)
def put_search_space(
    *,
    services: UsesServices,
    name: SpaceName,
    body: Registration,
    response: Response,
    kinds: AskedKinds,
) -> RegisteredSearchSpace:
    """Give a search space a name: Optuna's distributions verbatim, with conditions, defaults and aliases.

    Once a name has studies, only its defaults and aliases may change. Names of the
    shipped catalogue can't be taken. The body may be what GET answers. Answers 201 for a new name, else 200.
    """
    found, is_new = usecases.register(services, name, body, kinds=kinds or tuple(body.kinds or TaskKind))
    response.status_code = 201 if is_new else 200
    return RegisteredSearchSpace.from_domain(found)


@router.get("", operation_id="list_search_spaces", summary="List search spaces", responses=problems(422))
def list_search_spaces(
    services: UsesServices,
    page: AskedPage,
    kind: Annotated[TaskKind | None, Query(description="Only search spaces for tasks of this kind")] = None,
) -> SearchSpacePage:
    """Registered search spaces, the shipped catalogue first. A name may stand for two (classification, regression)."""
    return SearchSpacePage.from_domain(usecases.list_spaces(services, page, kind=kind))


@router.get("/{name}", operation_id="get_search_space", summary="Read a search space", responses=problems(404, 422))
def get_search_space(
    services: UsesServices,
    name: SpaceName,
    kind: Annotated[
        TaskKind | None, Query(description="Kind of task, if the name stands for two search spaces")
    ] = None,
) -> RegisteredSearchSpace:
    """A registered search space. If a name stands for two and no kind is given, the one for classification."""
    return RegisteredSearchSpace.from_domain(usecases.get_space(services, name, kind=kind))
