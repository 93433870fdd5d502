"""Models in memory: immutable, learned when first asked for, learned anew in the background as trials come in.

What was learned is kept in the database (`learning.models.stored`), so that a start and other replicas find it there;
some of what ships was learned when it was packed (`learning.models.learned_ahead`).
"""

import copy
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import structlog

from learning.limits import LearningRules
from learning.lru import LruCache
from learning.models.basis import KeyState, LearningGround, ModelBasis
from learning.models.editions import Editions
from learning.models.learned_ahead import LearnedAhead
from learning.models.precedence import Precedence
from learning.models.standing import StandingChecks
from learning.models.stored import StoredModels
from store.connections.database import Database
from store.connections.scope import SHIPPED, SHIPPED_SEQ
from store.model_keys import ModelKey
from store.models import ModelRepository
from warmtune.vocabulary.errors import ServiceError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.spans import span
from warmtune.vocabulary.work import check_wanted

if TYPE_CHECKING:
    from learning.material import Material
    from learning.models.learned import LearnedModel
    from metamodel.maps.surrogates import SurrogateUse

_LOOK_UP_S = 0.2
_REST = 4.0
"""A model is not learned anew before so many times the seconds that learning took have passed: studies that report each
trial would otherwise keep the service learning."""
_Slot: TypeAlias = tuple[int, ModelKey]


class ModelCache:
    """One model per workspace and key; threads may share it.

    A workspace that has nothing of its own under a key gets the model of what ships, which is there once for all.

    A request gets what is there, even if trials have come in since: then one background thread learns anew, and the
    new model takes the old one's place as a whole; after that it rests for a while before it does so again. Requests
    under way keep the one they have. Where a version is pinned (`store.models`), its trials are the only ones that are
    learned from.
    """

    def __init__(
        self, database: Database, *, on_fit: Callable[[float], None], max_models: int, rules: LearningRules
    ) -> None:
        """Make an empty cache.

        Args:
            database: Of past trials and versions.
            on_fit: Called with the seconds that a model took to learn.
            max_models: How many are kept in memory.
            rules: What is learned from.
        """
        self._database = database
        self._on_fit = on_fit
        self._rules = rules
        self._lock = threading.Lock()
        self._models: LruCache[_Slot, _Cached] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])
        self._first_fits: dict[_Slot, threading.Lock] = {}
        self._refitting: set[_Slot] = set()
        self._rests_until: dict[_Slot, float] = {}
        self._precedence = Precedence()
        self._stored = StoredModels(max_stored=max_models, rules=rules)
        self._editions = Editions(rules)
        self._standing = StandingChecks(max_models=max_models)
        self._ahead = LearnedAhead(rules=rules)
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-refit")
        self._shipped = self.of(database.of(SHIPPED))
        self._shipped._shipped = self._shipped

    def of(self, database: Database) -> Self:
        """The same cache, for the workspace that a database is bound to."""
        bound = copy.copy(self)
        bound._database = database
        return bound

    def get(self, key: ModelKey, space: SearchSpace, state: KeyState | None = None) -> "LearnedModel":
        """The model of a key, even if it doesn't know the latest trials: these are learned from in the background.

        Args:
            key: What is asked for.
            space: A search space of its content.
            state: Of the key, as the request has read it; None to read it here.
        """
        state = self._state(key) if state is None else state
        models = self._owners(state)
        learned = models._standing_model(key, space, state)
        if not models._is_current(learned, key, space, state):
            models._refit_later(key, space)
        return learned

    def find(self, key: ModelKey, space: SearchSpace) -> "LearnedModel | None":
        """What `get` gives, where it is in memory; else None, and nothing is learned."""
        state = self._state(key)
        if self._owners(state)._available(key, state.basis) is None:
            return None
        return self.get(key, space, state)

    def _state(self, key: ModelKey) -> KeyState:
        with self._database.reading() as connection:
            return KeyState.read(connection, key)

    def _owners(self, state: KeyState) -> "ModelCache":
        """The models of whom a key's trials belong to: the workspace, or what ships."""
        return self if state.is_own else self._shipped

    def _standing_model(self, key: ModelKey, space: SearchSpace, state: KeyState) -> "LearnedModel":
        """The model in memory, else as it is first needed; learned anew where a study was deleted from under it."""
        learned = self._available(key, state.basis) or self._first(key, space, state.basis).learned
        if self._standing.stands(self._database, key, learned, state):
            return learned
        slot = self._slot(key)
        self._models.forget_items(lambda one, cached: one == slot and cached.learned is learned)
        return self._first(key, space, state.basis).learned

    def _available(self, key: ModelKey, basis: ModelBasis) -> "LearnedModel | None":
        """The model in memory that rests on a basis."""
        cached = self._models.find(self._slot(key)) or self._inherited(key, basis)
        return None if cached is None or cached.basis != basis else cached.learned

    def _is_current(self, learned: "LearnedModel", key: ModelKey, space: SearchSpace, state: KeyState) -> bool:
        """Whether there is nothing else to learn from."""
        if not learned.is_current(state.revisions, state.pin):
            return False
        if state.pin is not None:
            return True
        return self._editions.are_known(self._database, learned, key=key, space=space, revisions=state.revisions)

    def _inherited(self, key: ModelKey, basis: ModelBasis) -> "_Cached | None":
        """What a workspace had under a key before its first own trials: it serves until they are learned from."""
        cached = self._models.find((SHIPPED_SEQ, key))
        if cached is None or cached.basis != basis:
            return None
        self._models.put(self._slot(key), cached)
        return cached

    def _slot(self, key: ModelKey) -> _Slot:
        workspace = self._database.workspace
        if workspace is None:
            raise ServiceError("models are those of a workspace: use ModelCache.of")
        return workspace.seq, key

    def current(self, key: ModelKey, space: SearchSpace) -> "LearnedModel":
        """The model of a key, learned anew before returning where trials have come in or were deleted."""
        state = self._state(key)
        models = self._owners(state)
        learned = models._standing_model(key, space, state)
        return learned if models._is_current(learned, key, space, state) else models.refresh(key, space)

    def refresh(self, key: ModelKey, space: SearchSpace) -> "LearnedModel":
        """Learn a key's model anew and put it to use before returning."""
        return self._fit(key, space).learned

    def forget_source(self, content_key: str) -> None:
        """Learn anew what was learned from the trials over a search space, since some of them were deleted."""
        owner = self._database.workspace
        self._models.forget_items(
            lambda slot, cached: owner is not None and slot[0] == owner.seq and content_key in cached.learned.sources
        )

    def warm_up(self, wanted: Iterable[tuple[ModelKey, SearchSpace]]) -> None:
        """Learn models of what ships before anybody asks; a request that comes first learns its own at once."""
        shipped = self.of(self._database.of(SHIPPED))
        for key, space in wanted:
            self._background.submit(shipped._learn_ahead, key, space)

    def _learn_ahead(self, key: ModelKey, space: SearchSpace) -> None:
        with self._precedence.unasked():
            self._first(key, space, None)

    def gather(self, key: ModelKey, space: SearchSpace, *, pin: Mapping[str, int] | None) -> "Material":
        """What a model of the key is learned from: all there is now, or what is pinned."""
        from learning.material import gather  # noqa: PLC0415  # numpy, when first needed

        with self._database.reading() as connection:
            return gather(connection, key, space, pin=pin, rules=self._rules)

    def learn(self, key: ModelKey, material: "Material", use: "SurrogateUse | None") -> "LearnedModel":
        """A model of the material, in which a surrogate may have a role; it is not put to use."""
        from learning.models.learned import learn  # noqa: PLC0415  # numpy and scipy, when first needed

        started = time.perf_counter()
        with span("learn", {"warmtune.metric": key.metric, "warmtune.n_tasks": len(material.own)}):
            learned = learn(key, material, use, core_tasks=self._rules.core_tasks)
        elapsed_s = time.perf_counter() - started
        self._on_fit(elapsed_s)
        structlog.get_logger().info(
            "model_fitted",
            metric=key.metric,
            content_key=key.content_key,
            kind_group=key.kind_group,
            n_tasks=len(material.own),
            n_mapped_tasks=len(material.mapped),
            duration_s=round(elapsed_s, 3),
            version=learned.model.version,
        )
        return learned

    def put(self, key: ModelKey, learned: "LearnedModel") -> None:
        """Put a model to use."""
        with self._database.reading() as connection:
            basis = ModelBasis.of(connection, key, ModelRepository(connection).active_version(key))
        self._models.put(self._slot(key), _Cached(learned, basis))
        self._stored.keep_later(self._database, key, learned)

    def wait_until_stored(self) -> None:
        """Wait until all that is being learned or kept in the background is done."""
        self._background.submit(bool).result()
        self._stored.wait_until_stored()

    def close(self) -> None:
        """Begin no further refit; one that is under way ends by itself."""
        self._background.shutdown(wait=False, cancel_futures=True)
        self._stored.close()

    def _first(self, key: ModelKey, space: SearchSpace, basis: ModelBasis | None) -> "_Cached":
        """The model as it is first needed, on this basis or any."""
        slot = self._slot(key)
        with self._lock:
            first_fit = self._first_fits.setdefault(slot, threading.Lock())
        while not first_fit.acquire(timeout=_LOOK_UP_S):  # many may ask at once; one learns
            check_wanted()
        try:
            cached = self._models.find(slot)
            if cached is None or basis not in (None, cached.basis):
                with nullcontext() if basis is None else self._precedence.asked():  # it has its lock: it waits for none
                    cached = self._found(key, space) or self._fit(key, space)
        finally:
            first_fit.release()
        with self._lock:
            self._first_fits.pop(slot, None)
        return cached

    def _refit_later(self, key: ModelKey, space: SearchSpace) -> None:
        slot = self._slot(key)
        with self._lock:
            if slot in self._refitting or time.monotonic() < self._rests_until.get(slot, 0.0):
                return
            self._refitting.add(slot)
        self._background.submit(self._refit, key, space)

    def _refit(self, key: ModelKey, space: SearchSpace) -> None:
        started = time.monotonic()
        try:
            if self._found(key, space, is_current=True) is None:  # another replica may have learned it already
                self._fit(key, space)
        except Exception:  # noqa: BLE001  # the edge of a background job: the old model goes on serving
            structlog.get_logger().exception("refit_failed", metric=key.metric, content_key=key.content_key)
        finally:
            slot, ended = self._slot(key), time.monotonic()
            with self._lock:
                self._refitting.discard(slot)
                for rested in [one for one, until in self._rests_until.items() if until <= ended]:
                    del self._rests_until[rested]
                self._rests_until[slot] = ended + _REST * (ended - started)

    def _found(self, key: ModelKey, space: SearchSpace, *, is_current: bool = False) -> "_Cached | None":
        """What was kept, or ships, put to use.

        Args:
            key: What is asked for.
            space: A search space of its content.
            is_current: Whether it must know the latest trials.
        """
        ground = LearningGround.read(self._database, key)
        learned = self._stored.find(self._database, key, space, pin=ground.state.pin, use=ground.use)
        if learned is None and ground.state.pin is None and ground.use is None:
            learned = self._ahead.find(self._database, key, space)
        if learned is None or (is_current and not self._is_current(learned, key, space, ground.state)):
            return None
        cached = _Cached(learned, ground.state.basis)
        self._models.put(self._slot(key), cached)
        return cached

    def _fit(self, key: ModelKey, space: SearchSpace) -> "_Cached":
        ground = LearningGround.read(self._database, key)  # first: later changes are found at the next look
        material = self.gather(key, space, pin=ground.state.pin)
        fitted = _Cached(self.learn(key, material, ground.use), ground.state.basis)
        self._models.put(self._slot(key), fitted)
        self._stored.keep_later(self._database, key, fitted.learned)
        return fitted


@dataclass(frozen=True, slots=True)
class _Cached:
    """A model and what it rests on."""

    learned: "LearnedModel"
    basis: ModelBasis
