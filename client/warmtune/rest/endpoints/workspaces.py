"""Workspaces, for those who administer the service."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.workspace import WorkspaceSummary
from warmtune.wire.answers import read_nothing, reader
from warmtune.wire.bodies import built, sent
from warmtune.wire.workspaces import NewWorkspaceRequest, WorkspacePage, WorkspaceResponse


def create_workspace(name: str) -> Call[WorkspaceSummary]:
    """Make a workspace, whose keys will see nothing of others.

    Args:
        name: Lower-case letters, digits, ``-`` and ``_``, up to 100.

    Raises:
        ForbiddenError: If the key is no admin key of the workspace ``default``.
        ConflictError: If the name is taken.
    """
    return Call("POST", "/v1/workspaces", reader(WorkspaceResponse), body=sent(built(NewWorkspaceRequest, name=name)))


def list_workspaces(*, limit: int = PAGE_SIZE, cursor: str | None = None) -> Call[Page[WorkspaceSummary]]:
    """A page of workspaces, newest first.

    Args:
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        ForbiddenError: If the key is no admin key of the workspace ``default``.
    """
    return Call("GET", "/v1/workspaces", reader(WorkspacePage), query=query(limit=limit, cursor=cursor))


def delete_workspace(name: str) -> Call[None]:
    """Delete a workspace with all its tasks, studies, models, jobs and keys, for good.

    Args:
        name: Not ``default``.

    Raises:
        ForbiddenError: If the key is no admin key of the workspace ``default``.
        NotFoundError: If there is none.
        ConflictError: If it is the default one.
    """
    return Call("DELETE", f"/v1/workspaces/{quoted(name, 'workspace')}", read_nothing)
