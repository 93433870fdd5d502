"""Routes of tasks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from service.http.documentation import problems
from service.http.forms import Upload, UploadOrJson
from service.http.paging import AskedPage
from service.http.route import ApiRoute, UploadRoute
from service.services import UsesServices
from service.tasks import usecases
from store.tasks import StoredTask
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.base import MAX_CONFIGURATIONS
from warmtune.wire.tasks import (
    NeighbourBody,
    NeighboursResponse,
    TaskBody,
    TaskPage,
    TaskResponse,
    TaskSummary,
    TaskUploadRequest,
)

AskedTask = Annotated[Upload[TaskUploadRequest] | TaskBody, Depends(UploadOrJson(TaskUploadRequest, TaskBody))]
TaskId = Annotated[str, Path(description="A kept task")]

uploads = APIRouter(prefix="/v1/tasks", tags=["Tasks"], route_class=UploadRoute)
router = APIRouter(prefix="/v1/tasks", tags=["Tasks"], route_class=ApiRoute)


@uploads.post(
    "",
    operation_id="create_task",
    summary="Describe and keep a task",
    responses=problems(400, 413, 415, 422, 503),
)
def create_task(services: UsesServices, body: AskedTask) -> TaskResponse:
    """Keep a task, so that studies can follow: from a file, or from its meta-features alone.

    A file (CSV, Parquet or Arrow IPC; gzip and zstd too) is described and forgotten: no row is kept. The same
    content gives the same task, so that sending it again is harmless.
    """
    if isinstance(body, TaskBody):
        return _response(usecases.keep_task(services, usecases.task_of_body(body)))
    task = usecases.describe_file(services, body.file, body.asked.target, kind=body.asked.kind)
    return _response(usecases.keep_task(services, task, name=body.asked.name))


@router.get("", operation_id="list_tasks", summary="List tasks", responses=problems(422))
def list_tasks(
    services: UsesServices,
    page: AskedPage,
    kind: Annotated[TaskKind | None, Query(description="Of this kind only")] = None,
) -> TaskPage:
    """Kept tasks, newest first, those of the shipped knowledge base included."""
    found = usecases.list_tasks(services, page, kind=kind)
    items = [
        TaskSummary(task_id=t.task.task_id, name=t.task.name, kind=t.task.kind, created_at=t.created_at)
        for t in found.items
    ]
    return TaskPage(items=items, next_cursor=found.next_cursor)


@router.get("/{task_id}", operation_id="get_task", summary="Read a task", responses=problems(404))
def get_task(services: UsesServices, task_id: TaskId) -> TaskResponse:
    """A kept task with its meta-features; what could not be computed is among the gaps, with the reason."""
    return _response(usecases.get_task(services, task_id))


@router.get(
    "/{task_id}/neighbours",
    operation_id="list_neighbours",
    summary="Find similar tasks",
    responses=problems(404, 422),
)
def list_neighbours(
    services: UsesServices,
    task_id: TaskId,
    n: Annotated[int, Query(ge=1, le=MAX_CONFIGURATIONS, description="How many")] = 10,
) -> NeighboursResponse:
    """The kept tasks whose meta-features are most alike, of the same group (classes, or numbers)."""
    found = usecases.neighbours_of(services, task_id, n=n)
    return NeighboursResponse(
        task_id=task_id,
        neighbours=[NeighbourBody(task_id=s.task_id, task_name=s.task_name, similarity=s.similarity) for s in found],
    )


def _response(stored: StoredTask) -> TaskResponse:
    task = stored.task
    return TaskResponse(
        task_id=task.task_id,
        name=task.name,
        kind=task.kind,
        meta_features=dict(task.meta_features.values),
        gaps=dict(task.meta_features.gaps),
        version=task.meta_features.version,
        created_at=stored.created_at,
    )
