"""Routes of tasks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from service.http.documentation import problems
from service.http.forms import Upload, UploadOrJson
from service.http.page_request import AskedPage
from service.http.route import ApiRoute, UploadRoute
from service.services import UsesServices
from service.tasks import usecases
from store.tasks import StoredTask
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.text_files import codec_name, one_character
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire.base import MAX_CONFIGURATIONS
from warmtune.wire.tasks import (
    NeighboursResponse,
    TaskBody,
    TaskPage,
    TaskResponse,
    TaskUploadRequest,
)

AskedTask = Annotated[Upload[TaskUploadRequest] | TaskBody, Depends(UploadOrJson(TaskUploadRequest, TaskBody))]
TaskId = Annotated[str, Path(description="A stored task")]

uploads = APIRouter(prefix="/v1/tasks", tags=["Tasks"], route_class=UploadRoute)
router = APIRouter(prefix="/v1/tasks", tags=["Tasks"], route_class=ApiRoute)


@uploads.post(
    "",
    operation_id="create_task",
    summary="Describe and store a task",
    responses=problems(400, 413, 415, 422, 503),
)
def create_task(services: UsesServices, body: AskedTask) -> TaskResponse:
    """Store a task, so that studies can follow: from a file, or from its meta-features alone.

    A file (delimited text, Parquet, Arrow IPC, a workbook, JSON or ARFF, compressed or not) is described and forgotten:
    no row is stored. The answer reports the interpretation. The same content gives the same task, so that sending it
    again is harmless.
    """
    if isinstance(body, TaskBody):
        return _response(usecases.keep_task(services, usecases.task_of_body(body)))
    task, understanding = usecases.describe_file(services, body.file, body.asked.target, hints=_hints_of(body.asked))
    return _response(usecases.keep_task(services, task, name=body.asked.name), understanding)


@router.get("", operation_id="list_tasks", summary="List tasks", responses=problems(422))
def list_tasks(
    services: UsesServices,
    page: AskedPage,
    kind: Annotated[TaskKind | None, Query(description="Only objects of this kind")] = None,
) -> TaskPage:
    """Stored tasks, newest first, those of the shipped knowledge base included."""
    return TaskPage.from_domain(usecases.list_tasks(services, page, kind=kind))


@router.get("/{task_id}", operation_id="get_task", summary="Read a task", responses=problems(404))
def get_task(services: UsesServices, task_id: TaskId) -> TaskResponse:
    """A stored task with its meta-features; those that could not be computed are among the gaps, with the reason."""
    return _response(usecases.get_task(services, task_id))


@router.delete(
    "/{task_id}",
    operation_id="delete_task",
    summary="Delete a task",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(404, 409),
)
def delete_task(services: UsesServices, task_id: TaskId) -> None:
    """Delete a task with its studies and the models learned from them; shipped tasks can't be deleted.

    Neural models that you trained keep their weights: delete them too, or train them again.
    """
    usecases.delete_task(services, task_id)


@router.get(
    "/{task_id}/neighbours",
    operation_id="list_neighbours",
    summary="Find similar tasks",
    responses=problems(404, 422),
)
def list_neighbours(
    services: UsesServices,
    task_id: TaskId,
    n: Annotated[int, Query(ge=1, le=MAX_CONFIGURATIONS, description="Number of tasks")] = 10,
) -> NeighboursResponse:
    """The stored tasks with the most similar meta-features, of the same group (classification or regression).

    A task that shares no known meta-feature with this one comes last, with `similarity` 0 and the `reason`: it may be
    alike or not.
    """
    return NeighboursResponse.from_domain(task_id, usecases.neighbours_of(services, task_id, n=n))


def _hints_of(asked: TaskUploadRequest) -> TableHints:
    """What a request says of its table."""
    return TableHints(
        kind=asked.kind,
        metric=asked.metric,
        nominal=tuple(asked.nominal),
        ignore=tuple(asked.ignore),
        sheet=asked.sheet,
        encoding=codec_name(asked.encoding),
        delimiter=one_character(asked.delimiter),
    )


def _response(stored: StoredTask, understanding: Understanding | None = None) -> TaskResponse:
    return TaskResponse.from_domain(stored.task, created_at=stored.created_at, understanding=understanding)
