"""Main effects of parameters: which share of a score's variance over the search space each explains by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metamodel.backtest.result import estimate
from metamodel.maps.performance_maps import PerformanceMaps, signed_scores
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.model_version import RegretEstimate
from warmtune.vocabulary.space import Configuration, SearchSpace

N_DESIGN = 1_024
N_BINS = 12
N_TREES = 64
MIN_TRIALS = 8
"""With fewer scored trials nothing is said of a study's own effects."""
MAX_TRIALS = 2_000


@dataclass(frozen=True, slots=True)
class Design:
    """Configurations that fill a search space, at which scores are compared.

    Attributes:
        names: Parameters, ``p`` of them.
        points: Shape ``(n, p)``: coordinates of the cube.
        active: Shape ``(n, p)``.
        features: Shape ``(n, d)``: for kernels and trees.
    """

    names: tuple[str, ...]
    points: FloatArray
    active: BoolArray
    features: FloatArray

    @classmethod
    def over(cls, space: SearchSpace, *, n: int = N_DESIGN, seed: int = 0) -> "Design":
        """A scrambled Sobol design."""
        cube = UnitCube(space)
        points, active = cube.encode(space_filling(space, n, seed=seed))
        return cls(tuple(space.parameters), points, active, cube.features(points, active))


def main_effects(design: Design, values: FloatArray) -> FloatArray:
    """First-order shares of variance, by the correlation ratio in bins of each coordinate.

    ``1 - (1 - eta^2) (n - 1) / (n - k)`` over the rows in which the parameter is active, ``eta^2`` being the variance
    between ``k`` bins over that of all, times what these rows have of the whole variance; so a share is that of the
    functional analysis of variance (Sobol 1993; Hutter et al. 2014), corrected for the number of bins.

    Args:
        design: Evenly spread configurations.
        values: Shape ``(n,)``: their scores.

    Returns:
        Shape ``(p,)``, in ``[0, 1]``; all 0 where the values don't vary. They sum to less than 1 where parameters
        interact.
    """
    total = float(((values - values.mean()) ** 2).sum())
    shares = np.zeros(len(design.names))
    if total <= 1e-18:
        return shares
    for column in range(len(design.names)):
        rows = design.active[:, column]
        if rows.sum() <= 2:
            continue
        of_rows, bins = values[rows], _bins(design.points[rows, column])
        counts, sums = np.bincount(bins), np.bincount(bins, weights=of_rows)
        own = float(((of_rows - of_rows.mean()) ** 2).sum())
        n, k = len(of_rows), int((counts > 0).sum())
        if own <= 1e-18 or n <= k:
            continue
        means = sums[counts > 0] / counts[counts > 0]
        between = float((counts[counts > 0] * (means - of_rows.mean()) ** 2).sum())
        adjusted = 1.0 - (1.0 - between / own) * (n - 1) / (n - k)
        shares[column] = max(adjusted, 0.0) * own / total
    return np.clip(shares, 0.0, 1.0)


def effects_in_study(
    space: SearchSpace, configurations: Sequence[Configuration], scores: FloatArray, direction: Direction
) -> Mapping[str, float] | None:
    """Main effects in one study, by extremely randomised trees over its trials (Geurts et al. 2006).

    The trials themselves crowd where scores are good, which would be taken for an effect; what the trees predict on an
    even design is not.

    Args:
        space: The search space.
        configurations: Valid in it; of more than `MAX_TRIALS` the best and an even sample of the others serve.
        scores: Shape ``(n,)``, in the metric's units, finite.
        direction: Which way is better.

    Returns:
        Shares by parameter, the largest first; None with fewer than `MIN_TRIALS` trials or constant scores.

    Raises:
        InvalidInputError: If there aren't as many scores as configurations, or one isn't finite.
    """
    if len(configurations) != len(scores) or not np.isfinite(scores).all():
        raise InvalidInputError("every configuration needs a finite score", field="scores", value=len(scores))
    if len(scores) < MIN_TRIALS or float(np.ptp(scores)) == 0.0:
        return None
    from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415  # slow to import, when first needed

    signed, low, high = signed_scores(scores, direction)
    utility = (np.maximum(signed, low) - low) / max(high - low, 1e-300)
    chosen = _sample(utility)
    cube, design = UnitCube(space), Design.over(space)
    inputs = cube.features(*cube.encode([configurations[int(i)] for i in chosen]))
    trees = ExtraTreesRegressor(N_TREES, min_samples_leaf=2, max_features=1.0, random_state=0)
    trees.fit(inputs.astype(np.float32), utility[chosen])
    return _sorted(design.names, main_effects(design, trees.predict(design.features.astype(np.float32))))


def effects_in_past(space: SearchSpace, maps: PerformanceMaps) -> Mapping[str, RegretEstimate]:
    """Main effects over all past tasks: the mean over tasks with its interval, the largest first.

    Every task counts alike, whatever its number of trials: its map is carried to an even design.
    """
    design = Design.over(space)
    tasks = np.arange(len(maps.mean))
    carried = maps.carried_to(design.features, tasks)
    shares = np.array([main_effects(design, np.clip(row, 0.0, 1.0)) for row in carried])
    found = {name: estimate(shares[:, column]) for column, name in enumerate(design.names)}
    return dict(sorted(found.items(), key=lambda item: -item[1].mean))


def _bins(coordinates: FloatArray) -> IntArray:
    """Cells of a coordinate: its distinct values where they are few, else `N_BINS` equal ones."""
    distinct, index = np.unique(coordinates, return_inverse=True)
    if len(distinct) <= N_BINS:
        return index.astype(np.intp)
    return np.minimum((coordinates * N_BINS).astype(np.intp), N_BINS - 1)


def _sample(utility: FloatArray) -> IntArray:
    if len(utility) <= MAX_TRIALS:
        return np.arange(len(utility), dtype=np.intp)
    best = np.argsort(-utility, kind="stable")[: MAX_TRIALS // 4]
    others = np.setdiff1d(np.arange(len(utility)), best)
    spread = others[np.linspace(0, len(others) - 1, MAX_TRIALS - len(best)).astype(np.intp)]
    return np.sort(np.concatenate([best, spread])).astype(np.intp)


def _sorted(names: Sequence[str], shares: FloatArray) -> Mapping[str, float]:
    found = {name: float(share) for name, share in zip(names, shares, strict=True)}
    return dict(sorted(found.items(), key=lambda item: -item[1]))
