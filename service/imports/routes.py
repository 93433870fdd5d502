"""Routes of imports."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, status

from service.http.documentation import problems
from service.http.forms import Upload, UploadOnly
from service.http.page_request import AskedPage
from service.http.route import ApiRoute, UploadRoute
from service.imports import usecases
from service.services import UsesServices
from warmtune.wire.imports import ImportBody, ImportPage, ImportRequest
from warmtune.wire.jobs import JobResponse

SentHistory = Annotated[
    Upload[ImportRequest],
    Depends(UploadOnly(ImportRequest, "An Optuna database or journal, or another source that can be imported")),
]

uploads = APIRouter(prefix="/v1/imports", tags=["Imports"], route_class=UploadRoute)
router = APIRouter(prefix="/v1/imports", tags=["Imports"], route_class=ApiRoute)


@uploads.post(
    "",
    operation_id="import_history",
    summary="Import a history, as a job",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(400, 404, 413, 415, 422, 503),
)
def import_history(services: UsesServices, body: SentHistory) -> JobResponse:
    """Import studies of other tools; an acknowledged import survives the end of the service.

    For each study the job's result reports what was imported, adjusted, left out or refused, and why; with `dry_run`,
    what would be. Sending the same source again changes nothing; if it has grown, only new trials are added. Nothing in
    a file is executed or unpickled.
    """
    return JobResponse.from_domain(usecases.queue_import(services, body.file, body.asked).job)


@router.get("", operation_id="list_imports", summary="List imports", responses=problems(422))
def list_imports(services: UsesServices, page: AskedPage) -> ImportPage:
    """List imports that have stored something, newest first."""
    return ImportPage.from_domain(usecases.list_imports(services, page))


@router.get("/{import_id}", operation_id="get_import", summary="Read an import", responses=problems(404))
def get_import(services: UsesServices, import_id: Annotated[str, Path(description="An import")]) -> ImportBody:
    """An import's source, time and sender; its studies name it in their metadata."""
    return ImportBody.from_domain(usecases.get_import(services, import_id))
