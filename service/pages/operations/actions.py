"""Forms that write: each checks its token and the key's scope, does one thing of the API, and leads back."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from service.api_keys import usecases as keys
from service.http.forms import UploadedFile, count_upload
from service.http.requests import api_request
from service.imports.usecases import queue_import
from service.models import usecases as models
from service.pages.access import UsesViewer, UsesWriter, checked_writer
from service.pages.page_route import PageRoute, page, see_other
from service.services import UsesServices
from warmtune.vocabulary.api_key import Scope
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.api_keys import NewKeyRequest
from warmtune.wire.bodies import built
from warmtune.wire.imports import ImportRequest
from warmtune.wire.models import RefitRequest

IMPORT_PATH = "/operations/imports"
_IMPORT_FIELDS = ("form_token", "dry_run", "metric", "direction", "kind")
_MAX_FIELD_BYTES = 1_000

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Identifier = Annotated[str, Path(max_length=200)]
Text = Annotated[str, Form(max_length=200)]


@router.post("/operations/refits")
def refit(
    services: UsesServices, viewer: UsesWriter, *, space: Text, kind: Annotated[TaskKind, Form()], metric: Text = ""
) -> Response:
    """Queue a refit."""
    asked = built(RefitRequest, search_space=space, kind=kind, metric=metric.strip() or None)
    return see_other(f"/operations/jobs/{models.refit(services, asked).job_id}")


@router.post("/operations/jobs/{job_id}/cancel")
def cancel(services: UsesServices, viewer: UsesWriter, job_id: Identifier) -> Response:
    """Cancel a job."""
    services.jobs.cancel(job_id)
    return see_other(f"/operations/jobs/{job_id}")


@router.post("/operations/models/{version}/activate")
def activate(
    services: UsesServices, viewer: UsesWriter, version: Identifier, force: Annotated[bool, Form()] = False
) -> Response:
    """Activate a version; a worse one only if the box is ticked."""
    models.activate(services, version, force=force)
    return see_other("/operations#models")


@router.post(IMPORT_PATH)
async def start_import(request: Request, services: UsesServices, viewer: UsesViewer) -> Response:
    """Take in a history, or only report what would be taken."""
    form = await api_request(request).received_form(
        spool=services.spool, max_field_bytes=_MAX_FIELD_BYTES, fields=_IMPORT_FIELDS
    )
    said = {name: content.decode("utf-8", "replace").strip() for name, content in form.fields.items()}
    checked_writer(viewer, said.get("form_token", ""))
    if form.file is None or not form.filename:
        raise InvalidInputError("choose a file to import", field="file")
    await count_upload(services, form.file)
    asked = built(
        ImportRequest,
        dry_run=said.get("dry_run") == "true",
        metric=said.get("metric") or None,
        direction=Direction(said["direction"]) if said.get("direction") in tuple(Direction) else None,
        kind=TaskKind(said["kind"]) if said.get("kind") in tuple(TaskKind) else None,
    )
    file = UploadedFile(form.file, form.filename)
    job = await run_in_threadpool(queue_import, services, file, asked)
    return see_other(f"/operations/jobs/{job.job_id}")


@router.post("/operations/keys")
def make_key(
    request: Request,
    services: UsesServices,
    viewer: UsesWriter,
    *,
    name: Text,
    owner: Text,
    scope: Annotated[Scope, Form()],
    days: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Make a key, and show it this once."""
    viewer.check(Scope.ADMIN)
    if days.strip() and not days.strip().isdecimal():  # a key that never expires is not what was meant
        raise InvalidInputError("days are a whole number, or nothing", field="days", value=days, limit="1 to 3650")
    expires = int(days) if days.strip() else None
    asked = built(NewKeyRequest, name=name, owner=owner, scope=scope, expires_in_days=expires)
    key, made = keys.make_key(services, viewer.caller, asked)
    return page(request, "new_key.html", viewer, key=key, made=made)


@router.post("/operations/keys/{key_id}/revoke")
def revoke_key(services: UsesServices, viewer: UsesWriter, key_id: Identifier) -> Response:
    """Revoke a key for good."""
    viewer.check(Scope.ADMIN)
    keys.revoke_key(services, viewer.caller, key_id)
    return see_other("/operations#keys")
