"""Compiled minimum spanning tree of a dense distance matrix."""

import numpy as np
import numpy.typing as npt

from metafeatures.kernels.columns import FloatArray
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
