"""Compiled minimum spanning tree of a dense distance matrix."""

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import FloatArray
from metafeatures.kernels.compiled import kernel


@kernel
def spanning_tree(distance: FloatArray) -> npt.NDArray[np.int64]:
    """Prim's algorithm from vertex 0; shape ``(n,)``: each vertex's parent, -1 for the root; ties go low."""
    n = distance.shape[0]
    parent = np.full(n, -1, dtype=np.int64)
    nearest = np.full(n, np.inf)
    inside = np.zeros(n, dtype=np.bool_)
    nearest[0] = -1.0
    for _ in range(n):
        best = -1
        for j in range(n):
            if not inside[j] and (best < 0 or nearest[j] < nearest[best]):
                best = j
        inside[best] = True
        for j in range(n):
            if not inside[j] and distance[best, j] < nearest[j]:
                nearest[j] = distance[best, j]
                parent[j] = best
    return parent


@kernel
def finish_distances(products: FloatArray, left: FloatArray, right: FloatArray, bits: int) -> None:
    """Turn products into squared distances, in place.

    Args:
        products: Shape ``(n, m)``.
        left: Shape ``(n,)``: squared lengths of the rows.
        right: Shape ``(m,)``: squared lengths of the columns.
        bits: To how many bits of the largest distance all are rounded.
    """
    largest = 0.0
    for i in range(products.shape[0]):
        for j in range(products.shape[1]):
            squares = left[i] + right[j]
            d = squares - 2.0 * products[i, j]
            d = 0.0 if d <= 1e-12 * squares else d  # what rounding leaves between equal rows
            products[i, j] = d
            largest = max(largest, d)
    if largest == 0.0:
        return
    exponent = np.ceil(np.log2(largest))
    rounder = 1.5 * 2.0 ** (exponent - bits + 52)  # a sum with it has no bit below ``2**(exponent - bits)``
    for i in range(products.shape[0]):
        for j in range(products.shape[1]):
            products[i, j] = (products[i, j] + rounder) - rounder
