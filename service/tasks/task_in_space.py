"""A task and the search space that a request asks about, read in one transaction."""

from dataclasses import dataclass
from typing import Self

from learning.models.answering import AnsweringModels, AnswerLookup
from service.search_spaces.requested_space import SpaceChoice
from service.search_spaces.usecases import keys_of
from service.tasks.subjects import TaskSubject
from store.connections.database import Connection
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.objectives import WithObjectives


@dataclass(frozen=True, slots=True)
class TaskInSpace:
    """A task and the search space that it is asked about, with all that the database says of them.

    Attributes:
        subject: The task.
        space: The asked search space.
        objectives: What was read for an answer by each objective; at least one.
    """

    subject: TaskSubject
    space: SearchSpace
    objectives: tuple[AnswerLookup, ...]

    @classmethod
    def read(
        cls,
        connection: Connection,
        subject: TaskSubject,
        spaces: SpaceChoice,
        *,
        asked: WithObjectives,
        answering: AnsweringModels,
    ) -> Self:
        """Read it from the database.

        Args:
            connection: A reading transaction.
            subject: The task.
            spaces: The search space, or those of its name.
            asked: The request, which says by which objectives.
            answering: What will answer.

        Raises:
            NotFoundError: If no search space of that name serves the task's kind.
            InvalidInputError: On objectives that don't fit it; see `service.search_spaces.usecases.keys_of`.
        """
        space = spaces.for_kind(subject.kind).space
        keys = keys_of(space, subject.kind, asked)
        return cls(subject, space, tuple(answering.look_up(connection, key, space) for key in keys))
