"""Small made-up tuning histories whose truth is known."""

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from metamodel.maps.history import TaskHistory
from metamodel.space.cube import UnitCube
from metamodel.space.design import space_filling
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SPACE = SearchSpace(
    {
        "rate": FloatDistribution(1e-3, 1.0, log=True),
        "depth": IntDistribution(1, 12),
        "kind": CategoricalDistribution(["plain", "fancy"]),
        "strength": FloatDistribution(0.0, 1.0),
    },
    conditions=(Condition("strength", "kind", ("fancy",)),),
    defaults={"rate": 0.1, "depth": 3, "kind": "plain", "strength": 0.5},
)
CONFIGURATIONS = tuple(space_filling(SPACE, 32, seed=3))


def true_scores(
    optimum: float, configurations: tuple[dict[str, ParameterValue], ...] = CONFIGURATIONS
) -> NDArray[np.float64]:
    """Accuracy-like scores that peak where the rate's unit coordinate is `optimum`."""
    points, _ = UnitCube(SPACE).encode(configurations)
    loss = (points[:, 0] - optimum) ** 2 + 0.2 * (points[:, 1] - 0.5) ** 2 + 0.05 * (points[:, 2] > 0.5)
    scores: NDArray[np.float64] = 0.9 - loss
    return scores


def make_task(number: int, optimum: float, *, hinted: bool = True) -> Task:
    """A task whose meta-feature `hint` tells the optimum, or tells nothing."""
    hint = optimum if hinted else float(np.random.default_rng(number).random())
    features = {"hint": hint, "size": 100.0 + 10 * (number % 10)}
    return Task(f"task_{number}", f"made up {number}", TaskKind.BINARY, MetaFeatures(features))


def make_histories(
    n: int, *, hinted: bool = True, n_known: int | None = None, seed: int = 0
) -> tuple[list[TaskHistory], NDArray[np.float64]]:
    """Histories of `n` tasks (each knowing `n_known` configurations), and the optima."""
    rng = np.random.default_rng(seed)
    optima = rng.uniform(0.1, 0.9, size=n)
    histories = []
    for number, optimum in enumerate(optima):
        known = rng.permutation(len(CONFIGURATIONS))[: n_known or len(CONFIGURATIONS)]
        chosen = tuple(CONFIGURATIONS[i] for i in known)
        histories.append(
            TaskHistory(
                make_task(number, float(optimum), hinted=hinted),
                chosen,
                true_scores(float(optimum), chosen),
                np.linspace(0.5, 2.0, len(chosen)),
            )
        )
    return histories, optima
