"""Describing, keeping and finding tasks."""

from service.http.forms import UploadedFile
from service.services import Services
from store import deletion
from store.audit import name_object
from store.pages import PageRequest
from store.tasks import StoredTask, TaskRepository
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.neighbour import Neighbour
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import UNNAMED, Task, TaskKind, TaskSummary, name_of_file
from warmtune.vocabulary.text import check_still
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire.tasks import TaskBody


def describe_file(
    services: Services, file: UploadedFile, target: str, *, hints: TableHints
) -> tuple[Task, Understanding]:
    """The task that a file and its target column make, named after the file, and how it was understood.

    Nothing is stored yet.
    """
    found = services.describers.describe(file.path, target, hints=hints)
    task_id = task_id_of(found.kind, found.meta_features, content_hash=found.content_hash)
    return Task(task_id, name_of_file(file.filename), found.kind, found.meta_features), found.understanding


def task_of_body(body: TaskBody) -> Task:
    """The task that meta-features make."""
    features = body.to_meta_features()
    check_still((*features.values, *features.gaps), field="meta_features")
    task_id = task_id_of(body.kind, features, content_hash=body.content_hash)
    return Task(task_id, body.name or UNNAMED, body.kind, features)


def keep_task(services: Services, task: Task, *, name: str | None = None) -> StoredTask:
    """Store a task; one of the same content stays as it is, name included."""
    named = task if name is None else Task(task.task_id, name, task.kind, task.meta_features)
    with services.database.writing() as connection:
        name_object(named.task_id)
        return TaskRepository(connection).keep(named)


def get_task(services: Services, task_id: str) -> StoredTask:
    """A stored task."""
    with services.database.reading() as connection:
        return TaskRepository(connection).get(task_id)


def delete_task(services: Services, task_id: str) -> None:
    """Forget a task with all its studies, here and in the database.

    Raises:
        NotFoundError: If there is none.
        ConflictError: If it ships.
    """
    with services.database.writing() as connection:
        touched = deletion.delete_task(connection, task_id)
    services.task_index.forget()
    for content_key in touched:
        services.models.forget_source(content_key)


def list_tasks(services: Services, page: PageRequest, *, kind: TaskKind | None) -> Page[TaskSummary]:
    """Stored tasks, newest first."""
    with services.database.reading() as connection:
        return TaskRepository(connection).page(page, kind=kind)


def neighbours_of(services: Services, task_id: str, *, n: int) -> tuple[Neighbour, ...]:
    """The most similar stored tasks of the same group of kinds, the task itself left out."""
    task = get_task(services, task_id).task
    return services.task_index.nearest(task.kind, task.meta_features, n=n, exclude=(task_id,))
