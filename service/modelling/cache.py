"""Models in memory: immutable, learned when first asked for, learned anew in the background as trials come in."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from service.measures import Measures
from store.database import Database
from store.histories import past_tasks
from store.keys import ModelKey
from store.revisions import revision_of
from store.search_spaces import SearchSpaceRepository
from warmtune.space import SearchSpace

if TYPE_CHECKING:
    from metamodel.engine import SpaceModel


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A model and the revision of the trials that it was learned from."""

    model: "SpaceModel"
    revision: int


class ModelCache:
    """One model per key; threads may share it.

    A request gets what is there, even if trials have come in since: then one background thread learns anew, and the
    new model takes the old one's place as a whole. Requests under way keep the one they have.
    """

    def __init__(self, database: Database, *, measures: Measures, max_models: int) -> None:
        self._database = database
        self._measures = measures
        self._max_models = max_models
        self._lock = threading.Lock()
        self._models: OrderedDict[ModelKey, CachedModel] = OrderedDict()
        self._first_fits: dict[ModelKey, threading.Lock] = {}
        self._refitting: set[ModelKey] = set()
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-refit")

    def get(self, key: ModelKey, space: SearchSpace) -> "SpaceModel":
        """The model of a key, over a search space of the key's content."""
        cached = self._find(key) or self._first(key, space)
        with self._database.reading() as connection:
            revision = revision_of(connection, key)
        if revision != cached.revision:
            self._refit_later(key, space)
        return cached.model

    def warm_up(self, wanted: Iterable[tuple[ModelKey, SearchSpace]]) -> None:
        """Learn models in the background before anybody asks; a request that comes first learns its own at once."""
        for key, space in wanted:
            self._background.submit(self._first, key, space)

    def close(self) -> None:
        """Begin no further refit; one that is under way ends by itself."""
        self._background.shutdown(wait=False, cancel_futures=True)

    def _find(self, key: ModelKey) -> CachedModel | None:
        with self._lock:
            cached = self._models.get(key)
            if cached is not None:
                self._models.move_to_end(key)
            return cached

    def _first(self, key: ModelKey, space: SearchSpace) -> CachedModel:
        with self._lock:
            first_fit = self._first_fits.setdefault(key, threading.Lock())
        with first_fit:  # many may ask at once; one learns
            cached = self._find(key) or self._fit(key, space)
        with self._lock:
            self._first_fits.pop(key, None)
        return cached

    def _refit_later(self, key: ModelKey, space: SearchSpace) -> None:
        with self._lock:
            if key in self._refitting:
                return
            self._refitting.add(key)
        self._background.submit(self._refit, key, space)

    def _refit(self, key: ModelKey, space: SearchSpace) -> None:
        try:
            self._fit(key, space)
        except Exception:  # noqa: BLE001  # the edge of a background job: the old model goes on serving
            structlog.get_logger().exception("refit_failed", metric=key.metric, content_key=key.content_key)
        finally:
            with self._lock:
                self._refitting.discard(key)

    def _fit(self, key: ModelKey, space: SearchSpace) -> CachedModel:
        from metamodel.engine import fit_model  # noqa: PLC0415  # numpy and scipy, when first needed
        from service.modelling.histories import histories_of  # noqa: PLC0415

        started = time.perf_counter()
        with self._database.reading() as connection:
            revision = revision_of(connection, key)  # before the trials: what comes in between is learned next time
            registered = SearchSpaceRepository(connection).with_content(key.content_key, key.kind_group)
            past = past_tasks(connection, key)
        known = registered or space
        model = fit_model(known, histories_of(past, known), metric=key.metric, direction=key.direction)
        cached = CachedModel(model, revision)
        with self._lock:
            self._models[key] = cached
            self._models.move_to_end(key)
            while len(self._models) > self._max_models:
                self._models.popitem(last=False)
        elapsed_s = time.perf_counter() - started
        self._measures.count_fit(elapsed_s)
        structlog.get_logger().info(
            "model_fitted",
            metric=key.metric,
            content_key=key.content_key,
            kind_group=key.kind_group,
            n_tasks=len(past),
            duration_s=round(elapsed_s, 3),
            version=model.version,
        )
        return cached
