"""Models for whoever can't wait: a page shows what is known, and the rest is learned in the background."""

import contextlib
import copy
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final, Self

import structlog

from learning.models.cache import ModelCache
from learning.models.lookup import Slot
from store.connections.database import Database
from store.model_keys import ModelKey
from warmtune.vocabulary.errors import UnavailableError, WarmtuneError
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel

PATIENCE_S: Final = 0.5
"""So that what takes a moment, such as reading a kept model, is there at once."""
MAX_WAITING: Final = 32
"""Models that wait to be learned; who asks for more has to come back, and nothing is begun."""


class StillLearningError(UnavailableError):
    """The model is being learned: what is known without it can be shown meanwhile."""

    code = "still_learning"


class BackgroundModels:
    """The models of `ModelCache`, without waiting for them; threads may share it."""

    def __init__(self, models: ModelCache, database: Database) -> None:
        """Begin nothing yet.

        Args:
            models: Where they are.
            database: Of the workspace that asks.
        """
        self._models = models
        self._database = database
        self._lock = threading.Lock()
        self._learning: dict[Slot, Future[None]] = {}
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-pages")

    def of(self, models: ModelCache, database: Database) -> Self:
        """The same, for the workspace that a database is bound to."""
        bound = copy.copy(self)
        bound._models, bound._database = models, database
        return bound

    def get(self, key: ModelKey, space: SearchSpace) -> "LearnedModel":
        """The model of a key, over a search space of the key's content, if it is there within a moment.

        Raises:
            StillLearningError: If it isn't; it is learned meanwhile.
        """
        learned = self._models.find(key, space)
        if learned is None:
            wait([self._begun(key, space)], timeout=PATIENCE_S)
            learned = self._models.find(key, space)
            if learned is None:
                raise still_learning(key)
        return learned

    def find(self, key: ModelKey, space: SearchSpace) -> "LearnedModel | None":
        """The same; None where it is being learned."""
        with contextlib.suppress(StillLearningError):
            return self.get(key, space)
        return None

    def begin(self, key: ModelKey, space: SearchSpace) -> None:
        """Let a model be learned, without waiting for any of it.

        Raises:
            StillLearningError: If too many wait already.
        """
        self._begun(key, space)

    def close(self) -> None:
        """Begin no more."""
        self._background.shutdown(wait=False, cancel_futures=True)

    def _begun(self, key: ModelKey, space: SearchSpace) -> "Future[None]":
        slot = self._database.owner.seq, key
        with self._lock:
            learning = self._learning.get(slot)
            if learning is None:
                if len(self._learning) >= MAX_WAITING:
                    raise still_learning(key)
                learning = self._learning[slot] = self._background.submit(self._learn, slot, space)
        return learning

    def _learn(self, slot: Slot, space: SearchSpace) -> None:
        try:
            self._models.get(slot[1], space)
        except WarmtuneError as error:  # the next who asks begins anew
            structlog.get_logger().warning("model_not_learned", code=error.code, content_key=slot[1].content_key)
        finally:
            with self._lock:
                self._learning.pop(slot, None)


def still_learning(key: ModelKey) -> StillLearningError:
    """The error for a model that is being learned."""
    return StillLearningError(
        "the model of the past tasks is being learned; ask again in a few seconds", field="metric", value=key.metric
    )
