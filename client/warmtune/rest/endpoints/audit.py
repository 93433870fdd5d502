"""The audit trail, for callers whose key has the scope ``admin``."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query
from warmtune.vocabulary.audit import AuditEntry
from warmtune.vocabulary.page import Page
from warmtune.wire.answers import reader
from warmtune.wire.audit import AuditPage


def list_audit(
    *,
    caller: str | None = None,
    workspace: str | None = None,
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Call[Page[AuditEntry]]:
    """A page of the audit trail: who has written what, newest first.

    Args:
        caller: Of this key's identifier only.
        workspace: Of another workspace, for those who administer the service; by default the caller's own.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.

    Raises:
        ForbiddenError: If the key is no admin's.
    """
    asked = query(caller=caller, workspace=workspace, limit=limit, cursor=cursor)
    return Call("GET", "/v1/audit", reader(AuditPage), query=asked)
