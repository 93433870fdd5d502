"""Recommendations that were computed already, by models that still answer."""

import copy
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from learning.lru import LruCache
from store.connections.scope import SHIPPED_SEQ, Workspace
from warmtune.vocabulary.recommendation import Recommendation
from warmtune.vocabulary.task import MetaFeatures

if TYPE_CHECKING:
    from learning.models.answering_models import AnsweringModel
    from learning.models.learned import LearnedModel
    from metamodel.engine import SpaceModel

MAX_ANSWERS: Final = 256
"""Of all workspaces together, some 20 kB each."""


@dataclass(frozen=True, slots=True)
class Question:
    """All that a recommendation depends on, besides the model.

    Attributes:
        meta_features: Of the task.
        n: Configurations asked for.
        task_id: Of the task.
        exclude: Past tasks that must not speak.
        time_budget_s: Seconds for all configurations, or None.
        harm_limit: See `SpaceModel.recommend`.
    """

    meta_features: MetaFeatures
    n: int
    task_id: str
    exclude: frozenset[str]
    time_budget_s: float | None
    harm_limit: float

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal questions."""
        known, unknown = self.meta_features.values, self.meta_features.gaps
        described = (self.meta_features.version, tuple(known.items()), tuple(unknown.items()))
        return described, self.n, self.task_id, self.exclude, self.time_budget_s, self.harm_limit


@dataclass(frozen=True, slots=True)
class _KeptAnswer:
    """An answer and the models that gave it, which it doesn't keep in memory."""

    model: "weakref.ref[SpaceModel]"
    learned: "weakref.ref[LearnedModel]"
    answer: Recommendation


_Which = tuple[int, int, int, tuple[object, ...]]


class RememberedAnswers:
    """One answer per workspace, model and question; threads may share it.

    A model never changes: trials that come in, studies that are deleted and versions that are activated bring another
    one, whose answers are computed anew. Which one answers is looked up in the database for every question. What rests
    on other workspaces' shares isn't remembered.
    """

    def __init__(self, *, max_answers: int = MAX_ANSWERS) -> None:
        """Begin with none."""
        self._owner = SHIPPED_SEQ
        self._answers: LruCache[_Which, _KeptAnswer] = LruCache(max_items=max_answers, owner_of=lambda which: which[0])

    def of(self, workspace: Workspace) -> Self:
        """The same memory, for one workspace: how long an answer takes tells nothing of what others ask."""
        bound = copy.copy(self)
        bound._owner = workspace.seq
        return bound

    def get(
        self, models: "Iterable[AnsweringModel]", question: Question, compute: Callable[[], Recommendation]
    ) -> Recommendation:
        """The answer of models to a question.

        Args:
            models: Of all objectives; answers of several are computed each time.
            question: What is asked.
            compute: Gives the answer.
        """
        first, *others = models
        if others or first.share_ids:
            return compute()
        which = (self._owner, id(first.model), id(first.learned), question.key)
        found = self._answers.find(which)
        # a model that is gone may have left its place in memory to another one
        if found is not None and found.model() is first.model and found.learned() is first.learned:
            return found.answer
        answer = compute()
        self._answers.put(which, _KeptAnswer(weakref.ref(first.model), weakref.ref(first.learned), answer))
        return answer
