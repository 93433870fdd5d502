"""What a warm start has to beat: random search, the default, a static portfolio, the neighbours' best."""

from collections.abc import Sequence

import numpy as np

from metamodel.answers.snapshot import Snapshot
from metamodel.backtest.records import TargetTable
from metamodel.embedding.neighbours import MetaFeatureScaler, distances, n_shared
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures


def best_so_far(regret: FloatArray, rows: Sequence[int], *, n_trials: int) -> FloatArray:
    """Least regret after each of the trials; after the last one it stays.

    Args:
        regret: Shape ``(C,)``.
        rows: What was tried, in order; at least one.
        n_trials: Length of the result.

    Returns:
        Shape ``(n_trials,)``, not increasing.
    """
    curve = np.minimum.accumulate(regret[np.asarray(rows[:n_trials], dtype=np.intp)])
    return np.concatenate([curve, np.full(n_trials - len(curve), curve[-1])])


def expected_random(regret: FloatArray, *, n_trials: int) -> FloatArray:
    """Expected best of n draws without replacement, exactly, for n from 1 to `n_trials`.

    With the regrets in ascending order ``r_1 <= ... <= r_C``, the best of n is worse than ``r_i`` with probability
    ``C(C - i, n) / C(C, n)``, so that the expectation is ``r_1`` plus the sum of these times the gaps: no sampling.

    Args:
        regret: Shape ``(C,)``.
        n_trials: Length of the result; where it exceeds C, all is known and the best stays.

    Returns:
        Shape ``(n_trials,)``.
    """
    ordered = np.sort(regret)
    gaps = np.diff(ordered)
    n_left = len(regret) - 1 - np.arange(len(gaps))  # worse than the i-th: C - i of them
    above = np.ones(len(gaps))
    expected = np.empty(n_trials)
    for n in range(n_trials):
        if n >= len(regret):
            expected[n:] = ordered[0]
            break
        above = above * np.maximum(n_left - n, 0) / (len(regret) - n)
        expected[n] = ordered[0] + float(above @ gaps)
    return expected


def default_then_random(regret: FloatArray, default: int, *, n_trials: int) -> FloatArray:
    """The default first, then expected random draws among the others; shape ``(n_trials,)``."""
    others = np.minimum(np.delete(regret, default), regret[default])
    first = np.array([regret[default]])
    if n_trials == 1 or len(others) == 0:
        return np.repeat(first, n_trials)
    return np.concatenate([first, expected_random(others, n_trials=n_trials - 1)])


def static_portfolio(model: Snapshot, uniform: FloatArray, *, n: int) -> list[Configuration]:
    """The same for every task: a greedy portfolio over the model's maps, all included tasks counting alike.

    Plain on purpose, apart from what the engine itself recommends: each pick adds the most to the mean over tasks of
    the best expected utility so far (Nemhauser, Wolsey and Fisher, 1978).

    Args:
        model: Fitted; without maps there is no portfolio, and the answer is empty.
        uniform: Shape ``(T,)``: weights of the past tasks, 0 for excluded ones.
        n: At most this many.

    Returns:
        Anchors that were tried on some past task, in order; ties go to the better mean, then to the earlier anchor.
    """
    if model.maps is None or not uniform.any():
        return []
    used = uniform > 0
    utility, weights = model.maps.mean[used, : model.maps.n_tried], uniform[used]
    best = np.full(len(utility), float(utility.min()))
    tie_break = 1e-9 * (weights @ utility)
    picks: list[int] = []
    while len(picks) < min(n, utility.shape[1]):
        gain = weights @ np.maximum(utility - best[:, None], 0.0) + tie_break
        gain[picks] = -np.inf
        picks.append(int(gain.argmax()))
        best = np.maximum(best, utility[:, picks[-1]])
    return [model.maps.anchors[pick] for pick in picks]


def neighbours_best(
    past: Sequence[TaskHistory], meta_features: MetaFeatures, *, direction: Direction
) -> list[Configuration]:
    """The best known configuration of each past task, the nearest task first, as auto-sklearn's warm start does.

    Near is by mean absolute difference of scaled meta-features over what both tasks know (Feurer et al., 2015, use the
    L1 norm of complete vectors). Tasks without a score are passed over; those that share nothing known come last; ties
    go to the earlier task.
    """
    useful = [history for history in past if not np.isnan(history.scores).all()]
    if not useful:
        return []
    scaler = MetaFeatureScaler.fit([history.task.meta_features for history in useful])
    own = scaler.transform([meta_features])[0]
    known = scaler.transform([history.task.meta_features for history in useful])
    far = np.where(n_shared(own, known) > 0, distances(own, known), np.inf)
    ordered = [useful[int(i)] for i in np.argsort(far, kind="stable")]
    return [h.configurations[int(np.nanargmax(direction.sign * h.scores))] for h in ordered]


def rows_of_batch(table: TargetTable, batch: Sequence[Configuration], *, n_trials: int, seed: int) -> list[int]:
    """Rows to try for an ordered batch: its distinct configurations, then the others in random order.

    Args:
        table: Of the target.
        batch: In order; of equal ones the first counts.
        n_trials: At most this many rows.
        seed: Of the random order.
    """
    distinct: list[Configuration] = []
    for configuration in batch:
        if configuration not in distinct:
            distinct.append(configuration)
    rows = table.snap(distinct[:n_trials])
    taken = set(rows)
    rest = np.random.default_rng(seed).permutation(table.n_configurations)
    return [*rows, *(int(row) for row in rest if int(row) not in taken)][:n_trials]
