"""Simple models as functions: fit on some rows, score others.

Classifiers return scores of shape ``(n_test, n_classes)``, higher for likelier; a class without a training row gets
the row's lowest score. Regressors return predictions of shape ``(n_test,)``. Trees are in `metafeatures.tree`.
"""

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.kernels.complexity import finish_distances

RIDGE_PENALTY = 1.0
LINEAR_PENALTY = 1e-6
_DISTANCE_BITS = 30


def neighbour_scores(X: FloatArray, y: CodeArray, X_test: FloatArray, n_classes: int) -> FloatArray:
    """Minus the squared distance to the nearest training row of each class.

    `X` has shape ``(n, d)``, `y` ``(n,)`` with class codes, `X_test` ``(m, d)``; the result ``(m, n_classes)``.
    """
    order = np.argsort(y, kind="stable")
    ordered = y[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    nearest = np.minimum.reduceat(squared_distances(X_test, X[order]), starts, axis=1)
    scores = np.repeat(-nearest.max(axis=1, keepdims=True), n_classes, axis=1)
    scores[:, ordered[starts]] = -nearest
    return scores


def neighbour_predictions(X: FloatArray, y: FloatArray, X_test: FloatArray) -> FloatArray:
    """The target of the nearest training row; ties go to the earlier one.

    `X` has shape ``(n, d)``, `y` ``(n,)``, `X_test` ``(m, d)``; the result ``(m,)``.
    """
    nearest: FloatArray = y[np.argmin(squared_distances(X_test, X), axis=1)]
    return nearest


def squared_distances(A: FloatArray, B: FloatArray) -> FloatArray:
    """Squared Euclidean distances, shape ``(len(A), len(B))``; what rounding leaves between equal rows is 0.

    They are rounded to 30 bits of the largest: distances that are equal by nature stay so in any unit, so that which
    neighbour is nearest is not for the last digit to say.
    """
    distance: FloatArray = A @ B.T
    finish_distances(distance, np.einsum("ij,ij->i", A, A), np.einsum("ij,ij->i", B, B), _DISTANCE_BITS)
    return distance


def bayes_scores(X: FloatArray, y: CodeArray, X_test: FloatArray, n_classes: int) -> FloatArray:
    """Log posterior of Gaussian naive Bayes, variances raised by 1e-9 of the largest, as scikit-learn's.

    `X` has shape ``(n, d)``, `y` ``(n,)`` with class codes, `X_test` ``(m, d)``; the result ``(m, n_classes)``.
    """
    labels, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes).astype(np.float64)
    member = (codes == np.arange(len(labels))[:, None]).astype(np.float64)
    mean = member @ X / counts[:, None]
    variance = np.maximum(member @ (X * X) / counts[:, None] - mean**2, 0.0)
    variance += 1e-9 * max(float(X.var(axis=0).max()), 1e-9)
    inverse = 1.0 / variance
    found = X_test @ (mean * inverse).T - 0.5 * (X_test**2 @ inverse.T)
    found += np.log(counts / counts.sum()) - 0.5 * np.sum(np.log(variance) + mean**2 * inverse, axis=1)
    scores = np.repeat(found.min(axis=1, keepdims=True), n_classes, axis=1)
    scores[:, labels] = found
    return scores


def linear_scores(X: FloatArray, y: CodeArray, X_test: FloatArray, n_classes: int) -> FloatArray:
    """Ridge regression on a +-1 target for each class, as scikit-learn's `RidgeClassifier`.

    `X` has shape ``(n, d)``, `y` ``(n,)`` with class codes, `X_test` ``(m, d)``; the result ``(m, n_classes)``.
    """
    signs = np.where(y[:, None] == np.arange(n_classes), 1.0, -1.0)
    return _least_squares(X, signs, X_test, RIDGE_PENALTY)


def ridge_predictions(X: FloatArray, y: FloatArray, X_test: FloatArray) -> FloatArray:
    """Ridge regression with penalty 1; the intercept is free.

    `X` has shape ``(n, d)``, `y` ``(n,)``, `X_test` ``(m, d)``; the result ``(m,)``, in the unit of `y`.
    """
    return _least_squares(X, y, X_test, RIDGE_PENALTY)


def linear_predictions(X: FloatArray, y: FloatArray, X_test: FloatArray) -> FloatArray:
    """Least squares, with a penalty of 1e-6 so that collinear columns have one solution.

    `X` has shape ``(n, d)``, `y` ``(n,)``, `X_test` ``(m, d)``; the result ``(m,)``, in the unit of `y`.
    """
    return _least_squares(X, y, X_test, LINEAR_PENALTY)


def _least_squares(X: FloatArray, y: FloatArray, X_test: FloatArray, penalty: float) -> FloatArray:
    centre, level = X.mean(axis=0), y.mean(axis=0)
    Z = X - centre
    weights = np.linalg.solve(Z.T @ Z + penalty * np.eye(X.shape[1]), Z.T @ (y - level))
    predicted: FloatArray = (X_test - centre) @ weights + level
    return predicted
