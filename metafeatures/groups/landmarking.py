"""Group `landmarking`: how well simple models do on at most 1,000 rows.

Protocol: two-fold cross-validation. Rows are in canonical order, so a row's place in its class (or, for regression,
in the sample) decides its fold: stratified and seeded by content. A score is computed over the rows of both folds
together. Accuracy lies in [0, 1]; R2 is clipped to [-1, 1].
"""

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from metafeatures.column_kernels import FloatArray, IntArray
from metafeatures.encoding import Encoded
from metafeatures.entry import CLASSIFICATION, REGRESSION, Cost, Entry, Group
from metafeatures.facts import Gap, Values

BoolArray = npt.NDArray[np.bool_]
MIN_ROWS = 10


def _accuracy(model: str, words: str) -> Entry:
    formula = f"cross-validated accuracy of {words}"
    source = "Pfahringer et al. (2000)"
    return Entry(
        f"{model}_accuracy", Group.LANDMARKING, formula, source, Cost.FIT, low=0.0, high=1.0, kinds=CLASSIFICATION
    )


def _r2(model: str, words: str) -> Entry:
    formula = f"cross-validated R2, clipped to [-1, 1], of {words}"
    source = "Pfahringer et al. (2000)"
    return Entry(f"{model}_r2", Group.LANDMARKING, formula, source, Cost.FIT, low=-1.0, high=1.0, kinds=REGRESSION)


ENTRIES: tuple[Entry, ...] = (
    _accuracy("stump", "a decision tree with one split"),
    _accuracy("naive_bayes", "Gaussian naive Bayes"),
    _r2("stump", "a regression tree with one split"),
    _r2("ridge", "ridge regression, penalty 1 on standardised columns"),
)


def landmarking(encoded: Encoded) -> Values:
    """Compute the group."""
    if encoded.X.shape[1] == 0 or len(encoded.X) < MIN_ROWS:
        gap = Gap(f"fewer than {MIN_ROWS} rows" if encoded.X.shape[1] else "no usable column")
        return {entry.name: gap for entry in ENTRIES}
    if encoded.classes is not None:
        return _classification(encoded.X, encoded.classes)
    return _regression(encoded.X, encoded.y if encoded.y is not None else np.zeros(len(encoded.X)))


def _classification(X: FloatArray, y: IntArray) -> Values:
    odd = class_folds(y)
    stump, bayes = np.empty_like(y), np.empty_like(y)
    for test in (odd, ~odd):
        tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X[~test], y[~test])
        stump[test] = tree.predict(X[test])
        bayes[test] = naive_bayes(X[~test], y[~test], X[test])
    return {"stump_accuracy": float(np.mean(stump == y)), "naive_bayes_accuracy": float(np.mean(bayes == y))}


def _regression(X: FloatArray, y: FloatArray) -> Values:
    odd = np.arange(len(y)) % 2 == 1
    stump, ridge = np.empty_like(y), np.empty_like(y)
    for test in (odd, ~odd):
        tree = DecisionTreeRegressor(max_depth=1, random_state=0).fit(X[~test], y[~test])
        stump[test] = tree.predict(X[test])
        ridge[test] = ridge_regression(X[~test], y[~test], X[test])
    return {"stump_r2": r2(y, stump), "ridge_r2": r2(y, ridge)}


def class_folds(y: IntArray) -> BoolArray:
    """Whether a row is the second, fourth, ... of its class; shape as `y`."""
    by_class = np.argsort(y, kind="stable")
    counts = np.bincount(y)
    rank = np.empty(len(y), dtype=np.int64)
    rank[by_class] = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    odd: BoolArray = rank % 2 == 1
    return odd


def r2(y: FloatArray, predicted: FloatArray) -> float | Gap:
    """Share of variance explained, clipped to [-1, 1]."""
    total = float(np.sum((y - y.mean()) ** 2))
    if total == 0.0:
        return Gap("the target is constant in the sample")
    error = float(np.sum((y - np.clip(predicted, -1e6, 1e6)) ** 2))
    return max(1.0 - error / total, -1.0)


def naive_bayes(X: FloatArray, y: IntArray, X_test: FloatArray) -> IntArray:
    """Predict with Gaussian naive Bayes, variances raised by 1e-9 of the largest, as scikit-learn's."""
    labels, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes).astype(np.float64)
    member = (codes == np.arange(len(labels))[:, None]).astype(np.float64)
    mean = member @ X / counts[:, None]
    variance = np.maximum(member @ (X * X) / counts[:, None] - mean**2, 0.0) + 1e-9 * max(X.var(axis=0).max(), 1e-9)
    inverse = 1.0 / variance
    score = -0.5 * (X_test**2 @ inverse.T) + X_test @ (mean * inverse).T
    score += np.log(counts / counts.sum()) - 0.5 * np.sum(np.log(variance) + mean**2 * inverse, axis=1)
    predicted: IntArray = labels[np.argmax(score, axis=1)]
    return predicted


def ridge_regression(X: FloatArray, y: FloatArray, X_test: FloatArray) -> FloatArray:
    """Predict with ridge regression, penalty 1, intercept not penalised."""
    centre, level = X.mean(axis=0), y.mean(axis=0)
    Z = X - centre
    weights = np.linalg.solve(Z.T @ Z + np.eye(X.shape[1]), Z.T @ (y - level))
    predicted: FloatArray = (X_test - centre) @ weights + level
    return predicted
