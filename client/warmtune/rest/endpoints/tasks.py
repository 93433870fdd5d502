"""Tasks and their neighbours."""

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.parts import PAGE_SIZE, query, quoted
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.recommendation import Source
from warmtune.vocabulary.results import Page, TaskSummary
from warmtune.vocabulary.task import Task, TaskKind
from warmtune.wire.answers import read_neighbours, read_task, read_tasks
from warmtune.wire.bodies import built, kind_of, sent, task_body
from warmtune.wire.tasks import TaskUploadRequest


def create_task(task: TaskDescription | TableUpload) -> Call[Task]:
    """Keep a task; the same content gives the same task.

    Args:
        task: A description, or a table to be described by the service, which keeps no row of it.

    Returns:
        The kept task.

    Raises:
        InvalidInputError: Naming what is wrong.
    """
    if isinstance(task, TableUpload):
        said = built(TaskUploadRequest, target=task.target, kind=task.kind, name=task.name)
        return Call("POST", "/v1/tasks", read_task, body=sent(said), upload=task)
    return Call("POST", "/v1/tasks", read_task, body=sent(task_body(task)))


def get_task(task_id: str) -> Call[Task]:
    """A kept task.

    Raises:
        NotFoundError: If there is none of that id.
    """
    return Call("GET", f"/v1/tasks/{quoted(task_id, 'task_id')}", read_task)


def list_tasks(
    *, kind: TaskKind | str | None = None, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[TaskSummary]]:
    """A page of the kept tasks, newest first; those of the shipped knowledge base are among them.

    Args:
        kind: Of this kind only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    return Call("GET", "/v1/tasks", read_tasks, query=query(kind=kind_of(kind), limit=limit, cursor=cursor))


def neighbours(task_id: str, *, n: int = 10) -> Call[tuple[Source, ...]]:
    """The most similar past tasks of the same kind, most similar first.

    Raises:
        NotFoundError: If there is no task of that id.
    """
    return Call("GET", f"/v1/tasks/{quoted(task_id, 'task_id')}/neighbours", read_neighbours, query={"n": n})
