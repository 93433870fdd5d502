"""Which configurations can't win any more, judged by the folds that they have so far."""

import math
from collections.abc import Sequence

import numpy as np

MIN_FOLDS = 3
"""With fewer folds nothing shows how much the differences between folds vary."""
Z = 2.5
"""Standard deviations of the bound: one configuration in 160 that would have won is stopped, at normal differences."""


class FoldBound:
    """Stops a configuration whose remaining folds can't make up for those that it has.

    It is compared with the best so far fold by fold, since folds differ more than configurations do. With the mean
    difference d of its first k of n folds, the difference over all n is within ``Z * s * sqrt(1/k - 1/n)`` of d, where
    s is the standard deviation of such differences between folds: the larger one of the configuration's own and the
    pooled one of all before. At first nothing is known but the spread of the best one's scores, which is wider.

    Not safe to share between threads.
    """

    def __init__(self) -> None:
        self._squares = 0.0
        self._freedom = 0

    def learn(self, scores: Sequence[float], rival: Sequence[float] | None) -> None:
        """Note a configuration with all its folds, and the best one before it (None for the first)."""
        values = np.asarray(scores) if rival is None else np.asarray(scores) - np.asarray(rival)
        if len(values) >= MIN_FOLDS and np.isfinite(values).all():
            self._squares += float(np.square(values - values.mean()).sum())
            self._freedom += len(values) - 1

    def cannot_win(self, scores: Sequence[float], rival: Sequence[float]) -> bool:
        """Whether the mean over all folds will stay below that of the best so far, as far as this can be known.

        Args:
            scores: Of the first folds, in order; larger is better.
            rival: The best configuration's, of all folds.
        """
        k, n = len(scores), len(rival)
        if not 0 < k < n or n < MIN_FOLDS or self._freedom == 0:
            return False
        differences = np.asarray(scores) - np.asarray(rival[:k])
        spread = math.sqrt(self._squares / self._freedom)
        if k > 1:
            spread = max(spread, float(differences.std(ddof=1)))
        return float(differences.mean()) + Z * spread * math.sqrt(1 / k - 1 / n) < 0
