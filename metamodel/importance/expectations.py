"""What a study may expect of a cold start: how past tasks would have fared with it, put on the task's own scale."""

from dataclasses import dataclass

import numpy as np

from metamodel.answers.snapshot import Snapshot
from metamodel.backtest.baselines import default_then_random, expected_random
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.space import SearchSpace

MAX_TASKS = 60
BAND = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Normalised regret of the best so far.

    Attributes:
        mean: Shape ``(N,)``: after 1 to N trials, mean over past tasks.
        low: Shape ``(N,)``: a tenth of the tasks fares better.
        high: Shape ``(N,)``: a tenth fares worse.
        n_tasks: Past tasks.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    n_tasks: int


@dataclass(frozen=True, slots=True)
class Expectations:
    """Of two cold starts.

    Attributes:
        random: Random search.
        default_first: The search space's default, then random search; None where the space has no default.
    """

    random: Expectation
    default_first: Expectation | None


def cold_expectations(model: Snapshot, *, n_trials: int, exclude: frozenset[str] = frozenset()) -> Expectations | None:
    """How cold studies of past tasks would have fared among the configurations that somebody has tried.

    Exact for each task (`metamodel.backtest.baselines`): no sampling. A study may do better than a regret of 0, since
    what past tasks know best need not be the best there is.

    Args:
        model: Of the search space and metric.
        n_trials: Length of the curves.
        exclude: Tasks that must not count: the study's own.

    Returns:
        None where no other past task is known.
    """
    if model.maps is None:
        return None
    rows = [i for i, history in enumerate(model.histories) if history.task.task_id not in exclude]
    if not rows:
        return None
    chosen = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, min(MAX_TASKS, len(rows))).astype(int))]
    regret = np.clip(1.0 - model.maps.mean[chosen, : model.maps.n_tried], 0.0, 1.0)
    random = _summary(np.array([expected_random(row, n_trials=n_trials) for row in regret]))
    if not _has_default(model.space) or regret.shape[1] < 2:
        return Expectations(random, None)
    seeded = np.array([_padded(default_then_random(row, 0, n_trials=n_trials), n_trials) for row in regret])
    return Expectations(random, _summary(seeded))


def _has_default(space: SearchSpace) -> bool:
    return space.default_configuration() is not None  # then it is the first anchor


def _padded(curve: FloatArray, n_trials: int) -> FloatArray:
    return curve if len(curve) == n_trials else np.concatenate([curve, np.full(n_trials - len(curve), curve[-1])])


def _summary(curves: FloatArray) -> Expectation:
    low, high = np.quantile(curves, BAND, axis=0)
    return Expectation(curves.mean(axis=0), low, high, len(curves))
