"""How much is learned from, and how much a refit may do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LearningRules:
    """The settings of what models are learned from.

    Attributes:
        mapping_until_tasks: With so many tasks under a key itself, other search spaces are left out, except for other
            editions of the asked one: what was tried before an upgrade changed it is its past, too. 0: none is read.
        core_tasks: Of more past tasks, so many teach what all are described by.
        max_past_trials: Of more trials under a key, those of every second, third, ... task are learned from.
    """

    mapping_until_tasks: int = 20
    core_tasks: int = 600
    max_past_trials: int = 1_000_000


@dataclass(frozen=True, slots=True)
class RefitLimits:
    """The settings of a refit and its backtest.

    Attributes:
        backtest_targets: Tasks that are left out at most.
        backtest_folds: Groups in which they are left out.
        backtest_trials: Trials that are replayed on each.
        margin: So much more mean regret than the active version's is accepted.
        surrogate_steps: Meta-steps of a surrogate at most.
    """

    backtest_targets: int
    backtest_folds: int
    backtest_trials: int
    margin: float
    surrogate_steps: int
