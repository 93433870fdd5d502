"""The next configurations by a neural surrogate: expected improvement over candidates."""

import numpy as np
import torch

from maml.algorithms.learned_acquisition import log_improvement
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import Points
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.work import check_wanted


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
        check_wanted()
        mean, sd = surrogate.predict(points, scores, candidates, embedding)
        gain = sign * mean
        if len(scores):
            above = torch.from_numpy(gain - float((sign * scores).max()))
            gain = log_improvement(above, torch.from_numpy(np.maximum(sd, 1e-12))).numpy()
        gain[picks] = -np.inf
        picks.append(int(gain.argmax()))
        if len(picks) == n:
            return np.array(picks, dtype=np.intp)
        chosen = candidates.take(np.array(picks[-1:]))
        points = Points(np.concatenate([points.cube, chosen.cube]), np.concatenate([points.active, chosen.active]))
        scores = np.append(scores, mean[picks[-1]])
