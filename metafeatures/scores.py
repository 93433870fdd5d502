"""How good predictions are."""

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray

MAX_AUC_CLASSES = 30
_BITS = 36


def steady(scores: FloatArray) -> FloatArray:
    """Scores to 36 bits: those that are equal by nature are equal then, whatever their last digits became.

    Of any shape; so is the result.
    """
    mantissa, exponent = np.frexp(scores)
    rounded: FloatArray = np.ldexp(np.rint(np.ldexp(mantissa, _BITS)), exponent - _BITS)
    return rounded


def accuracy(y: CodeArray, scores: FloatArray) -> float:
    """Share of rows whose class has the highest score; ties go to the lower class. `scores`: ``(n, n_classes)``."""
    return float(np.mean(np.argmax(scores, axis=1) == y))


def auc(y: CodeArray, scores: FloatArray) -> float:
    """Area under the ROC curve, one class against the rest, mean over the (30 most frequent) classes.

    Equal to the Mann-Whitney statistic; ties count half.

    Args:
        y: Shape ``(n,)``, class codes by falling frequency, at least two of them.
        scores: Shape ``(n, n_classes)``, finite, higher for likelier.
    """
    areas = []
    for code in range(min(scores.shape[1], MAX_AUC_CLASSES)):
        member = y == code
        n_in = int(np.count_nonzero(member))
        if 0 < n_in < len(y):
            areas.append(_rank_area(scores[:, code], member, n_in))
    return float(np.mean(areas))


def _rank_area(score: FloatArray, member: np.typing.NDArray[np.bool_], n_in: int) -> float:
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(starts, len(score)))
    rank = np.repeat(starts + 0.5 * (lengths + 1), lengths)  # average rank from 1
    n_out = len(score) - n_in
    return float((rank[member[order]].sum() - 0.5 * n_in * (n_in + 1)) / (n_in * n_out))


def r2(y: FloatArray, predicted: FloatArray) -> float:
    """Share of variance explained, clipped to [-1, 1]; `y` is not constant.

    `y` and `predicted` have shape ``(n,)``.
    """
    total = float(np.sum((y - y.mean()) ** 2))
    error = float(np.sum((y - np.clip(predicted, -1e6, 1e6)) ** 2))
    return max(1.0 - error / total, -1.0)
