"""Scores of one prediction: what scikit-learn's functions say, a hundred times as fast on small tables.

On small tables those functions' checks of their arguments would take longer than the fits; tests compare the values.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

_TINIEST = float(np.finfo(np.float64).eps)
"""Probabilities are at least this, as `sklearn.metrics.log_loss` has it."""


def regression_scores(y: Array, predicted: Array) -> dict[str, float]:
    """R2, root mean squared and mean absolute error of predictions of shape ``(n,)``.

    R2 of a constant `y` is 1 where the prediction is exact, else 0, as scikit-learn has it.
    """
    error = y - predicted
    squares, total = float(error @ error), float(np.square(y - y.mean()).sum())
    r2 = 1.0 - squares / total if total > 0 else float(squares == 0)
    return {"r2": r2, "rmse": float(np.sqrt(squares / len(y))), "mae": float(np.abs(error).mean())}


def class_scores(y: Codes, predicted: Codes, raw: Array, *, n_classes: int, probabilistic: bool) -> dict[str, float]:
    """Scores of classes 0 to ``n_classes - 1``.

    Args:
        y: True classes, shape ``(n,)``.
        predicted: Predicted ones, shape ``(n,)``.
        raw: Probabilities ``(n, n_classes)``, or decision values (for two classes of shape ``(n,)``).
        n_classes: Classes that the model knows.
        probabilistic: Whether `raw` are probabilities.

    Returns:
        ``accuracy``, ``balanced_accuracy`` (over the classes in `y`), ``f1_macro`` (over those in `y` or
        `predicted`); where `y` has all classes also ``roc_auc`` (several: mean of one against the rest), and where
        there are probabilities ``log_loss``.
    """
    confusion = np.bincount(y * n_classes + predicted, minlength=n_classes * n_classes).reshape(n_classes, n_classes)
    hits, there, said = np.diag(confusion).astype(float), confusion.sum(axis=1), confusion.sum(axis=0)
    seen, either = there > 0, there + said > 0
    scores = {
        "accuracy": float(hits.sum() / len(y)),
        "balanced_accuracy": float((hits[seen] / there[seen]).mean()),
        "f1_macro": float((2 * hits[either] / (there + said)[either]).mean()),
    }
    if seen.all():
        columns = raw[:, None] if raw.ndim == 1 else raw
        if n_classes == 2:
            scores["roc_auc"] = _area(y == 1, columns[:, -1])
        else:
            scores["roc_auc"] = float(np.mean([_area(y == c, columns[:, c]) for c in range(n_classes)]))
        if probabilistic:
            shares = raw / raw.sum(axis=1, keepdims=True)
            scores["log_loss"] = float(-np.log(np.clip(shares[np.arange(len(y)), y], _TINIEST, 1 - _TINIEST)).mean())
    return scores


def _area(positive: NDArray[np.bool_], values: Array) -> float:
    """Area under the ROC curve by the Mann-Whitney statistic: ties count half."""
    n_positive = int(positive.sum())
    ranks = rankdata(values)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * (len(positive) - n_positive)))
