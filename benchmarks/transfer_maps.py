"""Completed maps for opponents: apart from the engine, so that its changes leave its opponents as they are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from benchmarks.transfer_table import Fold, Material
from warmtune.vocabulary.arrays import FloatArray

N_TREES: Final = 60
MIN_LEAF: Final = 3


@dataclass(frozen=True, slots=True)
class PastMaps:
    """What opponents believe of a fold's past tasks: utilities, 1 at a task's best known score, 0 at its worst.

    Attributes:
        mean: Shape ``(T, C)``.
        tried: Shape ``(C,)``: which configurations some past task has tried.
    """

    mean: FloatArray
    tried: NDArray[np.bool_]


def opponents_maps(material: Material, fold: Fold) -> PastMaps:
    """What is known as it is known; elsewhere a task's own mean and what trees over all tasks predict around it.

    Measured on the development halves against kernel ridge regression with trees of each task alone and a Gaussian
    prior's expectation-maximisation on top (the yardstick that used to be), and against trees of each task's residuals:
    static portfolios on these maps are the best of the three (on the wide table .078 instead of .104 after ten).
    """
    utilities = [_utility(material.scores[task, at]) for task, at in zip(fold.past, fold.known, strict=True)]
    trees = ExtraTreesRegressor(N_TREES, min_samples_leaf=MIN_LEAF, max_features=0.5, random_state=0)
    trees.fit(
        np.concatenate([material.features[at] for at in fold.known]), np.concatenate([u - u.mean() for u in utilities])
    )
    around = trees.predict(material.features)
    maps = np.array([u.mean() + around for u in utilities])
    tried = np.zeros(len(around), dtype=bool)
    for row, (at, utility) in enumerate(zip(fold.known, utilities, strict=True)):
        maps[row, at] = utility
        tried[at] = True
    return PastMaps(maps, tried)


def _utility(scores: FloatArray) -> FloatArray:
    spread = float(scores.max() - scores.min())
    result: FloatArray = (scores - scores.min()) / max(spread, 1e-12)
    return result
