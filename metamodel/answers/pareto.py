"""Which points no other one dominates."""

import numpy as np

from warmtune.vocabulary.arrays import BoolArray, FloatArray


def is_on_front(points: FloatArray) -> BoolArray:
    """Which points are not dominated: no other is at least as good everywhere, and better somewhere.

    Each step takes the point of the largest sum that is left, which nothing left dominates, and drops those that it
    dominates: the front's size times their number, a matrix at a time.

    Args:
        points: Shape ``(n, k)``, finite; larger is better.

    Returns:
        Shape ``(n,)``; of equal points all are on the front, or none.
    """
    found = np.zeros(len(points), dtype=bool)
    ranks = (
        np.stack([np.unique(column, return_inverse=True)[1] for column in points.T], axis=-1) if len(points) else points
    )
    left = np.arange(len(points))
    while len(left):
        mine = ranks[left]
        best = mine[mine.sum(axis=1).argmax()]  # of ranks: sums of huge values would lose the small ones
        found[left[(mine == best).all(axis=1)]] = True
        left = left[~(mine <= best).all(axis=1)]
    return found
