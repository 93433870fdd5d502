"""When a search has found what it will: by the expected gain of another trial, or by patience."""

import math
from collections.abc import Sequence

import numpy as np

MIN_CANDIDATES = 5
"""With fewer configurations their best ones say nothing of what a better one would gain."""


def expected_gain(scores: Sequence[float]) -> float:
    """By how much one more configuration is expected to raise the best score, if it is one like those so far.

    A new one of n + 1 equal draws is the best with probability ``1 / (n + 1)``. How far it is then ahead is estimated
    from the k best so far: they are ahead of the one below them by s in the mean, and so is a new best one of its
    second, where the upper tail is exponential, to which most are near (Weissman, 1978; k is the root of n). The
    estimate is ``s / (n + 1)``.

    Args:
        scores: Of all configurations so far, larger is better; not finite ones are left out.

    Returns:
        The gain, at least 0; infinite for fewer than `MIN_CANDIDATES`.
    """
    known = sorted((score for score in scores if math.isfinite(score)), reverse=True)
    n = len(known)
    if n < MIN_CANDIDATES:
        return math.inf
    k = max(2, round(math.sqrt(n)))
    return float(np.mean(known[:k]) - known[k]) / (n + 1)


def n_since_best(scores: Sequence[float]) -> int:
    """How many configurations came after the best one; ties count for the first."""
    known = [score if math.isfinite(score) else -math.inf for score in scores]
    return len(known) - 1 - int(np.argmax(known)) if known else 0
