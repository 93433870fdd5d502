"""The start page."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.pages.access import UsesViewer
from service.pages.overview.usecases import overview
from service.pages.page_route import PageRoute, page
from service.services import UsesServices

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/")
def home(request: Request, services: UsesServices, viewer: UsesViewer) -> Response:
    """The overview: what the service has learned from and saved, and links to the other pages."""
    origin = str(request.base_url).rstrip("/")
    return page(request, "overview.html", viewer, overview=overview(services), origin=origin)
