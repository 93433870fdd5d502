"""Kernel ridge regression from meta-features to map coordinates: the embedding's second, closed-form predictor."""

from dataclasses import dataclass

import numpy as np

from metamodel.embedding.task_embedding import kernel_values, squared_distances
from warmtune.vocabulary.arrays import FloatArray, IntArray

_LENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0)  # in median distances
_NOISES = (0.03, 0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True, slots=True)
class KernelFit:
    """A fitted regression.

    Attributes:
        coefficients: Shape ``(T, E)``.
        power: 1 for ``exp(-distance / length)``, 2 for ``exp(-distance**2 / length)``.
        length: Positive.
        held_out: Shape ``(T, E)``: predictions by fits without the task's fold.
    """

    coefficients: FloatArray
    power: float
    length: float
    held_out: FloatArray

    @classmethod
    def nothing(cls, coordinates: FloatArray) -> "KernelFit":
        """Every task is expected at the centre."""
        return cls(np.zeros_like(coordinates), 1.0, 1.0, np.zeros_like(coordinates))


def fit_kernel(inputs: FloatArray, coordinates: FloatArray, *, folds: IntArray) -> KernelFit:
    """Fit with the kernel, length and noise whose held-out predictions are best; ties go to the first tried.

    Args:
        inputs: Shape ``(T, 2 d)``.
        coordinates: Shape ``(T, E)``, mean 0.
        folds: Shape ``(T,)``.
    """
    apart = squared_distances(inputs, inputs)
    members = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    best_error, best = np.inf, KernelFit.nothing(coordinates)
    for power in (1.0, 2.0):
        typical = max(float(np.median(apart ** (power / 2.0))), 1e-9)
        for length in _LENGTHS:
            values, vectors = np.linalg.eigh(kernel_values(apart, power=power, length=length * typical))
            for noise in _NOISES:  # bounds the eigenvalues of what is inverted from below
                precision = (vectors / (np.maximum(values, 0.0) + noise)) @ vectors.T
                coefficients = precision @ coordinates
                held_out = _held_out(coordinates, coefficients, precision, members)
                error = float(((held_out - coordinates) ** 2).sum())
                if error < best_error:
                    best_error, best = error, KernelFit(coefficients, power, length * typical, held_out)
    return best


def _held_out(
    coordinates: FloatArray, coefficients: FloatArray, precision: FloatArray, members: list[IntArray]
) -> FloatArray:
    """Predictions without each fold, from the fit of all: ``y - precision[f, f]**-1 @ coefficients[f]``.

    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 5.12, for blocks.
    """
    held_out = np.empty_like(coordinates)
    for rows in members:
        held_out[rows] = coordinates[rows] - np.linalg.solve(precision[np.ix_(rows, rows)], coefficients[rows])
    return held_out
