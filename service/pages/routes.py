"""Pages for people: the dashboard and the API's documentation, with every file they load."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from service.pages.operations.actions import router as actions
from service.pages.operations.routes import router as operations
from service.pages.origins.routes import router as origins
from service.pages.overview.routes import router as overview
from service.pages.sharing.routes import router as sharing
from service.pages.sign_in import router as sign_in
from service.pages.studies.routes import router as studies
from service.pages.tasks.routes import router as tasks
from service.pages.transfer.routes import router as transfer

_STATIC = Path(__file__).parents[1] / "static"

router = APIRouter(include_in_schema=False)
for part in (overview, studies, origins, tasks, transfer, operations, actions, sharing, sign_in):
    router.include_router(part)


def mount_static(app: FastAPI) -> None:
    """Serve the files that pages load."""
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Swagger UI."""
    return _document("docs.html")


@router.get("/redoc")
async def redoc() -> HTMLResponse:
    """ReDoc."""
    return _document("redoc.html")


@router.get("/favicon.ico")
async def favicon() -> RedirectResponse:
    """For browsers that ask for it by themselves."""
    return RedirectResponse("/static/pages/mark.svg", status_code=308)


def _document(template: str) -> HTMLResponse:
    from service.pages.page_templates import render  # noqa: PLC0415  # the first page needs Jinja, the start does not

    return HTMLResponse(render(template, {}), headers={"Cache-Control": "no-cache"})
