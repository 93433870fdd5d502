"""Routes of workspaces, for admin keys of the workspace ``default``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, status

from service.api_keys.callers import UsesCaller
from service.http.documentation import problems
from service.http.json_bodies import JsonBody
from service.http.page_request import AskedPage
from service.http.route import ApiRoute
from service.services import UsesServices
from service.workspaces import usecases
from warmtune.wire.workspaces import NewWorkspaceRequest, WorkspacePage, WorkspaceResponse

AskedWorkspace = Annotated[NewWorkspaceRequest, Depends(JsonBody(NewWorkspaceRequest))]

router = APIRouter(prefix="/v1/workspaces", tags=["Workspaces"], route_class=ApiRoute)


@router.post(
    "",
    operation_id="create_workspace",
    summary="Create a workspace",
    status_code=status.HTTP_201_CREATED,
    responses=problems(400, 403, 409, 413, 415, 422),
)
def create_workspace(services: UsesServices, caller: UsesCaller, body: AskedWorkspace) -> WorkspaceResponse:
    """Create a workspace, which holds only the shipped data; then create keys for it."""
    return WorkspaceResponse.from_domain(usecases.create_workspace(services, caller, body.name))


@router.get("", operation_id="list_workspaces", summary="List workspaces", responses=problems(403, 422))
def list_workspaces(services: UsesServices, caller: UsesCaller, page: AskedPage) -> WorkspacePage:
    """Workspaces, newest first; nothing of their content."""
    found = usecases.list_workspaces(services, caller, page)
    return WorkspacePage.from_domain(found)


@router.delete(
    "/{name}",
    operation_id="delete_workspace",
    summary="Delete a workspace",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(403, 404, 409),
)
def delete_workspace(
    services: UsesServices, caller: UsesCaller, name: Annotated[str, Path(description="A workspace")]
) -> None:
    """Delete a workspace with all its tasks, studies, models, jobs and keys, for good."""
    usecases.delete_workspace(services, caller, name)
