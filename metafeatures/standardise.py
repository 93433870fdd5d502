"""Columns to mean 0 and standard deviation 1, at any magnitude."""

import numpy as np
import numpy.typing as npt

from metafeatures.column_kernels import FloatArray


def standardised(y: npt.NDArray[np.float64]) -> FloatArray:
    """One array without missing values; all 0 where constant."""
    exponent = int(np.frexp(np.abs(y).max())[1])
    scaled = np.ldexp(y, -exponent)
    return standard_columns(scaled[:, None])[:, 0]


def standard_columns(matrix: FloatArray) -> FloatArray:
    """Each column of a matrix of moderate magnitude; missing cells become 0, constant columns all 0."""
    missing = np.isnan(matrix)
    counts = np.maximum((~missing).sum(axis=0), 1)
    filled = np.where(missing, 0.0, matrix)
    centred = np.where(missing, 0.0, filled - filled.sum(axis=0) / counts)
    reach = np.abs(centred).max(axis=0, initial=0.0)
    centred /= np.where(reach > 0.0, reach, 1.0)  # no square underflows
    sd = np.sqrt(np.einsum("ij,ij->j", centred, centred) / max(len(matrix), 1))
    return centred / np.where(sd > 0.0, sd, 1.0)
