"""Pages about running the service."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from service.pages.access import UsesViewer
from service.pages.operations.usecases import view_job, view_operations
from service.pages.page_route import PageRoute, page
from service.services import UsesServices

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/operations")
def operations(request: Request, services: UsesServices, viewer: UsesViewer) -> Response:
    """Jobs, model versions, imports, keys, failures and cost."""
    view = view_operations(services, viewer.caller)
    return page(request, "operations.html", viewer, view=view, has_keys=not services.keys.is_open)


@router.get("/operations/jobs/{job_id}")
def job(
    request: Request, services: UsesServices, viewer: UsesViewer, job_id: Annotated[str, Path(max_length=200)]
) -> Response:
    """A job, its log, and what it gave."""
    return page(request, "job.html", viewer, view=view_job(services, job_id))
