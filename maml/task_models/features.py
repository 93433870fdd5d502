"""Rows as the task network sees them: what the experts say of each, and how well they did on rows they hadn't seen."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maml.task_models.encoder import EncodedRows
from maml.task_models.experts import EXPERTS, predict_experts
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

N_FOLDS: Final = 5
N_CONTEXT: Final = 4
N_INPUTS: Final = 1 + N_CONTEXT + 2 * len(EXPERTS)
"""Columns of the features: a mark of real classes, the context, the experts' errors (logarithms, over the
least), the experts' predictions."""
_LARGEST_ERROR: Final = 2.0
_LEAST_ERROR: Final = 0.01


@dataclass(frozen=True, slots=True)
class TaskFeatures:
    """A task's labelled rows, made ready: features of their own, and what features of other rows need.

    Attributes:
        known: The labelled rows.
        targets: Shape ``(n, n_targets)``: class indicators, or one standardised number.
        errors: Shape ``(n_experts,)``: each expert's squared error on rows left out, over that of the mean; at most 2.
        support: Shape ``(n, n_targets, N_INPUTS)``: every row predicted by experts that haven't seen its label.
        seed: Of folds and ferns.
    """

    known: EncodedRows
    targets: FloatArray
    errors: FloatArray
    support: FloatArray
    seed: int

    @classmethod
    def of(cls, known: EncodedRows, targets: FloatArray, *, seed: int = 0) -> "TaskFeatures":
        """Predict every row by experts fitted on the other folds.

        Args:
            known: At least two rows.
            targets: Shape ``(n, n_targets)``.
            seed: Of folds and ferns.

        Raises:
            InvalidInputError: If there are fewer than two rows.
        """
        n = len(targets)
        if n < 2:
            raise InvalidInputError("a task needs at least two labelled rows", field="y", value=n, limit=2)
        folds = _folds(targets, seed)
        predicted = np.empty((*targets.shape, len(EXPERTS)))
        for fold in range(int(folds.max()) + 1):
            rest, left = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            predicted[left] = predict_experts(known.take(rest), targets[rest], known.take(left), seed=seed)
        total = max(float(((targets - targets.mean(axis=0)) ** 2).sum()), 1e-12)
        errors = ((predicted - targets[:, :, None]) ** 2).sum(axis=(0, 1)) / total
        errors = np.minimum(errors, _LARGEST_ERROR)
        return cls(known, targets, errors, _joined(predicted, errors, known, n), seed)

    def of_rows(self, asked: EncodedRows) -> FloatArray:
        """Features of other rows, shape ``(m, n_targets, N_INPUTS)``: the experts have seen all labelled rows."""
        predicted = predict_experts(self.known, self.targets, asked, seed=self.seed)
        return _joined(predicted, self.errors, self.known, len(self.targets))


def _folds(targets: FloatArray, seed: int) -> NDArray[np.intp]:
    """Fold numbers that spread each class (or the order of numbers) evenly."""
    rng = np.random.default_rng(seed)
    n = len(targets)
    key = targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1)
    order = np.lexsort((rng.random(n), key))
    folds = np.empty(n, dtype=np.intp)
    if targets.shape[1] == 1:  # random within each run of neighbours
        for start in range(0, n, N_FOLDS):
            run = order[start : start + N_FOLDS]
            folds[run] = rng.permutation(min(N_FOLDS, n))[: len(run)]
    else:
        folds[order] = np.arange(n) % N_FOLDS
    return np.unique(folds, return_inverse=True)[1].reshape(-1)


def _joined(predicted: FloatArray, errors: FloatArray, known: EncodedRows, n: int) -> FloatArray:
    m, n_targets = predicted.shape[:2]
    context = np.array(
        [
            math.log(n) / 4.0 - 1.0,
            math.log(known.ranked.shape[1]) / 4.0 - 1.0,
            math.log(max(n_targets, 2)) - 1.0,
            float(errors.min()),
        ]
    )
    above = np.log((errors + _LEAST_ERROR) / (errors.min() + _LEAST_ERROR))
    head = np.concatenate([[1.0], context, above])
    shared = np.broadcast_to(head, (m, n_targets, len(head)))
    return np.concatenate([shared, np.clip(predicted, -6.0, 6.0)], axis=2)
