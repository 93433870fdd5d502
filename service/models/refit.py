"""A refit: learn from all there is, leave every task out once, and put the version to use unless it is worse."""

from collections.abc import Callable
from dataclasses import dataclass

from service.jobs.kinds import JobContext
from service.modelling.cache import ModelCache
from service.modelling.learning import LearnedModel
from service.modelling.material import Material
from service.models.comparing import MIN_TASKS, compare, in_words
from service.models.replaying import EVERYTHING, JUDGED, MIN_RECORDED, Replaying
from service.settings import Settings
from store.database import Database
from store.jobs import Json
from store.keys import ModelKey
from store.models import LearnedVersion, ModelRepository, StoredModel
from store.search_spaces import SearchSpaceRepository
from warmtune.errors import InvalidInputError
from warmtune.model_version import ModelState
from warmtune.space import SearchSpace


@dataclass(frozen=True, slots=True)
class Asked:
    """What a refit is for.

    Attributes:
        key: Search space, kind group, metric and direction.
        space_id: Identifier of the search space's definition.
        search_space_name: Its registered name, or None.
        activate: Whether the version may be put to use.
    """

    key: ModelKey
    space_id: str
    search_space_name: str | None
    activate: bool

    @classmethod
    def read(cls, request: Json) -> "Asked":
        """From a job's request."""
        words = {name: str(request[name]) for name in ("content_key", "kind_group", "metric", "direction")}
        name = request["search_space"]
        return cls(
            ModelKey.read(**words),
            str(request["space_id"]),
            None if name is None else str(name),
            bool(request["activate"]),
        )


@dataclass(frozen=True, slots=True)
class Refit:
    """One refit.

    Attributes:
        context: Of its job.
        asked: What it is for.
        database: Of past trials and versions.
        models: Those in use.
        settings: Limits of the backtest, and the margin.
    """

    context: JobContext
    asked: Asked
    database: Database
    models: ModelCache
    settings: Settings

    def run(self) -> Json:
        """Do it.

        Raises:
            InvalidInputError: If there is nothing to learn from.
        """
        asked = self.asked
        with self.database.reading() as connection:
            space = SearchSpaceRepository(connection).get(asked.space_id)
            active = ModelRepository(connection).active(asked.key)
        material = self.models.gather(asked.key, space, pin=None)
        if not material.histories:
            raise InvalidInputError(
                "there is no finished trial to learn from", field="search_space", value=asked.search_space_name
            )
        self.context.report(0.02, f"learning from {material.n_trials} trials of {len(material.histories)} tasks")
        learned = self.models.learn(asked.key, material)
        version = self._tested(learned, material, active, space)
        state, reason = _verdict(asked, version, active)
        self.context.check()
        return self._keep(version, state, reason, learned)

    def _tested(
        self, learned: LearnedModel, material: Material, active: StoredModel | None, space: SearchSpace
    ) -> LearnedVersion:
        """The version with its backtest, and the comparison with the active one where that knew other trials."""
        key = self.asked.key
        replaying = Replaying(key, material, self.settings)
        found = replaying.run(material, EVERYTHING, on_fold=self._telling(0.1, 0.6 if active else 0.95))
        comparison = None
        if active is not None and found is not None and active.learned.sources != material.sources:
            before = self.models.gather(key, space, pin=active.learned.sources)
            other = replaying.run(before, JUDGED, on_fold=self._telling(0.6, 0.95))
            if other is not None:
                margin = self.settings.refit_margin
                comparison = compare(found, other, version=active.learned.version, margin=margin)
        return LearnedVersion(
            version=learned.model.version,
            key=key,
            space_id=self.asked.space_id,
            search_space_name=self.asked.search_space_name,
            sources=material.sources,
            n_tasks=len(material.histories),
            n_trials=material.n_trials,
            backtest=None if found is None else found.to_json(),
            comparison=comparison,
        )

    def _telling(self, start: float, end: float) -> Callable[[int, int], None]:
        def on_fold(done: int, n_folds: int) -> None:
            self.context.report(
                start + (end - start) * done / n_folds, f"backtest: {done} of {n_folds} groups of tasks"
            )

        return on_fold

    def _keep(self, version: LearnedVersion, state: ModelState, reason: str, learned: LearnedModel) -> Json:
        with self.database.writing() as connection:
            stored = ModelRepository(connection).keep(version, state, reason)
        if stored.state is ModelState.ACTIVE:
            self.models.put(version.key, learned)
        elif stored.state is ModelState.REJECTED:  # the trials that made it worse must not be learned from any more
            self.models.refresh(version.key, learned.model.space)
        return {
            "version": version.version,
            "state": stored.state.value,
            "reason": stored.reason,
            "n_tasks": version.n_tasks,
            "n_trials": version.n_trials,
        }


def _verdict(asked: Asked, version: LearnedVersion, active: StoredModel | None) -> tuple[ModelState, str]:
    """What becomes of a version, and why."""
    if not asked.activate:
        return ModelState.CANDIDATE, "the refit was asked not to put it to use"
    if version.comparison is not None:
        state = ModelState.REJECTED if version.comparison.is_worse else ModelState.ACTIVE
        return state, in_words(version.comparison)
    if active is None:
        return ModelState.ACTIVE, "there was no version before"
    if active.learned.sources == version.sources:
        return ModelState.ACTIVE, "learned from the same trials as the version before"
    few = f"fewer than {MIN_TASKS} tasks have {MIN_RECORDED} different trials, so that they could be left out"
    return ModelState.ACTIVE, f"not compared: {few}"
