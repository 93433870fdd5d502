"""A task and the search space that a request asks about, read in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from learning.models.answering_models import AnsweringModel, AnsweringModels, AnswerLookup
from learning.models.background import still_learning
from service.http.request_work import TooLongError
from service.search_spaces.objective_keys import keys_of
from service.search_spaces.requested_space import SpaceChoice
from service.services import Services
from service.tasks.subjects import TaskSubject
from store.connections.database import Connection
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.recommendations import RecommendationRequest, SuggestionsRequest


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
        asked: RecommendationRequest | SuggestionsRequest,
        answering: AnsweringModels,
    ) -> Self:
        """Read it from the database.

        Args:
            connection: A reading transaction.
            subject: The task.
            spaces: The search space, or those of its name.
            asked: The request, which says by which objectives, and which tasks' past must not speak.
            answering: What will answer.

        Raises:
            NotFoundError: If no search space of that name serves the task's kind.
            InvalidInputError: On objectives that don't fit it; see `service.search_spaces.objective_keys.keys_of`.
        """
        space = spaces.for_kind(subject.kind).space
        keys = keys_of(space, subject.kind, asked)
        task_id = None if subject.task_id in asked.exclude_task_ids else subject.task_id
        return cls(subject, space, tuple(answering.look_up(connection, key, space, task_id=task_id) for key in keys))


def answering_models(services: Services, objectives: Sequence[AnswerLookup]) -> list[AnsweringModel]:
    """The models of all objectives, loaded or learned now where they aren't in memory.

    One that can't be learned within a request's time is learned on without it: whoever asks again finds it. Otherwise
    each request would begin anew, and none would ever get an answer on a machine with much to do.

    Raises:
        StillLearningError: If one takes longer than a request may.
    """
    found = []
    for one in objectives:
        try:
            found.append(services.answering.get(one))
        except TooLongError as error:
            services.background_models.begin(one.found.key, one.found.space)
            raise still_learning(one.found.key) from error
    return found
