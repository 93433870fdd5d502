"""Which kind of surrogate suits a search space: a backtest over its own past tasks decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maml.algorithms.learner import check_range
from maml.surrogates.meta_training import LEAST_TASKS, SurrogateSettings, fit_surrogate, useful_tasks
from maml.surrogates.surrogate import NeuralSurrogate
from maml.surrogates.tuning_tasks import TuningTask
from maml.training.checkpoints import TrainingProgress
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.surrogate_kind import SurrogateKind

OBSERVED: Final = (0, 2, 5, 10)
"""Trials of a left-out task that are shown before the others are predicted."""

_LEAST_DENSITY: Final = -10.0


@dataclass(frozen=True, slots=True)
class KindScore:
    """How well one kind predicted left-out tasks.

    Attributes:
        kind: Which algorithm.
        density: Shape ``(n_tasks, 4)``: mean log-density of the hidden trials after `OBSERVED` ones, in units of the
            task's own standard deviation, each row's at least -10; NaN where a task has too few trials. Larger is
            better.
    """

    kind: SurrogateKind
    density: FloatArray

    @property
    def mean(self) -> float:
        """Over tasks and numbers of trials, with equal weights of tasks."""
        return float(np.nanmean(np.nanmean(self.density, axis=1)))


def backtest_kinds(
    tasks: Sequence[TuningTask],
    kinds: Sequence[SurrogateKind],
    settings: SurrogateSettings,
    *,
    n_folds: int = 3,
    seed: int = 0,
    on_check: Callable[[TrainingProgress], None] = lambda progress: None,
) -> list[KindScore]:
    """Leave folds of tasks out, fit each kind on the rest, predict the left-out tasks' hidden trials.

    All kinds see the same folds and the same trials.

    Args:
        tasks: As for `fit_surrogate`; those that it would leave out aren't judged either.
        kinds: At least one.
        settings: Whose ``kind`` is replaced.
        n_folds: At least 2.
        seed: Of folds and of which trials are shown.
        on_check: As for `fit_surrogate`.

    Returns:
        One for each kind, best first; ties keep the order of ``kinds``.

    Raises:
        InvalidInputError: If no kind is given, or a fold leaves fewer tasks than fitting needs.
    """
    if not kinds:
        raise InvalidInputError("there is no kind to choose from", field="kinds", value=[], limit="at least 1")
    useful = useful_tasks(tasks)
    check_range("n_folds", n_folds, low=2, whole=True)
    least = next(n for n in count(n_folds) if n - -(-n // n_folds) >= LEAST_TASKS)  # without the largest fold
    if len(useful) < least:
        raise InvalidInputError(
            "too few past tasks with different scores to leave some out", field="tasks", value=len(useful), limit=least
        )
    rng = np.random.default_rng(seed)
    fold_of = rng.permutation(len(useful)) % n_folds
    orders = [rng.permutation(len(task.scores)) for task in useful]
    scores = []
    for kind in kinds:
        density = np.full((len(useful), len(OBSERVED)), np.nan)
        for fold in range(n_folds):
            past = [task for task, of in zip(useful, fold_of, strict=True) if of != fold]
            surrogate = fit_surrogate(past, replace(settings, kind=kind), on_check=on_check)
            for i in np.flatnonzero(fold_of == fold):
                density[i] = _judge(surrogate, useful[i], orders[i])
        scores.append(KindScore(kind, density))
    return sorted(scores, key=lambda score: -score.mean)


def _judge(surrogate: NeuralSurrogate, task: TuningTask, order: NDArray[np.intp]) -> FloatArray:
    """Log-density after each of `OBSERVED`: all are judged on the same trials, those after the most that are shown."""
    shown = [n for n in OBSERVED if n < len(order)]
    hidden = order[max(shown) :]
    unit = float(task.scores.std())
    result = np.full(len(OBSERVED), np.nan)
    for column, n in enumerate(shown):
        mean, sd = surrogate.predict(
            task.points.take(order[:n]), task.scores[order[:n]], task.points.take(hidden), task.embedding
        )
        sd = np.maximum(sd, 1e-3 * unit)
        each = -0.5 * ((task.scores[hidden] - mean) / sd) ** 2 - np.log(sd / unit) - 0.5 * np.log(2 * np.pi)
        result[column] = float(np.maximum(each, _LEAST_DENSITY).mean())
    return result
