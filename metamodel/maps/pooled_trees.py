"""One regression over the trials of all tasks: what trees see that kernels smooth away."""

from collections.abc import Sequence

import numpy as np

from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.work import check_wanted

N_LATENT = 6
N_TREES = 60
MIN_TREES = 20
MAX_CELLS = 100_000_000
"""Trees times trials times columns, beyond which there are fewer trees: whole pipelines' 205 columns would take 10 s of
processor, for an error of held-out trials of .1296 instead of .1308."""
MIN_LEAF = 2
MAX_ROWS = 40_000
TREES_AT_ONCE = 8
"""Between two looks whether the work is wanted still: those of whole pipelines take a tenth of a second each."""
N_THREADS = 2  # a first answer about whole pipelines waits for the trees; on one core the threads take turns


def pooled_maps(
    maps: FloatArray, at: Sequence[IntArray], utility: Sequence[FloatArray], features: FloatArray, *, seed: int
) -> FloatArray:
    """Predict every task's map by extremely randomised trees over all tasks' trials (Geurts et al. 2006).

    The inputs are a configuration's features and the task's leading principal components in `maps`, scaled to unit
    spread; so a task borrows from those whose maps look alike.

    Args:
        maps: Shape ``(T, A)``: a first estimate.
        at: ``T`` arrays of anchor indices, shape ``(k,)`` each.
        utility: ``T`` arrays of known utilities, shape ``(k,)`` each.
        features: Shape ``(A, D)`` of the anchors.
        seed: Of trees and of the subsample where there are more than `MAX_ROWS` trials.

    Returns:
        Shape ``(T, A)``.
    """
    from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415  # slow to import, and needed at a refit only

    n_tasks, n_anchors = maps.shape
    left, spread, _ = np.linalg.svd(maps - maps.mean(axis=0), full_matrices=False)
    latent = left[:, :N_LATENT] * spread[:N_LATENT]
    latent = latent / np.maximum(latent.std(axis=0), 1e-9)
    rows = np.concatenate([np.full(len(a), task) for task, a in enumerate(at)])
    inputs = np.concatenate([features[np.concatenate(at)], latent[rows]], axis=1)
    targets = np.concatenate(utility)
    if len(targets) > MAX_ROWS:
        kept = np.random.default_rng(seed).permutation(len(targets))[:MAX_ROWS]
        inputs, targets = inputs[kept], targets[kept]
    n_trees = min(N_TREES, max(MIN_TREES, MAX_CELLS // inputs.size))
    trees = ExtraTreesRegressor(
        min_samples_leaf=MIN_LEAF, max_features=1.0, random_state=seed, n_jobs=N_THREADS, warm_start=True
    )
    single = inputs.astype(np.float32)
    for n_grown in range(TREES_AT_ONCE, n_trees + TREES_AT_ONCE, TREES_AT_ONCE):  # the same trees as all at once
        check_wanted()
        trees.set_params(n_estimators=min(n_grown, n_trees)).fit(single, targets)
    check_wanted()
    trees.n_jobs = 1  # threads would add the trees' predictions in an order of chance
    asked = np.empty((n_tasks * n_anchors, inputs.shape[1]), dtype=np.float32)
    asked[:, : features.shape[1]] = np.tile(features, (n_tasks, 1))
    asked[:, features.shape[1] :] = np.repeat(latent, n_anchors, axis=0)
    predicted: FloatArray = trees.predict(asked).reshape(n_tasks, n_anchors)
    return predicted
