"""Tasks and their neighbours."""

from collections.abc import Callable
from dataclasses import replace

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.neighbour import Neighbour
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.results import TaskDetails
from warmtune.vocabulary.task import TaskKind, TaskSummary
from warmtune.wire.answers import read_nothing, reader
from warmtune.wire.bodies import built, kind_of, sent
from warmtune.wire.tasks import NeighboursResponse, TaskBody, TaskPage, TaskResponse, TaskUploadRequest


def create_task(task: TaskDescription | TableUpload) -> Call[TaskDetails]:
    """Store a task; the same content gives the same task.

    Args:
        task: A description, or a table to be described by the service, which keeps no row of it.

    Returns:
        The stored task, and how its table was understood.

    Raises:
        InvalidInputError: Naming what is wrong.
    """
    if isinstance(task, TableUpload):
        said = built(
            TaskUploadRequest,
            target=task.target,
            kind=task.kind,
            metric=task.metric,
            nominal=list(task.nominal),
            ignore=list(task.ignore),
            sheet=task.sheet,
            encoding=task.encoding,
            delimiter=task.delimiter,
            name=task.name,
        )
        return Call("POST", "/v1/tasks", reader(TaskResponse), body=sent(said), upload=task)
    return Call("POST", "/v1/tasks", _reader(task), body=sent(TaskBody.from_domain(task)))


def get_task(task_id: str) -> Call[TaskDetails]:
    """A stored task.

    Raises:
        NotFoundError: If there is no object of that id.
    """
    return Call("GET", f"/v1/tasks/{quoted(task_id, 'task_id')}", reader(TaskResponse))


def delete_task(task_id: str) -> Call[None]:
    """Forget a task with all its studies and what the service learned from them.

    Raises:
        NotFoundError: If it doesn't exist; also if an attempt whose answer was lost has deleted it.
        ConflictError: If it ships.
    """
    return Call("DELETE", f"/v1/tasks/{quoted(task_id, 'task_id')}", read_nothing)


def list_tasks(
    *, kind: TaskKind | str | None = None, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[TaskSummary]]:
    """A page of the stored tasks, newest first; those of the shipped knowledge base are among them.

    Args:
        kind: Of this kind only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    return Call("GET", "/v1/tasks", reader(TaskPage), query=query(kind=kind_of(kind), limit=limit, cursor=cursor))


def neighbours(task_id: str, *, n: int = 10) -> Call[tuple[Neighbour, ...]]:
    """The most similar stored tasks of the same kind, most similar first.

    Tasks that share no known meta-feature with this one come last, with similarity 0 and the reason.

    Raises:
        NotFoundError: If there is no task of that id.
    """
    return Call(
        "GET", f"/v1/tasks/{quoted(task_id, 'task_id')}/neighbours", reader(NeighboursResponse), query=query(n=n)
    )


def _reader(task: TaskDescription) -> Callable[[bytes], TaskDetails]:
    """What was understood where the table was described is not the service's to say."""
    read = reader(TaskResponse)
    return lambda content: replace(read(content), understanding=task.understanding)
