"""What many in-context models may know of their pasts, as tensors: known trials, and each configuration's prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesRegressor
from torch import Tensor

from benchmarks.transfer_maps import MIN_LEAF, N_TREES
from benchmarks.transfer_table import HALVES, Fold, Material, half_of, plan_folds
from warmtune.vocabulary.arrays import FloatArray, IntArray

N_PARTS: Final = 5
"""Of a past: a task's prior comes from trees that were grown on the other four."""
MOST_TRIALS: Final = 200
"""Of one task that trees are grown on, where it is known by more than `FEW` trials; else `FEW`."""
FEW: Final = 60
N_PRIOR: Final = 3
"""Columns of `prior_columns`."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One recorded table, shared by all models.

    Attributes:
        features: Shape ``(C, D)``: of each configuration.
        scores: Shape ``(T, C)``: larger is better; -1 where nothing is recorded.
        recorded: Shape ``(T, C)``.
        described: Shape ``(T, 2 F)``: meta-features within [-3, 3], 0 where missing, and which are known.
    """

    features: Tensor
    scores: Tensor
    recorded: Tensor
    described: Tensor

    @classmethod
    def of(cls, material: Material, device: torch.device) -> "Table":
        """On a device."""
        meta = np.nan_to_num(material.meta).clip(-3.0, 3.0)
        described = np.concatenate([meta, np.isfinite(material.meta)], axis=1)

        def tensor(array: FloatArray) -> Tensor:
            return torch.tensor(array, dtype=torch.float32, device=device)

        recorded = torch.tensor(np.isfinite(material.scores), device=device)
        return cls(
            tensor(material.features), tensor(np.nan_to_num(material.scores, nan=-1.0)), recorded, tensor(described)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pasts:
    """The pasts of ``M`` models, padded to ``T`` tasks and ``K`` known trials.

    Attributes:
        n_tasks: Shape ``(M,)``.
        tasks: Shape ``(M, T)``: rows of the table.
        known: Shape ``(M, T, K)``: configurations; -1 is padding.
        part: Shape ``(M, T)``: which trees were grown without the task.
        trees: Shape ``(M, N_PARTS + 1, C)``: expected utility around a task's mean; the last on all tasks.
        around: Shape ``(M, T, K)``: known utilities around each task's mean; 0 in the padding.
        total: Shape ``(M, C)``: sum of `around` over tasks.
        count: Shape ``(M, C)``: tasks that know the configuration.
    """

    n_tasks: Tensor
    tasks: Tensor
    known: Tensor
    part: Tensor
    trees: Tensor
    around: Tensor
    total: Tensor
    count: Tensor

    @classmethod
    def of(cls, material: Material, folds: Sequence[Fold], device: torch.device) -> "Pasts":
        """One model's past for each fold; equal folds are learned once."""
        n_most, k_most = max(len(f.past) for f in folds), max(len(k) for f in folds for k in f.known)
        shape, n_configurations = (len(folds), n_most, k_most), material.scores.shape[1]
        tasks, part = np.zeros(shape[:2], dtype=np.int64), np.zeros(shape[:2], dtype=np.int64)
        known, around = np.full(shape, -1), np.zeros(shape)
        trees = np.zeros((len(folds), N_PARTS + 1, n_configurations))
        total, count = np.zeros((len(folds), n_configurations)), np.zeros((len(folds), n_configurations))
        grown: dict[int, tuple[IntArray, FloatArray]] = {}
        for m, fold in enumerate(folds):
            utilities = [
                _around_mean(material.scores[task, at]) for task, at in zip(fold.past, fold.known, strict=True)
            ]
            tasks[m, : len(fold.past)] = fold.past
            if id(fold) not in grown:
                grown[id(fold)] = _grow(material.features, fold, utilities)
            part[m, : len(fold.past)], trees[m] = grown[id(fold)]
            for t, (at, utility) in enumerate(zip(fold.known, utilities, strict=True)):
                known[m, t, : len(at)], around[m, t, : len(at)] = at, utility
                total[m, at] += utility
                count[m, at] += 1
        lengths = np.array([len(f.past) for f in folds])

        def real(array: FloatArray) -> Tensor:
            return torch.tensor(array, dtype=torch.float32, device=device)

        def whole(array: IntArray) -> Tensor:
            return torch.tensor(array, dtype=torch.int64, device=device)

        return cls(
            whole(lengths), whole(tasks), whole(known), whole(part), real(trees), real(around), real(total), real(count)
        )


def prior_columns(trees: Tensor, total: Tensor, count: Tensor) -> Tensor:
    """What the past says of a configuration, shape ``(..., N_PRIOR)``: trees, means shrunk to them, and evidence."""
    return torch.stack([trees, (total + 3.0 * trees) / (count + 3.0), 0.3 * torch.log1p(count)], dim=-1)


def folds_of(material: Material, half: str, *, n_known: int | None, n_past: int | None, history: int) -> list[Fold]:
    """Targets and their pasts: those of the confirming half all at once, those of the development half in three groups.

    While something is chosen, on the development half, no task of the confirming half is a past task either.
    """
    targets = half_of(material, half)
    choosing = half == HALVES[0]
    folds = plan_folds(material, targets, n_folds=3 if choosing else 1, n_known=n_known, n_past=n_past, history=history)
    if not choosing:
        return folds
    kept = [np.isin(fold.past, targets) for fold in folds]
    return [
        Fold(fold.targets, fold.past[keep], tuple(k for k, stays in zip(fold.known, keep, strict=True) if stays))
        for fold, keep in zip(folds, kept, strict=True)
    ]


def _around_mean(scores: FloatArray) -> FloatArray:
    """A task's scores, its range being 1 and its mean 0."""
    utility = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-6)
    result: FloatArray = utility - utility.mean()
    return result


def _grow(features: FloatArray, fold: Fold, utilities: Sequence[FloatArray]) -> tuple[IntArray, FloatArray]:
    """Each task's part, and the trees' predictions; no task's prior holds its own trials."""
    rng = np.random.default_rng(0)
    part = rng.permutation(len(fold.past)) % N_PARTS
    groups = [np.flatnonzero(part != p) for p in range(N_PARTS)]
    return part, np.array([_trees(features, fold, utilities, g, rng) for g in (*groups, np.arange(len(part)))])


def _trees(
    features: FloatArray, fold: Fold, utilities: Sequence[FloatArray], tasks: IntArray, rng: np.random.Generator
) -> FloatArray:
    rows, targets = [], []
    for t in tasks:
        n = len(fold.known[t])
        some = rng.permutation(n)[: MOST_TRIALS if n > FEW else FEW]
        rows.append(features[fold.known[t][some]])
        targets.append(utilities[t][some])
    trees = ExtraTreesRegressor(N_TREES, min_samples_leaf=MIN_LEAF, max_features=0.5, random_state=0)
    trees.fit(np.concatenate(rows), np.concatenate(targets))
    predicted: FloatArray = trees.predict(features)
    return predicted
