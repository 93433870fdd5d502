"""A refit: learn from all there is, leave every task out once, and put the version to use unless it is worse."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

from learning.engine_surrogates import EngineSurrogateFit
from learning.job_context import JobCancelledError, JobContext, JobInterruptedError
from learning.job_requests import RefitJob
from learning.limits import RefitLimits
from learning.material import Material
from learning.models.cache import ModelCache
from learning.models.learned import LearnedModel
from learning.refit.comparison import MIN_TASKS, compare, in_words
from learning.refit.replay import EVERYTHING, JUDGED, MIN_RECORDED, ReplayInputs
from learning.refit.stored_results import StoredResults, pin_sources, pinned_sources
from learning.refit.surrogate_backtest import SurrogateBacktest, SurrogateOutcome, settings_of
from metamodel.maps.surrogates import SurrogateRole, SurrogateUse
from store.connections.database import Database
from store.models import LearnedVersion, ModelRepository, StoredModel
from store.search_spaces import SearchSpaceRepository
from store.stored_job import Json
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.model_version import Comparison, ModelState, TriedSurrogate
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.surrogate_kind import SurrogateKind


@dataclass(frozen=True, slots=True)
class Refit:
    """One refit.

    Attributes:
        context: Of its job.
        asked: What it is for.
        database: Of past trials and versions.
        models: Those in use.
        limits: Of the backtest, and the margin.
    """

    context: JobContext
    asked: RefitJob
    database: Database
    models: ModelCache
    limits: RefitLimits

    def run(self) -> Json:
        """Do it.

        Raises:
            InvalidInputError: If there is nothing to learn from.
        """
        asked = self.asked
        with self.database.reading() as connection:
            space = SearchSpaceRepository(connection).get(asked.space_id)
            active = ModelRepository(connection).active(asked.key)
        directory = self.context.directory
        material = self.models.gather(asked.key, space, pin=pinned_sources(directory))
        if not material.histories:
            raise InvalidInputError(
                "there is no finished trial to learn from", field="search_space", value=asked.search_space
            )
        pin_sources(directory, material.sources)
        self.context.report(0.02, f"learning from {material.n_trials} trials of {len(material.histories)} tasks")
        kept = StoredResults.of(directory)
        replaying = ReplayInputs(asked.key, material, self.limits, kept)
        tried = self._tried(material, replaying)
        learned = self.models.learn(asked.key, material, tried.use)
        version = LearnedVersion(
            version=learned.model.version,
            key=asked.key,
            space_id=asked.space_id,
            search_space_name=asked.search_space,
            sources=material.sources,
            n_tasks=len(material.histories),
            n_trials=material.n_trials,
            backtest=None if tried.backtest is None else tried.backtest.to_json(),
            comparison=self._compared(tried, replaying, active=active, learned=learned, space=space),
            surrogates=tried.found,
        )
        state, reason = _verdict(asked, version, active)
        self.context.check()
        stored = self._keep(version, state, reason, learned=learned, use=tried.use)
        return {**stored, "n_resumed": len(kept.found)}

    def _tried(self, material: Material, replaying: ReplayInputs) -> SurrogateOutcome:
        """The backtest, and the surrogate that has earned to suggest, if one has."""
        trying = SurrogateBacktest(material, replaying, self._part(0.35, 0.8), self.context.check)
        trying.check(self.asked.surrogate)
        found = replaying.run(material, EVERYTHING, on_fold=self._fold_progress(0.05, 0.35))
        return trying.run(self.asked.surrogate, found)

    def _compared(
        self,
        tried: SurrogateOutcome,
        replaying: ReplayInputs,
        *,
        active: StoredModel | None,
        learned: LearnedModel,
        space: SearchSpace,
    ) -> Comparison | None:
        """With the active version, where that knew other trials or suggests by something else."""
        if active is None or tried.backtest is None or active.learned.version == learned.model.version:
            return None
        key, margin = self.asked.key, self.limits.margin
        used, other = active.learned.surrogate, tried.by_prior
        is_same = active.learned.sources == learned.sources
        if used is not None or not is_same:
            before = tried.material if is_same else self.models.gather(key, space, pin=active.learned.sources)
            fit = None if used is None else self._fit_like(used, before.space)
            other = replaying.run(before, JUDGED, on_fold=self._fold_progress(0.8, 0.95), surrogate_fit=fit)
        return None if other is None else compare(tried.backtest, other, version=active.learned.version, margin=margin)

    def _fit_like(self, used: TriedSurrogate, space: SearchSpace) -> EngineSurrogateFit:
        """Learns surrogates such as the active version's."""
        settings = settings_of(SurrogateKind(used.algorithm), n_steps=self.limits.surrogate_steps)
        role = SurrogateRole(used.role)
        return EngineSurrogateFit(space, self.asked.key.direction, settings, role, self.context.check)

    def _fold_progress(self, start: float, end: float) -> Callable[[int, int], None]:
        def on_fold(done: int, n_folds: int) -> None:
            report(done / n_folds, f"backtest: {done} of {n_folds} groups of tasks")

        report = self._part(start, end)
        return on_fold

    def _part(self, start: float, end: float) -> Callable[[float, str], None]:
        """Progress of a part of the job."""
        return lambda share, message: self.context.report(start + (end - start) * share, message)

    def _keep(
        self,
        version: LearnedVersion,
        state: ModelState,
        reason: str,
        *,
        learned: LearnedModel,
        use: SurrogateUse | None,
    ) -> Json:
        content = None if use is None else use.surrogate.to_bytes()
        with self.database.writing() as connection:
            stored = ModelRepository(connection).keep(version, state, reason, surrogate=content)
        if stored.state is ModelState.ACTIVE:
            self.models.put(version.key, learned)
        elif stored.state is ModelState.REJECTED:  # the trials that made it worse must not be learned from any more
            with suppress(JobCancelledError, JobInterruptedError):  # the version is stored: a later look learns anew
                self.models.refresh(version.key, learned.model.space)
        return {
            "version": version.version,
            "state": stored.state.value,
            "reason": stored.reason,
            "n_tasks": version.n_tasks,
            "n_trials": version.n_trials,
            "surrogates": [asdict(tried) for tried in version.surrogates],
        }


def _verdict(asked: RefitJob, version: LearnedVersion, active: StoredModel | None) -> tuple[ModelState, str]:
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
