"""Compiled counting behind entropies and mutual information."""

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.kernels.compiled import kernel


@kernel
def bin_column(x: FloatArray, edges: FloatArray) -> CodeArray:
    """Bin of each value: how many of the sorted `edges` lie below or at it; -1 where missing.

    `x` has shape ``(n,)``, `edges` ``(n_edges,)``, rising; the result ``(n,)``.
    """
    out = np.empty(x.size, dtype=np.int32)
    for i in range(x.size):
        v = x[i]
        if np.isnan(v):
            out[i] = -1
            continue
        b = 0
        for j in range(edges.size):
            if v >= edges[j]:
                b += 1
        out[i] = b
    return out


@kernel
def cross_counts(a: CodeArray, b: CodeArray, n_a: int, n_b: int) -> npt.NDArray[np.int64]:
    """Contingency table; shape ``(n_a, n_b)``, rows where either is -1 left out."""
    table = np.zeros((n_a, n_b), dtype=np.int64)
    for i in range(a.size):
        if a[i] >= 0 and b[i] >= 0:
            table[a[i], b[i]] += 1
    return table
