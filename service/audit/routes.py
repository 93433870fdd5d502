"""The route of the audit trail, for callers with the scope admin."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.api_keys.callers import UsesCaller
from service.audit import usecases
from service.http.documentation import problems
from service.http.page_request import AskedPage
from service.http.route import ApiRoute
from service.services import UsesServices
from warmtune.wire.audit import AuditPage

router = APIRouter(prefix="/v1/audit", tags=["Keys"], route_class=ApiRoute)


@router.get("", operation_id="list_audit", summary="Read the audit trail", responses=problems(403, 404, 422))
def list_audit(  # noqa: PLR0917  # FastAPI reads them from the signature
    services: UsesServices,
    who: UsesCaller,
    page: AskedPage,
    caller: Annotated[
        str | None, Query(max_length=20, description="Only writes by the key with this identifier")
    ] = None,
    workspace: Annotated[
        str | None, Query(max_length=100, description="Another workspace's trail; needs an admin key of `default`")
    ] = None,
) -> AuditPage:
    """List the audit trail, newest first: successful and refused writes with their object, without the sent content."""
    found = usecases.list_audit(services, who, page, caller=caller, workspace=workspace)
    return AuditPage.from_domain(found)
