"""Reading the audit trail."""

from service.api_keys.callers import check_operator
from service.api_keys.ring import Caller
from service.services import Services
from store.audit import AuditRepository
from store.pages import PageRequest
from store.workspaces import WorkspaceRepository
from warmtune.vocabulary.audit import AuditEntry
from warmtune.vocabulary.page import Page


def list_audit(
    services: Services, who: Caller, page: PageRequest, *, caller: str | None, workspace: str | None
) -> Page[AuditEntry]:
    """The trail of the caller's workspace, newest first, or of another one for who administers the service.

    Raises:
        ForbiddenError: If another workspace is asked for by who doesn't administer the service.
        NotFoundError: If there is no such workspace.
    """
    database = services.database
    if workspace is not None and workspace != who.workspace.name:
        check_operator(who)
        with database.of(None).reading() as connection:
            database = database.of(WorkspaceRepository(connection).get(workspace).workspace)
    with database.reading() as connection:
        return AuditRepository(connection).page(page, caller=caller)
