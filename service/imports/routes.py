"""Routes of imports."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, status

from service.http.documentation import form_only, problems
from service.http.forms import read_body, uploaded_file
from service.http.paging import AskedPage
from service.http.route import ApiRoute, UploadRoute
from service.http.validation import InvalidRequestError
from service.imports import usecases
from service.jobs.rendering import job_response
from service.services import UsesServices
from store.imports import ImportRecord
from warmtune.wire.imports import ImportBody, ImportPage, ImportRequest
from warmtune.wire.jobs import JobResponse

uploads = APIRouter(prefix="/v1/imports", tags=["Imports"], route_class=UploadRoute)
router = APIRouter(prefix="/v1/imports", tags=["Imports"], route_class=ApiRoute)


@uploads.post(
    "",
    operation_id="import_history",
    summary="Import a history, as a job",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(400, 404, 413, 415, 422, 503),
    openapi_extra=form_only(ImportRequest, "An Optuna database or journal, or another source of docs/imports.md"),
)
def import_history(request: Request, services: UsesServices) -> JobResponse:
    """Take in studies from elsewhere; what is acknowledged survives the end of the service.

    The job's result tells for each study what was taken, adjusted, left out or refused, and why; with `dry_run`, what
    would be. Sent again, nothing changes; a source that has grown adds what is new. Nothing in a file is executed or
    unpickled.
    """
    file = uploaded_file(request)
    if file is None:
        raise InvalidRequestError("a history comes as the part 'file' of a form", field="file")
    return job_response(usecases.queue_import(services, file, read_body(request, ImportRequest)))


@router.get("", operation_id="list_imports", summary="List imports", responses=problems(422))
def list_imports(services: UsesServices, page: AskedPage) -> ImportPage:
    """Where studies came from: imports that have kept something, newest first."""
    found = usecases.list_imports(services, page)
    return ImportPage(items=[_response(record) for record in found.items], next_cursor=found.next_cursor)


@router.get("/{import_id}", operation_id="get_import", summary="Read an import", responses=problems(404))
def get_import(services: UsesServices, import_id: Annotated[str, Path(description="An import")]) -> ImportBody:
    """What it has read, when, and for whom; its studies name it in their metadata."""
    return _response(usecases.get_import(services, import_id))


def _response(record: ImportRecord) -> ImportBody:
    return ImportBody(
        import_id=record.import_id,
        source=record.source,
        written_by=record.written_by,
        file_name=record.file_name,
        file_hash=record.file_hash,
        sent_by=record.sent_by,
        created_at=record.created_at,
        n_studies=record.n_studies,
    )
