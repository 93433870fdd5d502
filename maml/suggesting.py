"""The next configurations by a neural surrogate: expected improvement over candidates."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from maml.surrogate import NeuralSurrogate
from maml.tuning_tasks import Points
from warmtune.errors import InvalidInputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def propose(
    surrogate: NeuralSurrogate,
    points: Points,
    scores: FloatArray,
    candidates: Points,
    *,
    n: int,
    larger_is_better: bool,
    embedding: FloatArray | None = None,
) -> IntArray:
    """Pick the candidates to evaluate next.

    Each pick has the largest expected improvement (Jones et al., 1998); before the first trial, the best expected
    score. A pick counts as if it had scored as expected (a kriging believer, Ginsbourger et al., 2010), so that a
    batch is diverse.

    Args:
        surrogate: Of the search space and metric.
        points: The evaluated configurations; may be none.
        scores: Shape ``(n_evaluated,)``, finite, in the metric's units.
        candidates: Those to pick from; none that was evaluated.
        n: From 1 to the number of candidates.
        larger_is_better: The metric's direction.
        embedding: Of the task, or None.

    Returns:
        Shape ``(n,)``: distinct rows of the candidates in pick order, ties go low.

    Raises:
        InvalidInputError: On an ``n`` out of range, or what `NeuralSurrogate.predict` refuses.
    """
    if not 1 <= n <= len(candidates):
        raise InvalidInputError("n is out of range", field="n", value=n, limit=f"1..{len(candidates)}")
    sign = 1.0 if larger_is_better else -1.0
    picks: list[int] = []
    while True:
        mean, sd = surrogate.predict(points, scores, candidates, embedding)
        gain = sign * mean
        if len(scores):
            gain = log_expected_improvement(gain, sd, float((sign * scores).max()))
        gain[picks] = -np.inf
        picks.append(int(gain.argmax()))
        if len(picks) == n:
            return np.array(picks, dtype=np.intp)
        chosen = candidates.take(np.array(picks[-1:]))
        points = Points(np.concatenate([points.cube, chosen.cube]), np.concatenate([points.active, chosen.active]))
        scores = np.append(scores, mean[picks[-1]])


def log_expected_improvement(mean: FloatArray, sd: FloatArray, best: float) -> FloatArray:
    """Logarithm of the expected improvement of a maximised Gaussian over ``best``; finite however small it is.

    Below ``z = -5`` the two terms of ``z cdf(z) + pdf(z)`` cancel; there it is ``pdf(z) / z^2 (1 - 3 / z^2)``, the
    first terms of its asymptotic series (Abramowitz and Stegun, 26.2.12), right to 1 %.
    """
    sd = np.maximum(sd, 1e-12)
    z = (mean - best) / sd
    near = np.maximum(z, -5.0)
    exact = np.log(near * ndtr(near) + np.exp(-0.5 * near**2) / np.sqrt(2 * np.pi))
    far = np.minimum(z, -5.0)
    tail = -0.5 * far**2 - 0.5 * np.log(2 * np.pi) - 2 * np.log(-far) + np.log1p(-3.0 / far**2)
    logarithm: FloatArray = np.log(sd) + np.where(z > -5.0, exact, tail)
    return logarithm
