"""What a further trial is expected to add to a study's best score, and how sure that is."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.special import ndtr

from metamodel.maps.posterior import Posterior
from warmtune.vocabulary.recommendation import ExpectedGain

LEVEL: Final = 0.05
"""Probability on each side of the interval: 90 % of trials are expected to lie in it."""
RECORD_TRIALS: Final = 4.0
"""Measured on development halves of recorded tables: see `docs/engine.md`."""
_BISECTIONS: Final = 60


def expected_gain_of(
    posterior: Posterior, point: int, best: float, *, n_scored: int, chance: float = 1.0
) -> ExpectedGain:
    """The distribution of ``max(score - best, 0)`` at a point.

    With probability ``1 - chance`` the trial fails or is infeasible, and adds nothing. Else its score is distributed as
    the posterior says, a mixture of Gaussians, of which the quantiles are found by bisection.

    What is most promising by the posterior promises too much (the winner's curse), and the more so the more trials have
    gone before: of n exchangeable trials the last is the best with probability 1 / n. So only a share of what the
    posterior promises is believed, `RECORD_TRIALS` / (`RECORD_TRIALS` + `n_scored`); nothing is gained otherwise. In
    the mean the largest twentieth of the gains counts as its least: the trials haven't ruled out its scales yet.

    Args:
        posterior: Of signed scores.
        point: Which of its points.
        best: The best signed score so far.
        n_scored: Trials with a score so far, at least 1.
        chance: That the trial will have a score which counts, in [0, 1].
    """
    there = posterior.at([point])
    weight, mean, sd = there.weight, there.mean[:, 0], there.sd[:, 0]
    believed = chance * RECORD_TRIALS / (RECORD_TRIALS + n_scored)

    def exceeding(gain: float) -> float:
        return believed * float(weight @ ndtr((mean - best - gain) / sd))

    furthest = float((mean + 10.0 * sd).max()) - best
    probability = exceeding(0.0)
    cap = _exceeded_with(exceeding, LEVEL * probability, furthest)
    less = np.exp(there.log_expected_improvement(best)[0]) - np.exp(there.log_expected_improvement(best + cap)[0])
    return ExpectedGain(
        mean=believed * max(float(less), 0.0),
        low=_exceeded_with(exceeding, 1.0 - LEVEL, furthest),
        high=_exceeded_with(exceeding, LEVEL, furthest),
        probability=probability,
    )


def _exceeded_with(exceeding: Callable[[float], float], probability: float, furthest: float) -> float:
    """The gain that is exceeded with this probability, 0 where no gain is; `furthest` is exceeded with less."""
    if exceeding(0.0) <= probability:
        return 0.0
    low, high = 0.0, furthest
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if exceeding(middle) > probability else (low, middle)
    return low
