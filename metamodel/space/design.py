"""Space-filling designs: configurations spread evenly over a search space."""

import warnings

import numpy as np
from optuna.distributions import CategoricalDistribution

from metamodel.space.cube import UnitCube
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Configuration, SearchSpace


def space_filling(space: SearchSpace, n: int, *, seed: int) -> list[dict[str, ParameterValue]]:
    """The first `n` of a scrambled Sobol sequence (Sobol 1967; Owen 1998), as configurations.

    The sequence doesn't depend on `n`: a longer design continues a shorter one. Small discrete spaces repeat.
    """
    from scipy.stats import qmc  # noqa: PLC0415  # a second, which answers of a learned model need not wait

    cube = UnitCube(space)
    with warnings.catch_warnings():
        # SciPy warns that balance needs a power of two; the prefix property matters more here.
        warnings.simplefilter("ignore", UserWarning)
        points = qmc.Sobol(cube.n_parameters, scramble=True, rng=seed).random(n)
    return cube.decode(points)


def around(
    space: SearchSpace, centre: Configuration, n: int, *, step: float = 0.25, flip: float = 0.15, seed: int
) -> list[dict[str, ParameterValue]]:
    """Random configurations around one: numbers move by a normal step in the unit cube, categories flip now and then.

    Steps over a bound are reflected. Parameters that `centre` leaves inactive start in the middle. Other than in
    `space_filling`, a longer design is another design.

    Args:
        space: The search space.
        centre: Valid in it.
        n: Number of configurations.
        step: Standard deviation of a numeric coordinate's move, in ``[0, 1]``.
        flip: Probability that a category is drawn anew.
        seed: Of the moves.
    """
    cube = UnitCube(space)
    point = cube.encode([centre])[0]
    rng = np.random.default_rng(seed)
    moves = rng.normal(scale=step, size=(n, cube.n_parameters, 1))
    draws = rng.random((n, cube.n_parameters, 2))
    is_category = [isinstance(d, CategoricalDistribution) for d in space.parameters.values()]
    moved = point + moves[:, :, 0]
    moved = np.abs(moved)  # reflect at 0 ...
    moved = 1.0 - np.abs(1.0 - moved)  # ... and at 1
    redrawn = np.where(draws[:, :, 0] < flip, draws[:, :, 1], point)
    return cube.decode(np.clip(np.where(is_category, redrawn, moved), 0.0, 1.0))
