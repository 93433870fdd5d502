"""Models that know what was reported since they were learned, until they are learned anew."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias

import structlog

from learning.lru import LruCache
from learning.models.basis import KeyState
from store.connections.database import Connection, Database
from store.histories import past_tasks, studies_of_tasks, tasks_reported_since
from store.model_keys import ModelKey
from warmtune.vocabulary.errors import ServiceError
from warmtune.vocabulary.objectives import DURATION_METRIC

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel
    from metamodel.engine import SpaceModel

MAX_AT_ONCE: Final = 16
"""Tasks whose trials one question takes in; what is left is taken in by the next ones."""
_Slot: TypeAlias = tuple[int, ModelKey]


class ReportedModels:
    """Learned models with the maps of those tasks whose trials were reported since; threads may share it.

    Learning anew takes seconds to minutes and happens in the background, with rests in between. Until then a trial that
    any service has stored changes its own task's map when the next question is asked (`metamodel.reported`), so that
    studies of other tasks learn from it at once. What was mapped from other search spaces, and what was imported, waits
    for the next learning, and a model that is pinned to what it was learned from never changes.
    """

    def __init__(self, *, max_models: int) -> None:
        """Begin with none.

        Args:
            max_models: How many are kept in memory.
        """
        self._models: LruCache[_Slot, _TakenIn] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])

    def of(self, database: Database, key: ModelKey, learned: "LearnedModel", state: KeyState) -> "SpaceModel":
        """The model of a key with all that was reported, or with the longest ago of much.

        Args:
            database: Of the workspace that asks.
            key: What is asked for.
            learned: Its model, as it was learned.
            state: Of the key, as the request has read it.
        """
        if learned.model.maps is None or key.metric == DURATION_METRIC:
            return learned.model
        if database.workspace is None:
            raise ServiceError("models are those of a workspace")
        slot = database.workspace.seq, key
        known = self._models.find(slot)
        if known is None or known.learned is not learned.model:
            known = _TakenIn.nothing(key, learned)
        now = state.revisions.get(key.content_key, 0)
        if now <= known.revision or state.pin is not None:
            return known.model
        with database.reading() as connection:
            if not known.studies <= studies_of_tasks(connection, key, known.tasks):  # one was deleted
                known = _TakenIn.nothing(key, learned)
            moved = _moved(connection, key, known, now)
        self._models.put(slot, moved)
        return moved.model


@dataclass(frozen=True, slots=True)
class _TakenIn:
    """A model and what it knows.

    Attributes:
        learned: As it was learned.
        revision: Of the key, up to which what was reported is known.
        model: With that.
        tasks: Order numbers of the tasks that were taken in.
        studies: Those of their studies.
    """

    learned: "SpaceModel"
    revision: int
    model: "SpaceModel"
    tasks: frozenset[int] = frozenset()
    studies: frozenset[int] = frozenset()

    @classmethod
    def nothing(cls, key: ModelKey, learned: "LearnedModel") -> Self:
        """The model as it was learned."""
        return cls(learned.model, learned.sources.get(key.content_key, 0), learned.model)


def _moved(connection: Connection, key: ModelKey, known: _TakenIn, now: int) -> _TakenIn:
    """With the tasks that were reported since."""
    from learning.histories import histories_of  # noqa: PLC0415  # numpy, when first needed
    from metamodel.reported import with_reported  # noqa: PLC0415  # as above

    reported = tasks_reported_since(connection, key, known.revision, limit=MAX_AT_ONCE)
    news = [one.task_seq for one in reported]
    past = past_tasks(connection, key, of=news) if news else ()
    model = with_reported(known.model, histories_of(past, known.model.space))
    if past:
        structlog.get_logger().info("trials_taken_in", n_tasks=len(past), version=model.version)
    tasks = known.tasks | set(news)
    revision = reported[-1].revision if len(reported) == MAX_AT_ONCE else now
    return _TakenIn(known.learned, revision, model, tasks, studies_of_tasks(connection, key, tasks))
