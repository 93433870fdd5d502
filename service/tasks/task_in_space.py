"""A task and the search space that a request asks about, read in one transaction."""

from dataclasses import dataclass
from typing import Self

from learning.models.basis import KeyState
from service.search_spaces.requested_space import SpaceChoice
from service.search_spaces.usecases import keys_of
from service.tasks.subjects import TaskSubject
from store.connections.database import Connection
from store.model_keys import ModelKey
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.objectives import WithObjectives


@dataclass(frozen=True, slots=True)
class TaskInSpace:
    """A task and the search space that it is asked about, with all that the database says of them.

    Attributes:
        subject: The task.
        space: The asked search space.
        keys: Search space, kind, metric and direction of each objective; at least one.
        states: Of the keys, in their order.
    """

    subject: TaskSubject
    space: SearchSpace
    keys: tuple[ModelKey, ...]
    states: tuple[KeyState, ...]

    @classmethod
    def read(cls, connection: Connection, subject: TaskSubject, spaces: SpaceChoice, asked: WithObjectives) -> Self:
        """As it is now.

        Raises:
            NotFoundError: If no search space of that name serves the task's kind.
            InvalidInputError: On objectives that don't fit it; see `service.search_spaces.usecases.keys_of`.
        """
        space = spaces.for_kind(subject.kind).space
        keys = keys_of(space, subject.kind, asked)
        return cls(subject, space, keys, tuple(KeyState.read(connection, key) for key in keys))
