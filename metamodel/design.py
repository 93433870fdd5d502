"""Space-filling designs: configurations spread evenly over a search space."""

import warnings

from scipy.stats import qmc
from warmtune.distributions import ParameterValue
from warmtune.space import SearchSpace

from metamodel.cube import UnitCube


def space_filling(space: SearchSpace, n: int, *, seed: int) -> list[dict[str, ParameterValue]]:
    """The first `n` of a scrambled Sobol sequence (Sobol 1967; Owen 1998), as configurations.

    The sequence doesn't depend on `n`: a longer design continues a shorter one. Small discrete spaces repeat.
    """
    cube = UnitCube(space)
    with warnings.catch_warnings():
        # SciPy warns that balance needs a power of two; the prefix property matters more here.
        warnings.simplefilter("ignore", UserWarning)
        points = qmc.Sobol(cube.n_parameters, scramble=True, rng=seed).random(n)
    return cube.decode(points)
