"""Columns to mean 0 and standard deviation 1, at any magnitude."""

import numpy as np
import numpy.typing as npt

from metafeatures.arrays import FloatArray
from metafeatures.kernels.order import standardise_column


def standardised(y: npt.NDArray[np.float64]) -> FloatArray:
    """One array without missing values; all 0 where constant.

    `y` has shape ``(n,)`` with finite values, and so has the result: mean 0, standard deviation 1.
    """
    exponent = int(np.frexp(np.abs(y).max())[1])
    return standard_columns(np.ldexp(y, -exponent)[:, None])[:, 0]


def standard_columns(matrix: FloatArray) -> FloatArray:
    """Each column of a matrix of moderate magnitude; missing cells become 0, constant columns all 0. Fortran order.

    `matrix` has shape ``(n, p)``, NaN where missing, and so has the result.
    """
    out = np.empty(matrix.shape, order="F")
    for j in range(matrix.shape[1]):
        standardise_column(np.ascontiguousarray(matrix[:, j]), out[:, j])
    return out
