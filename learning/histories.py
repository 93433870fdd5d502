"""From stored trials to the histories that models learn from."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metamodel.maps.history import TaskHistory
from store.histories import PastTask, PastTrial
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.work import check_wanted

MAX_TRIALS: Final = 1_000
"""Trials of one task that are learned from."""


def histories_of(past: Sequence[PastTask], space: SearchSpace) -> tuple[TaskHistory, ...]:
    """One history per task, of the trials that are whole configurations of the search space.

    A trial that failed early may lack parameters: nothing can be learned from it about those it lacks. Of more than
    `MAX_TRIALS` on one task the extremes and an even sample count: a fit's memory grows with the square
    of their number.
    """
    histories = []
    for task in past:
        check_wanted()
        whole = [trial for trial in _thinned(task.trials) if is_whole(space, trial.configuration)]
        if whole:
            histories.append(
                TaskHistory(
                    task=task.task,
                    configurations=tuple(trial.configuration for trial in whole),
                    scores=_within([t.score for t in whole]),
                    durations_s=_within([t.duration_s for t in whole]),
                    failed=np.array([t.is_failed for t in whole], dtype=bool),
                    infeasible=np.array([t.is_infeasible for t in whole], dtype=bool),
                )
            )
    return tuple(histories)


def _thinned(trials: Sequence[PastTrial]) -> Sequence[PastTrial]:
    """At most `MAX_TRIALS` of them, in order: the highest and the lowest scores, and an even sample of the others."""
    if len(trials) <= MAX_TRIALS:
        return trials
    scored = sorted((i for i, trial in enumerate(trials) if trial.score is not None), key=lambda i: _score(trials[i]))
    extremes = {*scored[: MAX_TRIALS // 4], *scored[-(MAX_TRIALS // 4) :]}
    others = [i for i in range(len(trials)) if i not in extremes]
    n_even = MAX_TRIALS - len(extremes)
    return [trials[i] for i in sorted(extremes | {others[k * len(others) // n_even] for k in range(n_even)})]


def _score(trial: PastTrial) -> float:
    return 0.0 if trial.score is None else trial.score


def _within(values: Sequence[float | None]) -> NDArray[np.float64]:
    """The values with NaN where there is none; the largest floats are drawn in, whose differences would overflow."""
    from metamodel.maps.performance_maps import LARGEST_SCORE  # noqa: PLC0415  # scipy, when first needed

    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.clip(numbers, -LARGEST_SCORE, LARGEST_SCORE)


def is_whole(space: SearchSpace, configuration: object) -> bool:
    """Whether it has every active parameter, each with a value of the search space."""
    if not isinstance(configuration, dict):
        return False
    try:
        space.validate(configuration)
    except InvalidConfigurationError:
        return False
    return True
