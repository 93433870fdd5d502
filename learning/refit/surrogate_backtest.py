"""Whether a neural surrogate does better than the engine's prior: the backtest of a refit decides."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from learning.engine_surrogates import EngineSurrogateFit, engine_tasks
from learning.job_requests import SURROGATE_AUTO as AUTO
from learning.job_requests import SURROGATE_NONE as NONE
from learning.material import Material
from learning.refit.comparison import compare
from learning.refit.replay import ENGINES, JUDGED, ReplayInputs
from maml.surrogates.choice import backtest_kinds
from maml.surrogates.meta_training import SurrogateSettings
from maml.surrogates.tuning_tasks import TuningTask
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from metamodel.backtest.result import Backtest
from metamodel.maps.surrogates import SurrogateRole, SurrogateUse
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.model_version import TriedSurrogate
from warmtune.vocabulary.surrogate_kind import SurrogateKind

PRIOR: Final = "the engine's prior"

MIN_TASKS: Final = 8
"""With fewer past tasks, too few are left to learn from where some are left out."""
MIN_TASKS_FOR_AUTO: Final = 12
"""With fewer, those that are left out aren't enough to tell that a surrogate is better."""

LEVEL: Final = 0.975
"""Of the intervals by which `AUTO` decides: two roles are tried, and each may seem better by chance."""

CHECK_EVERY: Final = 50
PATIENCE: Final = 8

CANDIDATES: Final = (SurrogateKind.DEEP_KERNEL, SurrogateKind.MARGINAL_LAST_LAYER)
"""What `AUTO` chooses from: those that predict best in docs/maml_results.md, and that take seconds to learn."""


@dataclass(frozen=True, slots=True)
class SurrogateOutcome:
    """What became of the surrogates.

    Attributes:
        found: The figures of each; none where nothing was tried.
        use: That which has earned its place, learned from everything; or None.
        backtest: Of the version, with whatever is in use; None where too few tasks can be left out.
        by_prior: That of the engine's prior on the same tasks.
        material: What all were learned from.
    """

    found: tuple[TriedSurrogate, ...]
    use: SurrogateUse | None
    backtest: Backtest | None
    by_prior: Backtest | None
    material: Material


@dataclass(frozen=True, slots=True)
class SurrogateBacktest:
    """Tries surrogates against the engine's prior on the same left-out tasks.

    Attributes:
        material: What is learned from.
        replaying: The targets, and what is looked up on them.
        report: Called with the share that is done and what is being done.
        check_wanted: Raises where the work is not wanted any more.
    """

    material: Material
    replaying: ReplayInputs
    report: Callable[[float, str], None]
    check_wanted: Callable[[], None]

    def check(self, asked: str) -> None:
        """Refuse what can't be tried, before anything is measured.

        Raises:
            InvalidInputError: If an algorithm was asked for, and there are too few tasks to try it on.
        """
        n_targets = len(self.replaying.targets)
        if asked not in (AUTO, NONE) and n_targets < MIN_TASKS:
            raise InvalidInputError(
                f"{n_targets} past tasks have enough trials to be left out, too few to try a surrogate",
                field="surrogate",
                value=asked,
                limit=f"at least {MIN_TASKS} tasks",
            )

    def run(self, asked: str, by_prior: Backtest | None) -> SurrogateOutcome:
        """Try what was asked for.

        Args:
            asked: `NONE`; an algorithm, which is used whatever the figures say; or `AUTO`: the most promising one is
                tried, and used if regret is lower with it beyond chance.
            by_prior: The backtest of the engine's prior; None where too few tasks can be left out.
        """
        least = MIN_TASKS_FOR_AUTO if asked == AUTO else MIN_TASKS
        if asked == NONE or by_prior is None or len(self.replaying.targets) < least:
            return self._nothing((), by_prior)
        kind = self._most_promising() if asked == AUTO else asked
        judged = {role: self._judged(kind, role, by_prior) for role in SurrogateRole}
        figures = {role: pair for role, pair in judged.items() if pair is not None}
        if not figures:
            return self._nothing((), by_prior)
        best = min(figures, key=lambda role: figures[role][0].difference)
        is_used = asked != AUTO or figures[best][0].high < 0.0
        found = tuple(replace(tried, is_used=is_used and role is best) for role, (tried, _) in figures.items())
        if not is_used:
            return self._nothing(found, by_prior)
        use = self._fit(kind, best)(self.material.histories)
        with_it = replace(by_prior, regret={**by_prior.regret, **figures[best][1].regret})
        return SurrogateOutcome(found, use, with_it, by_prior, self.material)

    def _nothing(self, found: tuple[TriedSurrogate, ...], by_prior: Backtest | None) -> SurrogateOutcome:
        return SurrogateOutcome(found, None, by_prior, by_prior, self.material)

    def _most_promising(self) -> str:
        """The algorithm that predicts left-out tasks' hidden trials best."""
        tasks = engine_tasks(self.material.space, self.material.histories, self.replaying.key.direction)
        density = {}
        for at, kind in enumerate(CANDIDATES):
            self.report(0.4 * at / len(CANDIDATES), f"how well does {kind} predict?")
            density[str(kind)] = self._density(tasks, kind)
        return max(density, key=lambda kind: density[kind])

    def _density(self, tasks: Sequence[TuningTask], kind: SurrogateKind) -> float:
        """The mean log density of left-out tasks' hidden trials, measured once a job."""
        settings = self._settings(kind)

        def measure() -> float:
            (score,) = backtest_kinds(tasks, [kind], settings, on_check=lambda _: self.check_wanted())
            return score.mean

        if self.replaying.kept is None:
            return measure()
        content = b"".join(task.points.cube.tobytes() + task.scores.tobytes() for task in tasks)
        return self.replaying.kept.figure(f"{settings} on {hashlib.sha256(content).hexdigest()}", measure)

    def _judged(self, kind: str, role: SurrogateRole, by_prior: Backtest) -> tuple[TriedSurrogate, Backtest] | None:
        """The figures of a surrogate that is learned anew for each fold; None where too few tasks remain."""
        start = {SurrogateRole.MAPS: 0.4, SurrogateRole.SUGGESTIONS: 0.65}[role]

        def on_fold(done: int, n_folds: int) -> None:
            message = f"backtest of {kind} for {role}: {done} of {n_folds} groups of tasks"
            self.report(start + 0.25 * done / n_folds, message)

        judged = self.replaying.run(
            self.material,
            ENGINES if role is SurrogateRole.MAPS else JUDGED,
            on_fold=on_fold,
            surrogate_fit=self._fit(kind, role),
        )
        compared = None if judged is None else compare(judged, by_prior, version=PRIOR, margin=0.0, level=LEVEL)
        if judged is None or compared is None:
            return None
        figures = (compared.n_tasks, compared.difference, compared.low, compared.high)
        return TriedSurrogate(kind, role.value, *figures, is_used=False), judged

    def _fit(self, kind: str, role: SurrogateRole) -> EngineSurrogateFit:
        settings = self._settings(SurrogateKind(kind))
        direction = self.replaying.key.direction
        return EngineSurrogateFit(self.material.space, direction, settings, role, self.check_wanted)

    def _settings(self, kind: SurrogateKind) -> SurrogateSettings:
        return settings_of(kind, n_steps=self.replaying.limits.surrogate_steps)


def settings_of(kind: SurrogateKind, *, n_steps: int) -> SurrogateSettings:
    """How a refit meta-trains."""
    outer = OuterSettings(rate=2e-3, decay_steps=n_steps)
    training = TrainingSettings(n_steps=n_steps, check_every=CHECK_EVERY, patience=PATIENCE, outer=outer)
    return SurrogateSettings(kind=kind, training=training)
