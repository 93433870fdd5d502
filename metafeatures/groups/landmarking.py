"""Group `landmarking`: how well simple models do on at most 1,000 rows.

Protocol: two-fold cross-validation. Rows are in canonical order, so a row's place in its class (or, for regression,
in the sample) decides its fold: stratified and seeded by content. A score is computed over the rows of both folds
together. Accuracy and AUC lie in [0, 1]; R2 is clipped to [-1, 1]. The `curve` values show what more rows bring: the
score minus the score of the same model trained on the first quarter of each training fold.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from metafeatures import models
from metafeatures.arrays import BoolArray, CodeArray, FloatArray, IndexArray
from metafeatures.encoding import EncodedSample
from metafeatures.entry import ALL_KINDS, CLASSIFICATION, REGRESSION, Cost, Entry, Group
from metafeatures.facts import Gap, Values
from metafeatures.scores import accuracy, auc, r2, steady
from metafeatures.tree import class_tree, number_tree

Predictor = Callable[[IndexArray, BoolArray], Mapping[str, FloatArray]]
MIN_ROWS = 10
_CURVE_SHARE = 0.25
_CLASSIFIERS = {
    "stump": "a decision tree with one split",
    "tree": "a full decision tree",
    "nearest_neighbour": "the nearest neighbour",
    "naive_bayes": "Gaussian naive Bayes",
    "linear": "a ridge classifier (penalty 1, standardised columns)",
}
_REGRESSORS = {
    "stump": "a regression tree with one split",
    "tree": "a full regression tree",
    "nearest_neighbour": "the nearest neighbour",
    "ridge": "ridge regression (penalty 1, standardised columns)",
    "linear": "least squares",
}


def _accuracy(model: str, words: str) -> Entry:
    return Entry(
        name=f"{model}_accuracy",
        group=Group.LANDMARKING,
        formula=f"accuracy of {words}",
        source="Pfahringer et al. (2000)",
        cost=Cost.FIT,
        low=0.0,
        high=1.0,
        kinds=CLASSIFICATION,
    )


def _auc(model: str, words: str) -> Entry:
    return Entry(
        name=f"{model}_auc",
        group=Group.LANDMARKING,
        formula=f"AUC of {words}, one class against the rest, mean over the 30 most frequent classes",
        source="Bensusan and Giraud-Carrier (2000)",
        cost=Cost.FIT,
        low=0.0,
        high=1.0,
        kinds=CLASSIFICATION,
    )


def _r2(model: str, words: str) -> Entry:
    return Entry(
        name=f"{model}_r2",
        group=Group.LANDMARKING,
        formula=f"R2 of {words}",
        source="Pfahringer et al. (2000)",
        cost=Cost.FIT,
        low=-1.0,
        high=1.0,
        kinds=REGRESSION,
    )


def _curve(model: str) -> Entry:
    both = model in _CLASSIFIERS and model in _REGRESSORS
    return Entry(
        name=f"{model}_curve",
        group=Group.LANDMARKING,
        formula=f"accuracy (or R2) of `{model}` minus that after training on a quarter of the rows",
        source="Fürnkranz and Petrak (2001)",
        cost=Cost.FIT,
        low=-2.0,
        high=2.0,
        kinds=ALL_KINDS if both else CLASSIFICATION if model in _CLASSIFIERS else REGRESSION,
    )


ENTRIES: tuple[Entry, ...] = (
    *(_accuracy(model, words) for model, words in _CLASSIFIERS.items()),
    *(_auc(model, words) for model, words in _CLASSIFIERS.items()),
    *(_r2(model, words) for model, words in _REGRESSORS.items()),
    *(_curve(model) for model in _CLASSIFIERS | _REGRESSORS),
)


def landmarking(encoded: EncodedSample) -> Values:
    """Compute the group."""
    if encoded.n_columns == 0 or encoded.n < MIN_ROWS:
        gap = Gap(f"fewer than {MIN_ROWS} rows" if encoded.n_columns else "no column that models can use")
        return {entry.name: gap for entry in ENTRIES}
    if encoded.classes is not None:
        return _classification(encoded, encoded.classes)
    return _regression(encoded, encoded.y if encoded.y is not None else np.zeros(encoded.n))


def _classification(encoded: EncodedSample, y: CodeArray) -> Values:
    n_classes = int(y.max()) + 1
    X, Z = encoded.ordinal, encoded.dense

    def scores(train: IndexArray, test: BoolArray) -> Mapping[str, FloatArray]:
        known, learned, asked, X_asked = Z[train], y[train], Z[test], X[test]
        tree = class_tree(X[train], learned, n_classes)
        return {
            "stump": tree.mean_outcome(X_asked, depth=1),
            "tree": tree.mean_outcome(X_asked),
            "nearest_neighbour": models.neighbour_scores(known, learned, asked, n_classes),
            "naive_bayes": models.bayes_scores(known, learned, asked, n_classes),
            "linear": models.linear_scores(known, learned, asked, n_classes),
        }

    odd = class_folds(y)
    full, fewer = pooled(scores, odd, share=1.0), pooled(scores, odd, share=_CURVE_SHARE)
    values: Values = {}
    for model, given in full.items():
        found = steady(given)
        reached = accuracy(y, found)
        values[f"{model}_accuracy"] = reached
        values[f"{model}_auc"] = auc(y, found)
        values[f"{model}_curve"] = reached - accuracy(y, steady(fewer[model]))
    return values


def _regression(encoded: EncodedSample, y: FloatArray) -> Values:
    if y.min() == y.max():
        gap = Gap("the target is constant in the sample")
        return {entry.name: gap for entry in ENTRIES}
    X, Z = encoded.ordinal, encoded.dense

    def predictions(train: IndexArray, test: BoolArray) -> Mapping[str, FloatArray]:
        known, learned, asked, X_asked = Z[train], y[train], Z[test], X[test]
        tree = number_tree(X[train], learned)
        return {
            "stump": tree.mean_outcome(X_asked, depth=1)[:, 0],
            "tree": tree.mean_outcome(X_asked)[:, 0],
            "nearest_neighbour": models.neighbour_predictions(known, learned, asked),
            "ridge": models.ridge_predictions(known, learned, asked),
            "linear": models.linear_predictions(known, learned, asked),
        }

    odd = np.arange(len(y)) % 2 == 1
    full, fewer = pooled(predictions, odd, share=1.0), pooled(predictions, odd, share=_CURVE_SHARE)
    values: Values = {}
    for model, found in full.items():
        reached = r2(y, found)
        values[f"{model}_r2"] = reached
        values[f"{model}_curve"] = reached - r2(y, fewer[model])
    return values


def pooled(predict: Predictor, odd: BoolArray, *, share: float) -> dict[str, FloatArray]:
    """What each model says of every row, trained on the first `share` of the other half (at least two rows).

    Returns:
        By model: shape ``(n,)`` for predictions, ``(n, n_classes)`` for scores.
    """
    out: dict[str, FloatArray] = {}
    for test in (odd, ~odd):
        train = np.flatnonzero(~test)
        train = train[: max(math.ceil(share * len(train)), 2)]
        for model, found in predict(train, test).items():
            out.setdefault(model, np.empty((len(odd), *found.shape[1:])))[test] = found
    return out


def class_folds(y: CodeArray) -> BoolArray:
    """Which of two folds a row is in, shape as `y`: the rows of a class take turns.

    Classes take turns in which fold gets their first row, so that classes of a single row fill both.
    """
    by_class = np.argsort(y, kind="stable")
    counts = np.bincount(y)
    rank = np.empty(len(y), dtype=np.int64)
    rank[by_class] = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    odd: BoolArray = (rank + y) % 2 == 1
    return odd
