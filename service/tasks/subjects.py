"""The subject of a request: a stored task, meta-features or an uploaded table, and its task."""

from dataclasses import dataclass
from typing import TypeAlias

from service.http.forms import UploadedFile
from service.http.validation import InvalidRequestError
from service.services import Services
from service.tasks.usecases import describe_file, keep_task, task_of_body
from store.connections.database import Connection
from store.connections.unchanged import unchanged
from store.tasks import TaskRepository
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.text_files import codec_name, one_character
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire.recommendations import RecommendationRequest
from warmtune.wire.tasks import TaskBody

_OF_A_FILE = ("kind", "nominal", "ignore", "sheet", "encoding", "delimiter", "name", "keep")


@dataclass(frozen=True, slots=True)
class TaskById:
    """A stored task, by its identifier."""

    task_id: str


@dataclass(frozen=True, slots=True)
class TaskByMetaFeatures:
    """A task that is known by its meta-features; nothing of it is stored."""

    task: Task


@dataclass(frozen=True, slots=True)
class UploadedTable:
    """A file with a target column, which is described first.

    Attributes:
        file: Where it is spooled.
        target: The column to predict.
        hints: What its sender says about it.
        name: Of the task, if it is stored; else the file's own.
        is_to_be_stored: Whether its description is.
    """

    file: UploadedFile
    target: str
    hints: TableHints
    name: str | None
    is_to_be_stored: bool


AskedTask: TypeAlias = TaskById | TaskByMetaFeatures
AskedSubject: TypeAlias = AskedTask | UploadedTable


@dataclass(frozen=True, slots=True)
class TaskSubject:
    """The task that a request is about, whether or not it is stored.

    Attributes:
        task_id: The identifier that its content gives.
        kind: What is predicted.
        meta_features: Its description.
        is_stored: Whether it is in the store.
        understanding: How the file was understood that it was described from; None without one.
    """

    task_id: str
    kind: TaskKind
    meta_features: MetaFeatures
    is_stored: bool
    understanding: Understanding | None = None


def asked_task(task_id: str | None, task: TaskBody | None) -> AskedTask:
    """The one task that a request names.

    Raises:
        InvalidRequestError: If it names none, or two.
    """
    found = asked_task_if_any(task_id, task, otherwise="pass exactly one of 'task_id' and 'task'")
    if found is None:
        raise InvalidRequestError("pass exactly one of 'task_id' and 'task'", field="task")
    return found


def asked_task_if_any(task_id: str | None, task: TaskBody | None, *, otherwise: str) -> AskedTask | None:
    """The task that a request names, or None.

    Args:
        task_id: Of a stored one.
        task: By its meta-features.
        otherwise: What to say where both are named.

    Raises:
        InvalidRequestError: If both are.
    """
    if task_id is None:
        return None if task is None else TaskByMetaFeatures(task_of_body(task))
    if task is not None:
        raise InvalidRequestError(otherwise, field="task", value=task_id, limit="exactly one of both")
    return TaskById(task_id)


def asked_subject(asked: RecommendationRequest, file: UploadedFile | None) -> AskedSubject:
    """The subject of a request to recommend.

    Raises:
        InvalidRequestError: If there is none, or more than one, or something that applies to a file only.
    """
    if file is not None:
        return _uploaded(asked, file)
    if asked.target is not None:
        raise InvalidRequestError(
            "a target needs a file: send a multipart form with the parts 'file' and 'request'", field="file"
        )
    words = "pass exactly one of 'task_id' and 'task', or send a file"
    found = asked_task_if_any(asked.task_id, asked.task, otherwise=words)
    if found is None:
        raise InvalidRequestError(words, field="task")
    for name in _OF_A_FILE:
        if value := getattr(asked, name):
            raise InvalidRequestError(f"{name!r} applies to a file only", field=name, value=value)
    return found


def subject_in(connection: Connection, asked: AskedTask) -> TaskSubject:
    """The task that is asked about: looked up, or as it came.

    Raises:
        NotFoundError: If no such task is stored.
    """
    if isinstance(asked, TaskByMetaFeatures):
        return _subject(asked.task, is_stored=False)
    task_id = asked.task_id
    stored = unchanged(connection, ("task", task_id), lambda: TaskRepository(connection).get(task_id))
    return _subject(stored.task, is_stored=True)


def described(services: Services, table: UploadedTable) -> TaskSubject:
    """The task that a file describes, stored where it is to be.

    Raises:
        InvalidTableError: If the file can't be described.
    """
    task, understanding = describe_file(services, table.file, table.target, hints=table.hints)
    if table.is_to_be_stored:
        task = keep_task(services, task, name=table.name).task
    return _subject(task, is_stored=table.is_to_be_stored, understanding=understanding)


def _uploaded(asked: RecommendationRequest, file: UploadedFile) -> UploadedTable:
    if asked.target is None:
        raise InvalidRequestError("name the file's target column", field="target")
    for field, named in (("task_id", asked.task_id), ("task", asked.task)):
        if named is not None:
            raise InvalidRequestError(f"{field!r} must be omitted when a file is sent", field=field)
    hints = TableHints(
        kind=_kind(asked.kind),
        metric=asked.metric,
        nominal=tuple(asked.nominal),
        ignore=tuple(asked.ignore),
        sheet=asked.sheet,
        encoding=codec_name(asked.encoding),
        delimiter=one_character(asked.delimiter),
    )
    return UploadedTable(file, asked.target, hints, asked.name, asked.keep)


def _kind(given: str | None) -> TaskKind | None:
    if given is None:
        return None
    try:
        return TaskKind(given)
    except ValueError as error:
        kinds = ", ".join(TaskKind)
        raise InvalidRequestError(f"kind must be one of {kinds}", field="kind", value=given, limit=kinds) from error


def _subject(task: Task, *, is_stored: bool, understanding: Understanding | None = None) -> TaskSubject:
    return TaskSubject(task.task_id, task.kind, task.meta_features, is_stored=is_stored, understanding=understanding)
