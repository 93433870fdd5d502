"""Making, listing and deleting workspaces."""

from service.api_keys.callers import check_operator
from service.api_keys.ring import Caller
from service.services import Services
from store.audit import name_object
from store.pages import PageRequest
from store.workspaces import StoredWorkspace, WorkspaceRepository
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.workspace import WorkspaceSummary


def create_workspace(services: Services, caller: Caller, name: str) -> WorkspaceSummary:
    """Make a workspace.

    Raises:
        ForbiddenError: If the caller doesn't administer the service.
        ConflictError: If the name is taken.
    """
    check_operator(caller)
    with services.database.of(None).writing() as connection:
        name_object(name)
        return _summary(WorkspaceRepository(connection).create(name))


def list_workspaces(services: Services, caller: Caller, page: PageRequest) -> Page[WorkspaceSummary]:
    """Workspaces, newest first.

    Raises:
        ForbiddenError: If the caller doesn't administer the service.
    """
    check_operator(caller)
    with services.database.of(None).reading() as connection:
        return WorkspaceRepository(connection).page(page).map(_summary)


def delete_workspace(services: Services, caller: Caller, name: str) -> None:
    """Delete a workspace with everything in it; its running jobs end at their next check.

    Raises:
        ForbiddenError: If the caller doesn't administer the service.
        NotFoundError: If there is no such workspace.
        ConflictError: If it is the default one.
    """
    check_operator(caller)
    with services.database.of(None).writing() as connection:
        gone = WorkspaceRepository(connection).delete(name)
    services.forget(gone)
    services.keys.forget()


def _summary(stored: StoredWorkspace) -> WorkspaceSummary:
    return WorkspaceSummary(stored.workspace.name, stored.n_keys, stored.created_at)
