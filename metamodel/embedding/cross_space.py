"""What a task's trials over other search spaces say of the past tasks of this one; numpy only.

Where two spaces have past tasks in common, a task's map over the one predicts its map over the other: a table on which
small forests do well is no table for deep boosted trees either. The prediction is a kernel ridge regression, judged by
tasks that it hasn't seen.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from metamodel.embedding.calibration import calibrate
from metamodel.embedding.kernel import fit_kernel
from metamodel.embedding.near_copies import folds_of_families
from metamodel.embedding.task_embedding import kernel_values, squared_distances
from warmtune.vocabulary.arrays import BoolArray, FloatArray
from warmtune.vocabulary.work import check_wanted

MIN_TASKS: Final = 20
"""Past tasks with trials over both spaces."""
N_DIRECTIONS: Final = 16
"""In which maps are predicted and compared, as the forest does."""
SHARES: Final = (0.25, 0.5, 0.75, 1.0)
"""Of the prediction in the weights."""
CAUTION: Final = 1.0
"""Standard errors that an advantage has to exceed."""
_N_FOLDS: Final = 10
_LARGEST: Final = 4.0  # of an input, in spreads between tasks


@dataclass(frozen=True, slots=True)
class CrossSpaceFit:
    """A regression from traits to maps and its share of the weights; immutable, threads may share it.

    Traits are numbers of a task that say where its maps over other spaces lie, NaN where it has no trials there.
    Meta-features aren't among them: on recorded tables they added nothing here; they decide the rest of the weights.

    Attributes:
        centre: Shape ``(d,)``: mean of the traits over past tasks.
        scale: Shape ``(d,)``: their standard deviation, positive.
        inputs: Shape ``(T, 2 d)``: past tasks' scaled traits, 0 for gaps, then 1 for known and 0 for gaps.
        coefficients: Shape ``(T, E)``.
        power: See `metamodel.embedding.kernel.KernelFit`.
        length: Likewise.
        places: Shape ``(T, E)``: where the past tasks' own maps lie.
        pull: Shape ``(E,)``: see `metamodel.embedding.task_embedding.TaskEmbedding`.
        stiffness: Shape ``(E,)``: likewise.
        uniform_share: Likewise.
        share: Of the regression in the weights, in (0, 1].
        gain: Share of the squared error of equal weights that it removes on held-out tasks; in [0, 1].
    """

    centre: FloatArray
    scale: FloatArray
    inputs: FloatArray
    coefficients: FloatArray
    power: float
    length: float
    places: FloatArray
    pull: FloatArray
    stiffness: FloatArray
    uniform_share: float
    share: float
    gain: float

    @classmethod
    def of(
        cls,
        traits: FloatArray,
        maps: FloatArray,
        weights_without: Callable[[int], FloatArray],
        *,
        families: FloatArray,
        seed: int,
    ) -> Self | None:
        """Fit, and measure on held-out tasks what it adds.

        Args:
            traits: Shape ``(T, d)``: of past tasks, NaN for gaps.
            maps: Shape ``(T, m)``: their maps, which are to be predicted; finite.
            weights_without: From a task to the weights that there are already, shape ``(T,)``, as if it were new.
            families: Shape ``(T, k)``: scaled meta-features; near copies are held out together.
            seed: Of the folds.

        Returns:
            None where the maps don't differ, or where it doesn't beat the other weights by a standard error.
        """
        n_tasks = len(traits)
        if n_tasks < MIN_TASKS or not maps.var(axis=0).sum() > 0.0:
            return None
        left, spread, _ = np.linalg.svd(maps - maps.mean(axis=0), full_matrices=False)
        places: FloatArray = left[:, :N_DIRECTIONS] * spread[:N_DIRECTIONS]
        known = ~np.isnan(traits)
        count = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, traits, 0.0).sum(axis=0) / count
        variance = (np.where(known, traits - centre, 0.0) ** 2).sum(axis=0) / count
        scale = np.where(variance > 0.0, np.sqrt(variance), 1.0)
        inputs = _inputs(traits, centre, scale)
        folds = folds_of_families(families, n_folds=_N_FOLDS, seed=seed)
        kernel = fit_kernel(inputs, places, folds=folds)
        trusted = calibrate(places, kernel.held_out)
        fit = cls(
            centre=centre,
            scale=scale,
            inputs=inputs,
            coefficients=kernel.coefficients,
            power=kernel.power,
            length=kernel.length,
            places=places,
            pull=trusted.pull,
            stiffness=trusted.stiffness,
            uniform_share=trusted.uniform_share,
            share=0.0,
            gain=0.0,
        )
        return fit._judged(kernel.held_out, weights_without)

    def weights(self, traits: FloatArray, included: BoolArray) -> FloatArray:
        """How much each past task speaks for one with these traits.

        Args:
            traits: Shape ``(d,)``, NaN for gaps.
            included: Shape ``(T,)``: tasks that may speak.

        Returns:
            Shape ``(T,)``: not negative, 0 where not included, sums to 1; all 0 if no task is included.
        """
        asked = _inputs(traits[None], self.centre, self.scale)
        kernel = kernel_values(squared_distances(asked, self.inputs), power=self.power, length=self.length)
        return self._of_prediction((kernel @ self.coefficients)[0], included)

    def _of_prediction(self, expected: FloatArray, included: BoolArray) -> FloatArray:
        uniform: FloatArray = included / max(int(included.sum()), 1)
        if not included.any():
            return uniform
        exponent = self.places @ (self.pull * expected) - 0.5 * (self.places**2) @ self.stiffness
        near = np.where(included, np.exp(np.minimum(exponent - exponent[included].max(), 0.0)), 0.0)
        weights: FloatArray = (1.0 - self.uniform_share) * near / near.sum() + self.uniform_share * uniform
        return weights

    def _judged(self, held_out: FloatArray, weights_without: Callable[[int], FloatArray]) -> Self | None:
        """The same with the share that errs least on held-out tasks."""
        n_tasks = len(self.places)
        errors = np.empty((n_tasks, 1 + len(SHARES)))
        equal = np.empty(n_tasks)
        for task in range(n_tasks):
            check_wanted()
            others = np.arange(n_tasks) != task
            before, predicted = weights_without(task), self._of_prediction(held_out[task], others)
            mixed = np.stack([(1.0 - share) * before + share * predicted for share in (0.0, *SHARES)])
            errors[task] = ((mixed @ self.places - self.places[task]) ** 2).sum(axis=1)
            equal[task] = ((others / (n_tasks - 1) @ self.places - self.places[task]) ** 2).sum()
        best = int(errors[:, 1:].sum(axis=0).argmin())
        less = errors[:, 0] - errors[:, 1 + best]
        if less.mean() <= CAUTION * less.std() / np.sqrt(n_tasks):
            return None
        gain = 1.0 - errors[:, 1 + best].sum() / max(float(equal.sum()), 1e-300)
        return replace(self, share=SHARES[best], gain=min(max(float(gain), 0.0), 1.0))


def _inputs(traits: FloatArray, centre: FloatArray, scale: FloatArray) -> FloatArray:
    """Scaled traits with 0 for gaps, then 1 for known and 0 for gaps; shape ``(n, 2 d)``."""
    known = ~np.isnan(traits)
    scaled = np.clip(np.where(known, (traits - centre) / scale, 0.0), -_LARGEST, _LARGEST)
    return np.concatenate([scaled, known.astype(np.float64)], axis=1)
