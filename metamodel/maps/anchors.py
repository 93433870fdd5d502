"""Anchors: the configurations at which all past tasks of a search space are compared."""

from collections.abc import Sequence

import numpy as np

from metamodel.maps.history import TaskHistory
from metamodel.space.design import space_filling
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration, SearchSpace

MAX_ANCHORS = 1_024
N_SPACE_FILLING = 32

Key = tuple[tuple[str, str, object], ...]


def configuration_key(configuration: Configuration) -> Key:
    """A hashable identity; floats that agree to 12 digits are one, ``True`` is not ``1``."""
    return tuple(
        sorted(
            (name, type(value).__name__, float(f"{value:.12g}") if isinstance(value, float) else value)
            for name, value in configuration.items()
        )
    )


def choose_anchors(
    space: SearchSpace,
    histories: Sequence[TaskHistory],
    *,
    direction: Direction,
    seed: int,
    max_anchors: int = MAX_ANCHORS,
) -> tuple[list[dict[str, ParameterValue]], int]:
    """The default first, then what was tried, each task's best before any task's second best, then a design.

    Args:
        space: The search space; the histories' configurations must be valid in it.
        histories: Past tasks.
        direction: Which scores are better.
        seed: Of the space-filling design.
        max_anchors: At most this many.

    Returns:
        Distinct configurations, from 1 to `max_anchors`, and how many of them are not of the design.
    """
    chosen: dict[Key, dict[str, ParameterValue]] = {}
    default = space.default_configuration()
    if default is not None:
        chosen[configuration_key(default)] = default
    ranked = [_best_first(history, direction) for history in histories]
    for depth in range(max(map(len, ranked), default=0)):
        for history, order in zip(histories, ranked, strict=True):
            if depth < len(order) and len(chosen) < max_anchors:
                configuration = dict(history.configurations[order[depth]])
                chosen.setdefault(configuration_key(configuration), configuration)
    n_tried = len(chosen)
    n_fill = min(max_anchors - n_tried, N_SPACE_FILLING)
    if n_fill > 0:
        for configuration in space_filling(space, n_fill, seed=seed):
            chosen.setdefault(configuration_key(configuration), configuration)
    return list(chosen.values()), n_tried


def _best_first(history: TaskHistory, direction: Direction) -> list[int]:
    """Indices of a history's trials, best first, failed ones last, ties in their order."""
    losses = np.where(np.isnan(history.scores), np.inf, -direction.sign * history.scores)
    return [int(i) for i in np.argsort(losses, kind="stable")]
