"""From kept trials to the histories that models learn from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metamodel.maps.history import TaskHistory
from store.histories import PastTask
from warmtune.vocabulary.errors import InvalidConfigurationError
from warmtune.vocabulary.space import SearchSpace


def histories_of(past: Sequence[PastTask], space: SearchSpace) -> tuple[TaskHistory, ...]:
    """One history per task, of the trials that are whole configurations of the search space.

    A trial that failed early may lack parameters: nothing can be learned from it about those it lacks.
    """
    histories = []
    for task in past:
        whole = [trial for trial in task.trials if is_whole(space, trial.configuration)]
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
