"""Pages for people: the start page and the API's documentation, with every file they load."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from service.pages.usecases import overview
from service.services import UsesServices

_STATIC = Path(__file__).parents[1] / "static"

router = APIRouter(include_in_schema=False)


def mount_static(app: FastAPI) -> None:
    """Serve the files that pages load."""
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")


@router.get("/")
def home(request: Request, services: UsesServices) -> HTMLResponse:
    """What this is, what it has learned from, where to go on."""
    is_open = services.keys.is_open
    return _page(
        "home.html",
        version=request.app.version,
        overview=overview(services) if is_open else None,
        origin=str(request.base_url).rstrip("/"),
    )


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Swagger UI."""
    return _page("docs.html")


@router.get("/redoc")
async def redoc() -> HTMLResponse:
    """ReDoc."""
    return _page("redoc.html")


@router.get("/favicon.ico")
async def favicon() -> RedirectResponse:
    """For browsers that ask without being told."""
    return RedirectResponse("/static/pages/mark.svg", status_code=308)


def _page(template: str, **values: object) -> HTMLResponse:
    from service.pages.rendering import render  # noqa: PLC0415  # the first page needs Jinja, the start does not

    return HTMLResponse(render(template, values), headers={"Cache-Control": "no-cache"})
