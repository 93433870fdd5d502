"""Tasks and search spaces as users name them, resolved: the one place that asks the service for what is missing."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.search_spaces import get_search_space
from warmtune.rest.endpoints.tasks import create_task, get_task
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.results import TaskDetails
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import SearchSpaceLike, as_search_space

ResultT = TypeVar("ResultT")
TaskLike = str | TaskDescription | TableUpload


class Sender(Protocol):
    """What sends a call: a connection, or a link that pauses after failures."""

    def send(self, call: Call[ResultT]) -> ResultT:
        """Send a call and read its answer; raises errors of the family."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedTask:
    """A task that requests can name.

    Attributes:
        task: As requests name it: its identifier where the service stores it, else its description.
        task_id: What its content gives, stored or not.
        kind: What is predicted.
    """

    task: str | TaskDescription
    task_id: str
    kind: TaskKind


def stored_task(sender: Sender, task: TaskLike) -> TaskDetails:
    """The task as the service stores it, which it does from now on.

    Raises:
        NotFoundError: If there is no task of that identifier.
        WarmtuneError: What else the service answers.
    """
    return sender.send(get_task(task) if isinstance(task, str) else create_task(task))


def resolved_task(sender: Sender, task: TaskLike, *, keeps: bool) -> ResolvedTask:
    """The task as requests name it; a description is sent to be stored only if `keeps` is set."""
    if isinstance(task, TaskDescription) and not keeps:
        task_id = task_id_of(task.kind, task.meta_features, content_hash=task.content_hash)
        return ResolvedTask(task=task, task_id=task_id, kind=task.kind)
    stored = stored_task(sender, task)
    return ResolvedTask(task=stored.task_id, task_id=stored.task_id, kind=stored.kind)


def resolved_space(sender: Sender, space: SearchSpaceLike, kind: TaskKind) -> tuple[SearchSpace, str | None]:
    """The space itself, and its name where only that was given (a name may stand for one space a kind).

    Raises:
        NotFoundError: If no search space of that name serves such tasks.
    """
    if isinstance(space, str):
        return sender.send(get_search_space(space, kind=kind)).search_space, space
    return as_search_space(space), None
