"""Models in memory: immutable, learned when first asked for, learned anew in the background as trials come in.

What was learned is kept in the database (`learning.models.stored`), so that a start and other replicas find it there;
some of what ships was learned when it was packed (`learning.models.shipped_models`).
"""

import copy
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import structlog

from learning.limits import LearningRules
from learning.lru import LruCache
from learning.models.basis import KeyState, LearningInputs, ModelBasis
from learning.models.deletion_checks import DeletionChecks
from learning.models.editions import Editions
from learning.models.first_fits import FirstFits
from learning.models.fit import logged_fit
from learning.models.lookup import ModelLookup, Slot
from learning.models.precedence import Precedence
from learning.models.refit_turns import RefitTurns
from learning.models.shipped_models import ShippedModels
from learning.models.stored import StoredModels
from store.connections.database import Connection, Database
from store.connections.scope import SHIPPED, SHIPPED_SEQ, as_workspace
from store.model_keys import ModelKey
from store.models import ModelRepository
from store.revisions import revisions_beside
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from learning.material import Material
    from learning.models.learned import LearnedModel
    from metamodel.maps.surrogates import SurrogateUse


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
        self._models: LruCache[Slot, _Cached] = LruCache(max_items=max_models, owner_of=lambda slot: slot[0])
        self._first_fits = FirstFits()
        self._refit_turns = RefitTurns()
        self._precedence = Precedence()
        self._stored = StoredModels(max_stored=max_models, rules=rules)
        self._editions = Editions(rules)
        self._deletions = DeletionChecks(max_models=max_models)
        self._shipped_models = ShippedModels(rules=rules)
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-refit")
        self._shipped = self.of(database.of(SHIPPED))
        self._shipped._shipped = self._shipped

    def of(self, database: Database) -> Self:
        """The same cache, for the workspace that a database is bound to."""
        bound = copy.copy(self)
        bound._database = database
        return bound

    def get(self, key: ModelKey, space: SearchSpace) -> "LearnedModel":
        """The model of a key, even if it doesn't know the latest trials: these are learned from in the background.

        Args:
            key: What is asked for.
            space: A search space of its content.
        """
        with self._database.reading() as connection:
            found = self.look_up(connection, key, space)
        return self.complete(found)

    def look_up(self, connection: Connection, key: ModelKey, space: SearchSpace) -> ModelLookup:
        """What a request finds of a key within its own transaction, in which nothing is learned.

        Args:
            connection: A reading transaction of the workspace.
            key: What is asked for.
            space: A search space of its content.
        """
        state = KeyState.read(connection, key)
        models = self._owners(state)
        learned = models._available(key, state.basis)
        found = ModelLookup(key, space, state, learned, is_current=False)
        if learned is None or models is self:
            return models._checked(connection, found)
        with as_workspace(connection, SHIPPED) as bound:
            return models._checked(bound, found)

    def complete(self, found: ModelLookup) -> "LearnedModel":
        """The model that a look-up found; else it is loaded or learned now, outside of any transaction."""
        models = self._owners(found.state)
        if found.learned is not None:
            learned, is_current = found.learned, found.is_current
        else:
            learned, is_current = models._loaded_or_learned(found)
        if not is_current:
            models._refit_later(found.key, found.space)
        return learned

    def ready(self, found: ModelLookup) -> "LearnedModel | None":
        """The model that a look-up found, or one that is stored or ships; else it is learned in the background."""
        models = self._owners(found.state)
        if found.learned is None and models._found(found.key, found.space) is None:
            models._refit_later(found.key, found.space)
            return None
        return self.complete(found)

    def find(self, key: ModelKey, space: SearchSpace) -> "LearnedModel | None":
        """What `get` gives, where it is in memory; else None, and nothing is learned."""
        with self._database.reading() as connection:
            found = self.look_up(connection, key, space)
        return None if found.learned is None else self.complete(found)

    def _owners(self, state: KeyState) -> "ModelCache":
        """The models of whom a key's trials belong to: the workspace, or what ships."""
        return self if state.is_own else self._shipped

    def _available(self, key: ModelKey, basis: ModelBasis) -> "LearnedModel | None":
        """The model in memory that rests on a basis."""
        cached = self._models.find(self._slot(key)) or self._inherited(key, basis)
        return None if cached is None or cached.basis != basis else cached.learned

    def _checked(self, connection: Connection, found: ModelLookup) -> ModelLookup:
        """The look-up without a model from under which a study was deleted, and whether its model is current."""
        key, state, learned = found.key, found.state, found.learned
        if learned is None:
            return found
        if not self._deletions.has_all(connection, key, learned, state):
            slot = self._slot(key)
            self._models.forget_items(lambda one, cached: one == slot and cached.learned is learned)
            return replace(found, learned=None)
        is_current = learned.is_current(state.revisions, state.pin) and (
            state.pin is not None
            or self._editions.are_known(connection, learned, key=key, space=found.space, revisions=state.revisions)
        )
        return replace(found, is_current=is_current)

    def _loaded_or_learned(self, found: ModelLookup) -> "tuple[LearnedModel, bool]":
        """A model that wasn't in memory, loaded or learned now, and whether it is current."""
        learned = self._first(found.key, found.space, found.state.basis).learned
        with self._database.reading() as connection:
            checked = self._checked(connection, replace(found, learned=learned))
        if checked.learned is None:  # another request has learned it from a study that was deleted meanwhile
            learned = self._first(found.key, found.space, found.state.basis).learned
        return learned, checked.is_current

    def _inherited(self, key: ModelKey, basis: ModelBasis) -> "_Cached | None":
        """What a workspace had under a key before its first own trials: it serves until they are learned from."""
        cached = self._models.find((SHIPPED_SEQ, key))
        if cached is None or cached.basis != basis:
            return None
        self._models.put(self._slot(key), cached)
        return cached

    def _from_what_ships(self, key: ModelKey, space: SearchSpace, basis: ModelBasis | None) -> "_Cached | None":
        """The same where it isn't in memory, for a workspace whose own trials are all over other search spaces.

        These may help, but a request need not wait until they were learned from: after an upgrade, that takes minutes
        on a busy machine.
        """
        if basis is None or self._database.owner.seq == SHIPPED_SEQ:
            return None
        with self._database.reading() as connection, self._shipped._database.reading() as of_shipped:
            mine, theirs = (revisions_beside(one, key).get(key.content_key, 0) for one in (connection, of_shipped))
        if mine != theirs:
            return None
        is_there = self._models.find((SHIPPED_SEQ, key)) is not None or self._shipped._found(key, space) is not None
        return self._inherited(key, basis) if is_there else None

    def _slot(self, key: ModelKey) -> Slot:
        return self._database.owner.seq, key

    def current(self, key: ModelKey, space: SearchSpace) -> "LearnedModel":
        """The model of a key, learned anew before returning where trials have come in or were deleted."""
        with self._database.reading() as connection:
            found = self.look_up(connection, key, space)
        models, learned, is_current = self._owners(found.state), found.learned, found.is_current
        if learned is None:
            learned, is_current = models._loaded_or_learned(found)
        return learned if is_current else models.refresh(key, space)

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
        return logged_fit(key, material, use, rules=self._rules, on_fit=self._on_fit)

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
        with self._first_fits.alone(slot):
            cached = self._models.find(slot)
            if cached is None or basis not in (None, cached.basis):
                with nullcontext() if basis is None else self._precedence.asked():  # it has its lock: it waits for none
                    cached = self._found(key, space) or self._from_what_ships(key, space, basis)
                    cached = cached or self._fit(key, space)
        return cached

    def _refit_later(self, key: ModelKey, space: SearchSpace) -> None:
        if self._refit_turns.begin(self._slot(key)):
            self._background.submit(self._refit, key, space)

    def _refit(self, key: ModelKey, space: SearchSpace) -> None:
        started = time.monotonic()
        try:
            if self._found(key, space, is_current=True) is None:  # another replica may have learned it already
                self._fit(key, space)
        except Exception:  # noqa: BLE001  # the edge of a background job: the old model goes on serving
            structlog.get_logger().exception("refit_failed", metric=key.metric, content_key=key.content_key)
        finally:
            self._refit_turns.end(self._slot(key), started=started)

    def _found(self, key: ModelKey, space: SearchSpace, *, is_current: bool = False) -> "_Cached | None":
        """What was kept, or ships, put to use.

        Args:
            key: What is asked for.
            space: A search space of its content.
            is_current: Whether it must know the latest trials.
        """
        inputs = LearningInputs.read(self._database, key)
        learned = self._stored.find(self._database, key, space, pin=inputs.state.pin, use=inputs.use)
        if learned is None and inputs.state.pin is None and inputs.use is None:
            learned = self._shipped_models.find(self._database, key, space)
        if learned is None:
            return None
        if is_current:
            with self._database.reading() as connection:
                known = self._checked(connection, ModelLookup(key, space, inputs.state, learned, is_current=False))
            if not known.is_current:
                return None
        cached = _Cached(learned, inputs.state.basis)
        self._models.put(self._slot(key), cached)
        return cached

    def _fit(self, key: ModelKey, space: SearchSpace) -> "_Cached":
        inputs = LearningInputs.read(self._database, key)  # first: later changes are found at the next look
        material = self.gather(key, space, pin=inputs.state.pin)
        fitted = _Cached(self.learn(key, material, inputs.use), inputs.state.basis)
        self._models.put(self._slot(key), fitted)
        self._stored.keep_later(self._database, key, fitted.learned)
        return fitted


@dataclass(frozen=True, slots=True)
class _Cached:
    """A model and what it rests on."""

    learned: "LearnedModel"
    basis: ModelBasis
