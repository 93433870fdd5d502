"""Several backtests as one: averages over random histories, and curves of two runs side by side."""

from collections.abc import Sequence

import numpy as np

from metamodel.backtest.replay import Method
from metamodel.backtest.result import Backtest
from warmtune.vocabulary.errors import InvalidInputError


def average(backtests: Sequence[Backtest]) -> Backtest:
    """Several random histories as one: each task's curves are averaged, so that tasks stay the unit of intervals.

    Raises:
        InvalidInputError: On none, or on different targets, methods or lengths.
    """
    if not backtests:
        raise InvalidInputError("there is no backtest to average", field="backtests")
    first = backtests[0]
    for other in backtests[1:]:
        same = other.task_ids == first.task_ids and list(other.regret) == list(first.regret)
        if not same or any(other.regret[m].shape != first.regret[m].shape for m in first.regret):
            raise InvalidInputError("backtests of different targets or methods can't be averaged", field="backtests")
    regret = {method: np.mean([b.regret[method] for b in backtests], axis=0) for method in first.regret}
    return Backtest(first.metric, first.direction, first.task_ids, regret)


def joined(one: Backtest, other: Backtest) -> Backtest:
    """The curves of both, for the same targets; where both have a method, those of `other` are taken.

    Raises:
        InvalidInputError: If metric, direction or targets differ.
    """
    if (one.metric, one.direction, one.task_ids) != (other.metric, other.direction, other.task_ids):
        raise InvalidInputError("backtests of different targets can't be joined", field="task_ids")
    both = {**one.regret, **other.regret}
    return Backtest(one.metric, one.direction, one.task_ids, {m: both[m] for m in Method if m in both})
