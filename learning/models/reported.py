"""Models that know what was reported since they were learned, until they are learned anew."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import structlog

from learning.lru import LruCache
from learning.models.basis import KeyState
from learning.models.lookup import Slot
from store.connections.database import Connection
from store.connections.scope import workspace_of
from store.histories import PastTask, past_tasks, studies_of_tasks, tasks_reported_since
from store.model_keys import ModelKey
from warmtune.vocabulary.objectives import DURATION_METRIC

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel
    from metamodel.engine import SpaceModel

MAX_AT_ONCE: Final = 16
"""Tasks whose trials one question takes in; what is left is taken in by the next ones."""


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
        self._models: LruCache[Slot, TakenIn] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])

    def news(self, connection: Connection, key: ModelKey, learned: "LearnedModel", state: KeyState) -> "News":
        """What was reported since the model of a key was learned and isn't taken in yet, or the longest ago of much.

        Args:
            connection: A reading transaction of the workspace that asks.
            key: What is asked for.
            learned: Its model, as it was learned.
            state: Of the key, as the request has read it.
        """
        slot = workspace_of(connection).seq, key
        known = self._models.find(slot)
        if known is None or known.learned is not learned.model:
            known = TakenIn.nothing(key, learned)
        now = state.revisions.get(key.content_key, 0)
        if (
            learned.model.maps is None
            or key.metric == DURATION_METRIC
            or now <= known.revision
            or state.pin is not None
        ):
            return News(slot, known, known.revision)
        if not known.studies <= studies_of_tasks(connection, key, known.tasks):  # one was deleted
            known = TakenIn.nothing(key, learned)
        reported = tasks_reported_since(connection, key, known.revision, limit=MAX_AT_ONCE)
        tasks = frozenset(one.task_seq for one in reported)
        return News(
            slot,
            known,
            reported[-1].revision if len(reported) == MAX_AT_ONCE else now,
            tasks,
            studies_of_tasks(connection, key, known.tasks | tasks),
            past_tasks(connection, key, of=tasks) if tasks else (),
        )

    def take_in(self, news: "News") -> "SpaceModel":
        """The model that knows some news; this reads nothing."""
        known = news.known
        if news.revision == known.revision:
            return known.model
        from learning.histories import histories_of  # noqa: PLC0415  # numpy, when first needed
        from metamodel.reported import with_reported  # noqa: PLC0415  # as above

        model = with_reported(known.model, histories_of(news.past, known.model.space))
        if news.past:
            structlog.get_logger().info("trials_taken_in", n_tasks=len(news.past), version=model.version)
        moved = TakenIn(known.learned, news.revision, model, known.tasks | news.tasks, news.studies)
        self._models.put(news.slot, moved)
        return model


@dataclass(frozen=True, slots=True)
class TakenIn:
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


@dataclass(frozen=True, slots=True)
class News:
    """Tasks whose trials are to be taken in.

    Attributes:
        slot: Whose model it is.
        known: What the model knows already.
        revision: Of the key, up to which everything is known then; that of `known` where there is nothing new.
        tasks: Order numbers of the tasks.
        studies: Those of all studies that are known then.
        past: The tasks with their trials.
    """

    slot: Slot
    known: TakenIn
    revision: int
    tasks: frozenset[int] = frozenset()
    studies: frozenset[int] = frozenset()
    past: tuple[PastTask, ...] = ()
