"""The model of one search space and metric: fitted on past tasks, asked for recommendations and suggestions."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metamodel.cube import UnitCube
from metamodel.design import space_filling
from metamodel.history import TaskHistory
from metamodel.maps import FAILED_UTILITY, PerformanceMaps, build_maps, kernel
from metamodel.neighbours import MetaFeatureScaler, distances
from metamodel.portfolio import greedy_portfolio
from metamodel.prior import GaussianPrior, expected_improvement
from warmtune.distributions import ParameterValue
from warmtune.metrics import Direction
from warmtune.recommendation import RankedConfiguration, Recommendation, Source, Strategy
from warmtune.space import Configuration, SearchSpace
from warmtune.task import MetaFeatures
from warmtune.trial import Trial, TrialState

FloatArray = NDArray[np.float64]

MIN_TASKS_FOR_PORTFOLIO = 3
MIN_TASKS_FOR_NEIGHBOURS = 8
MAX_SOURCES = 5


@dataclass(frozen=True, slots=True)
class SpaceModel:
    """An immutable snapshot; threads may share it.

    Attributes:
        version: Hash of what it was fitted on: equal histories give equal versions.
        space: The search space whose configurations it knows.
        metric: What was scored.
        direction: Which way is better.
        histories: Past tasks, ``T`` of them.
        maps: Their performance maps.
        scaler: Of meta-features.
        scaled: Shape ``(T, d)``: the tasks' scaled meta-features.
    """

    version: str
    space: SearchSpace
    metric: str
    direction: Direction
    histories: tuple[TaskHistory, ...]
    maps: PerformanceMaps
    scaler: MetaFeatureScaler
    scaled: FloatArray
