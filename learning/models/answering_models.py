"""The models that answer: a workspace's own, together with what other workspaces have shared with it."""

import copy
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

import structlog

from learning.lru import LruCache
from learning.models.basis import KeyState
from learning.models.cache import ModelCache
from learning.models.cross_space import MAX_SPACES, CrossSpaceModels, KnownModel
from learning.models.lookup import ModelLookup, Slot
from learning.models.reported import News, ReportedModels
from store.connections.database import Connection, Database
from store.connections.unchanged import unchanged
from store.model_keys import ModelKey
from store.search_spaces import SearchSpaceRepository
from store.shares import ReceivedContent, ShareRepository
from store.tried_spaces import TriedSpace, tried_spaces
from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation, Source, Strategy
from warmtune.vocabulary.shared_model import SHARED_SOURCE_NAME
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel
    from metamodel.engine import SpaceModel

_REASONS: Final = {
    Strategy.NEIGHBOURS: "these configurations did well on similar tasks, those of shared models among them",
    Strategy.PORTFOLIO: "all past tasks have equal weight, those of shared models among them",
    Strategy.DEFAULTS: "too few past tasks are known, those of shared models among them",
    Strategy.SPACE_FILLING: "too few past tasks are known, those of shared models among them",
}
"""In place of the engine's own reasons, which count tasks."""


@dataclass(frozen=True, slots=True)
class AnsweringModel:
    """What answers one question. Immutable; threads may share it.

    Only recommendations and suggestions come from it: all that shows past tasks, counts them or is learned further
    asks `learned`, or `AnsweringModels.own`, which know nothing of other workspaces.

    Attributes:
        model: It answers; it knows what was reported since (`learning.models.reported`).
        learned: Of the workspace's own tasks and what ships, as it was learned.
        share_ids: The shares that the model has learned from.
        share_of: The share that a task comes from, by the task's identifier; own tasks are not among them.
    """

    model: "SpaceModel"
    learned: "LearnedModel"
    share_ids: tuple[str, ...] = ()
    share_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswerLookup:
    """What a request finds of a key within its own transaction.

    Attributes:
        found: See `ModelLookup`.
        news: What was reported since its model was learned; None where the model is to be loaded or learned first.
        task_id: Of the task, where its trials over other search spaces may speak.
        elsewhere: What was found of these spaces' models, by name.
    """

    found: ModelLookup
    news: News | None
    task_id: str | None = None
    elsewhere: "Mapping[str, AnswerLookup]" = field(default_factory=dict)


def finished(answer: Recommendation, models: Sequence[AnsweringModel]) -> Recommendation:
    """The answer of models as the asking workspace may see it.

    The tasks of a shared model are one source, which is as similar as the most similar of them is, to one digit.

    Args:
        answer: Of the models' engine.
        models: Those that made it, of one objective or several.
    """
    if len(models) == 1:
        answer = models[0].learned.with_adjustments(answer)
    share_ids = tuple(dict.fromkeys(share_id for one in models for share_id in one.share_ids))
    if not share_ids:
        return answer
    share_of = {task: share for one in models for task, share in one.share_of.items()}
    return replace(
        answer,
        configurations=tuple(_anonymous(one, share_of) for one in answer.configurations),
        reason=_REASONS[answer.strategy],
        share_ids=share_ids,
    )


def _tried(connection: Connection, key: ModelKey, task_id: str) -> tuple[TriedSpace, ...]:
    """Other search spaces over which a task has trials; once for each change of the database."""
    what = "tried", key, task_id
    return unchanged(connection, what, lambda: tried_spaces(connection, key, task_id, limit=MAX_SPACES))


def _anonymous(ranked: RankedConfiguration, share_of: Mapping[str, str]) -> RankedConfiguration:
    sources: dict[str, Source] = {}
    for source in ranked.sources:
        share = share_of.get(source.task_id)
        if share is None:
            sources[source.task_id] = source
        else:
            before = sources.get(share)
            similarity = max(round(source.similarity, 1), 0.0 if before is None else before.similarity)
            sources[share] = Source(share, SHARED_SOURCE_NAME, similarity)
    return replace(ranked, sources=tuple(sources.values()))


class AnsweringModels:
    """One answering model per workspace and key; threads may share it.

    What was shared is learned from in the background: until then the workspace's own model answers alone. It is looked
    up for every question what the workspace may use right now, so that nothing is answered from a share that has ended.
    """

    def __init__(self, models: ModelCache, database: Database, *, max_models: int) -> None:
        """Make an empty cache.

        Args:
            models: The workspaces' own models.
            database: Of what was shared.
            max_models: How many are kept in memory.
        """
        self._models = models
        self._database = database
        self._lock = threading.Lock()
        self._reported = ReportedModels(max_models=max_models)
        self._cross_space = CrossSpaceModels(max_models=max_models)
        self._joined: LruCache[Slot, _Joined] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])
        self._under_way: set[Slot] = set()
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-shared")

    def of(self, models: ModelCache, database: Database) -> Self:
        """The same cache, for the workspace that a database is bound to."""
        bound = copy.copy(self)
        bound._models, bound._database = models, database
        return bound

    def look_up(
        self, connection: Connection, key: ModelKey, space: SearchSpace, *, task_id: str | None = None
    ) -> AnswerLookup:
        """All that an answer under a key takes from the database, read within the request's own transaction.

        Args:
            connection: A reading transaction of the workspace.
            key: What is asked for.
            space: A search space of its content.
            task_id: Of the task, if its trials over other search spaces may speak.
        """
        found = self._models.look_up(connection, key, space)
        news = None
        if found.learned is not None:
            news = self._reported.news(connection, key, found.learned, found.state)
        return AnswerLookup(found, news, task_id, self._look_up_elsewhere(connection, key, task_id))

    def _look_up_elsewhere(
        self, connection: Connection, key: ModelKey, task_id: str | None
    ) -> Mapping[str, AnswerLookup]:
        """The same of other search spaces over which a task has trials, by name."""
        found: dict[str, AnswerLookup] = {}
        for tried in () if task_id is None else _tried(connection, key, task_id):
            space = SearchSpaceRepository(connection).any_with_content(tried.key.content_key)
            if space is not None:
                name = tried.name or "a search space of its own"
                name = name if name not in found else f"{name} {tried.key.content_key[:8]}"
                found[name] = self.look_up(connection, tried.key, space)
        return found

    def get(self, looked_up: AnswerLookup) -> AnsweringModel:
        """What answers under a key. A model that isn't in memory is loaded or learned first.

        Args:
            looked_up: What the request has found of the key.
        """
        found = looked_up.found
        key, learned = found.key, self._models.complete(found)
        current = self._current(looked_up, learned)
        model = self._informed(looked_up.task_id, looked_up.elsewhere, learned.model, current)
        alone = AnsweringModel(model, learned)
        if not found.state.shared:
            return alone
        slot, used = (self._database.owner.seq, key), found.state.shared
        basis = _JoinBasis(learned.model.version, used)
        joined = self._joined.find(slot)
        if joined is None or joined.basis != basis:
            self._join_later(slot, basis, learned)
        if joined is None or joined.model is None or not set(joined.basis.used) <= set(used):
            return alone  # of what has ended or was renewed, not one answer more
        model = self._informed(looked_up.task_id, looked_up.elsewhere, joined.model, joined.model)
        return AnsweringModel(model, learned, joined.share_ids, joined.share_of)

    def _informed(
        self,
        task_id: str | None,
        elsewhere: Mapping[str, AnswerLookup],
        learned: "SpaceModel",
        current: "SpaceModel",
    ) -> "SpaceModel":
        """The model with what the task's trials over other spaces say, as far as these spaces' models are at hand."""
        others = {
            name: KnownModel(ready.model, self._current(other, ready))
            for name, other in elsewhere.items()
            if (ready := self._models.ready(other.found)) is not None
        }
        if task_id is None or not others:
            return current
        owner = self._database.owner.seq
        return self._cross_space.informed(owner, KnownModel(learned, current), others, task_id=task_id)

    def _current(self, looked_up: AnswerLookup, learned: "LearnedModel") -> "SpaceModel":
        """A learned model with what was reported since."""
        found, news = looked_up.found, looked_up.news
        if news is None:
            with self._database.reading() as connection:
                news = self._reported.news(connection, found.key, learned, found.state)
        return self._reported.take_in(news)

    def own(self, key: ModelKey, learned: "LearnedModel", *, task_id: str | None = None) -> "SpaceModel":
        """The workspace's own model with what was reported since it was learned, for those that show past tasks.

        Args:
            key: What is asked for.
            learned: Its model, as it was learned.
            task_id: As of `look_up`.
        """
        with self._database.reading() as connection:
            news = self._reported.news(connection, key, learned, KeyState.read(connection, key))
            elsewhere = self._look_up_elsewhere(connection, key, task_id)
        return self._informed(task_id, elsewhere, learned.model, self._reported.take_in(news))

    def close(self) -> None:
        """Begin no further fit."""
        self._background.shutdown(wait=False, cancel_futures=True)

    def _join_later(self, slot: Slot, basis: "_JoinBasis", learned: "LearnedModel") -> None:
        with self._lock:
            if slot in self._under_way:
                return
            self._under_way.add(slot)
        self._background.submit(self._join, slot, basis, learned)

    def _join(self, slot: Slot, basis: "_JoinBasis", learned: "LearnedModel") -> None:
        try:
            self._joined.put(slot, self._fit(slot[1], basis, learned))
        except Exception:  # noqa: BLE001  # the edge of background work: the workspace's own model goes on answering
            structlog.get_logger().exception("shared_model_not_learned", content_key=slot[1].content_key)
            self._joined.put(slot, _Joined(basis, None, (), {}))  # not again until something has changed
        finally:
            with self._lock:
                self._under_way.discard(slot)

    def _fit(self, key: ModelKey, basis: "_JoinBasis", learned: "LearnedModel") -> "_Joined":
        """A model of the workspace's own tasks, what ships, and the tasks of what was shared."""
        from metamodel.answers.shared_maps import SharedMaps  # noqa: PLC0415  # numpy and scipy, when first needed
        from metamodel.engine import fit_model  # noqa: PLC0415  # as above

        with self._database.reading() as connection:
            contents = ShareRepository(connection).contents(key)
        secret, own = self._database.owner.secret, learned.model
        histories = list(own.histories)
        share_of: dict[str, str] = {}
        for received, content in contents.items():
            shared = SharedMaps.from_bytes(content).histories(own.space, key.direction, secret=secret)
            histories += shared
            share_of |= {history.task.task_id: received.share_id for history in shared}
        model = fit_model(own.space, histories, metric=key.metric, direction=key.direction, use=own.use)
        used = tuple(contents)  # as they were read: some may have come or gone since the question
        return _Joined(replace(basis, used=used), model, tuple(one.share_id for one in used), share_of)


@dataclass(frozen=True, slots=True)
class _JoinBasis:
    """What a joined model rests on: the version of the workspace's own, and what it uses of others'."""

    version: str
    used: tuple[ReceivedContent, ...]


@dataclass(frozen=True, slots=True)
class _Joined:
    """A joined model; None where it could not be learned."""

    basis: _JoinBasis
    model: "SpaceModel | None"
    share_ids: tuple[str, ...]
    share_of: Mapping[str, str]
