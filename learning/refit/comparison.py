"""Whether a version is worse than another: the paired difference of their regret over the tasks of both."""

from typing import Final

import numpy as np

from metamodel.backtest.replay import Method
from metamodel.backtest.result import CHECKPOINTS, LEVEL, Backtest, estimate
from warmtune.vocabulary.model_version import Comparison

MIN_TASKS: Final = 5
"""An interval over fewer tasks says nothing, so nothing is refused for it."""


def compare(own: Backtest, other: Backtest, *, version: str, margin: float, level: float = LEVEL) -> Comparison | None:
    """The adaptive method's mean regret over the checkpoints of both, own minus other, with its interval over tasks.

    Args:
        own: Of the version in question.
        other: Of the one that answers.
        version: That one's name.
        margin: So much worse is accepted.
        level: Of the interval.

    Returns:
        The comparison, or None where they share fewer than `MIN_TASKS` tasks.
    """
    if Method.ADAPTIVE not in own.regret or Method.ADAPTIVE not in other.regret:
        return None
    n_trials = min(own.regret[Method.ADAPTIVE].shape[1], other.regret[Method.ADAPTIVE].shape[1])
    columns = [n - 1 for n in CHECKPOINTS if n <= n_trials]
    means = [
        dict(zip(found.task_ids, found.regret[Method.ADAPTIVE][:, columns].mean(axis=1), strict=True))
        for found in (own, other)
    ]
    shared = [task_id for task_id in own.task_ids if task_id in means[1]]
    if len(shared) < MIN_TASKS:
        return None
    found = estimate(np.array([means[0][task_id] - means[1][task_id] for task_id in shared]), level=level)
    return Comparison(version, len(shared), found.mean, found.low, found.high, margin)


def in_words(found: Comparison) -> str:
    """The figures of a comparison."""
    verdict = "worse" if found.is_worse else "not worse"
    return (
        f"{verdict} than {found.other} by more than {found.margin:g}: mean regret {found.difference:+.4f} "
        f"[{found.low:+.4f}, {found.high:+.4f}] over {found.n_tasks} tasks"
    )


def turned(found: Comparison, *, other: str) -> Comparison:
    """The same comparison seen from the other version, where `other` is the one it was made for."""
    return Comparison(other, found.n_tasks, -found.difference, -found.high, -found.low, found.margin)
