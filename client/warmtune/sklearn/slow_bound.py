"""Which configurations take so much longer than others that only being ahead is worth their further folds."""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Final

LEAST_S: Final = 20.0
"""Below so many seconds nothing counts as slow: the folds of quick models vary by more than any factor."""


class SlowBound:
    """Stops a configuration that has taken many times the usual time and is no better than the best on the same folds.

    Usual is the median of the complete configurations so far. One that is ahead goes on, however long it takes, so that
    a slow model that is better isn't lost; one that is behind after the first folds and would have won is.

    Not safe to share between threads.
    """

    def __init__(self, times: float | None, *, least_s: float = LEAST_S) -> None:
        """Know nothing yet.

        Args:
            times: How many times the usual seconds of all folds count as slow; None for never.
            least_s: Seconds below which nothing counts as slow.
        """
        self._times = times
        self._least_s = least_s
        self._seconds: list[float] = []

    def learn(self, seconds: float) -> None:
        """Note what all folds of a complete configuration took."""
        self._seconds.append(seconds)

    def reason(self, scores: Sequence[float], rival: Sequence[float], *, seconds: float) -> str | None:
        """Why the remaining folds aren't worth their time, or None where they are.

        Args:
            scores: Of the first folds, in order; larger is better.
            rival: The best configuration's, of all folds.
            seconds: What these folds took.
        """
        if self._times is None or not self._seconds or len(scores) >= len(rival):
            return None
        usual = median(self._seconds)
        if seconds < max(self._times * usual, self._least_s) or fmean(scores) > fmean(rival[: len(scores)]):
            return None
        return (
            f"{len(scores)} of {len(rival)} folds took {seconds:.0f} s, all folds usually take {usual:.1f} s, and it "
            "was not ahead"
        )
